import { DAY_MS, type Model, type Path } from './types.ts';

/** After so long a touch counts half. */
const HALF_LIFE_MS = 7 * DAY_MS;

const all = (path: Path, index: number): number[] => path.touches.map((_, at) => (at === index ? 1 : 0));

const last = (path: Path): number => path.touches.length - 1;

const lastIndex = (path: Path, fits: (touch: Path['touches'][number]) => boolean): number | undefined => {
  const found = path.touches.findLastIndex(fits);
  return found === -1 ? undefined : found;
};

const lastNonDirect = (path: Path): number => lastIndex(path, (touch) => !touch.direct) ?? last(path);

const leadOf = (path: Path): number => path.lead ?? last(path);

/** The milestones that are known, each touch once. */
const distinct = (indexes: readonly (number | undefined)[]): readonly number[] => [
  ...new Set(indexes.filter((index) => index !== undefined)),
];

/** Milestones share `part` alike, the other touches what is left; without others the milestones have it all. */
const milestones = (path: Path, indexes: readonly number[], part: number): number[] => {
  const others = path.touches.length - indexes.length;
  const each = (others === 0 ? 1 : part) / indexes.length;
  const rest = others === 0 ? 0 : (1 - part) / others;
  return path.touches.map((_, index) => (indexes.includes(index) ? each : rest));
};

/** First, those between and last; without any between, first and last in their proportion. */
const ends = (path: Path, first: number, final: number): number[] => {
  const between = path.touches.length - 2;
  if (between < 0) return [1];
  if (between === 0) return [first / (first + final), final / (first + final)];
  return path.touches.map((_, index) =>
    index === 0 ? first : index === last(path) ? final : (1 - first - final) / between,
  );
};

const position = (path: Path): number[] => {
  if (path.touches.length < 3) return path.touches.map(() => 1 / path.touches.length);
  const lead = leadOf(path);
  return milestones(path, [0, lead === 0 ? last(path) : lead], 0.8);
};

/** 2^−x for x ≥ 0 by a series: `Math.pow` may differ in its last bit between machines. */
export const halved = (x: number): number => {
  const whole = Math.floor(x);
  const power = -(x - whole) * Math.LN2;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= 18; n += 1) {
    term *= power / n;
    sum += term;
  }
  for (let n = 0; n < whole && sum > 0; n += 1) sum /= 2;
  return sum;
};

const timeDecay = (path: Path): number[] => {
  const newest = path.touches.at(-1)?.at ?? path.at;
  // Counted from the last touch: the proportions are the same, and the sum can't vanish.
  const raw = path.touches.map(({ at }) => halved(Math.max(0, newest - at) / HALF_LIFE_MS));
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return raw.map((weight) => weight / sum);
};

/**
 * Each source of the path alike, and its touches alike. For the game whose worth is the number of conversions of paths that
 * use only the coalition's sources this is the Shapley value itself: the game is a sum of unanimity games, one a path, and
 * each of these gives its players equal parts (Shapley 1953). So it is exact for any number of sources.
 */
const shapley = (path: Path): number[] => {
  const counts = new Map<string, number>();
  for (const { key } of path.touches) counts.set(key, (counts.get(key) ?? 0) + 1);
  return path.touches.map(({ key }) => 1 / (counts.size * (counts.get(key) ?? 1)));
};

type PathModel = Extract<Model, { type: 'path' }>;

const model = (id: string, title: string, short: string, weigh: PathModel['weigh']): PathModel => ({
  type: 'path',
  id,
  version: 1,
  title,
  short,
  weigh,
});

/** Models that weigh each path by itself. */
export const PATH_MODELS: readonly PathModel[] = [
  model('first-touch', 'First touch', 'First', (path) => all(path, 0)),
  model('last-touch', 'Last touch', 'Last', (path) => all(path, last(path))),
  model('last-non-direct', 'Last non-direct', 'Non-dir', (path) => all(path, lastNonDirect(path))),
  model('last-paid', 'Last paid', 'Paid', (path) =>
    all(path, lastIndex(path, (touch) => touch.paid) ?? lastNonDirect(path)),
  ),
  model('lead-creation', 'Lead creation', 'Lead', (path) => all(path, leadOf(path))),
  model('qualified', 'Qualified', 'Qual', (path) => all(path, path.qualified ?? leadOf(path))),
  model('fifty-fifty', '50/50', '50/50', (path) => milestones(path, distinct([0, leadOf(path)]), 1)),
  model('linear', 'Linear', 'Linear', (path) => path.touches.map(() => 1 / path.touches.length)),
  model('position', 'Position (U)', 'U', position),
  model('w-shaped', 'W-shaped', 'W', (path) =>
    milestones(path, distinct([0, path.lead, path.qualified]), 0.9),
  ),
  model('full-path', 'Full path', 'Full', (path) =>
    milestones(path, distinct([0, path.lead, path.qualified, last(path)]), 0.9),
  ),
  model('time-decay', 'Time decay', 'Decay', timeDecay),
  model('j-shaped', 'J-shaped', 'J', (path) => ends(path, 0.2, 0.6)),
  model('inverse-j', 'Inverse J', 'Inv J', (path) => ends(path, 0.6, 0.2)),
  model('shapley', 'Shapley value', 'Shapley', shapley),
];
