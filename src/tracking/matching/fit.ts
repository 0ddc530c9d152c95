import { DAY_MS, type DelayLaw, GRACE_MS, type NumberKind } from './law.ts';
import { ratiosOf, regionRatio, type Scene, type Suspect } from './posterior.ts';

/** What one visit (or `count` visits much alike) could have to do with a call. */
export type FitSuspect = {
  readonly count: number;
  /** Density of a call from within the visit, if it made one there, per ms; 0: it was over. Evidence counted in. */
  readonly within: number;
  /** How long it had been over, ms; null: it was not. */
  readonly afterMs: number | null;
  /** Evidence that bears on any call of it. */
  readonly ratio: number;
};

/** A call that the law is fitted to. */
export type FitCall = {
  readonly kind: NumberKind;
  readonly suspects: readonly FitSuspect[];
  /** One of them made it for certain, and stands there alone. */
  readonly certain: boolean;
};

/** So many visits, whose calls are known from `fromMs` to `toMs` after they were shown a number; both finite. */
export type Watched = { readonly count: number; readonly fromMs: number; readonly toMs: number };

/** What there was to bring calls. */
export type Exposure = {
  /** Visits that were shown a number. */
  readonly visits: readonly Watched[];
  /** Numbers of each kind times the days that they stood. */
  readonly numberDays: Readonly<Record<NumberKind, number>>;
};

export type Fit = {
  readonly law: DelayLaw;
  /** Logarithm of likelihood times prior before each step and after the last; it never falls. */
  readonly trace: readonly number[];
};

/**
 * The defaults weigh as much as so many calls. Late calls on a busy number and calls of strangers look alike, so that what is
 * known beforehand parts them: a pool's number has rested before it is lent, while a source's may stand anywhere, or nowhere.
 */
const PRIOR = { shares: 20, delays: 10, rate: 10, others: { pool: 5, source: 0.5 } } as const;

/** Where parts are so alike, each step goes only a little way. */
const MOST_STEPS = 300;
const GOOD_ENOUGH = 1e-8;

/** Expected counts under a law: what the next law is made of. */
type Counts = {
  shares: [number, number, number];
  soonMs: number;
  laterMs: number;
  others: Record<NumberKind, number>;
  logLikelihood: number;
};

/** Adds one call's share in each part of the model. */
const addCall = (counts: Counts, law: DelayLaw, call: FitCall, rows: Float64Array): void => {
  const { callsPerVisit, shares, soonMs, laterMs } = law;
  let total = call.certain ? 0 : law.othersPerDay[call.kind] / DAY_MS;
  const nobody = total;
  let place = 0;
  for (const { count, within, afterMs, ratio } of call.suspects) {
    const rate = callsPerVisit * ratio * count;
    const inVisit = rate * shares[0] * within;
    const soon = afterMs === null ? 0 : rate * (shares[1] / soonMs) * Math.exp(-afterMs / soonMs);
    const later = afterMs === null ? 0 : rate * (shares[2] / laterMs) * Math.exp(-afterMs / laterMs);
    rows[place] = inVisit;
    rows[place + 1] = soon;
    rows[place + 2] = later;
    place += 3;
    total += inVisit + soon + later;
  }
  if (!(total > 0)) return;
  counts.logLikelihood += Math.log(total);
  counts.others[call.kind] += nobody / total;
  place = 0;
  for (const { afterMs } of call.suspects) {
    const soon = (rows[place + 1] ?? 0) / total;
    const later = (rows[place + 2] ?? 0) / total;
    counts.shares[0] += (rows[place] ?? 0) / total;
    counts.shares[1] += soon;
    counts.shares[2] += later;
    counts.soonMs += soon * (afterMs ?? 0);
    counts.laterMs += later * (afterMs ?? 0);
    place += 3;
  }
};

const countUnder = (law: DelayLaw, calls: readonly FitCall[], rows: Float64Array): Counts => {
  const counts: Counts = {
    shares: [0, 0, 0],
    soonMs: 0,
    laterMs: 0,
    others: { pool: 0, source: 0 },
    logLikelihood: 0,
  };
  for (const call of calls) addCall(counts, law, call, rows);
  return counts;
};

const countOf = (visits: readonly Watched[]): number => visits.reduce((sum, { count }) => sum + count, 0);

/** If each visit made a call after an Exp(`meanMs`) delay: how many would not be known, and how long their delays are together. */
const unknown = (
  visits: readonly Watched[],
  meanMs: number,
): { readonly count: number; readonly ms: number } => {
  let count = 0;
  let ms = 0;
  for (const { count: visitCount, fromMs, toMs } of visits) {
    const from = Math.exp(-fromMs / meanMs);
    const to = Math.exp(-toMs / meanMs);
    count += visitCount * (1 - from + to);
    ms += visitCount * (meanMs - (fromMs + meanMs) * from + (toMs + meanMs) * to);
  }
  return { count, ms };
};

/**
 * Calls to be expected of the visits that are not among the known ones: they came before, or are yet to come. Without them a site
 * that is some days old would seem to have hardly any late callers.
 */
const missing = (law: DelayLaw, { visits }: Exposure): Pick<Counts, 'shares' | 'soonMs' | 'laterMs'> => {
  const { callsPerVisit, shares } = law;
  const earlier = countOf(visits.filter(({ fromMs }) => fromMs > 0));
  const soon = unknown(visits, law.soonMs);
  const later = unknown(visits, law.laterMs);
  return {
    shares: [
      callsPerVisit * shares[0] * earlier,
      callsPerVisit * shares[1] * soon.count,
      callsPerVisit * shares[2] * later.count,
    ],
    soonMs: callsPerVisit * shares[1] * soon.ms,
    laterMs: callsPerVisit * shares[2] * later.ms,
  };
};

