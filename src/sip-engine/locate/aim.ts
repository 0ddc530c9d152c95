import { isIP } from 'node:net';
import type { SipUri } from '../message/types.ts';
import type { TransportProtocol } from '../transport/types.ts';

/** What a URI asks for, before any name is looked up. */
export type Aim = {
  /** Address literal, or a name in lower case without a final dot. */
  readonly host: string;
  readonly port: number | undefined;
  /** Protocols that may be used, the preferred first; never empty. */
  readonly protocols: readonly [TransportProtocol, ...TransportProtocol[]];
  /** The URI says which protocol: NAPTR records have no say (RFC 3263 4.1). */
  readonly named: boolean;
  /** The domain that a certificate must be for (RFC 5922 7.1); undefined when the URI has an address. */
  readonly domain: string | undefined;
};

/** Protocols by the `transport` parameter, for `sip:` and for `sips:` (RFC 3261 26.2.2, RFC 7118 5.2). */
const BY_TRANSPORT: Readonly<
  Record<string, { readonly sip: TransportProtocol; readonly sips?: TransportProtocol }>
> = {
  udp: { sip: 'udp' },
  tcp: { sip: 'tcp', sips: 'tls' },
  tls: { sip: 'tls', sips: 'tls' },
  ws: { sip: 'ws', sips: 'wss' },
  wss: { sip: 'wss', sips: 'wss' },
};

/** In the order they are tried when neither the URI nor a NAPTR record says. */
const UNNAMED = { sip: ['udp', 'tcp', 'tls', 'ws', 'wss'], sips: ['tls', 'wss'] } as const;

/** RFC 3261 19.1.2, RFC 7118 5.2. */
export const defaultPort = (protocol: TransportProtocol): number => {
  if (protocol === 'tls') return 5061;
  if (protocol === 'ws') return 80;
  return protocol === 'wss' ? 443 : 5060;
};

/** A host as it is compared and asked for. */
export const plainHost = (host: string): string =>
  host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

/** What a URI asks for; undefined when it is neither `sip:` nor `sips:`, or its protocol is none of ours. */
export const aimOf = (uri: SipUri, ours: ReadonlySet<TransportProtocol>): Aim | undefined => {
  const { scheme } = uri;
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  const transport = uri.parameters.get('transport')?.toLowerCase() ?? '';
  const named = transport !== '';
  const wanted = named ? [BY_TRANSPORT[transport]?.[scheme]] : UNNAMED[scheme];
  const [first, ...rest] = wanted.filter(
    (each) => each !== undefined && ours.has(each),
  ) as TransportProtocol[];
  if (first === undefined) return undefined;
  const domain = plainHost(uri.host);
  return {
    host: plainHost(uri.parameters.get('maddr') || uri.host),
    port: uri.port,
    protocols: [first, ...rest],
    named,
    domain: isIP(domain) === 0 ? domain : undefined,
  };
};
