import ipaddr from 'ipaddr.js';
import { type Ban, readNetwork } from '../sip-engine/index.ts';
import { parseSource } from './trunk/index.ts';

/** A ban as a person asks for it. */
export type BanRequest = {
  /** An address or a network. */
  readonly cidr: string;
  /** Undefined: for ever. */
  readonly seconds: number | undefined;
  readonly reason: string;
};

type Range = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

const rangeOf = (cidr: string): Range => {
  const network = readNetwork(cidr)?.cidr ?? cidr;
  const address = network.includes('/') ? undefined : ipaddr.parse(network);
  return address === undefined ? ipaddr.parseCIDR(network) : [address, address.kind() === 'ipv4' ? 32 : 128];
};

/** Whether two networks have an address in common: one of them holds the other. */
const overlap = ([a, aBits]: Range, [b, bBits]: Range): boolean =>
  a.kind() === b.kind() && a.match(b, Math.min(aBits, bBits));

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map(rangeOf);

/** The usual form of an address or network; undefined when the text is neither. */
export const banTarget = (text: string): string | undefined => readNetwork(text)?.cidr;

/** A ban by hand that begins now. `cidr` is an address or network. */
export const banByHand = ({ cidr, seconds, reason }: BanRequest, now: number): Ban => ({
  cidr: banTarget(cidr) ?? cidr,
  reason,
  by: 'hand',
  since: now,
  until: seconds === undefined ? undefined : now + seconds * 1000,
  count: 1,
});

/**
 * Why a network should not be banned: one sentence, or undefined.
 *
 * @param trunks whose calls would be lost
 */
export const banObjection = (
  cidr: string,
  trunks: readonly { readonly id: string; readonly sources: readonly string[] }[],
): string | undefined => {
  const range = rangeOf(cidr);
  if (LOOPBACK.some((loopback) => overlap(loopback, range)))
    return `${cidr} holds this machine's own addresses: banning it cuts off its own test calls`;
  for (const { id, sources } of trunks) {
    const source = sources.find((text) => overlap(rangeOf(parseSource(text).cidr), range));
    if (source !== undefined)
      return `${cidr} holds ${source}, a source of trunk ${id}: banning it ends its calls`;
  }
  return undefined;
};
