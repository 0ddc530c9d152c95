import { header, parseVia, splitHeaderList } from '../message/index.ts';
import type { HeaderField, SipRequest, Via } from '../message/types.ts';

/** What makes or breaks matching and routing: not for an application to set. */
const FIXED: ReadonlySet<string> = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'max-forwards',
  'route',
  'record-route',
  'path',
  'content-length',
]);

const DEFAULT_HOPS = 70;

/** What is left of Max-Forwards for the next hop (RFC 3261 16.6, 3); below 0 when it may go no further. */
export const hopsLeft = (request: SipRequest): number => {
  const value = request.headers.find(({ key }) => key === 'max-forwards')?.value;
  if (value === undefined) return DEFAULT_HOPS;
  const hops = Number.parseInt(value, 10);
  return (Number.isNaN(hops) ? DEFAULT_HOPS : Math.min(hops, 255)) - 1;
};

export type Changes = {
  /** On top of those of the request, and the route set in place of its own. */
  readonly via: string;
  readonly records: readonly HeaderField[];
  readonly routes: readonly string[];
  readonly set: readonly HeaderField[];
};

/** The headers of a request as it goes on (RFC 3261 16.6): all that is not named in `changes` stays, in its order. */
export const forwardedHeaders = (request: SipRequest, changes: Changes): HeaderField[] => {
  const set = changes.set.filter(({ key }) => !FIXED.has(key));
  const replaced = new Set(set.map(({ key }) => key));
  const headers = [header('Via', changes.via), ...changes.records];
  for (const route of changes.routes) headers.push(header('Route', route));
  headers.push(header('Max-Forwards', String(hopsLeft(request))));
  for (const field of request.headers) {
    if (field.key === 'route' || field.key === 'max-forwards' || replaced.has(field.key)) continue;
    headers.push(field);
  }
  headers.push(...set);
  return headers;
};

/** Headers of a response without the top Via, and the Via below it; undefined when there is none (RFC 3261 16.7, 3). */
export const popVia = (
  headers: readonly HeaderField[],
): { readonly headers: readonly HeaderField[]; readonly next: Via } | undefined => {
  const at = headers.findIndex(({ key }) => key === 'via');
  const top = headers[at];
  if (top === undefined) return undefined;
  const below = top.value.includes(',') ? splitHeaderList(top.value).slice(1) : [];
  const rest = headers.toSpliced(at, 1, ...below.map((value) => header('Via', value)));
  const value = rest.find(({ key }) => key === 'via')?.value;
  const [first] = value === undefined ? [] : splitHeaderList(value);
  const next = first === undefined ? undefined : parseVia(first);
  return next === undefined ? undefined : { headers: rest, next };
};
