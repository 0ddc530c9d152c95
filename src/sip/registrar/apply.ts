import { type ContactEntry, keepsFlow, readContacts, readPath, secondsOf } from './contact.ts';
import type { Binding, RegisterRequest, RegisterResult, RegistrarLimits } from './types.ts';

type Refused = Extract<RegisterResult, { type: 'refused' }>;

const refused = (
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Refused => ({
  type: 'refused',
  status,
  reason,
  headers,
});

const OUT_OF_ORDER = refused(500, 'Out Of Order', { 'Retry-After': '5' });

/** Same Call-ID, and no higher CSeq than the binding was made with (RFC 3261 10.3 items 6 and 7). */
const isOutOfOrder = (binding: Binding, request: RegisterRequest): boolean =>
  binding.callId === request.callId && request.cseq <= binding.cseq;

const removeAll = (bindings: readonly Binding[], request: RegisterRequest): RegisterResult => {
  if (secondsOf(request.expires) !== 0) return refused(400, 'Contact * Needs Expires 0');
  if (bindings.some((binding) => isOutOfOrder(binding, request))) return OUT_OF_ORDER;
  return { type: 'done', bindings: [], outbound: false };
};

/** Whether RFC 5626 is applied; a request that wants it and can't have it is refused (section 6). */
const outboundOf = (
  entries: readonly ContactEntry[],
  request: RegisterRequest,
  path: readonly string[],
): boolean | Refused => {
  const asked = request.supported.has('outbound');
  const flows = entries.filter(({ instance, regId }) => instance !== undefined && regId !== undefined);
  if (!asked || flows.length === 0) return false;
  if (request.hops > 1 && !keepsFlow(path[0])) return refused(439, 'First Hop Lacks Outbound Support');
  return entries.length > 1 ? refused(400, 'One Contact With reg-id Only') : true;
};

const lifeOf = (entry: ContactEntry, request: RegisterRequest, limits: RegistrarLimits): number | Refused => {
  const asked = entry.expires ?? secondsOf(request.expires) ?? limits.defaultExpires;
  if (asked > 0 && asked < limits.minExpires)
    return refused(423, 'Interval Too Brief', { 'Min-Expires': `${limits.minExpires}` });
  return Math.min(asked, limits.maxExpires);
};

/** Makes room for `wanted` contacts: browsers leave contacts behind that nothing unregisters, so the oldest stream goes. */
const withinLimit = (
  bindings: readonly Binding[],
  limits: RegistrarLimits,
  now: number,
): readonly Binding[] | undefined => {
  const surplus = bindings.length - limits.maxContacts;
  if (surplus <= 0) return bindings;
  const dispensable = bindings
    .filter(({ peer, refreshedAt }) => peer.protocol !== 'udp' && refreshedAt < now)
    .sort((a, b) => Number(b.flowLost) - Number(a.flowLost) || a.refreshedAt - b.refreshedAt)
    .slice(0, surplus);
  return dispensable.length < surplus ? undefined : bindings.filter((each) => !dispensable.includes(each));
};

/**
 * What a REGISTER makes of a user's bindings (RFC 3261 10.3, 3327, 5626): all of it, or nothing. The request has proven
 * itself before.
 *
 * @param bindings the user's, at most one of a key
 * @param now milliseconds since the epoch
 * @returns the bindings in force afterwards; the refused request leaves them as they were
 */
export const applyRegister = (
  bindings: readonly Binding[],
  request: RegisterRequest,
  now: number,
  limits: RegistrarLimits,
): RegisterResult => {
  const current = bindings.filter(({ expiresAt }) => expiresAt > now);
  const { contact } = request;
  if (contact === undefined) return { type: 'done', bindings: current, outbound: false };
  if (contact.trim() === '*') return removeAll(current, request);
  const entries = readContacts(contact);
  const path = readPath(request.path);
  if (!entries) return refused(400, 'Bad Contact');
  if (!path) return refused(400, 'Bad Path');
  const outbound = outboundOf(entries, request, path);
  if (typeof outbound !== 'boolean') return outbound;

  const next = new Map(current.map((binding) => [binding.key, binding]));
  for (const entry of entries) {
    const life = lifeOf(entry, request, limits);
    if (typeof life !== 'number') return life;
    const { instance } = entry;
    const regId = outbound ? entry.regId : undefined;
    const key = regId === undefined ? entry.uriKey : `${instance};${regId}`;
    const before = current.find((binding) => binding.key === key);
    if (before && isOutOfOrder(before, request)) return OUT_OF_ORDER;
    if (life === 0) {
      next.delete(key);
      continue;
    }
    const { callId, cseq, userAgent, peer } = request;
    next.set(key, {
      key,
      uri: entry.uri,
      parameters: entry.parameters,
      q: entry.q,
      expiresAt: now + life * 1000,
      callId,
      cseq,
      instance,
      regId,
      path,
      userAgent,
      peer,
      since: before?.since ?? now,
      refreshedAt: now,
      flowLost: false,
    });
  }
  const kept = withinLimit([...next.values()], limits, now);
  return kept
    ? { type: 'done', bindings: kept, outbound }
    : refused(503, 'Too Many Contacts', { 'Retry-After': '60' });
};
