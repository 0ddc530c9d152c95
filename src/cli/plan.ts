import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { confirm, isCancel } from '@clack/prompts';
import type { Command } from 'commander';
import { FailureError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import type { TrackingPlan } from '../config/index.ts';
import { openStore, type Store } from '../store/index.ts';
import {
  applyPlan,
  exportPlan,
  formatDiff,
  notesOfDiff,
  type PlanDiff,
  planChanges,
  summariseDiff,
} from '../tracking/index.ts';
import { addRevealOption, examples } from './options.ts';
import { readSoundPlan } from './plan-input.ts';
import { act, type Cli, isMissing, type Session } from './session.ts';
import type { Paint } from './style.ts';

const MARKS = { '+': 'green', '~': 'yellow', '-': 'red' } as const;

/** The diff with additions green, changes yellow and removals red. */
const paintDiff = (diff: PlanDiff, paint: Paint): string =>
  formatDiff(diff)
    .split('\n')
    .map((line) => {
      const mark = line.charAt(0);
      return mark === '+' || mark === '~' || mark === '-' ? paint(MARKS[mark], line) : line;
    })
    .join('\n');

/** Work on an empty database that is gone afterwards: what a plan would change where there is none yet. */
const withEmptyStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), 'dialtrace-plan-'));
  try {
    const files = {
      path: join(directory, 'db'),
      keyFile: join(directory, 'key'),
      backupDirectory: directory,
    };
    const store = await openStore(files, silentLogger);
    return await work(store).finally(() => store.close());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const changesOf = async (session: Session, plan: TrackingPlan): Promise<PlanDiff> => {
  const compare = (store: Store): Promise<PlanDiff> => planChanges(store, plan);
  const missing = await isMissing(session.config().database.path);
  return missing ? withEmptyStore(compare) : session.withStore('read', compare);
};

const printDiff = (session: Session, diff: PlanDiff, applied: boolean): void => {
  const { out, json } = session;
  if (json) {
    out.json({ applied, changes: diff.changes });
    return;
  }
  out.line(paintDiff(diff, out.paint));
  if (diff.changes.length === 0) return;
  out.line();
  out.line(
    applied ? `Applied: ${summariseDiff(diff)}.` : `${summariseDiff(diff)}. \`dialtrace apply\` does it.`,
  );
  for (const note of notesOfDiff(diff)) out.note(note);
};

const planFile = (session: Session, given: string | undefined): TrackingPlan =>
  readSoundPlan(session.config(), given === undefined ? undefined : resolve(session.directory, given));

const addPlan = (program: Command, cli: Cli): void => {
  const command = program
    .command('plan')
    .summary('show what `apply` would change')
    .description('Compares the tracking plan with the database and shows the differences. Changes nothing.')
    .argument('[file]', 'another tracking plan than `trackingPlan` names')
    .action(
      act<[string | undefined]>(cli, async (session, file) => {
        const plan = planFile(session, file);
        printDiff(session, await changesOf(session, plan), false);
      }),
    );
  examples(command, [
    'dialtrace plan',
    'dialtrace plan drafts/autumn.yaml',
    'dialtrace plan --json | jq .changes',
  ]);
};

const removals = (diff: PlanDiff): number =>
  diff.changes.filter((change) => change.action === 'remove').length;

/** Asks a person before something is removed; programs say `--yes`. */
const agreed = async (session: Session, diff: PlanDiff): Promise<boolean> => {
  if (!process.stdin.isTTY || !process.stdout.isTTY || session.json) return true;
  session.out.line(paintDiff(diff, session.out.paint));
  const answer = await confirm({ message: 'Something is removed. Go on?', initialValue: false });
  return !isCancel(answer) && answer;
};

const addApply = (program: Command, cli: Cli): void => {
  const command = program
    .command('apply')
    .summary('bring the tracking plan into the database')
    .description(
      'Makes the database say what the tracking plan says, all of it or nothing; what the plan leaves out is removed. ' +
        'A second time changes nothing. The running gateway uses it from the next call on; past call records stay as they are.',
    )
    .argument('[file]', 'another tracking plan than `trackingPlan` names')
    .option('-y, --yes', 'remove without asking (nobody is asked where there is no terminal)')
    .action(
      act<[string | undefined, { yes?: boolean }]>(cli, async (session, file, options) => {
        const plan = planFile(session, file);
        if (options.yes !== true) {
          const diff = await changesOf(session, plan);
          if (removals(diff) > 0 && !(await agreed(session, diff)))
            throw new FailureError('Nothing was changed.');
        }
        printDiff(session, await session.withStore('write', (store) => applyPlan(store, plan)), true);
      }),
    );
  examples(command, ['dialtrace apply', 'dialtrace apply config/tracking.yaml --yes']);
};

const addExport = (program: Command, cli: Cli): void => {
  const command = program
    .command('export')
    .summary("write the database's tracking plan as YAML")
    .description(
      "Writes the database's tracking plan as YAML, which `dialtrace apply` reads again. With --json: as JSON.",
    );
  addRevealOption(command).action(
    act<[{ reveal?: boolean }]>(cli, async (session, { reveal = false }) => {
      const text = await session.withStore('read', (store) => exportPlan(store, { reveal }));
      if (!session.json) return cli.out.line(text.trimEnd());
      const { parse } = await import('yaml');
      cli.out.json(parse(text));
    }),
  );
  examples(command, [
    'dialtrace export > config/tracking.yaml',
    'dialtrace export --reveal > with-blocked-callers.yaml',
  ]);
};

export const addPlanCommands = (program: Command, cli: Cli): void => {
  addPlan(program, cli);
  addApply(program, cli);
  addExport(program, cli);
};
