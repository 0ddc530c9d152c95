import { type Command, Option } from 'commander';
import { FailureError, UsageError } from '../base/errors.ts';
import {
  type CallBackView,
  callBackView,
  callBackViewSchema,
  cancelCallBack,
  findCallBack,
  listCallBacks,
  type Ordered,
  retryCallBack,
} from '../buttons/index.ts';
import type { CallBackTable, SqliteFile, Store } from '../store/index.ts';
import { formatTime } from './format.ts';
import { addRevealOption, addZoneOption, examples, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const STATES = callBackViewSchema.shape.state.options;

/** The request with this id, or the newest for `last`. @throws UsageError when there is none */
const findRequest = async (store: Store, id: string): Promise<CallBackTable> => {
  const row = await store.exclusively((file) =>
    id === 'last' ? listCallBacks(file, { limit: 1 })[0] : findCallBack(file, id.toUpperCase()),
  );
  if (row !== undefined) return row;
  throw new UsageError(
    id === 'last'
      ? 'Nobody has asked to be called.'
      : `There is no request ${id}: \`dialtrace call-back list\` shows them`,
  );
};

const COLOURS = { waiting: 'yellow', calling: 'yellow', done: 'green', failed: 'red' } as const;

const stateText = ({ out }: Session, { state }: CallBackView): string =>
  state === 'cancelled' ? state : out.paint(COLOURS[state], state);

type ListOptions = {
  readonly state?: CallBackTable['state'];
  readonly button?: string;
  readonly limit: number;
  readonly reveal?: boolean;
  readonly zone?: string;
};

const list = (session: Session, { state, button, limit, reveal, zone }: ListOptions): Promise<void> =>
  session.withStore('read', async (store) => {
    const rows = await store.exclusively((file) => listCallBacks(file, { state, button, limit }));
    const requests = rows.map((row) => callBackView(row, reveal ? store.vault : undefined));
    if (session.json) return session.out.json(requests);
    if (requests.length === 0)
      return session.out.line(
        state === undefined && button === undefined
          ? 'Nobody has asked to be called.'
          : 'No request is like that.',
      );
    session.out.table(
      ['Request', 'Asked', 'Button', 'Number', 'State', 'Due', 'Tries', 'Reason'],
      requests.map((request) => [
        request.id,
        formatTime(request.requestedAt, zone),
        request.intent === null ? request.button : `${request.button}/${request.intent}`,
        request.number,
        stateText(session, request),
        request.state === 'waiting' ? formatTime(request.dueAt, zone) : null,
        request.tries,
        request.reason,
      ]),
      [6],
    );
  });

type ShowOptions = { readonly reveal?: boolean; readonly zone?: string };

const print = (session: Session, request: CallBackView, zone?: string): void =>
  session.out.facts([
    ['Request', request.id],
    ['State', stateText(session, request)],
    ['Reason', request.reason],
    ['Number', request.number],
    ['Country', request.country],
    ['Button', request.button],
    ['Intent', request.intent],
    ['Site', request.site],
    ['Page', request.page],
    ['Visit', request.visit],
    ['Asked', formatTime(request.requestedAt, zone)],
    ['Due', request.state === 'waiting' ? formatTime(request.dueAt, zone) : null],
    ['Tries', String(request.tries)],
    ['Call', request.call],
    ['Verified', request.verified],
    ['Agreed to', `“${request.consent.text}” at ${formatTime(request.consent.at, zone)}`],
  ]);

const show = (session: Session, id: string, { reveal, zone }: ShowOptions): Promise<void> =>
  session.withStore('read', async (store) => {
    const request = callBackView(await findRequest(store, id), reveal ? store.vault : undefined);
    if (session.json) return session.out.json(request);
    print(session, request, zone);
  });

/** Does what a person wants of a request, and shows it. */
const order = (
  session: Session,
  id: string,
  run: (file: SqliteFile, id: string) => Ordered,
  words: (request: CallBackView) => string,
): Promise<void> =>
  session.withStore('write', async (store) => {
    const { id: found } = await findRequest(store, id);
    const ordered = await store.exclusively((file) => file.transaction(() => run(file, found)).immediate());
    if (!ordered.done) throw new FailureError(ordered.reason);
    const request = callBackView(await findRequest(store, found));
    if (session.json) return session.out.json(request);
    session.out.line(words(request));
  });

const cancel = (session: Session, id: string): Promise<void> =>
  order(
    session,
    id,
    (file, found) => cancelCallBack(file, found, 'the command line'),
    (request) => `${request.id} is cancelled: nobody is called.`,
  );

const retry = (session: Session, id: string): Promise<void> =>
  order(
    session,
    id,
    (file, found) => retryCallBack(file, found, session.now()),
    (request) => `${request.id} waits: the gateway calls as soon as the hours allow.`,
  );

/** `dialtrace call-back`. */
export const addCallBackCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('call-back')
    .summary('visitors who asked to be called')
    .description(
      "Requests of visitors to be called: the gateway calls the business, then the visitor. Visitors' numbers are masked.",
    );
  const listing = addZoneOption(
    addRevealOption(
      group
        .command('list')
        .description('Requests, newest first.')
        .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
        .option('--button <button>', 'only those of this button')
        .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 10_000), 50),
    ),
  ).action(act<[ListOptions]>(cli, list));
  examples(listing, [
    'dialtrace call-back list --state waiting',
    'dialtrace call-back list --button sales --json',
  ]);
  addZoneOption(
    addRevealOption(
      group
        .command('show')
        .description('One request: who asked, for what, what they agreed to, what came of it.')
        .argument('<id>', 'its id, or "last"'),
    ),
  ).action(act<[string, ShowOptions]>(cli, show));
  group
    .command('cancel')
    .description('Takes a request back that waits: nobody is called.')
    .argument('<id>', 'its id, or "last"')
    .action(act<[string]>(cli, cancel));
  group
    .command('retry')
    .description('Has a visitor called again, with all tries, as soon as the hours allow.')
    .argument('<id>', 'its id, or "last"')
    .action(act<[string]>(cli, retry));
};
