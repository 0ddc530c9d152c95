import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { errorCode } from '../../base/errors.ts';

/** Half a second of a burst; the system may grant less. */
const BUFFER_BYTES = 256 * 1024;

export type Receive = (packet: Buffer, from: RemoteInfo) => void;

/** A leg's two UDP sockets. */
export type MediaSockets = {
  sendRtp(packet: Buffer, port: number, address: string): void;
  sendRtcp(packet: Buffer, port: number, address: string): void;
  close(): void;
};

/** Addresses are literals always: no name is ever resolved, and no tick is lost on trying. */
const lookup = (
  host: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void => done(null, host, isIPv6(host) ? 6 : 4);

const open = async (address: string, port: number, receive: Receive): Promise<Socket> => {
  const ipv6 = isIPv6(address);
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', lookup, ipv6Only: ipv6 && address !== '::' });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, resolve);
    });
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.removeAllListeners('error');
  // Whatever the network says of one packet (ICMP unreachable), the next may arrive.
  socket.on('error', () => {});
  try {
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
  } catch {
    // The system's default serves, too.
  }
  socket.on('message', receive);
  return socket;
};

const pair = (rtp: Socket, rtcp: Socket): MediaSockets => ({
  sendRtp: (packet, toPort, to) => rtp.send(packet, toPort, to),
  sendRtcp: (packet, toPort, to) => rtcp.send(packet, toPort, to),
  close() {
    rtp.close();
    rtcp.close();
  },
});

/**
 * Binds RTP and RTCP to any two free ports of `address`.
 *
 * @throws the system's error when the address can't be bound at all
 */
export const openAnySockets = async (
  address: string,
  receiveRtp: Receive,
  receiveRtcp: Receive,
): Promise<MediaSockets & { readonly port: number; readonly rtcpPort: number }> => {
  const rtp = await open(address, 0, receiveRtp);
  try {
    const rtcp = await open(address, 0, receiveRtcp);
    return { ...pair(rtp, rtcp), port: rtp.address().port, rtcpPort: rtcp.address().port };
  } catch (error) {
    rtp.close();
    throw error;
  }
};

/**
 * Binds RTP to `port` and RTCP to the next.
 *
 * @returns undefined when one of the two is in use
 * @throws the system's error when the address can't be bound at all
 */
export const openSockets = async (
  address: string,
  port: number,
  receiveRtp: Receive,
  receiveRtcp: Receive,
): Promise<MediaSockets | undefined> => {
  const opened: Socket[] = [];
  try {
    const rtp = await open(address, port, receiveRtp);
    opened.push(rtp);
    return pair(rtp, await open(address, port + 1, receiveRtcp));
  } catch (error) {
    for (const socket of opened) socket.close();
    if (errorCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
};
