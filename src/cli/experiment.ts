import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { ExperimentArm, ExperimentPlan } from '../config/index.ts';
import type { SqliteFile } from '../store/index.ts';
import {
  daysFor,
  type ExperimentSimulation,
  listExperiments,
  percentOf,
  reportExperiment,
  simulateBandit,
  simulateBrokenSplit,
  simulateDifference,
  simulateNoDifference,
  smallestEffect,
  storedExperiments,
  viewersAtOnce,
  viewersSequentially,
} from '../tracking/index.ts';
import { runEdit } from './entries.ts';
import { printExperimentReport, printSimulated } from './experiment-print.ts';
import { plural } from './format.ts';
import { examples, numberWithin, wholeNumber } from './options.ts';
import { act, type Cli } from './session.ts';

/** @throws UsageError when there is none of that id */
const findExperiment = (file: SqliteFile, id: string): ExperimentPlan => {
  const all = storedExperiments(file);
  const found = all.find((each) => each.id === id);
  if (found) return found;
  const known =
    all.length === 0 ? 'there are none yet' : `there are ${all.map((each) => each.id).join(', ')}`;
  throw new UsageError(`There is no experiment ${id}: ${known}`);
};

const addList = (group: Command, cli: Cli): void => {
  const command = group
    .command('list')
    .description('Experiments of the plan, those that run first, and how they stand.')
    .action(
      act<[]>(cli, (session) =>
        session.withStore('read', async (store) => {
          const found = await store.exclusively((file) => listExperiments(file, session.now()));
          if (session.json) return session.out.json(found);
          if (found.length === 0)
            return session.out.line('There are no experiments: add them to `experiments` of the plan.');
          session.out.table(
            ['Experiment', 'Button', 'State', 'Mode', 'Counted', 'Arms', 'Since', 'Viewers', 'Verdict'],
            found.map((each) => [
              each.id,
              each.button,
              each.winner === null ? each.state : `${each.state}: ${each.winner}`,
              each.mode,
              each.metric,
              each.arms.join(', '),
              each.from,
              each.viewers,
              each.verdict.sentence,
            ]),
            [7],
          );
        }),
      ),
    );
  examples(command, ['dialtrace experiment list', 'dialtrace experiment list --json']);
};

/** Words in the first language there are any in. */
const wordsOf = (text: ExperimentArm['text']): string | null =>
  typeof text === 'object' ? (Object.values(text)[0] ?? null) : (text ?? null);

const addShow = (group: Command, cli: Cli): void => {
  const command = group
    .command('show')
    .description('What an experiment tries: its arms, and the share of viewers that each gets.')
    .argument('<experiment>', 'id in the plan')
    .action(
      act<[string]>(cli, (session, id) =>
        session.withStore('read', async (store) => {
          const { plan, report } = await store.exclusively((file) => {
            const experiment = findExperiment(file, id);
            return { plan: experiment, report: reportExperiment(file, experiment, session.now()) };
          });
          const shareOf = (arm: string): number => report.arms.find((each) => each.arm === arm)?.planned ?? 0;
          const shares = Object.fromEntries(plan.arms.map((arm) => [arm.id, shareOf(arm.id)]));
          if (session.json) return session.out.json({ ...plan, shares });
          const { out } = session;
          out.facts([
            ['Experiment', plan.name === undefined ? plan.id : `${plan.id}: ${plan.name}`],
            ['Button', plan.button],
            [
              'State',
              plan.winner === undefined ? plan.state : `${plan.state}, everybody gets ${plan.winner}`,
            ],
            ['Mode', plan.mode === 'bandit' ? `bandit, each arm at least ${percentOf(plan.floor)}` : 'fixed'],
            ['Counted', plan.metric],
            ['Looks for', `${percentOf(plan.effect)} more or less, alpha ${plan.alpha}, power ${plan.power}`],
          ]);
          out.line();
          out.table(
            ['Arm', 'Weight', 'Share', 'Text', 'Colour', 'Position', 'Size'],
            plan.arms.map((arm) => [
              arm.id,
              arm.weight,
              percentOf(shareOf(arm.id)),
              wordsOf(arm.text),
              arm.color ?? null,
              arm.position ?? null,
              arm.size ?? null,
            ]),
            [1, 2],
          );
        }),
      ),
    );
  examples(command, ['dialtrace experiment show hero-text']);
};