/** Logarithm of a gamma density's kernel whose mode is `mode` and that weighs `weight` events. */
const logGamma = (value: number, mode: number, weight: number): number =>
  weight * Math.log(value) - (weight / mode) * value;

/** Logarithm of likelihood times prior: a Poisson process's, with conjugate priors at the defaults. */
const objective = (law: DelayLaw, counts: Counts, exposure: Exposure, prior: DelayLaw): number => {
  const { numberDays, visits } = exposure;
  const shares = law.shares.reduce(
    (sum, share, index) => sum + PRIOR.shares * (prior.shares[index] ?? 0) * Math.log(share),
    0,
  );
  const others = (['pool', 'source'] as const).reduce(
    (sum, kind) =>
      sum +
      logGamma(law.othersPerDay[kind], prior.othersPerDay[kind], PRIOR.others[kind]) -
      law.othersPerDay[kind] * numberDays[kind],
    0,
  );
  return (
    counts.logLikelihood -
    law.callsPerVisit * countOf(visits) +
    missing(law, exposure).shares.reduce((sum, value) => sum + value, 0) +
    logGamma(law.callsPerVisit, prior.callsPerVisit, PRIOR.rate) +
    logGamma(1 / law.soonMs, 1 / prior.soonMs, PRIOR.delays) +
    logGamma(1 / law.laterMs, 1 / prior.laterMs, PRIOR.delays) +
    shares +
    others
  );
};

/** The likeliest law, given how the calls were shared out. */
const lawOfCounts = (law: DelayLaw, counts: Counts, exposure: Exposure, prior: DelayLaw): DelayLaw => {
  const missed = missing(law, exposure);
  const all = (index: 0 | 1 | 2): number => counts.shares[index] + missed.shares[index];
  const [soon, later] = [all(1), all(2)];
  const brought = all(0) + soon + later;
  const share = (index: 0 | 1 | 2): number =>
    (all(index) + PRIOR.shares * prior.shares[index]) / (brought + PRIOR.shares);
  const others = (kind: NumberKind): number =>
    (counts.others[kind] + PRIOR.others[kind]) /
    (exposure.numberDays[kind] + PRIOR.others[kind] / prior.othersPerDay[kind]);
  return {
    ...law,
    callsPerVisit: (brought + PRIOR.rate) / (countOf(exposure.visits) + PRIOR.rate / prior.callsPerVisit),
    shares: [share(0), share(1), share(2)],
    soonMs: (counts.soonMs + missed.soonMs + PRIOR.delays * prior.soonMs) / (soon + PRIOR.delays),
    laterMs: (counts.laterMs + missed.laterMs + PRIOR.delays * prior.laterMs) / (later + PRIOR.delays),
    othersPerDay: { pool: others('pool'), source: others('source') },
  };
};

/**
 * Fits the delay law to calls by expectation and maximisation (Dempster, Laird, Rubin 1977). Calls matched for certain count
 * for their visit; every other call is shared out between the visits that it may have come from, and nobody. Calls that fall
 * outside the time that is looked at are missing data, and expected likewise.
 *
 * @param prior the law to begin with, which also weighs in as so many calls (shares 20, delays 10 each, calls a visit 10, other callers of a
 *   pool's number 5, of a source's 0.5)
 */
export const fitDelayLaw = (calls: readonly FitCall[], exposure: Exposure, prior: DelayLaw): Fit => {
  const most = calls.reduce((longest, { suspects }) => Math.max(longest, suspects.length), 0);
  const rows = new Float64Array(3 * most);
  const trace: number[] = [];
  let law = prior;
  for (let step = 0; ; step += 1) {
    const counts = countUnder(law, calls, rows);
    const before = trace.at(-1);
    const value = objective(law, counts, exposure, prior);
    trace.push(value);
    const settled = before !== undefined && value - before <= GOOD_ENOUGH * Math.abs(before);
    if (settled || step >= MOST_STEPS) return { law, trace };
    law = lawOfCounts(law, counts, exposure, prior);
  }
};

/** What a visit, whose end is known by now, could have to do with a call at `at`. */
const fitSuspect = (suspect: Suspect, scene: Scene, region: number): FitSuspect => {
  const { at } = scene;
  const { shownAt, overAt } = suspect;
  const ratios = ratiosOf(suspect, scene, region);
  const inside = at <= overAt + GRACE_MS;
  return {
    count: 1,
    within: inside ? ratios.within / (overAt - shownAt + GRACE_MS) : 0,
    afterMs: at > overAt ? at - overAt : null,
    ratio: ratios.always,
  };
};

/** @param made the visit that made the call for certain; its evidence is left out, which tells nothing of delays */
export const fitCall = (scene: Scene, made?: Suspect): FitCall => {
  const { kind } = scene;
  if (made !== undefined) {
    const { within, afterMs } = fitSuspect({ ...made, phone: false }, scene, 1);
    return { kind, suspects: [{ count: 1, within, afterMs, ratio: 1 }], certain: true };
  }
  const region = regionRatio(scene);
  const crowds = scene.crowds.map(
    ({ count, ageMs }): FitSuspect => ({ count, within: 0, afterMs: ageMs, ratio: 1 }),
  );
  const suspects = scene.suspects.map((suspect) => fitSuspect(suspect, scene, region));
  return { kind, suspects: [...suspects, ...crowds], certain: false };
};
