import { renderTone, type Segment } from './tone.ts';

/** Dual tones carry twice the power; -19 dBm0 each is the level of North America's precise tone plan. */
const LEVEL = -19;

const ring = (frequencies: readonly number[], on: number, off: number): Segment[] => [
  { frequencies, seconds: on },
  { frequencies: [], seconds: off },
];

const doubleRing = (frequencies: readonly number[], pause: number): Segment[] => [
  ...ring(frequencies, 0.4, 0.2),
  ...ring(frequencies, 0.4, pause),
];

/** ITU-T E.180 recommends 425 Hz; most of its users ring 1 s in 5 s. */
const DEFAULT: readonly Segment[] = ring([425], 1, 4);

const NORTH_AMERICA = ring([440, 480], 2, 4);

/** National ringing tones: ITU-T E-series supplement 2. */
const CADENCES: ReadonlyMap<string, readonly Segment[]> = new Map([
  ['US', NORTH_AMERICA],
  ['CA', NORTH_AMERICA],
  ['GB', doubleRing([400, 450], 2)],
  ['IE', doubleRing([400, 450], 2)],
  ['NZ', doubleRing([400, 450], 2)],
  ['HK', doubleRing([440, 480], 3)],
  ['DE', DEFAULT],
  ['CN', ring([450], 1, 4)],
  ['FR', ring([440], 1.5, 3.5)],
  ['ES', ring([425], 1.5, 3)],
  ['KR', ring([440, 480], 1, 2)],
  // 400 Hz modulated by 16 Hz has its power at their sum and difference.
  ['JP', ring([384, 416], 1, 2)],
]);

const rendered = new Map<readonly Segment[], Int16Array>();

/**
 * One period of the ringing tone of a region, to be repeated; made once and shared, so not to be written to.
 *
 * @param region ISO 3166-1 alpha-2; the ITU's 425 Hz when unknown or missing
 */
export const ringbackPeriod = (region?: string): Int16Array => {
  const cadence = CADENCES.get(region?.toUpperCase() ?? '') ?? DEFAULT;
  const known = rendered.get(cadence);
  if (known) return known;
  const period = renderTone(cadence, LEVEL);
  rendered.set(cadence, period);
  return period;
};
