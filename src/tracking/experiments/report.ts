import { type ExperimentPlan, experimentSchema } from '../../config/index.ts';
import type { SqliteFile } from '../../store/index.ts';
import { dealOfBandit } from './arm-for.ts';
import { beliefs, type Tally } from './bayes.ts';
import { type ArmCalls, type Cell, readArmCalls, readCells, readSeveral, readUnfollowed } from './cells.ts';
import { type DaySums, NO_SUMS, type Sums, sampleOf, sumsByDay } from './evidence.ts';
import { guardrailsOf, SHORT_SECONDS, wilson95 } from './guardrails.ts';
import { daysFor, viewersAtOnce, viewersSequentially } from './planning.ts';
import { ratioOfShares, ratioOfWeights } from './ratio.ts';
import type { ExperimentList, ExperimentReport, ReportedArm } from './report-schema.ts';
import { type Comparison, followDays, MORE_OF_BANDIT } from './sequential.ts';
import { BUCKETS, plannedShares } from './split.ts';
import { verdictOf } from './verdict.ts';

const DAY_MS = 86_400_000;
/** With fewer, a rate says too little to plan with. */
const LEAST_CONVERSIONS = 10;

const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Viewers and conversions of an arm. */
const tallyOf = (cells: readonly Cell[], arm: string): Tally => {
  const own = cells.filter((cell) => cell.arm === arm);
  const sum = (of: readonly Cell[]): number => of.reduce((total, { viewers }) => total + viewers, 0);
  return { viewers: sum(own), conversions: sum(own.filter(({ converted }) => converted !== null)) };
};

/** What there is of an experiment. */
export type Findings = {
  readonly at: number;
  readonly cells: readonly Cell[];
  readonly calls: readonly ArmCalls[];
  /** Viewers who saw more than one arm. */
  readonly several: number;
  /** Pages on which somebody saw it who may not be followed. */
  readonly unfollowed: number;
  /** Share of each arm, by id: planned, or a bandit's as it is now. */
  readonly shares: ReadonlyMap<string, number>;
};

const weightedOf = (sums: Sums, all: number): NonNullable<ReportedArm['weighted']> => {
  const sample = sampleOf(sums);
  if (sample.trials === 0) return { value: null, low: 0, high: 1, horvitzThompson: null, viewers: 0 };
  return {
    value: sample.rate,
    ...wilson95(sample.rate * sample.trials, sample.trials),
    horvitzThompson: sums.convertedWeight / all,
    viewers: sample.trials,
  };
};

const comparisonOf = (
  comparison: Comparison,
  arm: string,
  first: { readonly arm: string; readonly rate: number },
): NonNullable<ReportedArm['comparison']> => ({
  difference: comparison.difference,
  low: comparison.low,
  high: comparison.high,
  lift: first.rate === 0 ? null : comparison.difference / first.rate,
  p: comparison.p,
  decidedOn: comparison.decidedOn === null ? null : dayText(comparison.decidedOn),
  betterArm: comparison.decidedOn === null ? null : comparison.direction > 0 ? arm : first.arm,
});

const armsOf = (
  experiment: ExperimentPlan,
  { cells, shares }: Findings,
  latest: readonly Sums[],
  comparisons: readonly Comparison[],
): readonly ReportedArm[] => {
  const ids = experiment.arms.map(({ id }) => id);
  const tallies = ids.map((id) => tallyOf(cells, id));
  const believed = beliefs(tallies);
  const drawn = sum(latest.map(({ viewers }) => viewers));
  const first = { arm: ids[0] ?? '', rate: sampleOf(latest[0] ?? NO_SUMS).rate };
  return ids.map((id, index) => {
    const own = cells.filter(({ arm }) => arm === id);
    const { viewers, conversions } = tallies[index] ?? { viewers: 0, conversions: 0 };
    const comparison = comparisons[index - 1];
    return {
      arm: id,
      first: index === 0,
      planned: shares.get(id) ?? 0,
      viewers,
      clicked: sum(own.map(({ clicked }) => clicked)),
      called: sum(own.map(({ called }) => called)),
      answered: sum(own.map(({ answered }) => answered)),
      qualified: sum(own.map(({ qualified }) => qualified)),
      conversions,
      rate: { value: viewers === 0 ? null : conversions / viewers, ...wilson95(conversions, viewers) },
      weighted: experiment.mode === 'bandit' ? weightedOf(latest[index] ?? NO_SUMS, drawn) : null,
      belief: believed[index] ?? { mean: 0.5, low: 0, high: 1, best: 0, loss: 1 },
      comparison: comparison === undefined ? null : comparisonOf(comparison, id, first),
    };
  });
};

