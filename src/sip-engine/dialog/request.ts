import { randomUUID } from 'node:crypto';
import { newTag, parseNameAddress, parseUri } from '../message/index.ts';
import type { SipUri } from '../message/types.ts';
import type { Endpoint, Flow, ListenPoint } from '../transport/types.ts';
import { tellAttempt } from './cdr.ts';
import { dialogIdOf } from './dialogs.ts';
import { contactOf, contentTypeLine, given, otherLines } from './headers.ts';
import { DIALOG_MAKING } from './objections.ts';
import { newOutgoing, unreachable } from './outgoing.ts';
import { departNext } from './send.ts';
import { offerLines } from './session-headers.ts';
import { bracketed, isSecure, type Own, ownSide, substituteLocalhost, tagOf } from './text.ts';
import type { App, AppMessage, Core, Outcome, RequestText } from './types.ts';

const START_LINE = /^([A-Z][A-Z0-9_-]*) (\S+) SIP\/2\.0$/i;

/** Method and URI of the application's start line. */
export const requestLine = (
  message: AppMessage,
): { readonly method: string; readonly uri: string } | undefined => {
  const match = START_LINE.exec(message.startLine);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { method: match[1].toUpperCase(), uri: match[2] };
};

export const refused = (reason: string): Outcome => ({ ok: false, reason });

/** A first CSeq that rises with time, so that a restarted engine does not fall behind itself. */
const firstCseq = (): number => (Math.floor(Date.now() / 1000) >> 1) & 0x7ffffff;

/** The first place that a listening point of ours can reach. */
const firstPoint = (core: Core, endpoints: readonly Endpoint[]): ListenPoint | undefined => {
  for (const endpoint of endpoints) {
    const local = core.transports.select(endpoint);
    if (local !== undefined) return local;
  }
  return undefined;
};

/** Fills in what the application left out of a request outside dialogs (drachtio's header policy). */
const compose = (
  core: Core,
  message: AppMessage,
  method: string,
  uri: string,
  own: Own,
): { readonly request: RequestText; readonly contact: string } | { readonly mistake: string } => {
  const contentType = contentTypeLine(message);
  if (contentType === undefined) return { mistake: 'missing content-type' };
  const contact = contactOf(message, own);
  const from = bracketed(substituteLocalhost(given(message, 'from') ?? contactOf(undefined, own), own));
  if (parseNameAddress(from) === undefined)
    return { mistake: `invalid from value provided by client: ${given(message, 'from')}` };
  const hasContact = DIALOG_MAKING.has(method) || given(message, 'contact') !== undefined;
  const timer = method === 'INVITE' ? offerLines(core, message) : '';
  const request: RequestText = {
    method,
    uri,
    maxForwards: given(message, 'max-forwards') ?? '70',
    routes: [],
    from: tagOf(from) === '' ? `${from};tag=${newTag()}` : from,
    to: bracketed(substituteLocalhost(given(message, 'to') ?? `<${uri}>`, own)),
    callId: given(message, 'call-id') ?? randomUUID(),
    cseq: Number.parseInt(given(message, 'cseq') ?? '', 10) || firstCseq(),
    lines: `${hasContact ? `Contact: ${contact}\r\n` : ''}${otherLines(message, own)}${timer}${contentType}`,
    body: message.body,
  };
  return { request, contact };
};

type Fresh = {
  readonly app: App;
  readonly message: AppMessage;
  readonly method: string;
  readonly uri: string;
  /** The connection of a user agent that registered by it. */
  readonly flow: Flow | undefined;
};

const launch = (core: Core, fresh: Fresh, endpoints: readonly Endpoint[], resolved: boolean): Outcome => {
  const { app, message, method, uri, flow } = fresh;
  const point = firstPoint(core, endpoints);
  // An unknown name is told by a 503 later; a transport that isn't there is the application's mistake.
  if (point === undefined && !(resolved && endpoints.length === 0))
    return refused('requested protocol/transport not available');
  const [first] = endpoints;
  if (first !== undefined && flow === undefined && core.transports.isOwnAddress(first.address, first.port))
    return refused('can not send request to myself');
  const local = point ?? core.transports.listenPoints[0];
  if (local === undefined) return refused('requested protocol/transport not available');
  const side = ownSide(core, local, first?.address ?? local.address);
  const own = isSecure(uri) ? { ...side, secure: true } : side;
  const composed = compose(core, message, method, uri, own);
  if ('mistake' in composed) return refused(composed.mistake);
  const { request, contact } = composed;
  const outgoing = newOutgoing(core, {
    app,
    request,
    contact,
    dialog: undefined,
    own: undefined,
    dialogId: DIALOG_MAKING.has(method) ? dialogIdOf(request.callId, tagOf(request.from)) : '',
    local,
    endpoints,
    flow,
  });
  core.outgoing.set(outgoing.txn, outgoing);
  if (!departNext(core, outgoing)) core.timers.set(0, unreachable, { core, outgoing });
  if (method === 'INVITE') tellAttempt(core, 'application', () => outgoing.sent.text);
  return { ok: true, sent: outgoing.sent, txn: outgoing.txn, dialogId: undefined };
};

const destination = (uri: SipUri, route: string): SipUri | undefined => {
  if (route === '') return uri;
  return parseUri(/^sips?:/i.test(route) ? route : `sip:${route}`);
};

/**
 * Sends an application's request outside dialogs. `route` is where to send it, if not to its Request-URI: a SIP URI or
 * `host[:port]`. Whoever registered there by a stream is reached by that; an outbound proxy stands in for a route left out.
 * A promise only where a name has to be resolved.
 */
export const sendRequest = (
  core: Core,
  app: App,
  message: AppMessage,
  route: string,
): Outcome | Promise<Outcome> => {
  const line = requestLine(message);
  const uri = line === undefined || line.uri.length > 1024 ? undefined : parseUri(line.uri);
  if (line === undefined || uri === undefined) return refused(`invalid request-uri: ${message.startLine}`);
  const to = destination(uri, route);
  if (to === undefined) return refused(`invalid request-uri: ${route}`);
  const flow = core.flows.find(to);
  const fresh: Fresh = { app, message, method: line.method, uri: line.uri, flow };
  if (flow !== undefined) return launch(core, fresh, [flow.remote], false);
  const endpoints = core.locator.locate((route === '' ? core.locator.proxyOf(uri) : undefined) ?? to);
  if (endpoints instanceof Promise) return endpoints.then((found) => launch(core, fresh, found, true));
  return launch(core, fresh, endpoints, false);
};
