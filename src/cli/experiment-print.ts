import {
  type BanditRuns,
  type BrokenSplit,
  type Difference,
  type ExperimentReport,
  type ExperimentSimulation,
  type NoDifference,
  percentOf,
  pWords,
} from '../tracking/index.ts';
import { plural } from './format.ts';
import type { Output } from './output.ts';

const METRICS: Readonly<Record<ExperimentReport['metric'], string>> = {
  qualified: 'qualified calls',
  answered: 'answered calls',
  calls: 'calls',
  clicks: 'presses',
};

const round = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 });
const points = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(2)}`;
const orDash = (share: number | null): string | null => (share === null ? null : percentOf(share));
const span = (low: number | null, high: number | null): string =>
  low === null || high === null ? '' : ` [${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}]`;

const metricWords = ({ metric, qualifiedSeconds }: ExperimentReport): string =>
  metric === 'qualified'
    ? `${METRICS.qualified} (talked for ${qualifiedSeconds} s, or the lead is) per viewer`
    : `${METRICS[metric]} per viewer`;

const printArms = (out: Output, { arms, mode }: ExperimentReport): void => {
  const total = arms.reduce((sum, { viewers }) => sum + viewers, 0);
  const weighted = mode === 'bandit';
  out.table(
    [
      'Arm',
      'Viewers',
      'Share',
      weighted ? 'Now' : 'Planned',
      'Pressed',
      'Called',
      'Answered',
      'Qualified',
      'Rate [95 %]',
      ...(weighted ? ['Weighted [95 %]'] : []),
      'P(best)',
      'Loss, points',
    ],
    arms.map((arm) => [
      arm.arm,
      arm.viewers,
      total === 0 ? null : percentOf(arm.viewers / total),
      percentOf(arm.planned),
      arm.clicked,
      arm.called,
      arm.answered,
      arm.qualified,
      arm.rate.value === null ? null : `${percentOf(arm.rate.value)}${span(arm.rate.low, arm.rate.high)}`,
      ...(weighted
        ? [
            arm.weighted?.value == null
              ? null
              : `${percentOf(arm.weighted.value)}${span(arm.weighted.low, arm.weighted.high)}`,
          ]
        : []),
      percentOf(arm.belief.best),
      `${(arm.belief.loss * 100).toFixed(3)}`,
    ]),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  );
};

const printComparisons = (out: Output, { arms, alpha }: ExperimentReport): void => {
  out.table(
    [
      `Against ${arms[0]?.arm ?? ''}`,
      'Points',
      `Always between (${percentOf(1 - alpha)})`,
      'Lift',
      'p',
      'Decided',
    ],
    arms.flatMap(({ arm, comparison, viewers }) => {
      if (comparison === null) return [];
      // Nothing can be said of an arm that nobody has seen.
      if (viewers === 0 || arms[0]?.viewers === 0) return [[arm, null, null, null, null, null]];
      return [
        [
          arm,
          points(comparison.difference),
          `${points(comparison.low)} to ${points(comparison.high)}`,
          orDash(comparison.lift),
          comparison.p < 0.0001 ? '< 0.0001' : comparison.p.toPrecision(2),
          comparison.decidedOn === null ? null : `${comparison.decidedOn} for ${comparison.betterArm}`,
        ],
      ];
    }),
    [1, 2, 3, 4],
  );
};

const printGuardrails = (out: Output, { arms, guardrails }: ExperimentReport): void => {
  const cell = (what: 'short-calls' | 'answer-rate', arm: string): string | null => {
    const found = guardrails.find((each) => each.what === what && each.arm === arm);
    if (!found || found.share === null) return null;
    const text = `${percentOf(found.share)}${span(found.low, found.high)} of ${found.of}`;
    return found.worse ? out.paint('red', `${text} worse`) : text;
  };
  out.table(
    ['Guardrails', 'Short calls [95 %]', 'Answer rate [95 %]'],
    arms.map(({ arm }) => [arm, cell('short-calls', arm), cell('answer-rate', arm)]),
    [1, 2],
  );
};

const planWords = ({ plan, power, effect, verdict }: ExperimentReport): string => {
  if (plan.viewersAtOnce === null || plan.viewersSequentially === null)
    return 'too few conversions to say how many viewers it takes';
  const goesOn = verdict.type === 'running' || verdict.type === 'likely';
  const left = goesOn && plan.daysLeft !== null ? `, ${plural(plan.daysLeft, 'day')} to go` : '';
  return (
    `for a difference of ${percentOf(effect)} with power ${percentOf(power)}: ${round(plan.viewersSequentially)} viewers an arm ` +
    `looked at on any day${left}; ${round(plan.viewersAtOnce)} with one look at the end`
  );
};

export const printExperimentReport = (out: Output, report: ExperimentReport): void => {
  const { id, button, state, winner, mode, from, viewers, viewersPerDay, verdict, split } = report;
  const ended = winner === null ? 'ended' : `ended, everybody gets ${winner}`;
  const since = state === 'running' ? ' since' : ', first seen';
  out.line(
    `${out.paint('bold', report.name ?? id)}  button ${button}, ${mode}, ${state === 'running' ? 'running' : ended}` +
      `${from === null ? '' : `${since} ${from}`}, ${plural(viewers, 'viewer')} (${viewersPerDay.toFixed(0)} a day)`,
  );
  out.line(verdict.sentence);
  out.line();
  out.line(out.paint('dim', `Counted: ${metricWords(report)}`));
  printArms(out, report);
  out.line();
  printComparisons(out, report);
  out.line();
  printGuardrails(out, report);
  out.line();
  const test = split.test === 'chi-square' ? 'χ²' : 'z';
  out.facts([
    [
      'Split',
      `${test} ${split.statistic.toFixed(2)}, ${pWords(split.p)}: ${split.alarm ? out.paint('red', 'not as planned') : 'as planned'}`,
    ],
    ['Takes', planWords(report)],
  ]);
  for (const warning of report.warnings) out.line(out.paint('yellow', `warning  ${warning}`));
};

export type Simulated = {
  readonly options: ExperimentSimulation;
  readonly noDifference: NoDifference;
  readonly difference: Difference;
  readonly brokenSplit: BrokenSplit;
  readonly bandit: BanditRuns;
};

export const printSimulated = (out: Output, simulated: Simulated): void => {
  const { options, noDifference: even, difference, brokenSplit, bandit } = simulated;
  const { days, baseline, effect, alpha } = options;
  const better = `${percentOf(baseline)} against ${percentOf(baseline * (1 + effect))}`;
  out.line(
    `${out.paint('bold', 'No difference')}  ${plural(even.runs, 'experiment')} of ${round(even.viewers)} viewers, ${percentOf(baseline)} in both arms, looked at on each of ${plural(days, 'day')}`,
  );
  out.facts([
    ['Always-valid test (mSPRT) found one', `${percentOf(even.sequential)} (at most ${percentOf(alpha)})`],
    ['Bayesian rule stopped', percentOf(even.bayesian)],
    ['Plain test, looked at every day', percentOf(even.plain)],
    ['Plain test, at the end alone', percentOf(even.plainAtEnd)],
    [
      'Alarm about a right split',
      `${percentOf(even.ratioAtEnd)} at the end, ${percentOf(even.ratioOnSomeDay)} on some day`,
    ],
  ]);
  out.line();
  out.line(`${out.paint('bold', 'A difference')}  ${plural(difference.runs, 'experiment')}, ${better}`);
  out.facts([
    [
      `Plain test at ${round(difference.viewersAtOnce)} an arm`,
      `${percentOf(difference.plain)} found it (planned ${percentOf(options.power)})`,
    ],
    ['Always-valid test by then', percentOf(difference.sequentialByThen)],
    [
      `Always-valid test by ${round(difference.viewersSequentially)} an arm`,
      `${percentOf(difference.sequential)} (planned ${percentOf(options.power)}), after ${percentOf(difference.needed)} of them in the mean`,
    ],
    ['Found the worse arm better', percentOf(difference.wrongWay)],
  ]);
  out.line();
  out.line(
    `${out.paint('bold', 'A broken split')}  ${plural(brokenSplit.runs, 'experiment')} of ${round(brokenSplit.viewers)} viewers, ` +
      `${brokenSplit.planned.map((share) => share * 100).join('/')} planned, ${brokenSplit.got.map((share) => share * 100).join('/')} got`,
  );
  out.facts([['Alarm', percentOf(brokenSplit.alarms)]]);
  out.line();
  out.line(
    `${out.paint('bold', 'A bandit')}  ${plural(bandit.runs, 'experiment')} of ${round(bandit.viewers)} viewers, ${better}, floor ${percentOf(options.floor)}`,
  );
  out.facts([
    [
      'Conversions lost',
      `${bandit.lost.toFixed(1)} where an even split loses ${bandit.lostEvenly.toFixed(1)}`,
    ],
    ['Share of the better arm on the last day', percentOf(bandit.bestShare)],
    [
      'Rate of the worse arm, in truth',
      `${percentOf(bandit.truth)}; plain ${percentOf(bandit.plainRate)}, weighted ${percentOf(bandit.weightedRate)}`,
    ],
    ['95 % intervals of weighted rates that hold it', percentOf(bandit.coverage)],
    ['Alarm about its split', percentOf(bandit.ratioAlarms)],
    ['Always-valid test, arms the same', `${percentOf(bandit.falsePositives)} found a difference`],
  ]);
};
