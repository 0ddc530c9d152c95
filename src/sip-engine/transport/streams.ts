import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { isLoopback } from './addresses.ts';
import { type Connection, createConnection, type StreamArrival } from './connection.ts';
import { dial } from './dial.ts';
import { byteLink, type LinkMaker } from './links.ts';
import { createRoom } from './room.ts';
import type { Security } from './secure.ts';
import type { Endpoint, Flow, ListenPoint, StreamLimits, TransportProtocol } from './types.ts';
import { createUpgrader } from './upgrade.ts';

export type StreamHandlers = {
  received(arrival: StreamArrival): void;
  closed(flow: Flow): void;
  isKnown(remote: Endpoint): boolean;
  /** Whether connections of this address are taken at all. */
  admits(address: string): boolean;
  refused(limit: 'connections' | 'connectionsPerStranger'): void;
};

export type StreamOptions = {
  readonly limits: StreamLimits;
  /** Size of a message in bytes. */
  readonly most: number;
  /** Milliseconds between keep-alives on connections we opened; 0 for none. */
  readonly keepAlive: number;
  readonly security: Security;
};

/** All connections of TCP, TLS and WebSocket, those taken and those opened. */
export type Streams = {
  /** Starts to listen; gives the port bound. `point` is asked for once it is known. */
  listen(
    listen: { readonly address: string; readonly port: number },
    point: () => ListenPoint | undefined,
  ): Promise<number>;
  send(
    bytes: Buffer,
    target: { readonly local: ListenPoint; readonly remote: Endpoint; readonly flow: Flow | undefined },
    failed: (error: Error) => void,
  ): void;
  flow(id: string): Flow | undefined;
  /** Ends the connections of the addresses meant. */
  drop(isMeant: (address: string) => boolean): void;
  readonly count: number;
  close(): Promise<void>;
};

/** Milliseconds between WebSocket pings, of either side: proxies on the way close what is silent for a minute. */
const WEB_PING = 30_000;
/** A proxy of this machine brings the pages of everybody, and itself sees to it that nobody opens too many. */
const isProxy = ({ protocol, address }: Endpoint): boolean =>
  (protocol === 'ws' || protocol === 'wss') && isLoopback(address);

const USUAL_CHECK = 1000;
const CHECKED: readonly (keyof StreamLimits)[] = [
  'idle',
  'strangerIdle',
  'handshake',
  'first',
  'whole',
  'wholeOfKnown',
  'pong',
];

const isWeb = (protocol: TransportProtocol): boolean => protocol === 'ws' || protocol === 'wss';

const placeOf = ({ protocol, address, port }: Endpoint): string => `${protocol} ${address} ${port}`;

/** The name that a secured peer has to prove; empty where the address will do. */
const nameOf = ({ protocol, host, address }: Endpoint): string =>
  (protocol === 'tls' || protocol === 'wss') && host !== undefined && host !== address
    ? host.toLowerCase()
    : '';

const keyOf = (remote: Endpoint): string => {
  const name = nameOf(remote);
  return name === '' ? placeOf(remote) : `${placeOf(remote)} ${name}`;
};

/** A socket that has not become a connection yet. */
type Arriving = { readonly socket: Socket; readonly since: number };

