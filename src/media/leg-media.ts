import { isIP, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type AudioDescription, holds, isNullAddress, type NegotiatedAudio, SdpError } from '../sdp/index.ts';
import type { LegMedia } from './rtp/messages.ts';

/**
 * Writes `address` as a socket bound to `bound` names the sources of its packets.
 *
 * @throws SdpError 488 when such a socket can't reach it
 */
export const reachable = (address: string, bound: string): string => {
  if (isIP(address) === 0) throw new SdpError(`The connection address '${address}' is no IP address`, 488);
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6) {
    if (!isIPv6(bound)) throw new SdpError(`The IPv6 address ${address} can't be reached from IPv4`, 488);
    return parsed.toRFC5952String();
  }
  if (!isIPv6(bound)) return parsed.toString();
  if (bound !== '::') throw new SdpError(`The IPv4 address ${address} can't be reached from IPv6`, 488);
  return `::ffff:${parsed.toString()}`;
};

/**
 * What the edge must do for an agreement.
 *
 * @param bound address that the leg's sockets are bound to
 * @throws SdpError 488 when the peer's address can't be reached from there
 */
export const toLegMedia = (
  agreed: NegotiatedAudio,
  description: AudioDescription,
  bound: string,
): LegMedia => {
  const { address, port, rtcpPort } = agreed.remote;
  const silent = isNullAddress(address);
  return {
    remote: silent ? undefined : { address: reachable(address, bound), port, rtcpPort },
    send: agreed.send,
    receive: agreed.receive,
    telephoneEvent: agreed.telephoneEvent,
    ptime: agreed.ptime,
    maySend: !silent && (agreed.direction === 'sendrecv' || agreed.direction === 'sendonly'),
    mayReceive: agreed.direction === 'sendrecv' || agreed.direction === 'recvonly',
    held: holds(description),
  };
};
