import type { Guess, Guesses } from './guess.ts';
import type { SimCall, Traffic } from './traffic/index.ts';

/** One bin of a reliability diagram: calls whose probability lies in it. */
export type Bin = {
  readonly from: number;
  readonly to: number;
  readonly calls: number;
  /** Mean of what was said, and share that was right; null when it is empty. */
  readonly said: number | null;
  readonly right: number | null;
};

/** How probabilities hold what they promise: over calls on lent numbers that got a visit and are not flagged as spam. */
export type Reliability = {
  readonly calls: number;
  /** Mean square of what was said minus what was true; 0 is best, null without calls. */
  readonly brier: number | null;
  /** Expected calibration error: mean distance of said and right, weighted by the calls of each bin. */
  readonly error: number | null;
  /** Of those calls: said to be at least 95 % sure. */
  readonly sureShare: number | null;
  /** Of the sure ones: right. */
  readonly sureRight: number | null;
  readonly bins: readonly Bin[];
};

/** How well a system did. Shares are of 1; null: of nothing. */
export type Score = {
  readonly calls: number;
  /** Of all calls: credited to the source that brought them, or to none when none did. */
  readonly sourceRight: number | null;
  /** The same of calls that a visit led to. */
  readonly sourceRightOfVisits: number | null;
  /** Of calls that no visit led to: credited to none. */
  readonly strangersRight: number | null;
  /** Of calls that a visit with a click id led to: that very visit was named. */
  readonly adVisitRight: number | null;
  /** Of all calls: credited to no source. */
  readonly unattributed: number | null;
  readonly spamFlagged: number;
  readonly reliability: Reliability | undefined;
  /** By how they were matched. */
  readonly methods: Readonly<
    Record<string, { readonly calls: number; readonly sourceRight: number; readonly visitRight: number }>
  >;
};

type Judged = {
  readonly call: SimCall;
  readonly guess: Guess;
  readonly sourceRight: boolean;
  readonly visitRight: boolean;
};

const BINS = 10;
const SURE = 0.95;

const share = <T>(items: readonly T[], holds: (item: T) => boolean): number | null =>
  items.length === 0 ? null : items.filter(holds).length / items.length;

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** A call that is flagged as spam is credited to no source. */
const creditedSource = ({ source, spam }: Guess): Guess['source'] => (spam ? undefined : source);

const judge = (traffic: Traffic, guesses: Guesses): Judged[] =>
  traffic.calls.flatMap((call, index) => {
    const guess = guesses[index];
    if (guess === undefined) return [];
    const truth = call.truth === undefined ? undefined : traffic.visits[call.truth]?.source;
    return [
      {
        call,
        guess,
        sourceRight: creditedSource(guess) === truth,
        visitRight: guess.visit !== undefined && guess.visit === call.truth,
      },
    ];
  });

/** @param calls what was said of each, and whether it was true */
export const reliability = (
  calls: readonly { readonly said: number; readonly right: boolean }[],
): Reliability => {
  const bins = Array.from({ length: BINS }, (_, index): Bin => {
    const inside = calls.filter(({ said }) => Math.min(BINS - 1, Math.floor(said * BINS)) === index);
    return {
      from: index / BINS,
      to: (index + 1) / BINS,
      calls: inside.length,
      said: mean(inside.map(({ said }) => said)),
      right: share(inside, ({ right }) => right),
    };
  });
  const sure = calls.filter(({ said }) => said >= SURE);
  return {
    calls: calls.length,
    brier: mean(calls.map(({ said, right }) => (said - (right ? 1 : 0)) ** 2)),
    error: calibrationError(bins),
    sureShare: calls.length === 0 ? null : sure.length / calls.length,
    sureRight: share(sure, ({ right }) => right),
    bins,
  };
};

/** Mean distance of what was said and what was right, weighted by the calls of each bin. */
const calibrationError = (bins: readonly Bin[]): number | null => {
  const calls = bins.reduce((sum, bin) => sum + bin.calls, 0);
  const distance = bins.reduce(
    (sum, bin) => sum + bin.calls * Math.abs((bin.said ?? 0) - (bin.right ?? 0)),
    0,
  );
  return calls === 0 ? null : distance / calls;
};

/** Mean of values, each counted so often; null of nothing. */
const weighted = (
  parts: readonly { readonly count: number; readonly value: number | null }[],
): number | null => {
  const count = parts.reduce((sum, part) => sum + (part.value === null ? 0 : part.count), 0);
  const total = parts.reduce((sum, part) => sum + (part.value ?? 0) * part.count, 0);
  return count === 0 ? null : total / count;
};

/** The reliability of several runs' calls together. */
export const pooledReliability = (runs: readonly Reliability[]): Reliability => {
  const bins = Array.from({ length: BINS }, (_, index): Bin => {
    const parts = runs.flatMap((run) => run.bins[index] ?? []);
    return {
      from: index / BINS,
      to: (index + 1) / BINS,
      calls: parts.reduce((sum, { calls }) => sum + calls, 0),
      said: weighted(parts.map(({ calls, said }) => ({ count: calls, value: said }))),
      right: weighted(parts.map(({ calls, right }) => ({ count: calls, value: right }))),
    };
  });
  return {
    calls: runs.reduce((sum, { calls }) => sum + calls, 0),
    brier: weighted(runs.map(({ calls, brier }) => ({ count: calls, value: brier }))),
    error: calibrationError(bins),
    sureShare: weighted(runs.map(({ calls, sureShare }) => ({ count: calls, value: sureShare }))),
    sureRight: weighted(
      runs.map(({ calls, sureShare, sureRight }) => ({ count: calls * (sureShare ?? 0), value: sureRight })),
    ),
    bins,
  };
};

const isAd = (traffic: Traffic, { truth }: SimCall): boolean => {
  const source = truth === undefined ? undefined : traffic.visits[truth]?.source;
  return source === 'google-ads' || source === 'bing-ads';
};

/** Judges a system's guesses by the truth. */
export const scoreGuesses = (traffic: Traffic, guesses: Guesses): Score => {
  const judged = judge(traffic, guesses);
  const brought = judged.filter(({ call }) => call.truth !== undefined);
  const strangers = judged.filter(({ call }) => call.truth === undefined);
  const said = judged.flatMap(({ guess, visitRight }) =>
    guess.probability === undefined || guess.spam ? [] : [{ said: guess.probability, right: visitRight }],
  );
  const methods: Record<string, { calls: number; sourceRight: number; visitRight: number }> = {};
  for (const { guess, sourceRight, visitRight } of judged) {
    methods[guess.method] ??= { calls: 0, sourceRight: 0, visitRight: 0 };
    const sum = methods[guess.method];
    if (sum === undefined) continue;
    sum.calls += 1;
    if (sourceRight) sum.sourceRight += 1;
    if (visitRight) sum.visitRight += 1;
  }
  return {
    calls: judged.length,
    sourceRight: share(judged, ({ sourceRight }) => sourceRight),
    sourceRightOfVisits: share(brought, ({ sourceRight }) => sourceRight),
    strangersRight: share(strangers, ({ sourceRight }) => sourceRight),
    adVisitRight: share(
      brought.filter(({ call }) => isAd(traffic, call)),
      ({ visitRight }) => visitRight,
    ),
    unattributed: share(judged, ({ guess }) => creditedSource(guess) === undefined),
    spamFlagged: judged.filter(({ guess }) => guess.spam).length,
    reliability: said.length === 0 ? undefined : reliability(said),
    methods,
  };
};