export const createStreams = (
  { limits, most, keepAlive, security }: StreamOptions,
  handlers: StreamHandlers,
): Streams => {
  const byId = new Map<string, Connection>();
  /** By address and port, and once more by these and the name that was checked. */
  const byPlace = new Map<string, Connection>();
  const arriving = new Set<Arriving>();
  const strangers = new Map<string, number>();
  const servers = new Set<ReturnType<typeof createServer>>();
  const room = createRoom();
  const upgrader = createUpgrader(most);
  const webPing = keepAlive > 0 ? Math.min(keepAlive, WEB_PING) : 0;
  const every = Math.max(
    10,
    Math.min(
      USUAL_CHECK,
      ...CHECKED.map((name) => limits[name] / 4),
      ...(keepAlive > 0 ? [keepAlive / 4] : []),
    ),
  );
  let watch: NodeJS.Timeout | undefined;
  let made = 0;
  let closed = false;

  const size = (): number => byId.size + arriving.size;

  const check = (): void => {
    const now = performance.now();
    for (const { socket, since } of arriving) if (now - since > limits.handshake) socket.destroy();
    for (const connection of byId.values()) connection.check(now);
    if (size() > 0) return;
    clearInterval(watch);
    watch = undefined;
  };

  /** The clock runs only while there is something to look after. */
  const startWatch = (): void => {
    watch ??= setInterval(check, every).unref();
  };

  const adopt = (
    remote: Endpoint,
    local: ListenPoint,
    dialed: boolean,
    abandon: (error: Error) => void,
  ): Connection => {
    made += 1;
    const place = placeOf(remote);
    const key = keyOf(remote);
    const connection = createConnection(
      {
        id: `${remote.protocol}-${made}`,
        remote,
        local,
        dialed,
        limits,
        keepAlive: isWeb(remote.protocol) ? webPing : dialed ? keepAlive : 0,
        received: handlers.received,
        isKnown: handlers.isKnown,
        closed: (ended) => {
          byId.delete(ended.flow.id);
          for (const each of [place, key]) if (byPlace.get(each) === ended) byPlace.delete(each);
          handlers.closed(ended.flow);
        },
      },
      abandon,
    );
    byId.set(connection.flow.id, connection);
    byPlace.set(key, connection);
    startWatch();
    return connection;
  };

  const countStranger = (socket: Socket, address: string): boolean => {
    const count = strangers.get(address) ?? 0;
    if (count >= limits.perStranger) return false;
    strangers.set(address, count + 1);
    socket.once('close', () => {
      const rest = (strangers.get(address) ?? 1) - 1;
      if (rest > 0) strangers.set(address, rest);
      else strangers.delete(address);
    });
    return true;
  };

  /** At the limit somebody is refused: whoever has most, or else the newcomer. */
  const hasRoom = (remote: Endpoint): boolean => {
    if (size() < limits.connections) return true;
    handlers.refused('connections');
    return room.makeFor(remote.address, handlers.isKnown(remote));
  };

  const isWelcome = (socket: Socket, remote: Endpoint): boolean => {
    if (closed || !handlers.admits(remote.address)) return false;
    if (handlers.isKnown(remote) || isProxy(remote) || countStranger(socket, remote.address))
      return hasRoom(remote);
    handlers.refused('connectionsPerStranger');
    return false;
  };

  /** Takes a socket through what its protocol asks for. */
  const enter = (socket: Socket, protocol: TransportProtocol, ready: (link: LinkMaker) => void): void => {
    if (protocol === 'tcp') ready(byteLink(socket, most));
    else if (protocol === 'ws') upgrader.accept(socket, ready);
    else if (protocol === 'tls') security.accept(socket, (secured) => ready(byteLink(secured, most)));
    else security.accept(socket, (secured) => upgrader.accept(secured, ready));
  };

  const accept = (socket: Socket, local: ListenPoint | undefined): void => {
    // Until a connection is made of it, nobody else listens for this.
    socket.on('error', () => {});
    const { remoteAddress, remotePort } = socket;
    if (!local || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const remote: Endpoint = { protocol: local.protocol, address: remoteAddress, port: remotePort };
    if (!isWelcome(socket, remote)) {
      socket.destroy();
      return;
    }
    const entry = { socket, since: performance.now() };
    const seat = room.take(remote.address, handlers.isKnown(remote), () => socket.destroy());
    arriving.add(entry);
    socket.once('close', () => {
      arriving.delete(entry);
      seat.leave();
    });
    startWatch();
    enter(socket, local.protocol, (link) => {
      arriving.delete(entry);
      const connection = adopt(remote, local, false, () => socket.destroy());
      seat.end = () => connection.destroy(new Error('too many connections'));
      seat.hasSpoken = () => connection.hasSpoken;
      connection.opened(link);
    });
  };

  const open = (local: ListenPoint, remote: Endpoint): Connection | Error => {
    const options = remote.protocol === 'tcp' || remote.protocol === 'ws' ? {} : security.optionsFor(remote);
    if (options === undefined) return new Error('no certificates for TLS');
    const attempt: { abandon: (error: Error) => void } = { abandon: () => {} };
    const connection = adopt(remote, local, true, (error) => attempt.abandon(error));
    try {
      attempt.abandon = dial(
        { local, remote, limits, most, probes: keepAlive, security: options },
        {
          opened: (link) => {
            connection.opened(link);
            // Whoever asks for the address alone may share what was checked for a name.
            if (connection.flow.open && !byPlace.has(placeOf(remote)))
              byPlace.set(placeOf(remote), connection);
          },
          failed: connection.failed,
        },
      );
    } catch (error) {
      // Thrown for a port that is none.
      setImmediate(connection.failed, error instanceof Error ? error : new Error(String(error)));
    }
    return connection;
  };

  const connectionFor = (
    local: ListenPoint,
    remote: Endpoint,
    flow: Flow | undefined,
  ): Connection | Error => {
    const known = (flow && byId.get(flow.id)) ?? byPlace.get(keyOf(remote));
    if (known?.flow.open) return known;
    if (closed) return new Error('transport closed');
    return hasRoom(remote) ? open(local, remote) : new Error('too many connections');
  };

  return {
    listen: async ({ address, port }, point) => {
      const server = createServer(
        {
          allowHalfOpen: false,
          noDelay: true,
          keepAlive: keepAlive > 0,
          keepAliveInitialDelay: keepAlive,
        },
        (socket) => accept(socket, point()),
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
    flow: (id) => byId.get(id)?.flow,
    drop: (isMeant) => {
      for (const { socket } of arriving) if (isMeant(socket.remoteAddress ?? '')) socket.destroy();
      for (const connection of [...byId.values()])
        if (isMeant(connection.flow.remote.address)) connection.destroy(new Error('peer banned'));
    },
    get count() {
      return size();
    },
    close: async () => {
      closed = true;
      clearInterval(watch);
      const ends = [...servers].map(
        (server) => new Promise<void>((resolve) => server.close(() => resolve())),
      );
      servers.clear();
      for (const { socket } of arriving) socket.destroy();
      for (const connection of [...byId.values()]) connection.destroy(new Error('transport closed'));
      await Promise.all(ends);
    },
  };
};
