import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { SipUri } from '../message/index.ts';
import type { Endpoint, TransportProtocol } from '../transport/types.ts';

/** Where names come from; the system's own if left out. */
export type NameSource = {
  /** Addresses of a host name, the preferred first. Rejects when there are none. */
  addresses(host: string): Promise<readonly string[]>;
  /** SRV records of a name. Rejects when there are none. */
  services(name: string): Promise<readonly ServiceRecord[]>;
};

export type ServiceRecord = {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
};

export type NextHopResolver = {
  /** Where to send for a URI, best first; never rejects, empty when nothing is found in time. */
  resolve(uri: SipUri, preferred?: TransportProtocol): Promise<readonly Endpoint[]>;
};

const DEFAULT_PORT = 5060;
const MOST_TARGETS = 8;
const MOST_NAMES = 512;
const TTL = { found: 30_000, none: 5_000 } as const;
/** How long an answer may still serve when the name service is silent. */
const STALE = 3_600_000;

const systemNames = (): NameSource => {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  return {
    addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    services: (name) => resolver.resolveSrv(name),
  };
};

/** A promise that rejects after `milliseconds`. */
const within = async <T>(milliseconds: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

type Entry<T> = { answer: Promise<readonly T[]>; until: number; good: readonly T[]; goodUntil: number };

/** Remembers answers for a while, asks once for all who wait, and falls back on the last good answer. */
const remember = <T>(ask: (name: string) => Promise<readonly T[]>, limit: number) => {
  const entries = new Map<string, Entry<T>>();
  return (name: string): Promise<readonly T[]> => {
    const now = performance.now();
    const known = entries.get(name);
    if (known && known.until > now) return known.answer;
    const good = known && known.goodUntil > now ? known.good : [];
    const entry: Entry<T> = {
      answer: Promise.resolve(good),
      until: now + limit,
      good,
      goodUntil: known?.goodUntil ?? 0,
    };
    entry.answer = within(limit, ask(name)).then(
      (found) => {
        const then = performance.now();
        entry.until = then + (found.length > 0 ? TTL.found : TTL.none);
        entry.good = found;
        entry.goodUntil = then + STALE;
        return found;
      },
      () => {
        entry.until = performance.now() + TTL.none;
        return entry.good;
      },
    );
    entries.delete(name);
    if (entries.size >= MOST_NAMES) {
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    }
    entries.set(name, entry);
    return entry.answer;
  };
};

/** Takes one record by weight (RFC 2782): the more weight, the likelier. */
const takeByWeight = (records: ServiceRecord[], random: () => number): ServiceRecord | undefined => {
  const total = records.reduce((sum, { weight }) => sum + weight, 0);
  let rest = random() * total;
  const at = records.findIndex(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  return records.splice(Math.max(0, at), 1)[0];
};

/** Records in the order to be tried (RFC 2782): by priority, among equals drawn by weight. */
export const orderServices = (
  records: readonly ServiceRecord[],
  random: () => number = Math.random,
): ServiceRecord[] => {
  const ordered: ServiceRecord[] = [];
  for (const priority of [...new Set(records.map((record) => record.priority))].sort((a, b) => a - b)) {
    const equals = records.filter(
      (record) => record.priority === priority && record.name !== '.' && record.name !== '',
    );
    for (let next = takeByWeight(equals, random); next; next = takeByWeight(equals, random))
      ordered.push(next);
  }
  return ordered.slice(0, MOST_TARGETS);
};

type Aim = {
  readonly host: string;
  readonly port: number | undefined;
  readonly protocols: readonly TransportProtocol[];
};

/** Host, port and protocols a URI names; undefined when its transport is none of ours. */
const aimOf = (uri: SipUri, preferred: TransportProtocol): Aim | undefined => {
  if (uri.scheme !== 'sip') return undefined;
  const host = (uri.parameters.get('maddr') || uri.host).replace(/^\[|\]$/g, '');
  const named = uri.parameters.get('transport')?.toLowerCase();
  if (named === 'udp' || named === 'tcp') return { host, port: uri.port, protocols: [named] };
  if (named !== undefined && named !== '') return undefined;
  return { host, port: uri.port, protocols: preferred === 'udp' ? ['udp', 'tcp'] : ['tcp', 'udp'] };
};

/** Next hop of a URI whose host is an IP literal, at once; undefined when it is a name, empty when the transport isn't ours. */
export const literalNextHop = (
  uri: SipUri,
  preferred: TransportProtocol = 'udp',
): readonly Endpoint[] | undefined => {
  const aim = aimOf(uri, preferred);
  if (!aim) return [];
  if (isIP(aim.host) === 0) return undefined;
  return [{ protocol: aim.protocols[0] ?? preferred, address: aim.host, port: aim.port ?? DEFAULT_PORT }];
};

/**
 * Finds next hops by RFC 3263 without NAPTR: IP literal direct; name with port by A/AAAA; else SRV of `_sip._udp` and
 * `_sip._tcp`, the preferred first, then A/AAAA with port 5060. Answers are kept 30 s, for want of the record's own time.
 *
 * @param limit milliseconds that one look-up may take
 */
export const createNextHopResolver = (names: NameSource = systemNames(), limit = 3_000): NextHopResolver => {
  const addresses = remember((host) => names.addresses(host), limit);
  const services = remember((name) => names.services(name), limit);

  const endpoints = async (host: string, port: number, protocol: TransportProtocol): Promise<Endpoint[]> => {
    const found = isIP(host) === 0 ? await addresses(host) : [host];
    return found.slice(0, MOST_TARGETS).map((address) => ({ protocol, address, port }));
  };

  const byService = async (host: string, protocol: TransportProtocol): Promise<Endpoint[]> => {
    const records = orderServices(await services(`_sip._${protocol}.${host}`));
    const targets = await Promise.all(records.map((record) => endpoints(record.name, record.port, protocol)));
    return targets.flat();
  };

  const resolveName = async ({ host, port, protocols }: Aim): Promise<readonly Endpoint[]> => {
    const protocol = protocols[0] ?? 'udp';
    if (port !== undefined) return endpoints(host, port, protocol);
    const named = (await Promise.all(protocols.map((each) => byService(host, each)))).flat();
    return named.length > 0 ? named : endpoints(host, DEFAULT_PORT, protocol);
  };

  return {
    resolve: async (uri, preferred = 'udp') => {
      const literal = literalNextHop(uri, preferred);
      if (literal) return literal;
      const aim = aimOf(uri, preferred);
      if (!aim) return [];
      return within(limit, resolveName({ ...aim, host: aim.host.toLowerCase() })).catch(() => []);
    },
  };
};
