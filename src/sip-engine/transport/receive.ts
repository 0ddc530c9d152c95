import {
  headerValue,
  type ParseLimits,
  type ParseResult,
  parseMessage,
  parseNameAddress,
  parseUri,
  type SipMessage,
  stampOrigin,
  stampReceived,
  stampTopVia,
} from '../message/index.ts';
import type { Admission, SipLimits } from '../types.ts';
import { isScanner, type Offence, type Wall } from '../wall/index.ts';
import { withoutZone } from './addresses.ts';
import { createGate } from './admission.ts';
import type { StrangerBudget } from './budget.ts';
import type { Endpoint, Flow, ListenPoint, TransportCounters, TransportHandlers } from './types.ts';

/** Bytes of one message and how they came. */
export type Arrival = {
  readonly bytes: Buffer;
  readonly remote: Endpoint;
  readonly local: ListenPoint;
  readonly localAddress: string;
  readonly flow: Flow | undefined;
  /** Set when the stream can't go on behind this message: its size is above the limit, or its length unreadable. */
  readonly broken?: 'too large' | 'malformed';
};

/** What stands between sockets and the transaction layer: admission, flood limits, parsing, stamping of Via. */
export type Receiver = {
  accept(arrival: Arrival): void;
  isKnown(remote: Endpoint): boolean;
  /** Notes that something was sent there: answers to it are welcome without the limits for unknown addresses. */
  sentTo(address: string): void;
  setAdmission(admission: Admission | undefined): void;
};

export type ReceiverOptions = {
  readonly admission: Admission | undefined;
  readonly limits: ParseLimits;
  readonly counters: TransportCounters;
  readonly budget: StrangerBudget;
  /** Left out: everybody may send. */
  readonly wall?: Wall | undefined;
};

const MOST_CORRESPONDENTS = 4096;

/** Addresses last sent to, the longest unused forgotten first. */
const createCorrespondents = () => {
  const addresses = new Set<string>();
  let latest = '';
  return {
    has: (address: string): boolean => addresses.has(address),
    add: (address: string): void => {
      if (address === latest) return;
      latest = address;
      addresses.delete(address);
      if (addresses.size >= MOST_CORRESPONDENTS) {
        const oldest = addresses.values().next();
        if (!oldest.done) addresses.delete(oldest.value);
      }
      addresses.add(address);
    },
  };
};

const RESPONSE = Buffer.from('SIP/2.0 ');

const LOOK_AHEAD = 8192;

const TO_LINE = /\r\nt(?:o)?[ \t]*:/i;

/**
 * Whether the bytes of an unknown sender may be a response or an in-dialog request. A guess that spares parsing what
 * scanners send; never wrong about those two.
 */
const mayBelongToCall = (bytes: Buffer): boolean => {
  if (bytes.subarray(0, RESPONSE.length).equals(RESPONSE)) return true;
  const head = bytes.toString('latin1', 0, LOOK_AHEAD);
  const line = TO_LINE.exec(head);
  return line === null
    ? bytes.length > LOOK_AHEAD
    : /tag/i.test(head.slice(line.index)) || bytes.length > LOOK_AHEAD;
};

const domainOf = (uri: string): string => parseUri(uri)?.host ?? '';

const fromDomain = (message: SipMessage): string =>
  parseNameAddress(headerValue(message, 'from') ?? '')?.uri.host ?? '';

const isKeepAlive = (bytes: Buffer): boolean => {
  if (bytes.length > 8) return false;
  for (const byte of bytes)
    if (byte !== 0x0d && byte !== 0x0a && byte !== 0x00 && byte !== 0x20) return false;
  return true;
};

const isWeb = ({ protocol }: Endpoint): boolean => protocol === 'ws' || protocol === 'wss';

const stamped = (
  result: Exclude<ParseResult, { action: 'drop' }>,
  remote: Endpoint,
  flow: Flow | undefined,
): Exclude<ParseResult, { action: 'drop' }> => {
  const address = withoutZone(remote.address);
  if (result.ok) {
    if (result.message.kind === 'response') return result;
    const message = stampReceived(result.message, address, remote.port);
    if (!isWeb(remote) || message.kind === 'response') return { ok: true, message };
    return { ok: true, message: { ...message, headers: stampOrigin(message.headers, flow?.origin) } };
  }
  const headers = stampTopVia(result.request.headers, address, remote.port);
  return { ...result, request: { ...result.request, headers } };
};

const TOO_LARGE = 'Message Too Large';