const planOf = (
  { effect, alpha, power, mode, floor }: ExperimentPlan,
  arms: readonly ReportedArm[],
  viewersPerDay: number,
): ExperimentReport['plan'] => {
  const [first] = arms;
  const rate = first?.weighted?.value ?? first?.rate.value ?? 0;
  const isKnown = first !== undefined && first.conversions >= LEAST_CONVERSIONS && rate * (1 + effect) < 1;
  if (!isKnown) return { baseline: null, viewersAtOnce: null, viewersSequentially: null, daysLeft: null };
  const question = { baseline: rate, effect, alpha, power, arms: arms.length };
  const needed = viewersSequentially(question);
  const waits = arms.map(({ viewers, weighted, planned }) => {
    const missing = Math.max(0, needed - (weighted?.viewers ?? viewers));
    const share = mode === 'bandit' ? floor : planned;
    return daysFor(missing, 1, viewersPerDay * share);
  });
  return {
    baseline: rate,
    viewersAtOnce: viewersAtOnce(question),
    viewersSequentially: needed,
    daysLeft: Math.max(...waits),
  };
};

const warningsOf = (
  experiment: ExperimentPlan,
  { cells, several, unfollowed }: Findings,
  arms: readonly ReportedArm[],
  { guardrails, split }: Pick<ExperimentReport, 'guardrails' | 'split'>,
): readonly string[] => {
  const known = new Set(arms.map(({ arm }) => arm));
  const gone = sum(cells.filter(({ arm }) => !known.has(arm)).map(({ viewers }) => viewers));
  const own = cells.filter(({ arm }) => known.has(arm));
  const undrawn = sum(own.map(({ viewers, drawn }) => viewers - drawn));
  const worse = guardrails.filter((each) => each.worse);
  return [
    ...worse.map(({ what, arm }) =>
      what === 'short-calls'
        ? `${arm}: more of its calls are over within ${SHORT_SECONDS} s than with ${arms[0]?.arm}.`
        : `${arm}: fewer of its calls are answered than with ${arms[0]?.arm}.`,
    ),
    ...(split.alarm
      ? [
          'Were arms or weights changed while it ran? Then that is what is wrong with the split: end it, and begin anew under another id.',
        ]
      : []),
    ...(several > 0
      ? [
          `${several} of the viewers saw more than one arm, and count for the first: was an arm taken away while it ran?`,
        ]
      : []),
    ...(unfollowed > sum(arms.map(({ viewers }) => viewers))
      ? [
          `On ${unfollowed} pages it was seen by visitors who may not be followed, and who count in no figure: is dt.js on the pages beside dt-call.js, and do visitors consent?`,
        ]
      : []),
    ...(gone > 0 ? [`${gone} viewers saw an arm that is no longer there; they are left out.`] : []),
    ...(experiment.mode === 'bandit' && undrawn > 0
      ? [`${undrawn} viewers came before it was a bandit; weighted rates and comparisons leave them out.`]
      : []),
  ];
};

/** Days since 1970 up to which viewers came: to now, or of one that has ended to the end of the last day with any. */
const lastedUntil = ({ state }: ExperimentPlan, cells: readonly Cell[], at: number): number =>
  state === 'running' ? at / DAY_MS : Math.min(at / DAY_MS, 1 + Math.max(...cells.map(({ seen }) => seen)));