const addReport = (group: Command, cli: Cli): void => {
  const command = group
    .command('report')
    .summary('how an experiment stands, and what to do')
    .description(
      'The verdict in a sentence, then what it rests on: figures of each arm, the always-valid test against the first arm, ' +
        'P(best) and expected loss, the split, guardrails, and how long it takes. May be looked at as often as one likes.',
    )
    .argument('<experiment>', 'id in the plan')
    .action(
      act<[string]>(cli, (session, id) =>
        session.withStore('read', async (store) => {
          const report = await store.exclusively((file) =>
            reportExperiment(file, findExperiment(file, id), session.now()),
          );
          if (session.json) session.out.json(report);
          else printExperimentReport(session.out, report);
        }),
      ),
    );
  examples(command, [
    'dialtrace experiment report hero-text',
    'dialtrace experiment report hero-text --json',
  ]);
};

type PlanOptions = {
  readonly baseline: number;
  readonly effect: number;
  readonly viewers?: number;
  readonly days?: number;
  readonly arms: number;
  readonly alpha: number;
  readonly power: number;
};

const planned = ({ viewers, days, ...question }: PlanOptions) => {
  const perArm = { atOnce: viewersAtOnce(question), sequentially: viewersSequentially(question) };
  const wait = (needed: number): number | null =>
    viewers === undefined ? null : daysFor(needed, question.arms, viewers);
  const until =
    viewers === undefined || days === undefined ? null : Math.floor((viewers * days) / question.arms);
  const found = (needed: typeof viewersAtOnce): number | null =>
    until === null ? null : smallestEffect(until, question, needed);
  return {
    ...question,
    viewersPerDay: viewers ?? null,
    viewersPerArm: perArm,
    days: { atOnce: wait(perArm.atOnce), sequentially: wait(perArm.sequentially) },
    smallestEffect:
      until === null
        ? null
        : { days: days ?? null, atOnce: found(viewersAtOnce), sequentially: found(viewersSequentially) },
  };
};

const inThisTime = (effect: number | null, baseline: number): string =>
  effect === null
    ? 'nothing can be found'
    : `${percentOf(effect)} more: ${percentOf(baseline)} against ${percentOf(baseline * (1 + effect))}`;

const addPlan = (group: Command, cli: Cli): void => {
  const command = group
    .command('plan')
    .summary('how many viewers it takes, and how long')
    .description(
      'Viewers an arm that it takes to find a difference: with one look at the end (two-sided z-test), and looked at on any ' +
        'day (always-valid test). With --viewers the days, with --days too the smallest difference found by then. Reads nothing.',
    )
    .requiredOption('--baseline <rate>', 'rate of the first arm: 0.02 is 2 %', numberWithin(0.0001, 0.99))
    .option('--effect <share>', 'difference worth finding, relative: 0.25', numberWithin(0.01, 10), 0.2)
    .option('--viewers <count>', 'viewers a day, of all arms together', wholeNumber(1, 100_000_000))
    .option('--days <days>', 'what can be found in this time', wholeNumber(1, 3650))
    .option('--arms <count>', 'arms, the first included', wholeNumber(2, 10), 2)
    .option('--alpha <share>', 'rate of false alarms', numberWithin(0.001, 0.2), 0.05)
    .option('--power <share>', 'probability to find it', numberWithin(0.5, 0.99), 0.8)
    .action(
      act<[PlanOptions]>(cli, (session, options) => {
        const { baseline, effect } = options;
        if (baseline * (1 + effect) >= 1)
          throw new UsageError(`${baseline} and ${effect} of it more are above 1: use a smaller effect`);
        if (options.days !== undefined && options.viewers === undefined)
          throw new UsageError('--days needs --viewers: how many see it a day');
        const result = planned(options);
        if (session.json) return session.out.json(result);
        const { out } = session;
        const { viewersPerArm, days, smallestEffect: smallest } = result;
        const count = (viewers: number, wait: number | null): string =>
          `${viewers.toLocaleString('en')} viewers an arm${wait === null ? '' : `, ${plural(wait, 'day')}`}`;
        out.line(
          `${percentOf(baseline)} against ${percentOf(baseline * (1 + effect))}, ${plural(options.arms, 'arm')}, alpha ${options.alpha}, power ${options.power}`,
        );
        out.facts([
          ['One look at the end', count(viewersPerArm.atOnce, days.atOnce)],
          ['Looked at on any day', `${count(viewersPerArm.sequentially, days.sequentially)} at most`],
        ]);
        if (smallest === null) return;
        out.line();
        out.line(`In ${plural(smallest.days ?? 0, 'day')} it finds`);
        out.facts([
          ['One look at the end', inThisTime(smallest.atOnce, baseline)],
          ['Looked at on any day', inThisTime(smallest.sequentially, baseline)],
        ]);
      }),
    );
  examples(command, [
    'dialtrace experiment plan --baseline 0.02 --effect 0.25 --viewers 500',
    'dialtrace experiment plan --baseline 0.05 --viewers 2000 --days 14 --arms 3',
  ]);
};

