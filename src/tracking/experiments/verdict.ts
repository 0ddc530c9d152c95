import { bayesianChoice } from './bayes.ts';
import type { ExperimentReport, ReportedArm, Verdict } from './report-schema.ts';

const DAY_MS = 86_400_000;
/** Later than that is not said. */
const MOST_DAYS = 365;

const DOES: Readonly<Record<ExperimentReport['metric'], string>> = {
  qualified: 'make a qualified call',
  answered: 'make a call that is answered',
  calls: 'call',
  clicks: 'press it',
};

type Judged = Pick<
  ExperimentReport,
  'state' | 'arms' | 'split' | 'guardrails' | 'plan' | 'effect' | 'power' | 'alpha' | 'metric' | 'viewers'
>;

/** 0.0234 as `2.34 %`: as many digits as tell rates apart. */
export const percentOf = (share: number): string => {
  const percent = share * 100;
  const digits = Math.abs(percent) >= 10 ? 1 : 2;
  return `${percent.toFixed(digits)} %`;
};

/** p-values as people write them. */
export const pWords = (p: number): string => (p < 0.0001 ? 'p < 0.0001' : `p ${p.toPrecision(2)}`);

const rateOf = ({ weighted, rate }: ReportedArm): number => weighted?.value ?? rate.value ?? 0;

const byRate = (arms: readonly ReportedArm[]): readonly ReportedArm[] =>
  [...arms].sort((a, b) => rateOf(b) - rateOf(a) || (a.arm < b.arm ? -1 : 1));

/** The arm that the always-valid test found better: better than the first, or the first when it beats all others. */
const decidedFor = (arms: readonly ReportedArm[]): ReportedArm | undefined => {
  const first = arms.find((arm) => arm.first);
  const better = arms.filter(({ arm, comparison }) => comparison?.betterArm === arm);
  if (better.length > 0) return byRate(better)[0];
  const others = arms.filter((arm) => !arm.first);
  return others.length > 0 && others.every(({ comparison }) => comparison?.betterArm === first?.arm)
    ? first
    : undefined;
};

/** The arm that the Bayesian stop rule would take. */
const likelyOf = ({ arms, effect }: Judged): ReportedArm | undefined => {
  const choice = bayesianChoice(
    arms.map(({ belief }) => belief),
    effect,
  );
  return choice === undefined ? undefined : arms[choice];
};

const isEqual = ({ arms, effect, plan }: Judged): boolean => {
  const first = arms.find((arm) => arm.first);
  const margin = effect * (first === undefined ? 0 : rateOf(first));
  const others = arms.flatMap(({ comparison }) => comparison ?? []);
  if (others.length > 0 && margin > 0 && others.every(({ low, high }) => low > -margin && high < margin))
    return true;
  const needed = plan.viewersSequentially;
  return needed !== null && arms.every(({ viewers, weighted }) => (weighted?.viewers ?? viewers) >= needed);
};

const brokenWords = ({ arms, split }: Judged): string => {
  const total = arms.reduce((sum, { viewers }) => sum + viewers, 0);
  const off = [...arms].sort(
    (a, b) => Math.abs(b.viewers / total - b.planned) - Math.abs(a.viewers / total - a.planned),
  )[0];
  const got =
    split.test === 'chi-square' && off
      ? `${off.arm} has ${percentOf(off.viewers / total)} of the viewers where ${percentOf(off.planned)} were planned`
      : 'arms do not have the viewers that their probabilities promised';
  return `Something is wrong with the split: ${got} (${pWords(split.p)}); the figures can't be trusted until the cause is found.`;
};

const betterWords = (judged: Judged, winner: ReportedArm): string => {
  const does = DOES[judged.metric];
  const first = judged.arms.find((arm) => arm.first);
  if (winner.first || !first || !winner.comparison) {
    const next = byRate(judged.arms.filter((arm) => !arm.first))[0];
    return `${winner.arm} is better than all others: ${percentOf(rateOf(winner))} of its viewers ${does}, ${percentOf(next ? rateOf(next) : 0)} with ${next?.arm ?? ''}.`;
  }
  const { low, high, p } = winner.comparison;
  return (
    `${winner.arm} is better: ${percentOf(rateOf(winner))} of its viewers ${does}, ${percentOf(rateOf(first))} with ${first.arm} ` +
    `(${(low * 100).toFixed(2)} to ${(high * 100).toFixed(2)} points more, ${pWords(p)}).`
  );
};

/** The day about which enough will be known; null: nobody can say, or beyond a year. */
const untilDay = ({ plan: { daysLeft } }: Judged, at: number): string | null =>
  daysLeft === null || daysLeft > MOST_DAYS
    ? null
    : new Date(at + Math.max(1, daysLeft) * DAY_MS).toISOString().slice(0, 10);

const runningWords = ({ plan: { daysLeft, baseline }, effect }: Judged, until: string | null): string => {
  if (until !== null) return `Keep running until about ${until}`;
  if (baseline === null || daysLeft === null)
    return 'Keep running: there are too few conversions to say for how long';
  return `Keep running: with this traffic a difference of ${percentOf(effect)} takes more than a year to find`;
};

const caution = ({ guardrails }: Judged, { arm }: ReportedArm): string =>
  guardrails.some((each) => each.arm === arm && each.worse)
    ? ' But its calls are worse: see the warnings before it is taken.'
    : '';

const undecided = (judged: Judged, at: number): Verdict => {
  if (judged.state === 'ended')
    return { type: 'undecided', arm: null, until: null, sentence: 'It ended before anything was decided.' };
  const until = untilDay(judged, at);
  const likely = likelyOf(judged);
  const running = runningWords(judged, until);
  if (!likely) return { type: 'running', arm: null, until, sentence: `${running}; nothing is decided yet.` };
  const sentence = `${running}; ${likely.arm} is ahead and the best with ${percentOf(likely.belief.best)}: take it now if being wrong costs little.`;
  return { type: 'likely', arm: likely.arm, until, sentence };
};

const NOBODY: Readonly<Record<Judged['state'], string>> = {
  running: 'Nobody has seen it yet.',
  ended: 'It ended before anybody saw it.',
};

/** What to do, in a sentence. */
export const verdictOf = (judged: Judged, at: number): Verdict => {
  const { arms, effect, power, viewers } = judged;
  const said = (type: Verdict['type'], sentence: string, arm: string | null = null): Verdict => ({
    type,
    arm,
    until: null,
    sentence,
  });
  if (viewers === 0) return said('nobody', NOBODY[judged.state]);
  if (judged.split.alarm) return said('broken-split', brokenWords(judged));
  const winner = decidedFor(arms);
  if (winner) return said('better', betterWords(judged, winner) + caution(judged, winner), winner.arm);
  if (isEqual(judged))
    return said(
      'no-difference',
      `No difference worth finding: one of ${percentOf(effect)} or more would have shown by now with a probability of at least ${percentOf(power)}.`,
    );
  return undecided(judged, at);
};
