import { isIP } from 'node:net';
import type { ListenOptions, SipProtocol } from '../types.ts';

/** What `--external-ip`, `--local-net` and `--dns-name` say of the contact before them. */
export type ContactFlags = {
  readonly uri: string;
  readonly externalIp?: string;
  readonly localNets: readonly string[];
  readonly dnsNames: readonly string[];
};

const CONTACT = /^(sips?):(?:[^@\s]*@)?(\*|\[[0-9a-f:.]+\]|[^:;\s[\]]+)(?::(\d{1,5}))?((?:;[^;\s]*)*)$/i;
const PROTOCOLS: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls', 'ws', 'wss']);
const DEFAULT_PORT: Readonly<Record<SipProtocol, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
};

const isProtocol = (text: string): text is SipProtocol => PROTOCOLS.has(text);

const transportsOf = (parameters: string): readonly string[] => {
  const named = /;transport=([^;]*)/i.exec(parameters)?.[1];
  return named === undefined ? [] : named.toLowerCase().split(',');
};

/**
 * The listening points of a contact as drachtio-server writes it: `sip:127.0.0.1:5060;transport=udp,tcp`,
 * `sips:*:443;transport=wss`. `*` is every IPv4 address of this machine. A TLS point beside a TCP one of the same contact
 * takes the next port, since both can't have one.
 *
 * @returns a sentence that says what is wrong, or the points
 */
export const listenPointsOf = (contact: ContactFlags): readonly ListenOptions[] | string => {
  const parts = CONTACT.exec(contact.uri);
  const [, scheme = '', host = '', portText, parameters = ''] = parts ?? [];
  if (parts === null) return `"${contact.uri}" is no contact: use sip:ADDRESS[:PORT];transport=udp,tcp`;
  const address = host === '*' ? '0.0.0.0' : host.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return `"${contact.uri}" names no address to listen on: use an IP address or *`;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && port > 65_535) return `"${contact.uri}" has a port above 65535`;
  const secure = scheme.toLowerCase() === 'sips';
  const named = transportsOf(parameters);
  const protocols = named.length > 0 ? named : secure ? ['tls'] : ['udp', 'tcp'];
  const unknown = protocols.find((protocol) => !isProtocol(protocol));
  if (unknown !== undefined)
    return `"${contact.uri}" has the transport "${unknown}": use udp, tcp, tls, ws or wss`;
  const besideTcp = protocols.includes('tcp');
  return protocols.filter(isProtocol).map((protocol) => {
    const shift = protocol === 'tls' && besideTcp && port !== undefined && port !== 0 ? 1 : 0;
    return {
      protocol,
      address,
      port: (port ?? DEFAULT_PORT[protocol]) + shift,
      ...(contact.externalIp !== undefined && { externalAddress: contact.externalIp }),
      ...(contact.localNets.length > 0 && { localNetworks: contact.localNets }),
      ...(contact.dnsNames.length > 0 && { names: contact.dnsNames }),
    };
  });
};
