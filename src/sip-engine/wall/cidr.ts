import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ipv4Number } from '../../base/networks.ts';

/** A network ready to be compared: `key` is what `fourKey` or `sixKey` give for each of its addresses. */
export type Network = {
  /** Usual form: a lone address without prefix, no bits set behind the prefix. */
  readonly cidr: string;
  readonly family: 4 | 6;
  readonly prefix: number;
  readonly key: number | string;
};

/** Bits of an IPv6 address that one peer has to itself (RFC 6177). */
export const SIX_SITE = 64;

export const fourKey = (number: number, prefix: number): number => Math.floor(number / 2 ** (32 - prefix));

export const sixKey = (parts: readonly number[], prefix: number): string => {
  const whole = prefix >> 4;
  let key = '';
  for (let at = 0; at < whole; at += 1) key += `${(parts[at] ?? 0).toString(16)}:`;
  const rest = prefix & 15;
  return rest === 0 ? key : key + ((parts[whole] ?? 0) >> (16 - rest)).toString(16);
};

/** IPv4 written as IPv6 (RFC 4291 2.5.5.2) in its own form, anything without its zone. */
export const bareAddress = (address: string): string => {
  const zone = address.indexOf('%');
  const bare = zone < 0 ? address : address.slice(0, zone);
  return bare.startsWith('::ffff:') && bare.includes('.') ? bare.slice(7) : bare;
};

const hextets = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16));

/** The eight parts of an IPv6 address; undefined when it is none. */
export const sixParts = (address: string): readonly number[] | undefined => {
  if (isIP(address) !== 6) return undefined;
  if (address.includes('.')) return ipaddr.IPv6.parse(address).parts;
  const [head = '', tail] = address.split('::');
  const front = hextets(head);
  if (tail === undefined) return front;
  const back = hextets(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
};

const fourNetwork = (address: string, prefix: number): Network => {
  const base = ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`).toString();
  const key = fourKey(ipv4Number(address), prefix);
  return { cidr: prefix === 32 ? base : `${base}/${prefix}`, family: 4, prefix, key };
};

const sixNetwork = (address: string, prefix: number): Network => {
  const base = ipaddr.IPv6.networkAddressFromCIDR(`${address}/${prefix}`);
  return {
    cidr: prefix === 128 ? base.toString() : `${base.toString()}/${prefix}`,
    family: 6,
    prefix,
    key: sixKey(base.parts, prefix),
  };
};

/** Reads an address or `address/prefix` of either family; undefined when it is neither. */
export const readNetwork = (text: string): Network | undefined => {
  const [, written = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const version = isIP(written);
  if (version === 0 || written.includes('%')) return undefined;
  const address = bareAddress(written);
  const mapped = version === 6 && isIP(address) === 4;
  const widest = version === 4 ? 32 : 128;
  const prefix = (bits === undefined ? widest : Number(bits)) - (mapped ? 96 : 0);
  if (prefix < 0 || prefix > (mapped ? 32 : widest)) return undefined;
  return version === 4 || mapped ? fourNetwork(address, prefix) : sixNetwork(address, prefix);
};

/** What the wall bans for an address: itself, or the /64 it lies in. */
export const siteOf = (address: string): Network | undefined =>
  readNetwork(address.includes(':') ? `${address}/${SIX_SITE}` : address);
