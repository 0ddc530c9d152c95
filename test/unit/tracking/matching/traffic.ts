import type { DelayLaw } from '../../../../src/tracking/matching/law.ts';
import type { Scene, Suspect } from '../../../../src/tracking/matching/posterior.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

/** Mulberry32: the same numbers for the same seed. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const exponential = (random: () => number, mean: number): number => -mean * Math.log(1 - random());

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export type Visit = {
  readonly id: string;
  readonly number: number;
  readonly at: number;
  readonly end: number;
  readonly phone: boolean;
};
/** `visit` is undefined for a caller whom no visit brought. */
export type Call = {
  readonly at: number;
  readonly number: number;
  readonly visit: string | undefined;
  /** The number was tapped a moment before. */
  readonly tapped: boolean;
};
export type Traffic = { readonly visits: readonly Visit[]; readonly calls: readonly Call[] };

type Options = {
  readonly seed: number;
  readonly days: number;
  readonly numbers: number;
  readonly visitsPerDay: number;
};

const PHONES = 0.6;
const TAPS = 0.85;

/** When, after it was shown the number, a visit calls. */
const callDelay = (random: () => number, law: DelayLaw, length: number): number => {
  const part = random();
  if (part < law.shares[0]) return random() * length;
  return length + exponential(random, part < law.shares[0] + law.shares[1] ? law.soonMs : law.laterMs);
};

/** Visits that get the numbers by turns, and calls that follow the law. */
export const traffic = (law: DelayLaw, { seed, days, numbers, visitsPerDay }: Options): Traffic => {
  const random = seeded(seed);
  const visits: Visit[] = [];
  const calls: Call[] = [];
  for (let at = exponential(random, DAY / visitsPerDay); at < days * DAY; ) {
    const length = Math.exp(law.visit.mu + law.visit.sigma * normal(random));
    const id = `visit-${visits.length}`;
    const number = visits.length % numbers;
    const phone = random() < PHONES;
    visits.push({ id, number, at, end: at + length, phone });
    if (random() < law.callsPerVisit) {
      const delay = callDelay(random, law, length);
      const tapped = phone && delay < length && random() < TAPS;
      calls.push({ at: at + delay, number, visit: id, tapped });
    }
    at += exponential(random, DAY / visitsPerDay);
  }
  for (let number = 0; number < numbers; number += 1) {
    const gap = DAY / law.othersPerDay.pool;
    for (let at = exponential(random, gap); at < days * DAY; at += exponential(random, gap)) {
      calls.push({ at, number, visit: undefined, tapped: false });
    }
  }
  const within = calls.filter(({ at }) => at < days * DAY);
  return { visits, calls: within.sort((a, b) => a.at - b.at) };
};

const suspectOf = ({ id, at, end, phone }: Visit, now: number, tapped: boolean): Suspect => ({
  visitId: id,
  visitorId: `visitor of ${id}`,
  siteId: 'main',
  source: 'google / cpc',
  shownAt: at,
  endedAt: end <= now ? end : null,
  overAt: end,
  leaseId: null,
  holds: false,
  phone,
  region: null,
  tapMs: tapped ? 4000 : null,
  copyMs: null,
  linked: false,
});

const byNumber = (visits: readonly Visit[]): ReadonlyMap<number, readonly Visit[]> => {
  const found = new Map<number, Visit[]>();
  for (const visit of visits) {
    const others = found.get(visit.number);
    if (others) others.push(visit);
    else found.set(visit.number, [visit]);
  }
  return found;
};

export type Seen = { readonly scene: Scene; readonly truth: string | undefined; readonly tapped: boolean };

const UNKNOWN_CALLER = {
  kind: 'pool',
  callerRegion: null,
  firstCalledAt: null,
  earlier: null,
  dialsAround: false,
} as const;

const STEP = DAY / 4;

const crowdsOf = (visits: readonly Visit[], now: number): Scene['crowds'] => {
  const counts = new Map<number, number>();
  for (const { at } of visits) {
    const step = Math.floor((now - at) / STEP);
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  return [...counts].map(([step, count]) => ({ count, ageMs: (step + 0.5) * STEP }));
};

/** Visits of the 30 days before, for calls that come in the order of time. */
const window = (visits: readonly Visit[]): ((at: number) => readonly Visit[]) => {
  let from = 0;
  let to = 0;
  return (now) => {
    while ((visits[to]?.at ?? Number.POSITIVE_INFINITY) <= now) to += 1;
    while (from < to && now - (visits[from]?.at ?? now) >= 30 * DAY) from += 1;
    return visits.slice(from, to);
  };
};

/** What the gateway would see of each call: the latest visits one by one, those before by their number. */
export const scenesOf = ({ visits, calls }: Traffic, nearest = 30): readonly Seen[] => {
  const windows = new Map([...byNumber(visits)].map(([number, shown]) => [number, window(shown)]));
  return calls.map(({ at, number, visit: truth, tapped }) => {
    const before = windows.get(number)?.(at) ?? [];
    const suspects = before
      .slice(-nearest)
      .reverse()
      .map((visit) => suspectOf(visit, at, tapped && visit.id === truth));
    const crowds = crowdsOf(before.slice(0, -nearest), at);
    return { truth, tapped, scene: { ...UNKNOWN_CALLER, at, suspects, crowds } };
  });
};

export { DAY, MINUTE };
