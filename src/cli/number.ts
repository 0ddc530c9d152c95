import { type Command, Option } from 'commander';
import type { NumberPlan } from '../config/index.ts';
import { listNumbers } from '../tracking/index.ts';
import { addListing, addRemoval, givenFields, runEdit } from './entries.ts';
import { formatTime } from './format.ts';
import { examples } from './options.ts';
import { act, type Cli } from './session.ts';

type NumberOptions = {
  readonly label?: string;
  readonly source?: string;
  readonly line?: readonly string[];
  readonly flow?: string;
  readonly record?: 'yes' | 'no' | 'default';
  readonly enabled?: 'yes' | 'no';
};

const RECORD = { yes: true, no: false, default: 'none' } as const;
const recordWords = (record: boolean | undefined): string =>
  record === undefined ? 'default' : record ? 'yes' : 'no';

/** Calls ring lines or run a flow: naming one leaves the other. */
const fields = ({ line, flow, record, enabled, ...rest }: NumberOptions) =>
  givenFields({
    ...rest,
    lines: flow === undefined ? line : 'none',
    flow: line === undefined ? flow : 'none',
    record: record === undefined ? undefined : RECORD[record],
    enabled: enabled === undefined ? undefined : enabled === 'yes',
  });

const goesTo = ({ flow, lines, pool }: NumberPlan): string => {
  if (flow !== undefined) return `flow ${flow}`;
  return lines === undefined ? `as pool ${pool}` : `${lines.join(', ')} (implied flow)`;
};

const addOptions = (command: Command): Command =>
  command
    .option('--label <text>', 'where it is printed: "Poster at the station"')
    .addOption(
      new Option('--record <choice>', "record its calls (default: the gateway's own)").choices([
        'yes',
        'no',
        'default',
      ]),
    )
    .addOption(new Option('--enabled <choice>', 'take its calls').choices(['yes', 'no']));

export const addNumberCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('number')
    .summary('tracking numbers')
    .description('Tracking numbers: which source each stands for, and which lines its calls ring.');
  addListing(group, cli, {
    summary: 'List tracking numbers with their calls.',
    empty: 'There are no tracking numbers yet: see `dialtrace number add --help`.',
    rows: listNumbers,
    head: ['Number', 'Label', 'Source', 'Calls go to', 'Record', 'Enabled', 'Calls', 'Last call'],
    right: [6],
    cells: (row) => [
      row.number,
      row.label ?? null,
      row.source ?? `pool ${row.pool}`,
      goesTo(row),
      recordWords(row.record),
      row.enabled ? 'yes' : 'no',
      row.calls,
      formatTime(row.lastCallAt),
    ],
  });
  const add = addOptions(
    group
      .command('add')
      .description('Add a tracking number.')
      .argument('<number>', 'E.164, or as dialled in the region of the first trunk')
      .requiredOption('--source <id>', 'the source it stands for')
      .option('--line <id...>', 'lines that ring, tried in this order')
      .option('--flow <id>', 'the flow that its calls run, in place of lines'),
  ).action(
    act<[string, NumberOptions]>(cli, (session, number, options) =>
      runEdit(session, (edits) => edits.addNumber({ ...fields(options), number })),
    ),
  );
  examples(add, [
    'dialtrace number add +12025550123 --source google-ads --line sales office --label "Search ads"',
  ]);
  const set = addOptions(
    group
      .command('set')
      .description('Change a tracking number; what is not named stays.')
      .argument('<number>')
      .option('--source <id>', 'the source it stands for')
      .option('--line <id...>', 'lines that ring, tried in this order')
      .option('--flow <id>', 'the flow that its calls run, in place of lines'),
  ).action(
    act<[string, NumberOptions]>(cli, (session, number, options) =>
      runEdit(session, (edits) => edits.updateNumber(number, fields(options))),
    ),
  );
  examples(set, [
    'dialtrace number set +12025550123 --line office',
    'dialtrace number set +12025550123 --flow small-business',
    'dialtrace number set +12025550123 --record no',
  ]);
  addRemoval(group, cli, {
    argument: '<number>',
    summary: 'Remove a tracking number: its calls are refused from now on. Past call records stay.',
    remove: (edits, number) => edits.removeNumber(number),
  });
};