const sized = (result: ParseResult, broken: Arrival['broken']): ParseResult => {
  if (broken !== 'too large' || result.ok) return result;
  return result.action === 'drop'
    ? { ...result, reason: TOO_LARGE }
    : { ...result, status: 513, reason: TOO_LARGE };
};

/** What the parser says of a message beyond one of our limits, and the limit's name. */
const LIMITS: ReadonlyMap<string, keyof SipLimits> = new Map([
  ['Too many header lines', 'headers'],
  [TOO_LARGE, 'messageBytes'],
]);

/** Counts a message refused because a limit was reached. */
export const countLimit = ({ refusedByLimit }: TransportCounters, limit: keyof SipLimits): void => {
  refusedByLimit[limit] = (refusedByLimit[limit] ?? 0) + 1;
};

/** What the wall is told of an unknown sender's message that nobody wants. */
const offenceOf = (result: ParseResult): Offence => {
  if (!result.ok) return 'malformed';
  return result.message.kind === 'request' && isScanner(result.message) ? 'scanner' : 'stranger';
};

/** Verdict on an unknown sender's message: served as a `guest`, `stranger` for the layer above to match, or nothing. */
type Standing = 'guest' | 'stranger' | 'dropped';

export const createReceiver = (options: ReceiverOptions, handlers: TransportHandlers): Receiver => {
  const { limits, counters, budget, wall } = options;
  const correspondents = createCorrespondents();
  let gate = createGate(options.admission);

  const standing = (message: SipMessage): Standing => {
    if (message.kind === 'response' || message.core.toTag !== '') return 'stranger';
    return gate.isRealm(domainOf(message.uri)) || gate.isRealm(fromDomain(message)) ? 'guest' : 'dropped';
  };

  const hasBudget = (remote: Endpoint): boolean =>
    correspondents.has(remote.address) || budget.take(remote.address, performance.now());

  const hand = (
    arrival: Arrival,
    result: Exclude<ParseResult, { action: 'drop' }>,
    standing: Exclude<Standing, 'dropped'> | 'known',
  ): void => {
    const { bytes, remote, local, localAddress, flow } = arrival;
    handlers.received({
      result: stamped(result, remote, flow),
      size: bytes.length,
      remote,
      local,
      localAddress,
      stranger: standing === 'stranger',
      guest: standing === 'guest',
      correspondent: standing === 'stranger' && correspondents.has(remote.address),
      flow,
    });
  };

  const read = ({ bytes, broken }: Arrival): ParseResult => {
    const result = sized(parseMessage(bytes, limits), broken);
    const limit = result.ok ? undefined : LIMITS.get(result.reason);
    if (limit !== undefined) countLimit(counters, limit);
    return result;
  };

  const dropStranger = ({ remote }: Arrival, offence: Offence | undefined): void => {
    counters.droppedStrangers += 1;
    if (offence !== undefined) wall?.offence(remote.address, offence);
  };

  const acceptUnknown = (arrival: Arrival): void => {
    if (arrival.broken !== undefined) {
      if (arrival.broken === 'too large') countLimit(counters, 'messageBytes');
      dropStranger(arrival, 'malformed');
      return;
    }
    if (!gate.hasRealms && !mayBelongToCall(arrival.bytes)) {
      dropStranger(arrival, 'stranger');
      return;
    }
    if (!hasBudget(arrival.remote)) {
      dropStranger(arrival, undefined);
      return;
    }
    const result = read(arrival);
    const verdict = result.ok ? standing(result.message) : 'dropped';
    if (result.ok && verdict !== 'dropped') hand(arrival, result, verdict);
    else dropStranger(arrival, offenceOf(result));
  };

  const acceptKnown = (arrival: Arrival): void => {
    const result = read(arrival);
    if (!result.ok && result.action === 'drop') {
      counters.droppedMalformed += 1;
      // Without an admission everybody is served, scanners too.
      wall?.offence(arrival.remote.address, 'malformed');
      return;
    }
    if (!result.ok) counters.rejectedMalformed += 1;
    hand(arrival, result, 'known');
  };

  const isKnown = (remote: Endpoint): boolean =>
    gate.isKnown(remote.address, remote.port, remote.protocol !== 'udp');

  return {
    accept: (arrival) => {
      if (wall !== undefined && !wall.admits(arrival.remote.address)) return;
      if (arrival.broken === undefined && isKeepAlive(arrival.bytes)) return;
      if (isKnown(arrival.remote)) acceptKnown(arrival);
      else acceptUnknown(arrival);
    },
    isKnown: (remote) => isKnown(remote) || correspondents.has(remote.address),
    sentTo: correspondents.add,
    setAdmission: (admission) => {
      gate = createGate(admission);
    },
  };
};