/** The whole report, from what was counted. Pure. */
export const judgeExperiment = (experiment: ExperimentPlan, findings: Findings): ExperimentReport => {
  const { at, cells, calls } = findings;
  const { effect, alpha, mode } = experiment;
  const more = mode === 'bandit' ? MORE_OF_BANDIT : 1;
  const ids = experiment.arms.map(({ id }) => id);
  const through = Math.floor(at / DAY_MS);
  const own = cells.filter(({ arm }) => ids.includes(arm));
  const days: readonly DaySums[] = sumsByDay(own, ids, { weighted: mode === 'bandit', through });
  const counted = mode === 'bandit' ? sumsByDay(own, ids, { weighted: false, through }) : days;
  const series: ExperimentReport['days'] = [];
  const comparisons = followDays(days, { effect, alpha, more }, (day, p) => {
    const plain = counted[series.length]?.arms ?? [];
    series.push({
      day: dayText(day),
      p: [...p],
      viewers: plain.map(({ viewers }) => viewers),
      conversions: plain.map(({ conversions }) => conversions),
    });
  });
  const latest = days.at(-1)?.arms ?? ids.map(() => NO_SUMS);
  const arms = [...armsOf(experiment, findings, latest, comparisons)];
  const viewers = sum(arms.map((arm) => arm.viewers));
  const first = days[0]?.day;
  const viewersPerDay =
    first === undefined ? 0 : viewers / Math.max(1, lastedUntil(experiment, own, at) - first);
  const split =
    mode === 'bandit'
      ? ratioOfWeights(latest, experiment.floor)
      : ratioOfShares(
          arms.map((arm) => arm.viewers),
          arms.map(({ planned }) => planned),
        );
  const callsOf = (arm: string): ArmCalls =>
    calls.find((each) => each.arm === arm) ?? { arm, calls: 0, answered: 0, short: 0 };
  const guardrails = [...guardrailsOf(ids.map(callsOf), alpha)];
  const plan = planOf(experiment, arms, viewersPerDay);
  const { state, power, metric } = experiment;
  const judged = { state, arms, split, guardrails, plan, effect, power, alpha, metric, viewers };
  return {
    id: experiment.id,
    name: experiment.name ?? null,
    button: experiment.button,
    winner: experiment.winner ?? null,
    mode,
    qualifiedSeconds: experiment.qualifiedSeconds,
    at: new Date(at).toISOString(),
    from: first === undefined ? null : dayText(first),
    viewersPerDay,
    ...judged,
    verdict: verdictOf(judged, at),
    days: series,
    warnings: [...warningsOf(experiment, findings, arms, judged)],
  };
};

const sharesNow = (file: SqliteFile, experiment: ExperimentPlan, at: number): ReadonlyMap<string, number> =>
  experiment.mode === 'fixed'
    ? plannedShares(experiment)
    : new Map(dealOfBandit(file, experiment, at).map(({ arm, from, to }) => [arm, (to - from) / BUCKETS]));

/**
 * How an experiment stands: what each arm's viewers did, what is sure and what is likely, and what to do.
 *
 * @param at what came later does not count; ms since the epoch
 */
export const reportExperiment = (
  file: SqliteFile,
  experiment: ExperimentPlan,
  at: number,
): ExperimentReport =>
  judgeExperiment(experiment, {
    at,
    cells: readCells(file, experiment, at),
    calls: readArmCalls(file, experiment, at, SHORT_SECONDS),
    several: readSeveral(file, experiment, at),
    unfollowed: readUnfollowed(file, experiment, at),
    shares: sharesNow(file, experiment, at),
  });

type Row = { readonly id: string; readonly plan: string };

/** Experiments of the stored plan, by id. */
export const storedExperiments = (file: SqliteFile): readonly ExperimentPlan[] =>
  (file.prepare('SELECT id, plan FROM experiment ORDER BY id').all() as Row[]).map(({ id, plan }) =>
    experimentSchema.parse({ ...JSON.parse(plan), id }),
  );

/** The experiments of the plan, running ones first, with how they stand. */
export const listExperiments = (file: SqliteFile, at: number): ExperimentList =>
  [...storedExperiments(file)]
    .sort((a, b) => (a.state === b.state ? (a.id < b.id ? -1 : 1) : a.state === 'running' ? -1 : 1))
    .map((experiment) => {
      const report = reportExperiment(file, experiment, at);
      const { id, name, button, state, winner, mode, metric, from, viewers, verdict } = report;
      const arms = experiment.arms.map((arm) => arm.id);
      return { id, name, button, state, winner, mode, metric, from, viewers, verdict, arms };
    });
