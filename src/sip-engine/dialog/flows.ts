import {
  headerNumber,
  headerValue,
  headerValues,
  parseNameAddress,
  splitHeaderList,
} from '../message/index.ts';
import type { NameAddress, SipRequest, SipUri } from '../message/types.ts';
import type { Flow } from '../transport/types.ts';
import { given } from './headers.ts';
import type { AppMessage, Core, Incoming, RegisteredFlows } from './types.ts';

/** Contacts kept for one connection; the oldest makes way. */
const MOST_PER_FLOW = 32;
/** Seconds, where nobody says how long (RFC 3261 10.2.1.1). */
const DEFAULT_EXPIRY = 3600;

type Entry = {
  /** `user@host:port`, and the same without port. */
  readonly place: string;
  readonly owner: string;
  readonly record: string;
  readonly flow: Flow;
  until: number;
};

const ownerOf = (uri: SipUri): string => `${uri.user ?? ''}@${uri.host.toLowerCase()}`;
const placeOf = (uri: SipUri): string => `${ownerOf(uri)}:${uri.port ?? ''}`;

/** An empty table. Entries that have expired go when they are met, or with their connection. */
export const createRegisteredFlows = (now: () => number = Date.now): RegisteredFlows => {
  const byPlace = new Map<string, Entry>();
  const byOwner = new Map<string, Entry>();
  const byFlow = new Map<string, Set<Entry>>();

  const drop = (entry: Entry): void => {
    if (byPlace.get(entry.place) === entry) byPlace.delete(entry.place);
    if (byOwner.get(entry.owner) === entry) byOwner.delete(entry.owner);
    const siblings = byFlow.get(entry.flow.id);
    siblings?.delete(entry);
    if (siblings?.size === 0) byFlow.delete(entry.flow.id);
  };

  const isAlive = (entry: Entry): boolean => entry.flow.open && entry.until > now();

  const keep = (entry: Entry): void => {
    byPlace.set(entry.place, entry);
    byOwner.set(entry.owner, entry);
    const siblings = byFlow.get(entry.flow.id) ?? new Set();
    byFlow.set(entry.flow.id, siblings.add(entry));
    const [oldest] = siblings;
    if (siblings.size > MOST_PER_FLOW && oldest !== undefined) drop(oldest);
  };

  return {
    find(uri) {
      if (byPlace.size === 0 || uri.user === undefined) return undefined;
      const entry = byPlace.get(placeOf(uri)) ?? byOwner.get(ownerOf(uri));
      if (entry === undefined) return undefined;
      if (isAlive(entry)) return entry.flow;
      drop(entry);
      return undefined;
    },
    add(uri, record, flow, seconds) {
      const place = placeOf(uri);
      const known = byPlace.get(place);
      if (known !== undefined) drop(known);
      keep({ place, owner: ownerOf(uri), record, flow, until: now() + seconds * 1000 });
    },
    remove(uri) {
      const entry = byPlace.get(placeOf(uri));
      if (entry !== undefined) drop(entry);
    },
    removeRecord(record) {
      for (const entry of byPlace.values()) if (entry.record === record) drop(entry);
    },
    closed(flow) {
      for (const entry of byFlow.get(flow.id) ?? []) drop(entry);
    },
    get size() {
      for (const entry of byPlace.values()) if (!isAlive(entry)) drop(entry);
      return byPlace.size;
    },
  };
};

const secondsIn = (text: string | undefined): number | undefined => {
  const seconds = Number.parseInt(text ?? '', 10);
  return seconds >= 0 ? seconds : undefined;
};

const samePlace = (a: NameAddress, b: SipUri): boolean => placeOf(a.uri) === placeOf(b);

/** How long the registrar grants one contact: what its response says of it, else what was asked (RFC 3261 10.3). */
const granted = (request: SipRequest, contact: NameAddress, response: AppMessage): number => {
  const listed = splitHeaderList(given(response, 'contact') ?? '').map(parseNameAddress);
  const own = listed.find((address) => address !== undefined && samePlace(address, contact.uri));
  return (
    secondsIn(own?.parameters.get('expires')) ??
    secondsIn(given(response, 'expires')) ??
    secondsIn(contact.parameters.get('expires')) ??
    headerNumber(request, 'expires') ??
    DEFAULT_EXPIRY
  );
};

const addressesOf = (request: SipRequest): readonly NameAddress[] =>
  headerValues(request, 'contact')
    .map(parseNameAddress)
    .filter((address) => address !== undefined);

const recordOf = (request: SipRequest): string => {
  const address = parseNameAddress(headerValue(request, 'to') ?? '');
  return address === undefined ? '' : ownerOf(address.uri);
};

/**
 * Remembers the connection of a REGISTER or SUBSCRIBE that was answered with a 2xx (drachtio: its cached flows). A
 * SUBSCRIBE only adds: its end says nothing of a registration.
 */
export const noteFlow = (core: Core, incoming: Incoming, response: AppMessage): void => {
  const { request, transaction } = incoming;
  const { flow } = transaction.received;
  if (flow === undefined) return;
  const record = recordOf(request);
  const registers = request.method === 'REGISTER';
  if (registers && headerValue(request, 'contact')?.trim() === '*') {
    core.flows.removeRecord(record);
    return;
  }
  for (const contact of addressesOf(request)) {
    const seconds = granted(request, contact, response);
    if (seconds > 0) {
      if (registers || core.flows.find(contact.uri) !== flow)
        core.flows.add(contact.uri, record, flow, seconds);
    } else if (registers) core.flows.remove(contact.uri);
  }
};
