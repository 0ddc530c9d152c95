import { type Command, Option } from 'commander';
import type { LinePlan } from '../config/index.ts';
import { listLines } from '../tracking/index.ts';
import { addListing, addRemoval, givenFields, runEdit } from './entries.ts';
import { examples, numberWithin } from './options.ts';
import { act, type Cli } from './session.ts';

type LineOptions = {
  readonly type?: 'trunk' | 'sip' | 'echo' | 'user';
  readonly name?: string;
  readonly number?: string;
  readonly trunk?: string;
  readonly uri?: string;
  readonly user?: string;
  readonly nat?: boolean;
  readonly ringTimeout?: number;
};

const addOptions = (command: Command): Command =>
  command
    .option('--name <name>', 'name for people')
    .option('--number <number>', 'phone number to dial (type trunk)')
    .option('--trunk <id>', 'trunk to dial it through (type trunk)')
    .option('--uri <uri>', 'SIP URI, such as sip:sales@pbx.example:5060 (type sip)')
    .option('--user <name>', 'user whose phones ring (type user)')
    .option('--nat', 'the line sits behind NAT (type sip)')
    .option('--no-nat', 'it does not')
    .option('--ring-timeout <seconds>', 'how long it rings', numberWithin(1, 600));

const fields = ({ ringTimeout, ...rest }: LineOptions) =>
  givenFields({ ...rest, ringTimeoutSeconds: ringTimeout });

/** The type that the options speak of, when none was named. */
const guessType = ({ type, uri, user, number }: LineOptions): string => {
  if (type !== undefined) return type;
  if (uri !== undefined) return 'sip';
  if (user !== undefined) return 'user';
  return number === undefined ? 'echo' : 'trunk';
};

const dials = (line: LinePlan): string => {
  switch (line.type) {
    case 'trunk':
      return `${line.number} via ${line.trunk}`;
    case 'sip':
      return line.uri;
    case 'user':
      return `the phones of ${line.user}`;
    case 'echo':
      return 'the built-in echo';
  }
};

export const addLineCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('line')
    .summary('business lines')
    .description('Business lines: phone numbers, SIP URIs and users that answer calls.');
  addListing(group, cli, {
    summary: 'List lines with the numbers that ring them and the calls they answered.',
    empty: 'There are no lines yet: see `dialtrace line add --help`.',
    rows: listLines,
    head: ['ID', 'Name', 'Type', 'Dials', 'Rings', 'Numbers', 'Answered'],
    right: [5, 6],
    cells: (row) => [
      row.id,
      row.name ?? null,
      row.type,
      dials(row),
      `${row.ringTimeoutSeconds} s`,
      row.numbers,
      row.callsAnswered,
    ],
  });
  const add = addOptions(
    group
      .command('add')
      .description('Add a line.')
      .argument('<id>')
      .addOption(
        new Option('--type <type>', 'kind of line (default: by the other options)').choices([
          'trunk',
          'sip',
          'echo',
          'user',
        ]),
      ),
  ).action(
    act<[string, LineOptions]>(cli, (session, id, options) =>
      runEdit(session, (edits) => edits.addLine({ ...fields(options), id, type: guessType(options) })),
    ),
  );
  examples(add, [
    'dialtrace line add sales --uri sip:sales@pbx.example:5060',
    'dialtrace line add office --number +4930123456 --trunk carrier --ring-timeout 30',
    'dialtrace line add alice --user alice',
    'dialtrace line add echo',
  ]);
  const set = addOptions(
    group.command('set').description('Change a line; what is not named stays.').argument('<id>'),
  ).action(
    act<[string, LineOptions]>(cli, (session, id, options) =>
      runEdit(session, (edits) => edits.updateLine(id, fields(options))),
    ),
  );
  examples(set, ['dialtrace line set sales --ring-timeout 15']);
  addRemoval(group, cli, {
    argument: '<id>',
    summary: 'Remove a line that no number rings.',
    remove: (edits, id) => edits.removeLine(id),
  });
};
