import type { App, AppMessage, Core, Incoming } from '../dialog/types.ts';
import { parseUri } from '../message/index.ts';
import type { ProxyPlan, ProxyReport } from '../proxy/types.ts';
import { parseAppMessage } from './app-message.ts';
import { proxiedFrame, replyFrame } from './leader.ts';

/** Headers that a proxy leaves as they came, or makes itself (RFC 3261 16.6). */
const NOT_ADDED: ReadonlySet<string> = new Set([
  'via',
  'route',
  'record-route',
  'from',
  'to',
  'call-id',
  'cseq',
  'max-forwards',
  'content-length',
]);

const TIMEOUT = /^(\d{1,9})(ms|s)$/;

/** Milliseconds of `2s` or `1500ms`; undefined for the empty text, null for what is no time. */
export const parseTimeout = (text: string): number | undefined | null => {
  if (text === '') return undefined;
  const match = TIMEOUT.exec(text);
  if (match === null) return null;
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
};

/** drachtio-srf puts `sip:` before whatever begins with neither `sip:` nor `tel:`, also before `sips:`. */
const destinationOf = (text: string): string => (text.startsWith('sip:sips:') ? text.slice(4) : text);

const isDestination = (text: string): boolean => {
  const scheme = parseUri(text)?.scheme;
  return scheme !== undefined && scheme !== 'other';
};

type Flags = Pick<ProxyPlan, 'remainInDialog' | 'fullResponse' | 'followRedirects' | 'simultaneous'>;

/** The plan of a list of destinations, or what is wrong with it. */
export const proxyPlan = (
  flags: Flags,
  times: { readonly provisional: string; readonly final: string },
  destinations: readonly string[],
  message: AppMessage | undefined,
): ProxyPlan | string => {
  const uris = destinations.filter((text) => text !== '').map(destinationOf);
  const wrong = uris.find((uri) => !isDestination(uri));
  if (wrong !== undefined || uris.length === 0) return `error proxying request to ${wrong ?? 'nowhere'}`;
  const provisionalTimeout = parseTimeout(times.provisional);
  const finalTimeout = parseTimeout(times.final);
  if (provisionalTimeout === null || finalTimeout === null)
    return 'error proxying request: a timeout is a number and ms or s';
  const headers = message?.headers.filter(({ key }) => !NOT_ADDED.has(key)) ?? [];
  return { destinations: uris, ...flags, provisionalTimeout, finalTimeout, headers };
};

/** Replies to a `proxy` command: a frame for each final response, and one at the end. */
const reportTo = (connection: { write(payload: string): void }, ref: string): ProxyReport => {
  let ended = false;
  const end = (...fields: readonly string[]): void => {
    if (ended) return;
    ended = true;
    connection.write(replyFrame(ref, ...fields));
  };
  return {
    final(response, from, size) {
      if (!ended) connection.write(proxiedFrame(ref, response, from, size));
    },
    done: () => end('OK', 'done'),
    refused: (reason) => end('NOK', reason),
  };
};

/** The request that an application may have proxied: its own, and unanswered. */
const proxiable = (core: Core, app: App, txn: string): Incoming | undefined => {
  const incoming = core.incoming.get(txn);
  if (incoming === undefined || incoming.app !== app) return undefined;
  return incoming.answered || incoming.proxied !== undefined ? undefined : incoming;
};

/**
 * An application's `proxy` command:
 * `ID|proxy|<txn>|<remainInDialog>|<fullResponse>|<followRedirects>|<simultaneous or serial>|<provisional>|<final>|<URI>|…`
 */
export const proxyByApp = (
  core: Core,
  connection: { readonly app: App; write(payload: string): void },
  ref: string,
  fields: readonly string[],
  text: string,
): void => {
  const [, , txn = '', remain, full, follow, forking, provisional = '', final = '', ...destinations] = fields;
  if (txn === '' || destinations.length === 0) {
    connection.write(replyFrame(ref, 'NO', 'Invalid proxy request: not enough information provided'));
    return;
  }
  const refuse = (reason: string): void => connection.write(replyFrame(ref, 'NOK', reason));
  const message = text === '' ? undefined : parseAppMessage(text);
  if (text !== '' && message === undefined) {
    refuse('invalid sip message');
    return;
  }
  if (proxiable(core, connection.app, txn) === undefined) {
    refuse(`Unknown transaction id: ${txn}`);
    return;
  }
  const flags: Flags = {
    remainInDialog: remain !== '',
    fullResponse: full !== '',
    followRedirects: follow !== '',
    simultaneous: forking === 'simultaneous',
  };
  const plan = proxyPlan(flags, { provisional, final }, destinations, message);
  if (typeof plan === 'string') refuse(plan);
  else core.proxy.start(txn, plan, reportTo(connection, ref));
};
