import { type Command, Option } from 'commander';
import { FailureError, UsageError } from '../base/errors.ts';
import { parsePhone, type Region } from '../base/phone.ts';
import {
  CALL_COLUMNS,
  callDetailView,
  callRow,
  callView,
  callViewSchema,
  csvLines,
  eachCall,
  eventView,
  jsonLines,
  readPeriod,
  stepView,
} from '../reports/index.ts';
import type { CallDetail, CallFilter, CallRepository, Store } from '../store/index.ts';
import { printCall, webWords } from './call-sheet.ts';
import { printCalls } from './call-table.ts';
import { warningLines } from './call-warnings.ts';
import { addTail } from './calls-tail.ts';
import { formatTime } from './format.ts';
import {
  addPeriodOptions,
  addRevealOption,
  addZoneOption,
  examples,
  type PeriodOptions,
  wholeNumber,
} from './options.ts';
import { act, type Cli, homeRegion, normalNumber, type Session } from './session.ts';
import { addWrapUp } from './wrap-up.ts';

export type CallFilterOptions = PeriodOptions & {
  readonly status?: CallFilter['status'];
  readonly source?: string;
  readonly button?: string;
  readonly did?: string;
  readonly caller?: string;
  readonly tests?: boolean;
  readonly limit?: number;
};

const STATUSES = callViewSchema.shape.status.options;

const addFilterOptions = (command: Command): Command =>
  addPeriodOptions(command)
    .addOption(new Option('--status <status>', 'outcome').choices(STATUSES))
    .option('--source <id>', "the source's id")
    .option('--button <id>', 'the call button that brought it')
    .option('--did <number>', 'the dialled number')
    .option('--caller <number>', "the caller's number")
    .option('--no-tests', 'leave test calls out');

/** Bounds of the period, when any was asked for. */
export const periodBounds = (options: PeriodOptions, now: number): Pick<CallFilter, 'from' | 'to'> => {
  if (options.from === undefined && options.to === undefined && options.period === undefined) return {};
  // The log has no beginning that must be named: `--to` alone means all before it.
  const from = options.from ?? (options.period === undefined ? '1970-01-01' : undefined);
  const period = readPeriod({ ...options, from }, now);
  return { from: period.from, to: period.to };
};

/** The dialled number as calls have it. @throws UsageError when it can't be one */
const dialled = (text: string, region: Region | undefined): string => {
  const number = parsePhone(text, region);
  if (number !== undefined) return number.e164;
  throw new UsageError(`--did "${text}" is no phone number: write it as +12025550123`);
};

/** The filter that the options describe. @throws UsageError */
export const callFilter = (session: Session, store: Store, options: CallFilterOptions): CallFilter => {
  const region = homeRegion(session.config());
  return {
    ...periodBounds(options, session.now()),
    includeTests: options.tests !== false,
    ...(options.status !== undefined && { status: options.status }),
    ...(options.source !== undefined && { sourceId: options.source }),
    ...(options.button !== undefined && { buttonId: options.button }),
    ...(options.did !== undefined && { did: dialled(options.did, region) }),
    ...(options.caller !== undefined && {
      callerHmac: store.vault.hmac(normalNumber(options.caller, region)),
    }),
    ...(options.limit !== undefined && { limit: options.limit }),
  };
};

/** A call by its id, or the newest by the word `last`. @throws UsageError when there is none */
export const findCall = async (calls: CallRepository, id: string): Promise<CallDetail> => {
  const wanted =
    id === 'last' ? (await calls.list({ limit: 1, includeTests: true }))[0]?.id : id.toUpperCase();
  const detail = wanted === undefined ? undefined : await calls.get(wanted);
  if (detail !== undefined) return detail;
  if (id === 'last') throw new FailureError('There are no calls yet.');
  throw new UsageError(`There is no call ${id}: \`dialtrace calls list\` shows them`);
};

type Listing = CallFilterOptions & { readonly reveal?: boolean };

/** An empty list most often has an innocent reason; a source that nobody knows is worth a word. */
const noCalls = async ({ db }: Store, { source }: CallFilterOptions): Promise<string> => {
  if (source === undefined) return 'No calls.';
  const known = await db.selectFrom('source').select('id').orderBy('id').execute();
  if (known.some(({ id }) => id === source)) return 'No calls.';
  return `No calls, and there is no source ${source} now: there are ${known.map(({ id }) => id).join(', ') || 'none'}.`;
};

const addList = (group: Command, cli: Cli): void => {
  const list = addRevealOption(
    addFilterOptions(group.command('list').description('The call log, newest first.')),
  )
    .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 10_000), 20)
    .action(
      act<[Listing]>(cli, (session, options) =>
        session.withStore('read', async (store) => {
          const rows = await store.calls.list(callFilter(session, store, options));
          const calls = rows.map((row) => callView(row, options.reveal ? store.vault : undefined));
          if (session.json) return cli.out.json(calls);
          if (calls.length === 0) return cli.out.line(await noCalls(store, options));
          printCalls(cli.out, calls, options.zone);
        }),
      ),
    );
  examples(list, [
    'dialtrace calls list --period today',
    'dialtrace calls list --source google-ads --status no_answer --limit 100',
    'dialtrace calls list --button sales --period 7d',
    'dialtrace calls list --caller +12025550177 --reveal',
  ]);
};

