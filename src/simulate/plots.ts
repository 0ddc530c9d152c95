import type { Summary, System } from './report.ts';
import type { Reliability } from './score.ts';

/** Names of the systems for people. */
export const SYSTEM_NAMES: Readonly<Record<System, string>> = {
  gateway: 'Dialtrace, hybrid',
  'hybrid-last': 'hybrid, last visit shown',
  lru: 'one pool, last visit shown',
  hash: 'hash mod N',
  random: 'random',
};

const COLOURS: Readonly<Record<System, string>> = {
  gateway: '#0f766e',
  'hybrid-last': '#0891b2',
  lru: '#d97706',
  hash: '#be185d',
  random: '#6d28d9',
};

const WIDTH = 640;
const HEIGHT = 360;
const PLOT = { left: 56, top: 44, right: 440, bottom: 310 } as const;

/** Text is grey enough to be read on white and on black. */
const STYLE =
  '<style>text{font:12px system-ui,sans-serif;fill:#75808f}.t{font-weight:600;font-size:14px}.g{stroke:#75808f;stroke-opacity:.3}.a{stroke:#75808f}</style>';

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const round = (value: number): string => String(Math.round(value * 10) / 10);

const svg = (title: string, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    STYLE,
    `<text class="t" x="${PLOT.left}" y="22">${escaped(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');

const scale =
  (from: number, to: number, start: number, end: number): ((value: number) => number) =>
  (value) =>
    start + ((value - from) / (to - from)) * (end - start);

const label = (text: string, x: number, y: number, anchor: 'start' | 'middle' | 'end' = 'middle'): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;

const line = (kind: 'g' | 'a', x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Lines across at round shares from `from` to 1. */
const grid = (from: number, y: (share: number) => number): string[] => {
  const step = from >= 0.8 ? 0.05 : from >= 0.5 ? 0.1 : 0.2;
  const count = Math.round((1 - from) / step);
  return Array.from({ length: count + 1 }, (_, index) => from + index * step).flatMap((share) => [
    line('g', PLOT.left, y(share), PLOT.right, y(share)),
    label(percent(share), PLOT.left - 6, y(share) + 4, 'end'),
  ]);
};

const series = (
  system: System,
  place: number,
  points: readonly Summary[],
  x: (numbers: number) => number,
  y: (share: number) => number,
): string[] => {
  const known = points.flatMap(({ numbers, sourceRight }) =>
    sourceRight === null ? [] : [{ at: x(numbers), ...sourceRight }],
  );
  const colour = COLOURS[system];
  const path = known.map(({ at, mean }) => `${round(at)},${round(y(mean))}`).join(' ');
  const legendY = PLOT.top + 14 + place * 22;
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path}"/>`,
    ...known.flatMap(({ at, mean, least, most }) => [
      `<line stroke="${colour}" x1="${round(at)}" y1="${round(y(least))}" x2="${round(at)}" y2="${round(y(most))}"/>`,
      `<circle fill="${colour}" cx="${round(at)}" cy="${round(y(mean))}" r="4"/>`,
    ]),
    `<circle fill="${colour}" cx="${PLOT.right + 20}" cy="${legendY - 4}" r="5"/>`,
    label(SYSTEM_NAMES[system], PLOT.right + 32, legendY, 'start'),
  ];
};

/** Share of calls credited to the right source, by how many numbers there are: a line for each system, bars from the worst to the best seed. */
export const sourcePlot = (rows: readonly Summary[]): string => {
  const counts = [...new Set(rows.map(({ numbers }) => numbers))].sort((a, b) => a - b);
  const systems = [...new Set(rows.map(({ system }) => system))];
  const least = Math.min(1, ...rows.map(({ sourceRight }) => sourceRight?.least ?? 1));
  const from = Math.min(0.9, Math.max(0, Math.floor(least * 10) / 10));
  const y = scale(from, 1, PLOT.bottom, PLOT.top);
  const x = (numbers: number): number =>
    scale(-0.5, counts.length - 0.5, PLOT.left, PLOT.right)(counts.indexOf(numbers));
  return svg('Calls credited to the right source', [
    ...grid(from, y),
    line('a', PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom),
    ...counts.map((count) => label(String(count), x(count), PLOT.bottom + 18)),
    label('tracking numbers', (PLOT.left + PLOT.right) / 2, PLOT.bottom + 38),
    ...systems.flatMap((system, place) =>
      series(
        system,
        place,
        rows.filter((row) => row.system === system),
        x,
        y,
      ),
    ),
  ]);
};

/** What was said of calls and what was true: on the diagonal the two are one. The more calls, the larger the dot. */
export const reliabilityPlot = ({ bins, calls }: Reliability): string => {
  const side = PLOT.bottom - PLOT.top;
  const x = scale(0, 1, PLOT.left, PLOT.left + side);
  const y = scale(0, 1, PLOT.bottom, PLOT.top);
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  return svg('Said and true: probability of the visit', [
    ...ticks.flatMap((tick) => [
      line('g', x(0), y(tick), x(1), y(tick)),
      line('g', x(tick), y(0), x(tick), y(1)),
      label(percent(tick), PLOT.left - 6, y(tick) + 4, 'end'),
      label(percent(tick), x(tick), PLOT.bottom + 18),
    ]),
    line('a', x(0), y(0), x(1), y(1)),
    label('said', x(0.5), PLOT.bottom + 38),
    ...bins.flatMap((bin) => {
      if (bin.said === null || bin.right === null) return [];
      const radius = 3 + 12 * Math.sqrt(bin.calls / Math.max(1, calls));
      return [
        `<circle fill="${COLOURS.gateway}" fill-opacity=".8" cx="${round(x(bin.said))}" cy="${round(y(bin.right))}" r="${round(radius)}"/>`,
      ];
    }),
    label(`${calls} calls on lent numbers`, PLOT.left + side + 24, PLOT.top + 14, 'start'),
    label('upright: how often it was true', PLOT.left + side + 24, PLOT.top + 36, 'start'),
  ]);
};
