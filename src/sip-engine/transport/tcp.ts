import { once } from 'node:events';
import { createServer, connect as openSocket, type Socket } from 'node:net';
import { isWildcard } from './addresses.ts';
import { createFramer } from './framing.ts';
import type { Endpoint, Flow, ListenPoint, StreamLimits } from './types.ts';

/** What came over a connection. */
export type StreamArrival = {
  readonly bytes: Buffer;
  readonly flow: Flow;
  readonly local: ListenPoint;
  readonly localAddress: string;
  readonly broken?: 'too large' | 'malformed';
};

export type StreamHandlers = {
  received(arrival: StreamArrival): void;
  closed(flow: Flow): void;
  isKnown(remote: Endpoint): boolean;
};

/** All TCP connections, those taken and those opened. */
export type Streams = {
  /** Starts to listen; gives the port bound. `point` is asked for once it is known. */
  listen(address: string, port: number, point: () => ListenPoint | undefined): Promise<number>;
  send(
    bytes: Buffer,
    target: { readonly local: ListenPoint; readonly remote: Endpoint; readonly flow: Flow | undefined },
    failed: (error: Error) => void,
  ): void;
  readonly count: number;
  close(): Promise<void>;
};

type Connection = {
  readonly flow: Flow;
  readonly write: (bytes: Buffer, failed: (error: Error) => void) => void;
  readonly destroy: () => void;
};

const PONG = Buffer.from('\r\n');

const keyOf = (remote: Endpoint): string => `${remote.address} ${remote.port}`;

/** Streams with their limits; `most` is the size of a message in bytes. */
export const createStreams = (limits: StreamLimits, most: number, handlers: StreamHandlers): Streams => {
  const byId = new Map<string, Connection>();
  const byRemote = new Map<string, Connection>();
  const strangers = new Map<string, number>();
  const servers = new Set<ReturnType<typeof createServer>>();
  let made = 0;
  let closed = false;

  const readFrames = (socket: Socket, flow: Flow, local: ListenPoint): void => {
    const framer = createFramer(most);
    const arrived = (bytes: Buffer, broken?: StreamArrival['broken']): void => {
      const arrival = { bytes, flow, local, localAddress: socket.localAddress ?? local.address };
      handlers.received(broken ? { ...arrival, broken } : arrival);
    };
    socket.on('data', (chunk) => {
      framer.push(chunk);
      for (let frame = framer.next(); frame && !socket.destroyed; frame = framer.next()) {
        if (frame.kind === 'message') arrived(frame.bytes);
        else if (frame.kind === 'ping') socket.write(PONG);
        else {
          arrived(frame.bytes, frame.tooLarge ? 'too large' : 'malformed');
          // Where the next message begins is unknown now; the refusal still goes out.
          socket.end();
          socket.setTimeout(limits.connect, () => socket.destroy());
        }
      }
      if (socket.writableLength > limits.backlog) socket.destroy();
    });
  };

  const watchIdle = (socket: Socket, remote: Endpoint): void => {
    socket.setTimeout(handlers.isKnown(remote) ? limits.idle : limits.strangerIdle);
    // A stranger that we have sent to since is one no longer.
    socket.on('timeout', () => {
      if (socket.timeout === limits.idle || !handlers.isKnown(remote)) socket.destroy();
      else socket.setTimeout(limits.idle);
    });
  };

  const adopt = (socket: Socket, remote: Endpoint, local: ListenPoint): Connection => {
    made += 1;
    let open = true;
    let failure = new Error('connection closed');
    const waiting = new Set<{ readonly failed: (error: Error) => void }>();
    const flow: Flow = {
      id: `tcp-${made}`,
      remote,
      get open() {
        return open;
      },
    };
    const write = (bytes: Buffer, failed: (error: Error) => void): void => {
      if (!open || socket.destroyed) {
        setImmediate(failed, failure);
        return;
      }
      const entry = { failed };
      waiting.add(entry);
      socket.write(bytes, (error) => {
        if (waiting.delete(entry) && error) failed(error);
      });
      if (socket.writableLength > limits.backlog) socket.destroy(new Error('peer reads too slowly'));
    };
    const connection: Connection = { flow, write, destroy: () => socket.destroy() };
    byId.set(flow.id, connection);
    byRemote.set(keyOf(remote), connection);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => {
      open = false;
      byId.delete(flow.id);
      if (byRemote.get(keyOf(remote)) === connection) byRemote.delete(keyOf(remote));
      const failed = [...waiting];
      waiting.clear();
      for (const entry of failed) entry.failed(failure);
      handlers.closed(flow);
    });
    readFrames(socket, flow, local);
    return connection;
  };

  const countStranger = (socket: Socket, address: string): boolean => {
    const count = strangers.get(address) ?? 0;
    if (count >= limits.perStranger) return false;
    strangers.set(address, count + 1);
    socket.on('close', () => {
      const rest = (strangers.get(address) ?? 1) - 1;
      if (rest > 0) strangers.set(address, rest);
      else strangers.delete(address);
    });
    return true;
  };

  const accept = (socket: Socket, local: ListenPoint | undefined): void => {
    const { remoteAddress, remotePort } = socket;
    if (!local || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const remote: Endpoint = { protocol: 'tcp', address: remoteAddress, port: remotePort };
    const welcome =
      byId.size < limits.connections && (handlers.isKnown(remote) || countStranger(socket, remoteAddress));
    if (closed || !welcome) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    adopt(socket, remote, local);
    watchIdle(socket, remote);
  };

  const dial = (local: ListenPoint, remote: Endpoint): Connection => {
    const socket = openSocket({
      host: remote.address,
      port: remote.port,
      ...(isWildcard(local.address) ? {} : { localAddress: local.address }),
    });
    const timer = setTimeout(() => socket.destroy(new Error('connect timed out')), limits.connect);
    socket.once('connect', () => {
      clearTimeout(timer);
      watchIdle(socket, remote);
    });
    socket.once('close', () => clearTimeout(timer));
    return adopt(socket, remote, local);
  };

  const connectionFor = (
    local: ListenPoint,
    remote: Endpoint,
    flow: Flow | undefined,
  ): Connection | Error => {
    const known = (flow && byId.get(flow.id)) ?? byRemote.get(keyOf(remote));
    if (known?.flow.open) return known;
    if (closed) return new Error('transport closed');
    return byId.size >= limits.connections ? new Error('too many connections') : dial(local, remote);
  };

  return {
    listen: async (address, port, point) => {
      const server = createServer({ allowHalfOpen: false, noDelay: true }, (socket) =>
        accept(socket, point()),
      );
      server.listen({ host: address, port, ipv6Only: true });
      await once(server, 'listening');
      server.on('error', () => {});
      servers.add(server);
      const bound = server.address();
      return typeof bound === 'object' && bound ? bound.port : port;
    },
    send: (bytes, { local, remote, flow }, failed) => {
      const connection = connectionFor(local, remote, flow);
      if (connection instanceof Error) setImmediate(failed, connection);
      else connection.write(bytes, failed);
    },
    get count() {
      return byId.size;
    },
    close: async () => {
      closed = true;
      const ends = [...servers].map(
        (server) => new Promise<void>((resolve) => server.close(() => resolve())),
      );
      servers.clear();
      for (const connection of [...byId.values()]) connection.destroy();
      await Promise.all(ends);
    },
  };
};