const addShow = (group: Command, cli: Cli): void => {
  const show = addZoneOption(
    addRevealOption(
      group.command('show').description('One call: record, legs with their quality, recording.'),
    ),
  )
    .argument('<call>', 'call id, or "last"')
    .action(
      act<[string, { reveal?: boolean; zone?: string }]>(cli, (session, id, { reveal, zone }) =>
        session.withStore('read', async (store) => {
          const call = callDetailView(await findCall(store.calls, id), reveal ? store.vault : undefined);
          if (session.json) return cli.out.json(call);
          printCall(session, call, zone);
        }),
      ),
    );
  examples(show, ['dialtrace calls show last', 'dialtrace calls show 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --json']);
};

/** Each decision and step in the order of time. */
const printDecisions = ({ out }: Session, detail: CallDetail, details: boolean): void => {
  const { call, events, steps } = detail;
  out.line(`${out.paint('bold', call.id)}  ${formatTime(call.started_at)}`);
  const web = webWords(callView(callRow(detail)));
  if (web !== null) out.line(`Call button ${web}`);
  if (call.flow_id !== null) out.line(`Flow ${call.flow_id}, version ${call.flow_version}`);
  else if (steps.length > 0) out.line('Implied flow: its lines are dialled, one after the other.');
  // Of an implied flow the events tell all there is.
  const ownSteps = call.flow_id === null ? [] : steps;
  // Ends stay last: the end of the call is noted after its last step, at the same moment.
  const told = [...ownSteps, ...warningLines(detail)].map((line) => ({ ...line, detail: '{}' }));
  const lines = [...told, ...events].sort((a, b) => a.at - b.at);
  for (const { at, text, detail } of lines) {
    const after = `+${((at - call.started_at) / 1000).toFixed(3)} s`.padStart(11);
    out.line(`${out.paint('dim', after)}  ${text}`);
    if (details && detail !== '{}') out.line(`${' '.repeat(13)}${out.paint('dim', detail)}`);
  }
};

const addExplain = (group: Command, cli: Cli): void => {
  const explain = group
    .command('explain')
    .description('Why a call went as it did: each decision in order, with its reason.')
    .argument('<call>', 'call id, or "last"')
    .option('--details', 'print the facts behind each decision')
    .action(
      act<[string, { details?: boolean }]>(cli, (session, id, { details = false }) =>
        session.withStore('read', async (store) => {
          const detail = await findCall(store.calls, id);
          const { call, events, steps } = detail;
          if (session.json) {
            const path = steps.map(stepView);
            return cli.out.json({ id: call.id, events: events.map(eventView), path });
          }
          printDecisions(session, detail, details);
        }),
      ),
    );
  examples(explain, [
    'dialtrace calls explain last',
    'dialtrace calls explain 01K9ZJ3V8Q4N7M2T5B6C8D9EFG --details',
  ]);
};

type Export = Listing & { readonly bom?: boolean };

const addExport = (group: Command, cli: Cli): void => {
  const command = addRevealOption(
    addFilterOptions(
      group
        .command('export')
        .description(
          'Writes calls to standard output, newest first, as CSV (RFC 4180) or one JSON object a line.',
        ),
    ),
  )
    .argument('<format>', 'csv or jsonl')
    .option('-n, --limit <count>', 'how many at most (default: all)', wholeNumber(1, 1_000_000_000))
    .option('--bom', 'begin with a byte order mark, for Excel (csv)')
    .action(
      act<[string, Export]>(cli, (session, format, options) =>
        session.withStore('read', (store) => {
          if (format !== 'csv' && format !== 'jsonl') {
            throw new UsageError(`"${format}" is no export format: use csv or jsonl`);
          }
          const vault = options.reveal ? store.vault : undefined;
          const filter = callFilter(session, store, options);
          async function* views() {
            for await (const row of eachCall(store.calls, filter)) yield callView(row, vault);
          }
          const texts =
            format === 'csv'
              ? csvLines(CALL_COLUMNS, views(), { bom: options.bom === true })
              : jsonLines(views());
          return cli.out.stream(texts);
        }),
      ),
    );
  examples(command, [
    'dialtrace calls export csv --period last-month --bom > calls.csv',
    'dialtrace calls export jsonl | jq .status',
  ]);
};

export const addCallCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('calls')
    .summary('the call log')
    .description('The call log: list, look into, follow and export calls.');
  addList(group, cli);
  addShow(group, cli);
  addExplain(group, cli);
  addTail(group, cli);
  addWrapUp(group, cli, findCall);
  addExport(group, cli);
};