type SimulateOptions = {
  readonly runs: number;
  readonly days: number;
  readonly viewers: number;
  readonly baseline: number;
  readonly effect: number;
  readonly seed: number;
};

const addSimulation = (group: Command, cli: Cli): void => {
  const command = group
    .command('simulate')
    .summary('how often the rules are right, on experiments whose truth is known')
    .description(
      'Plays experiments whose truth is known and looks at them every day: false alarms without a difference, differences ' +
        'found, alarms about a broken split, what a bandit saves. Viewers get their arms by the same hash as real ones. ' +
        'Touches neither the configuration nor the database. A thousand runs take a few minutes.',
    )
    .option('--runs <count>', 'experiments of each kind; bandits: a fifth', wholeNumber(5, 100_000), 1000)
    .option('--days <days>', 'looks, one a day', wholeNumber(2, 365), 28)
    .option('--viewers <count>', 'viewers a day', wholeNumber(10, 1_000_000), 300)
    .option('--baseline <rate>', 'rate of the first arm', numberWithin(0.001, 0.9), 0.02)
    .option('--effect <share>', 'difference worth finding, relative', numberWithin(0.01, 10), 0.5)
    .option('--seed <number>', 'another one plays other experiments', wholeNumber(0, 999_999_999), 1)
    .action(
      act<[SimulateOptions]>(cli, async (session, { viewers, ...given }) => {
        if (given.baseline * (1 + given.effect) >= 1) throw new UsageError('Use a smaller effect');
        const { createRandom } = await import('../simulate/index.ts');
        const draw = (name: string) => createRandom(given.seed, name).next;
        const rules = { viewersPerDay: viewers, alpha: 0.05, power: 0.8, floor: 0.1 };
        const options: ExperimentSimulation = { ...given, ...rules };
        const simulated = {
          options,
          noDifference: simulateNoDifference(options, draw),
          difference: simulateDifference(options, draw),
          brokenSplit: simulateBrokenSplit(options, draw),
          bandit: simulateBandit({ ...options, runs: Math.ceil(options.runs / 5) }, draw),
        };
        if (session.json) session.out.json(simulated);
        else printSimulated(session.out, simulated);
      }),
    );
  examples(command, [
    'dialtrace experiment simulate --runs 100',
    'dialtrace experiment simulate --baseline 0.1 --effect 0.2 --viewers 1000 --json',
  ]);
};

const addStop = (group: Command, cli: Cli): void => {
  const command = group
    .command('stop')
    .description('Ends an experiment: from now on everybody gets the winner, or the button as it is.')
    .argument('<experiment>', 'id in the plan')
    .option('--winner <arm>', 'the arm that everybody gets')
    .action(
      act<[string, { winner?: string }]>(cli, async (session, id, { winner }) => {
        await runEdit(session, (edits) =>
          edits.updateExperiment(id, { state: 'ended', ...(winner !== undefined && { winner }) }),
        );
        const { winner: shown } = await session.withStore('read', (store) =>
          store.exclusively((file) => findExperiment(file, id)),
        );
        const fields = `state: ended${shown === undefined ? '' : `, winner: ${shown}`}`;
        session.out.note(
          `Write \`${fields}\` at experiment ${id} of ${session.config().trackingPlan} too: the next \`dialtrace apply\` goes by the file.`,
        );
      }),
    );
  examples(command, [
    'dialtrace experiment stop hero-text --winner b',
    'dialtrace experiment stop hero-text',
  ]);
};

export const addExperimentCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('experiment')
    .summary('which form of a call button brings more calls that count')
    .description(
      'Experiments with call buttons: how they stand, what to do, how long they take. Which there are says the plan.',
    );
  addList(group, cli);
  addShow(group, cli);
  addReport(group, cli);
  addPlan(group, cli);
  addSimulation(group, cli);
  addStop(group, cli);
};
