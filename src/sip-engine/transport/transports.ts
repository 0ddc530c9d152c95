import { createNetworks } from '../../base/networks.ts';
import { DEFAULT_LIMITS, type ParseLimits } from '../message/index.ts';
import type { SipLimits } from '../types.ts';
import { advertisedAddress, type ConfiguredPoint, createAddressTable, isOwnPlace } from './addresses.ts';
import { createStrangerBudget } from './budget.ts';
import { countLimit, createReceiver } from './receive.ts';
import { createSecurity } from './secure.ts';
import { createSides } from './sides.ts';
import { createStreams } from './streams.ts';
import type {
  ListenPoint,
  StreamLimits,
  TransportCounters,
  TransportHandlers,
  TransportOptions,
  Transports,
} from './types.ts';
import { openUdp, type UdpSocket } from './udp.ts';

const DEFAULT_STREAMS: StreamLimits = {
  connections: 2_000,
  perStranger: 50,
  idle: 900_000,
  strangerIdle: 60_000,
  connect: 5_000,
  handshake: 10_000,
  first: 10_000,
  whole: 10_000,
  wholeOfKnown: 30_000,
  pong: 10_000,
  backlog: 1024 * 1024,
};

const DEFAULT_MTU = 1300;
const DEFAULT_KEEP_ALIVE = 45;
/** More than what calls need, less than what costs. */
const DEFAULT_MESSAGE = 65_535;
const DEFAULT_HEADERS = 256;

const VERSION = Buffer.from('SIP/2.0 ');
const SPACE = 0x20;
const ZERO = 0x30;
const ONE = 0x31;
const TWO = 0x32;
/** Where the status stands in `SIP/2.0 200`. */
const STATUS = 8;

/**
 * Whether what is sent makes its receiver somebody whose messages are awaited: a request, or a response of success. A
 * challenge or a refusal anybody gets; so does a 100.
 */
const isWelcoming = (bytes: Buffer): boolean => {
  if (bytes[STATUS - 1] !== SPACE || !bytes.subarray(0, STATUS).equals(VERSION)) return true;
  const digit = bytes[STATUS];
  return digit === TWO || (digit === ONE && (bytes[STATUS + 1] !== ZERO || bytes[STATUS + 2] !== ZERO));
};

/** Counters at zero. */
export const newTransportCounters = (): TransportCounters => ({
  droppedStrangers: 0,
  droppedMalformed: 0,
  rejectedMalformed: 0,
  refusedByLimit: {},
});

type Wanted = TransportOptions['listen'][number];

const parseLimitsOf = ({ parseLimits, limits }: TransportOptions): ParseLimits => ({
  ...DEFAULT_LIMITS,
  message: DEFAULT_MESSAGE,
  headers: DEFAULT_HEADERS,
  ...parseLimits,
  ...(limits?.messageBytes !== undefined && { message: limits.messageBytes }),
  ...(limits?.headers !== undefined && { headers: limits.headers }),
});

const streamLimitsOf = (
  limits: Partial<SipLimits> = {},
  streams: Partial<StreamLimits> = {},
): StreamLimits => ({
  ...DEFAULT_STREAMS,
  ...(limits.connections !== undefined && { connections: limits.connections }),
  ...(limits.connectionsPerStranger !== undefined && { perStranger: limits.connectionsPerStranger }),
  ...streams,
});

const needsCertificate = ({ protocol }: Wanted): boolean => protocol === 'tls' || protocol === 'wss';

/** A point as configured; a wildcard is told as what peers in general reach it by. */
const configure = (
  { protocol, address, externalAddress, localNetworks, names }: Wanted,
  port: number,
  table: Parameters<typeof advertisedAddress>[2],
): ConfiguredPoint => {
  const more = {
    external: externalAddress,
    localNetworks: localNetworks && createNetworks(localNetworks),
    names: names?.map((name) => name.toLowerCase()),
  };
  const bare = { protocol, address, port, advertised: { address, port } };
  const told = advertisedAddress({ point: bare, ...more }, undefined, table);
  return { point: { ...bare, advertised: { address: told, port } }, ...more };
};

