import type { LookupAddress, NaptrRecord, RecordWithTtl, SrvRecord } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import { errorCode } from '../../base/errors.ts';

/** Records of a name; `ttl` in milliseconds, undefined where the resolver keeps it to itself. */
export type Answer<T> = { readonly records: readonly T[]; readonly ttl: number | undefined };

/** Where names come from. Each method rejects when there are no records, with an error that `isNone` knows apart from silence. */
export type NameSource = {
  /** Addresses of a host, the preferred first. */
  addresses(host: string): Promise<Answer<string>>;
  /** SRV records (RFC 2782). */
  services(name: string): Promise<Answer<SrvRecord>>;
  /** NAPTR records (RFC 3403). */
  pointers(name: string): Promise<Answer<NaptrRecord>>;
};

export type { NaptrRecord, SrvRecord };

/** Codes by which the name service says that there is nothing; all others mean that it did not say. */
const NONE: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'NOTFOUND', 'NODATA']);

/** True when an error says that a name has no such records, false when nobody could tell. */
export const isNone = (error: unknown): boolean => NONE.has(errorCode(error) ?? '');

/** Milliseconds until a query is repeated, and how often it is sent to each server. */
const PATIENCE = { timeout: 1_000, tries: 2 };

const untimed = <T>(records: readonly T[]): Answer<T> => ({ records, ttl: undefined });

const timed = (records: readonly RecordWithTtl[]): Answer<string> => ({
  records: records.map(({ address }) => address),
  ttl: Math.min(...records.map(({ ttl }) => ttl)) * 1000,
});

/** RFC 6761 6.3: never asked for. */
const isLocalhost = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');

/** Both families of a host, IPv4 first; one that has none, or of which nobody tells, is left out. */
const bothFamilies = async (resolver: Resolver, host: string): Promise<Answer<string>> => {
  if (isLocalhost(host)) return untimed(['127.0.0.1', '::1']);
  const asked = await Promise.allSettled([
    resolver.resolve4(host, { ttl: true }),
    resolver.resolve6(host, { ttl: true }),
  ]);
  const found = asked.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  if (found.length > 0) return timed(found);
  const errors = asked.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []));
  throw errors.find((error) => !isNone(error)) ?? errors[0];
};

const systemAddresses = async (host: string): Promise<Answer<string>> =>
  untimed((await lookup(host, { all: true, verbatim: true })).map(({ address }: LookupAddress) => address));

/**
 * The system's name service, whose hosts file counts for addresses, or name servers of one's own.
 *
 * @param servers `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`
 * @throws the system's error for a server that is no address
 */
export const createNameSource = (servers: readonly string[] | undefined): NameSource => {
  const resolver = new Resolver(PATIENCE);
  if (servers !== undefined && servers.length > 0) resolver.setServers(servers);
  const own = servers !== undefined && servers.length > 0;
  return {
    addresses: (host) => (own ? bothFamilies(resolver, host) : systemAddresses(host)),
    services: async (name) => untimed(await resolver.resolveSrv(name)),
    pointers: async (name) => untimed(await resolver.resolveNaptr(name)),
  };
};
