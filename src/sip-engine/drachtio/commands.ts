import { sendRequest } from '../dialog/request.ts';
import { respondByApp } from '../dialog/respond.ts';
import type { App, AppMessage, Core, Outcome } from '../dialog/types.ts';
import { cancelByApp } from '../dialog/withdraw.ts';
import { sendWithin } from '../dialog/within.ts';
import { parseAppMessage } from './app-message.ts';
import { replyFrame, sentFrame } from './leader.ts';
import { proxyByApp } from './proxy-command.ts';

/** What commands may do to the connection they came by. */
export type Connection = {
  readonly app: App;
  write(payload: string): void;
  /** Takes secret and tags. What is wrong with them comes back; counts the tries. */
  authenticate(secret: string, tags: string): string | undefined;
  readonly authenticated: boolean;
  route(verb: string): void;
  unroute(verb: string): void;
  /** Writes what is to be written and ends the connection. */
  hangUp(): void;
};

export type Greeting = { readonly hostports: string; readonly version: string; readonly local: string };

const VERBS: ReadonlySet<string> = new Set(
  (
    'invite ack bye cancel register options info prack update subscribe notify refer message publish ' +
    'cdr:attempt cdr:start cdr:stop'
  ).split(' '),
);

const FAILED: Outcome = { ok: false, reason: 'Unknown server error' };

const answer = (connection: Connection, ref: string, outcome: Outcome): void =>
  connection.write(
    outcome.ok
      ? sentFrame(ref, outcome.sent, outcome.txn, outcome.dialogId)
      : replyFrame(ref, 'NOK', outcome.reason),
  );

/** Sends what an application wants sent: a response, a CANCEL, a request in a dialog or a new one. */
const dispatch = (
  core: Core,
  app: App,
  fields: readonly string[],
  message: AppMessage,
): Outcome | Promise<Outcome> => {
  const [, , txn = '', dialogId = '', route = ''] = fields;
  if (message.startLine.startsWith('SIP/2.0 ')) return respondByApp(core, app, txn, message);
  if (message.startLine.startsWith('CANCEL ')) return cancelByApp(core, txn, message);
  if (dialogId !== '') return sendWithin(core, app, dialogId, message);
  return sendRequest(core, app, message, route);
};

const refuse = (connection: Connection, ref: string, reason: string): void => {
  connection.write(replyFrame(ref, 'NO', reason));
  connection.hangUp();
};

const onSip = (
  core: Core,
  connection: Connection,
  ref: string,
  fields: readonly string[],
  text: string,
): void => {
  if (text.startsWith('SIP/2.0 ') && (fields[2] ?? '') === '') {
    refuse(connection, ref, 'transaction id missing');
    return;
  }
  const message = parseAppMessage(text);
  if (message === undefined) {
    connection.write(replyFrame(ref, 'NOK', 'invalid sip message'));
    return;
  }
  const outcome = dispatch(core, connection.app, fields, message);
  if (!(outcome instanceof Promise)) {
    answer(connection, ref, outcome);
    return;
  }
  outcome.then(
    (done) => answer(connection, ref, done),
    () => answer(connection, ref, FAILED),
  );
};

const onRoute = (connection: Connection, ref: string, verb: string, add: boolean): void => {
  const name = verb.toLowerCase();
  if (!VERBS.has(name)) {
    refuse(connection, ref, 'Route request includes unsupported verb');
    return;
  }
  if (add) connection.route(name);
  else connection.unroute(name);
  connection.write(replyFrame(ref, 'OK'));
};

const onAuthenticate = (
  connection: Connection,
  greeting: Greeting,
  ref: string,
  fields: readonly string[],
): void => {
  const wrong = connection.authenticate(fields[2] ?? '', fields[3] ?? '');
  const { hostports, version, local } = greeting;
  connection.write(
    wrong === undefined ? replyFrame(ref, 'OK', hostports, version, local) : replyFrame(ref, 'NO', wrong),
  );
};

const carryOut = (core: Core, connection: Connection, fields: readonly string[], text: string): void => {
  const [ref = '', type] = fields;
  switch (type) {
    case 'sip':
      onSip(core, connection, ref, fields, text);
      return;
    case 'route':
      onRoute(connection, ref, fields[2] ?? '', true);
      return;
    case 'remove_route':
      onRoute(connection, ref, fields[2] ?? '', false);
      return;
    case 'ping':
      connection.write(replyFrame(ref, 'OK', 'pong'));
      return;
    case 'proxy':
      proxyByApp(core, connection, ref, fields, text);
      return;
    default:
      refuse(connection, ref, 'Unknown message type');
      return;
  }
};

/** Carries out one message of an application (drachtio's protocol); every one gets exactly one reply. */
export const onCommand = (core: Core, greeting: Greeting, connection: Connection, payload: string): void => {
  const end = payload.indexOf('\r');
  const fields = (end < 0 ? payload : payload.slice(0, end)).split('|');
  const [ref = '', type] = fields;
  if (type === undefined) {
    refuse(connection, ref, 'Invalid message format');
    return;
  }
  if (type === 'authenticate') {
    onAuthenticate(connection, greeting, ref, fields);
    return;
  }
  if (!connection.authenticated) {
    refuse(connection, ref, 'not authenticated');
    return;
  }
  carryOut(core, connection, fields, end < 0 ? '' : payload.slice(end + 2));
};
