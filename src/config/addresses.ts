import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** True for an IPv4 or IPv6 literal in its usual form (no brackets, no zone). */
export const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

const WILDCARDS = ['0.0.0.0', '::'];

/** True for an address that a peer can send to: a literal that stands for one interface. */
export const isReachableAddress = (text: string): boolean => isAddress(text) && !isWildcard(text);

/** `0.0.0.0` or `::`, however it is written. */
export const isWildcard = (text: string): boolean =>
  isAddress(text) && WILDCARDS.includes(ipaddr.parse(text).toString());

/** 127.0.0.0/8 or ::1, also as IPv4 mapped into IPv6. */
export const isLoopback = (text: string): boolean =>
  isAddress(text) && ipaddr.process(text).range() === 'loopback';

export const isPort = (text: string): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

/** One place that a trunk's requests come from. */
type TrunkSource = {
  readonly address: string;
  readonly prefix: string | undefined;
  readonly port: string | undefined;
};

const splitSource = (text: string): TrunkSource | undefined => {
  const bracketed = /^\[([^\]]*)\](?:\/(\d+))?(?::(\d+))?$/.exec(text);
  const plain =
    bracketed ??
    /^([^/:]+|[^/.]*:[^/]*:[^/]*)(?:\/(\d+))?$/.exec(text) ??
    /^([^/:]+)(?:\/(\d+))?:(\d+)$/.exec(text);
  const [, address, prefix, port] = plain ?? [];
  return address === undefined ? undefined : { address, prefix, port };
};

/** An address or network with or without a port; an IPv6 address with a port stands in brackets. */
export const isTrunkSource = (text: string): boolean => {
  const source = splitSource(text);
  if (!source || !isAddress(source.address)) return false;
  if (source.port !== undefined && !isPort(source.port)) return false;
  return source.prefix === undefined || Number(source.prefix) <= (isIP(source.address) === 6 ? 128 : 32);
};

/** An address or network, without a port. */
export const isNetwork = (text: string): boolean =>
  isTrunkSource(text) && splitSource(text)?.port === undefined;

/** The same text for the same network and port: `10.1.2.3/24` and `10.1.2.0/24` are one. */
export const canonicalSource = (text: string): string => {
  const source = splitSource(text);
  if (!source || !isTrunkSource(text)) return text;
  const bits = source.prefix ?? (isIP(source.address) === 6 ? '128' : '32');
  const network = isIP(source.address) === 6 ? ipaddr.IPv6 : ipaddr.IPv4;
  return `${network.networkAddressFromCIDR(`${source.address}/${bits}`).toString()}/${bits}:${source.port ?? '*'}`;
};

const SIP_URI =
  /^sips?:(?:[^\s@<>"]+@)?(\[[^\]]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.?)(?::(\d+))?((?:;[^\s;?<>"]+)*)$/i;

/** A SIP or SIPS URI (RFC 3261 19.1) over UDP, TCP or TLS, without headers. */
export const isSipUri = (text: string): boolean => {
  const [, host, port, params] = SIP_URI.exec(text) ?? [];
  if (host === undefined) return false;
  if (host.startsWith('[') && isIP(host.slice(1, -1)) !== 6) return false;
  if (/^[\d.]+$/.test(host) && isIP(host) !== 4) return false;
  const transport = /;transport=([^;]*)/i.exec(params ?? '')?.[1]?.toLowerCase();
  return (
    (port === undefined || isPort(port)) &&
    (transport === undefined || ['udp', 'tcp', 'tls'].includes(transport))
  );
};

/** Whether a SIP URI asks for TLS (RFC 3261 19.1.2, 26.2.2). */
export const needsTls = (uri: string): boolean => /^sips:|;transport=tls\b/i.test(uri);
