import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import {
  headerNumber,
  headerValue,
  headerValues,
  parseNameAddress,
  parseUri,
  reasonPhrase,
} from '../message/index.ts';
import type { SipRequest, SipUri } from '../message/types.ts';
import type { Received } from '../transport/types.ts';
import { countResponse, isKnownMethod } from './counts.ts';
import { ALLOW_LINE, retryAfterLine } from './reply.ts';
import { tooShort } from './session-headers.ts';
import { renderResponse } from './text.ts';
import type { Core } from './types.ts';

/** Requests that may start something. */
const FRESH: ReadonlySet<string> = new Set([
  'INVITE',
  'REGISTER',
  'MESSAGE',
  'OPTIONS',
  'INFO',
  'NOTIFY',
  'SUBSCRIBE',
  'PUBLISH',
  'REFER',
]);

/** Requests whose 2xx makes a dialog (RFC 3261 12.1, RFC 6665 4.4.1, RFC 3515 2.4.6). */
export const DIALOG_MAKING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

/** Extensions understood when required (RFC 3262, RFC 4028). */
const REQUIRABLE: ReadonlySet<string> = new Set(['100rel', 'timer']);

/** A status to refuse a request with, and further header lines. */
export type Objection = readonly [status: number, lines: string];

/** Unsupported line of a request that requires what we don't have (RFC 3261 8.2.2.3). */
export const unsupported = (request: SipRequest): string | undefined => {
  const missing = headerValues(request, 'require').filter((option) => !REQUIRABLE.has(option.toLowerCase()));
  return missing.length === 0 ? undefined : `Unsupported: ${missing.join(', ')}\r\n`;
};

/** Contacts of a REGISTER: addresses, or `*` alone with Expires 0 (RFC 3261 10.3 step 6). */
const hasSoundContacts = (request: SipRequest): boolean => {
  const contacts = headerValues(request, 'contact');
  if (!contacts.includes('*')) return contacts.every((contact) => parseNameAddress(contact) !== undefined);
  return contacts.length === 1 && headerNumber(request, 'expires') === 0;
};

const registerObjection = (core: Core, request: SipRequest, uri: SipUri): Objection | undefined => {
  if (core.habits.rejectRegisterWithNoRealm && isIP(uri.host) !== 0) return [403, ''];
  return hasSoundContacts(request) ? undefined : [400, ''];
};

/** OPTIONS of those who only want to know that we live (drachtio: `user-agent-options-auto-respond`). */
const isProbe = (core: Core, request: SipRequest): boolean => {
  const agent = core.habits.autoAnswerOptionsFrom;
  return agent !== undefined && request.method === 'OPTIONS' && headerValue(request, 'user-agent') === agent;
};

/** What a request outside dialogs is answered with before any application is asked. */
export const objectionTo = (core: Core, request: SipRequest): Objection | undefined => {
  const { method } = request;
  if (!FRESH.has(method)) {
    if (!isKnownMethod(method)) return [501, ALLOW_LINE];
    return method === 'BYE' || method === 'PRACK' || method === 'UPDATE' ? [481, ''] : [405, ALLOW_LINE];
  }
  const uri = parseUri(request.uri);
  if (uri === undefined || uri.scheme === 'other') return [416, '']; // RFC 3261 8.2.2.1
  if (core.server.matchCall(request) !== undefined) return [482, '']; // RFC 3261 8.2.2.2
  // RFC 7332: a B2BUA may be part of a loop. What an application answers by itself goes nowhere from here.
  if (headerNumber(request, 'max-forwards') === 0 && method !== 'OPTIONS' && method !== 'REGISTER')
    return [483, ''];
  const missing = unsupported(request);
  if (missing !== undefined) return [420, missing];
  if (method === 'REGISTER') return registerObjection(core, request, uri);
  if (isProbe(core, request)) return [200, `${ALLOW_LINE}Accept: application/sdp\r\n`];
  const minimum = method === 'INVITE' ? tooShort(core, request) : undefined;
  return minimum === undefined ? undefined : [422, `Min-SE: ${minimum}\r\n`];
};

/** The limit that a new request meets, if any. */
const fullLimit = (
  core: Core,
  { guest = false }: Received,
  method: string,
): 'transactions' | 'dialogs' | undefined => {
  if (!core.server.hasRoom(core.limits.transactions, guest)) return 'transactions';
  return DIALOG_MAKING.has(method) && core.dialogs.size >= core.limits.dialogs ? 'dialogs' : undefined;
};

const ignore = (): void => {};

/** The same tag for each repetition of a request (RFC 3261 8.2.7). */
const statelessTag = (request: SipRequest): string =>
  createHash('sha1').update(request.core.via.branch).update(request.core.callId).digest('hex').slice(0, 13);

/** Refuses a new request for which there is no room, with 503 and without a transaction. False when there is room. */
export const refusedByLimit = (core: Core, received: Received, request: SipRequest): boolean => {
  const limit = fullLimit(core, received, request.method);
  if (limit === undefined) return false;
  const { refusedByLimit: refusals, responsesOut } = core.counters;
  refusals[limit] = (refusals[limit] ?? 0) + 1;
  countResponse(responsesOut, request.method, 503);
  const text = renderResponse(request, 503, reasonPhrase(503), statelessTag(request), retryAfterLine(5));
  const { local, remote, flow } = received;
  core.transports.send(Buffer.from(text), { local, remote, flow }, ignore);
  return true;
};
