import { splitHeaderList } from '../../sip-engine/index.ts';
import type { IncomingRegister, RegisterResponse } from '../types.ts';
import type { Gruus } from './gruu.ts';
import type { Binding, RegisterRequest } from './types.ts';

/** Extensions that a phone may require (RFC 3327, 5626, 5627). */
const SUPPORTED: readonly string[] = ['path', 'outbound', 'gruu'];

/** How long a connection may be silent, in seconds (RFC 5626 4.4.1): the phone sends keep-alives more often. */
const FLOW_TIMER = 120;

const optionTags = (value: string | undefined): readonly string[] =>
  (value ?? '').split(',').flatMap((tag) => tag.trim().toLowerCase() || []);

/** Required extensions that we don't have, for 420. */
export const unsupportedTags = (message: IncomingRegister): readonly string[] =>
  optionTags(message.header('Require')).filter((tag) => !SUPPORTED.includes(tag));

/** Reads what changes bindings; undefined when CSeq is unusable. */
export const registerRequest = (message: IncomingRegister): RegisterRequest | undefined => {
  const cseq = Number.parseInt(message.header('CSeq') ?? '', 10);
  if (!Number.isSafeInteger(cseq)) return undefined;
  const { peer } = message;
  return {
    callId: message.header('Call-ID') ?? '',
    cseq,
    contact: message.header('Contact'),
    expires: message.header('Expires'),
    path: message.header('Path'),
    supported: new Set([
      ...optionTags(message.header('Supported')),
      ...optionTags(message.header('Require')),
    ]),
    hops: splitHeaderList(message.header('Via') ?? '').length,
    userAgent: message
      .header('User-Agent')
      ?.replace(/\p{Cc}/gu, ' ')
      .slice(0, 120),
    peer,
  };
};

type Accepted = {
  readonly user: string;
  readonly domain: string;
  readonly bindings: readonly Binding[];
  readonly request: RegisterRequest;
  readonly outbound: boolean;
  readonly gruus: Gruus;
  readonly now: number;
};

const contactValue = (binding: Binding, accepted: Accepted): string => {
  const { user, domain, request, gruus, now } = accepted;
  const left = Math.max(0, Math.ceil((binding.expiresAt - now) / 1000));
  const q = binding.q === 1 ? '' : `;q=${binding.q}`;
  const shown = request.supported.has('gruu') ? gruus.public(user, domain, binding) : undefined;
  const pair =
    shown === undefined ? '' : `;pub-gruu="${shown}";temp-gruu="${gruus.temporary(user, domain, binding)}"`;
  return `<${binding.uri}>${q};expires=${left}${binding.parameters}${pair}`;
};

/** The 200 to a REGISTER: every binding in force (RFC 3261 10.3 item 8), and what the extensions ask to give back. */
export const acceptedResponse = (accepted: Accepted): RegisterResponse => {
  const { bindings, request, outbound, now } = accepted;
  const contacts = bindings.map((binding) => contactValue(binding, accepted)).join(', ');
  const streaming = request.peer.protocol !== 'udp';
  return {
    status: 200,
    headers: {
      ...(contacts !== '' && { Contact: contacts }),
      ...(request.path !== undefined && { Path: request.path }),
      ...(outbound && { Require: 'outbound' }),
      ...(outbound && streaming && { 'Flow-Timer': `${FLOW_TIMER}` }),
      Supported: SUPPORTED.join(', '),
      Date: new Date(now).toUTCString(),
    },
  };
};
