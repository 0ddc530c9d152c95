import { isIP } from 'node:net';
import type { Endpoint, TransportProtocol } from '../transport/types.ts';
import { type Aim, defaultPort } from './aim.ts';
import { remember, within } from './memory.ts';
import type { NameSource, SrvRecord } from './names.ts';
import { isOffered, orderPointers, orderServices, type Pointer } from './order.ts';

const MOST_PLACES = 16;

/** Milliseconds that look-ups may take. */
export type Limits = {
  readonly each: number;
  /** NAPTR is only a hint, and some middleboxes swallow it. */
  readonly pointers: number;
  readonly together: number;
};

const DEFAULT_LIMITS: Limits = { each: 3_000, pointers: 1_000, together: 6_000 };
/** How long a name without NAPTR records isn't asked for them again. */
const NO_POINTERS = 60_000;

/** SRV labels by protocol (RFC 3263 4.1). */
const SERVICE: Readonly<Record<TransportProtocol, string>> = {
  udp: '_sip._udp',
  tcp: '_sip._tcp',
  tls: '_sips._tcp',
  ws: '_sip._ws',
  wss: '_sips._wss',
};
/** Asked for when a URI names no protocol: nobody publishes the others without NAPTR. */
const GUESSED: ReadonlySet<TransportProtocol> = new Set(['udp', 'tcp', 'tls']);

/** A place as an endpoint; its domain is told where a certificate will be looked at. */
export const placeOf = (aim: Aim, protocol: TransportProtocol, address: string, port: number): Endpoint =>
  aim.domain !== undefined && (protocol === 'tls' || protocol === 'wss')
    ? { protocol, address, port, host: aim.domain }
    : { protocol, address, port };

const keyOf = ({ protocol, address, port }: Endpoint): string => `${protocol} ${address} ${port}`;

const distinct = (places: readonly Endpoint[]): readonly Endpoint[] =>
  [...new Map(places.map((place) => [keyOf(place), place])).values()].slice(0, MOST_PLACES);

/**
 * Finds the places of names (RFC 3263 4): a port leads to addresses at once; else NAPTR, unless the URI names the protocol;
 * else SRV of each protocol; else addresses with the protocol's own port.
 *
 * @returns where to send, best first; never rejects, empty when nothing is found in time
 */
export const createNameResolver = (
  source: NameSource,
  limits: Limits = DEFAULT_LIMITS,
): ((aim: Aim) => Promise<readonly Endpoint[]>) => {
  const addresses = remember((host) => source.addresses(host), { limit: limits.each });
  const services = remember((name) => source.services(name), { limit: limits.each });
  const pointers = remember((name) => source.pointers(name), { limit: limits.pointers, none: NO_POINTERS });

  const byAddress = async (aim: Aim, host: string, protocol: TransportProtocol, port: number) =>
    (isIP(host) === 0 ? await addresses(host) : [host]).map((address) =>
      placeOf(aim, protocol, address, port),
    );

  const byRecords = async (
    aim: Aim,
    protocol: TransportProtocol,
    records: readonly SrvRecord[],
  ): Promise<Endpoint[]> => {
    const targets = orderServices(records);
    return (
      await Promise.all(targets.map(({ name, port }) => byAddress(aim, name.toLowerCase(), protocol, port)))
    ).flat();
  };

  const byPointers = async (aim: Aim, found: readonly Pointer[]): Promise<Endpoint[]> => {
    const places = found.map(async ({ protocol, name }) => byRecords(aim, protocol, await services(name)));
    return (await Promise.all(places)).flat();
  };

  const resolve = async (aim: Aim): Promise<readonly Endpoint[]> => {
    const { host, port, protocols, named } = aim;
    const [preferred] = protocols;
    if (port !== undefined) return byAddress(aim, host, preferred, port);
    const pointed = named ? [] : await byPointers(aim, orderPointers(await pointers(host), protocols));
    if (pointed.length > 0) return pointed;
    const asked = named ? protocols : protocols.filter((protocol) => GUESSED.has(protocol));
    const records = await Promise.all(asked.map((protocol) => services(`${SERVICE[protocol]}.${host}`)));
    const places = await Promise.all(
      asked.map((protocol, index) => byRecords(aim, protocol, records[index] ?? [])),
    );
    if (places.some(({ length }) => length > 0)) return places.flat();
    // All that there is says: not offered here.
    if (records.some(({ length }) => length > 0) && !records.flat().some(isOffered)) return [];
    return byAddress(aim, host, preferred, defaultPort(preferred));
  };

  return (aim) => within(limits.together, resolve(aim)).then(distinct, () => []);
};
