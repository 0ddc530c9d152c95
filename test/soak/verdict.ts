import type { SipEngineStats } from '../../src/sip-engine/index.ts';

/** What the engine's process held at one moment, after garbage collection. */
export type Sample = {
  /** Milliseconds since the soak began. */
  readonly at: number;
  readonly heap: number;
  readonly rss: number;
  /** Open handles of the process by kind. */
  readonly handles: Readonly<Record<string, number>>;
  readonly stats: SipEngineStats;
};

/** Gauges that fall to what they were before when nothing goes on any more. */
const GAUGES = [
  'dialogs',
  'serverTransactions',
  'clientTransactions',
  'connections',
  'timers',
  'registeredFlows',
  'proxiedRequests',
  'bans',
  'applications',
] as const;

const MEGABYTE = 1024 * 1024;

/** Least squares: what `y` is at the first and the last `x`. */
export const straightLine = (
  points: readonly (readonly [x: number, y: number])[],
): readonly [number, number] => {
  const count = points.length;
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [0, 0];
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope =
    spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return [meanY + slope * (first[0] - meanX), meanY + slope * (last[0] - meanX)];
};

/** What is still there that was not before. */
export const leftOver = (before: Sample, after: Sample): readonly string[] => [
  ...GAUGES.flatMap((gauge) =>
    after.stats[gauge] > before.stats[gauge]
      ? [`${gauge} is ${after.stats[gauge]}, was ${before.stats[gauge]}`]
      : [],
  ),
  ...Object.entries(after.handles).flatMap(([kind, count]) => {
    const was = before.handles[kind] ?? 0;
    return count > was ? [`${count} ${kind} are open, were ${was}`] : [];
  }),
];

export type Bounds = {
  /** Part of the heap that it may grow by, and megabytes on top. */
  readonly part: number;
  readonly megabytes: number;
};

/**
 * Whether the heap grew: by a straight line through the samples, first to last.
 *
 * @returns a sentence when it did
 */
export const growth = (samples: readonly Sample[], { part, megabytes }: Bounds): string | undefined => {
  const [from, to] = straightLine(samples.map(({ at, heap }) => [at, heap]));
  if (to - from <= from * part + megabytes * MEGABYTE) return undefined;
  return `The heap grew from ${(from / MEGABYTE).toFixed(1)} to ${(to / MEGABYTE).toFixed(1)} MB.`;
};

/** One line for people. */
export const describe = ({ at, heap, rss, handles, stats }: Sample): string =>
  [
    `${Math.round(at / 1000)} s`.padStart(6),
    `heap ${(heap / MEGABYTE).toFixed(2)} MB`,
    `rss ${Math.round(rss / MEGABYTE)} MB`,
    ...GAUGES.map((gauge) => `${gauge} ${stats[gauge]}`),
    ...Object.entries(handles).map(([kind, count]) => `${kind} ${count}`),
  ].join('  ');
