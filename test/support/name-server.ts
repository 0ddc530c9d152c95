import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import {
  type Answer,
  decode,
  encode,
  type Packet,
  streamDecode,
  streamEncode,
  TRUNCATED_RESPONSE,
} from 'dns-packet';

/** Records by what is asked: `SRV _sip._udp.example` or `A pbx.example`. Change it while the server runs. */
export type Zone = Record<string, readonly ZoneRecord[]>;

type ZoneRecord = {
  readonly data: unknown;
  readonly ttl?: number;
  /** When they aren't those of the key. */
  readonly type?: string;
  readonly name?: string;
};

export type NameServer = {
  /** `127.0.0.1:port`, for UDP and TCP. */
  readonly address: string;
  readonly zone: Zone;
  /** Every question, as the zone's keys have it. */
  readonly asked: string[];
  /** While true no question is answered. */
  silent: boolean;
  close(): Promise<void>;
};

const NXDOMAIN = 3;
const AUTHORITATIVE = 0x0400;
/** Larger answers are cut and asked for again over TCP. */
const UDP_BYTES = 1200;

/** A name server on loopback that knows what the test tells it. Names that are in no key get NXDOMAIN. */
export const openNameServer = async (zone: Zone = {}): Promise<NameServer> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const udp = createSocket('udp4');

  const answer = (query: Packet): Packet => {
    const [question] = query.questions ?? [];
    const { name = '', type = 'A' } = question ?? {};
    const lower = name.toLowerCase();
    asked.push(`${type} ${lower}`);
    const own = zone[`${type} ${lower}`]?.map((record) => ({ type, ...record }));
    const alias = zone[`CNAME ${lower}`]?.map((record) => ({ type: 'CNAME', ...record }));
    const exists = Object.keys(zone).some((key) => key.split(' ')[1] === lower);
    return {
      type: 'response',
      id: query.id ?? 0,
      flags: AUTHORITATIVE | (exists ? 0 : NXDOMAIN),
      questions: query.questions ?? [],
      answers: (own ?? alias ?? []).map((record) => ({ name, ttl: 60, ...record }) as Answer),
    };
  };

  udp.on('message', (bytes, { port, address }) => {
    const packet = answer(decode(bytes));
    if (server.silent) return;
    const whole = encode(packet);
    const cut = { ...packet, flags: (packet.flags ?? 0) | TRUNCATED_RESPONSE, answers: [] };
    udp.send(whole.length > UDP_BYTES ? encode(cut) : whole, port, address);
  });
  const tcp = createServer((socket) => {
    sockets.add(socket);
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= pending.readUInt16BE(0) + 2) {
        const length = pending.readUInt16BE(0) + 2;
        const packet = answer(streamDecode(pending.subarray(0, length)));
        pending = pending.subarray(length);
        if (!server.silent) socket.write(streamEncode(packet));
      }
    });
  });
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const { port } = udp.address();
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, '127.0.0.1', resolve);
  });

  const server: NameServer = {
    address: `127.0.0.1:${port}`,
    zone,
    asked,
    silent: false,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(resolve)),
        new Promise((resolve) => tcp.close(resolve)),
      ]);
    },
  };
  return server;
};

export const srv = (target: string, port: number, priority = 10, weight = 1): ZoneRecord => ({
  data: { target, port, priority, weight },
});

export const naptr = (service: string, replacement: string, order = 10, preference = 10): ZoneRecord => ({
  data: { order, preference, flags: 's', services: service, regexp: '', replacement },
});

export const host = (address: string, ttl = 60): ZoneRecord => ({ data: address, ttl });