/**
 * Binds every listening point and serves them until `close`. When one can't be bound none stays open.
 *
 * @throws the system's error of the point that could not be bound, with `address` and `port` in its message; an error when
 *   a point needs certificates and has none that can be used
 */
export const createTransports = async (
  options: TransportOptions,
  handlers: TransportHandlers,
): Promise<Transports> => {
  const { wall } = options;
  const limits = parseLimitsOf(options);
  const streamLimits = streamLimitsOf(options.limits, options.streams);
  const counters = options.counters ?? newTransportCounters();
  const mtu = options.mtu ?? DEFAULT_MTU;
  const budget = createStrangerBudget(options.strangersPerSecond ?? 50);
  const receiver = createReceiver({ admission: options.admission, limits, counters, budget, wall }, handlers);
  const addressTable = createAddressTable();
  const points: ConfiguredPoint[] = [];
  const sides = createSides(points, addressTable);
  const udp = new Map<ListenPoint, UdpSocket>();
  if (options.tls === undefined && options.listen.some(needsCertificate))
    throw new Error('tls and wss points need a certificate');
  const security = createSecurity(options.tls, streamLimits.handshake);
  const streams = createStreams(
    {
      limits: streamLimits,
      most: limits.message,
      keepAlive: (options.keepAliveSeconds ?? DEFAULT_KEEP_ALIVE) * 1000,
      security,
    },
    {
      received: (arrival) => receiver.accept({ ...arrival, remote: arrival.flow.remote }),
      closed: handlers.flowClosed,
      isKnown: receiver.isKnown,
      admits: (address) => wall === undefined || wall.admits(address),
      refused: (limit) => countLimit(counters, limit),
    },
  );
  wall?.onChange((change) => {
    if (change.type === 'banned') streams.drop(createNetworks([change.ban.cidr]).contains);
  });

  const addPoint = (wanted: Wanted, port: number): ListenPoint => {
    const configured = configure(wanted, port, addressTable());
    points.push(configured);
    return configured.point;
  };

  const bindUdp = async (wanted: Wanted): Promise<void> => {
    let point: ListenPoint | undefined;
    const socket = await openUdp(wanted, (bytes, address, port) => {
      if (!point) return;
      const localAddress = sides.localAddress(point, address);
      const remote = { protocol: 'udp', address, port } as const;
      receiver.accept({ bytes, remote, local: point, localAddress, flow: undefined });
    });
    point = addPoint(wanted, socket.port);
    udp.set(point, socket);
  };

  const bindStream = async (wanted: Wanted): Promise<void> => {
    let point: ListenPoint | undefined;
    const port = await streams.listen(wanted, () => point);
    point = addPoint(wanted, port);
  };

  const close = async (): Promise<void> => {
    await Promise.all([streams.close(), ...[...udp.values()].map((socket) => socket.close())]);
  };

  try {
    for (const wanted of options.listen)
      await (wanted.protocol === 'udp' ? bindUdp(wanted) : bindStream(wanted));
  } catch (error) {
    await close();
    throw error;
  }

  return {
    listenPoints: points.map(({ point }) => point),
    select: sides.select,
    advertisedTo: sides.advertisedTo,
    isOwnAddress: (host, port) =>
      points.some((configured) => isOwnPlace(configured, host, port, addressTable)),
    fitsUdp: (size) => size <= mtu,
    send: (bytes, { local, remote, flow }, failed) => {
      if (isWelcoming(bytes)) receiver.sentTo(remote.address);
      if (remote.protocol !== 'udp') {
        streams.send(bytes, { local, remote, flow }, failed);
        return;
      }
      const socket = udp.get(local);
      if (socket) socket.send(bytes, remote, failed);
      else setImmediate(failed, new Error('no such listening point'));
    },
    get connections() {
      return streams.count;
    },
    setAdmission: receiver.setAdmission,
    setTls: security.replace,
    flow: streams.flow,
    close,
  };
};
