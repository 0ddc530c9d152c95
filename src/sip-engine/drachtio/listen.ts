import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { AdminOptions } from '../types.ts';

/** How long a TLS handshake may take, in milliseconds. */
const HANDSHAKE_WITHIN = 10_000;

export type Listening = {
  readonly port: number;
  readonly tlsPort: number | undefined;
  /** Ends every connection and frees the ports. */
  close(): Promise<void>;
};

type Point = { readonly port: number; close(): Promise<void> };

const open = async (server: Server, address: string, port: number): Promise<Point> => {
  // Those of TLS from before their handshake on.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, address);
  await once(server, 'listening');
  // One connection that can't be accepted is no reason to end.
  server.on('error', () => {});
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

/**
 * Opens the points where applications connect.
 *
 * @throws the system's error when one can't be bound, OpenSSL's when the certificate can't be used; nothing stays open then
 */
export const listenForClients = async (
  admin: AdminOptions,
  accept: (socket: Socket) => void,
): Promise<Listening> => {
  const secure =
    admin.tls === undefined
      ? undefined
      : createTlsServer(
          { key: admin.tls.key, cert: admin.tls.cert, handshakeTimeout: HANDSHAKE_WITHIN },
          accept,
        );
  const plain = await open(createServer(accept), admin.address, admin.port);
  const tls =
    secure === undefined
      ? undefined
      : await open(secure, admin.address, admin.tls?.port ?? 0).catch(async (error: unknown) => {
          await plain.close();
          throw error;
        });
  return {
    port: plain.port,
    tlsPort: tls?.port,
    async close() {
      await Promise.all([plain.close(), tls?.close()]);
    },
  };
};
