import { createHmac } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { CallerVault } from '../store/index.ts';
import { networkOf } from '../tracking/index.ts';

const CHARACTERS = 22;

/**
 * Names places without telling which they are: a keyed pseudonym of an IPv4 address, or of the /64 of an IPv6 one. It can stand in
 * a token that a browser reads.
 */
export const createNetworkNames = (vault: Pick<CallerVault, 'derive'>): ((address: string) => string) => {
  const key = Buffer.from(vault.derive('call-network'), 'hex');
  return (address) =>
    createHmac('sha256', key).update(networkOf(address)).digest('base64url').slice(0, CHARACTERS);
};

/** Whether a connection comes from this machine: from a proxy, mostly, and then it tells nothing of the visitor's place. */
export const isOwnMachine = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
