import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { familyOf } from './addresses.ts';
import type { Endpoint } from './types.ts';

/** One bound UDP socket. */
export type UdpSocket = {
  readonly port: number;
  send(bytes: Buffer, remote: Endpoint, failed: (error: Error) => void): void;
  close(): Promise<void>;
};

/** Room for a tenth of a second of a flood; the system gives less when it must. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/**
 * Binds a UDP socket; `received` gets each datagram.
 *
 * @throws the system's error when the address can't be bound (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`)
 */
export const openUdp = async (
  listen: { readonly address: string; readonly port: number },
  received: (bytes: Buffer, address: string, port: number) => void,
): Promise<UdpSocket> => {
  const version = familyOf(listen.address) === 'ipv6' ? 6 : 4;
  const socket = createSocket({
    type: version === 6 ? 'udp6' : 'udp4',
    ipv6Only: version === 6,
    recvBufferSize: RECEIVE_BUFFER,
    // Only address literals get here: no name service between a packet and the wire.
    lookup: (address, _options, callback) => callback(null, address, version),
  });
  // Waits before it binds, since literals are looked up at once.
  const bound = once(socket, 'listening');
  socket.bind(listen.port, listen.address);
  await bound.catch((error: unknown) => {
    socket.close();
    throw error;
  });
  // Nothing that a peer or its network does to one packet may end the socket.
  socket.on('error', () => {});
  socket.on('message', (bytes, { address, port }) => received(bytes, address, port));
  let closing: Promise<void> | undefined;
  return {
    port: socket.address().port,
    send: (bytes, remote, failed) => {
      if (closing) {
        setImmediate(failed, new Error('transport closed'));
        return;
      }
      try {
        socket.send(bytes, remote.port, remote.address, (error) => {
          if (error) failed(error);
        });
      } catch (error) {
        // Thrown for a port that is none.
        setImmediate(failed, error instanceof Error ? error : new Error(String(error)));
      }
    },
    close: () => {
      closing ??= new Promise((resolve) => {
        socket.close(() => resolve());
      });
      return closing;
    },
  };
};
