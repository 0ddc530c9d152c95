import { isIP } from 'node:net';
import { DEFAULT_LIMITS } from '../message/index.ts';
import {
  advertisedAddress,
  type ConfiguredPoint,
  createAddressTable,
  familyOf,
  isLoopback,
  isWildcard,
  withoutZone,
} from './addresses.ts';
import { createStrangerBudget } from './budget.ts';
import { createReceiver } from './receive.ts';
import { createSides } from './sides.ts';
import { createStreams } from './tcp.ts';
import type {
  ListenPoint,
  StreamLimits,
  TransportCounters,
  TransportHandlers,
  TransportOptions,
  TransportProtocol,
  Transports,
} from './types.ts';
import { openUdp, type UdpSocket } from './udp.ts';

const DEFAULT_STREAMS: StreamLimits = {
  connections: 2_000,
  perStranger: 10,
  idle: 900_000,
  strangerIdle: 60_000,
  connect: 5_000,
  backlog: 1024 * 1024,
};

const DEFAULT_MTU = 1300;
const DEFAULT_PORT = 5060;

/** Counters at zero. */
export const newTransportCounters = (): TransportCounters => ({
  droppedStrangers: 0,
  droppedMalformed: 0,
  rejectedMalformed: 0,
});

type Wanted = TransportOptions['listen'][number];

/**
 * Binds every listening point and serves them until `close`. When one can't be bound none stays open.
 *
 * @throws the system's error of the point that could not be bound, with `address` and `port` in its message
 */
export const createTransports = async (
  options: TransportOptions,
  handlers: TransportHandlers,
): Promise<Transports> => {
  const limits = options.parseLimits ?? DEFAULT_LIMITS;
  const counters = options.counters ?? newTransportCounters();
  const mtu = options.mtu ?? DEFAULT_MTU;
  const budget = createStrangerBudget(options.strangersPerSecond ?? 50);
  const receiver = createReceiver({ admission: options.admission, limits, counters, budget }, handlers);
  const addressTable = createAddressTable();
  const points: ConfiguredPoint[] = [];
  const sides = createSides(points, addressTable);
  const udp = new Map<ListenPoint, UdpSocket>();
  const streams = createStreams({ ...DEFAULT_STREAMS, ...options.streams }, limits.message, {
    received: (arrival) => receiver.accept({ ...arrival, remote: arrival.flow.remote }),
    closed: handlers.flowClosed,
    isKnown: receiver.isKnown,
  });

  const addPoint = (protocol: TransportProtocol, wanted: Wanted, port: number): ListenPoint => {
    const external = wanted.externalAddress;
    const bare = { protocol, address: wanted.address, port, advertised: { address: wanted.address, port } };
    const advertised = {
      address: advertisedAddress({ point: bare, external }, undefined, addressTable()),
      port,
    };
    const point: ListenPoint = { ...bare, advertised };
    points.push({ point, external });
    return point;
  };

  const bindUdp = async (wanted: Wanted): Promise<void> => {
    let point: ListenPoint | undefined;
    const socket = await openUdp(wanted, (bytes, address, port) => {
      if (!point) return;
      const localAddress = sides.localAddress(point, address);
      const remote = { protocol: 'udp', address, port } as const;
      receiver.accept({ bytes, remote, local: point, localAddress, flow: undefined });
    });
    point = addPoint('udp', wanted, socket.port);
    udp.set(point, socket);
  };

  const bindTcp = async (wanted: Wanted): Promise<void> => {
    let point: ListenPoint | undefined;
    const port = await streams.listen(wanted.address, wanted.port, () => point);
    point = addPoint('tcp', wanted, port);
  };

  const close = async (): Promise<void> => {
    await Promise.all([streams.close(), ...[...udp.values()].map((socket) => socket.close())]);
  };

  try {
    for (const wanted of options.listen)
      await (wanted.protocol === 'udp' ? bindUdp(wanted) : bindTcp(wanted));
  } catch (error) {
    await close();
    throw error;
  }

  const isOwnHost = ({ point, external }: ConfiguredPoint, host: string): boolean => {
    if (host === point.address || host === external || host === point.advertised.address) return true;
    if (!isWildcard(point.address) || isIP(host) === 0 || familyOf(host) !== familyOf(point.address))
      return false;
    return isLoopback(host) || addressTable().some(({ address }) => address === withoutZone(host));
  };

  return {
    listenPoints: points.map(({ point }) => point),
    select: sides.select,
    advertisedTo: sides.advertisedTo,
    isOwnAddress: (host, port) =>
      points.some(
        (configured) => configured.point.port === (port ?? DEFAULT_PORT) && isOwnHost(configured, host),
      ),
    fitsUdp: (size) => size <= mtu,
    send: (bytes, { local, remote, flow }, failed) => {
      receiver.sentTo(remote.address);
      if (remote.protocol === 'tcp') {
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
    setTls: () => {},
    flow: () => undefined,
    close,
  };
};
