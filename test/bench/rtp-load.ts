import { createSocket, type Socket } from 'node:dgram';
import { readSdp } from '../support/rtp-peer.ts';
import { type HostPort, header, hostPort } from '../support/sip-message.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { CARRIER, DID, LINE, type Stage } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { type Distribution, distribution } from './figures.ts';

/** Many calls at once, whose audio this process sends and receives on two sockets: one for all callers, one for all lines. */
export type RtpLoad = {
  /** Sends audio on all calls both ways and tells what came through. */
  run(seconds: number, packetsPerSecondAndStream: number): Promise<RtpRun>;
  hangUp(): Promise<void>;
};

export type RtpRun = {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly lostPercent: number;
  readonly packetsPerSecond: number;
  /** One way, milliseconds: this process's own scheduling included. */
  readonly latency: Distribution;
  /** Change of latency from one packet of a stream to the next. */
  readonly jitter: Distribution;
};

/** What one side of a call says. */
export type Stream = { readonly packet: Buffer; readonly send: (packet: Buffer) => void; sequence: number };

/** Hands on the payload of each packet that comes, with a name for its stream; gives what ends that. */
export type Ears = (hear: (payload: Buffer, stream: string) => void) => () => void;

export const bindAt = (address: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 1 << 20 });
    socket.once('error', reject);
    socket.bind(0, address, () => resolve(socket));
  });

export const sdpOf = (socket: Socket): string => {
  const { address, port } = socket.address();
  return `v=0\r\no=bench 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n`;
};

export const newStream = (ssrc: number, send: Stream['send']): Stream => {
  const packet = Buffer.alloc(172, 0xff);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt32BE(ssrc, 8);
  return { packet, send, sequence: 0 };
};

export const sendTo =
  (from: Socket, { address, port }: HostPort): Stream['send'] =>
  (packet) =>
    from.send(packet, port, address, () => {});

/** Plain RTP of `sockets`. */
export const earsOf =
  (sockets: readonly Socket[]): Ears =>
  (hear) => {
    const receive = (data: Buffer, from: HostPort): void => {
      if (data.length === 172) hear(data.subarray(12), `${from.address}:${from.port}`);
    };
    for (const socket of sockets) socket.on('message', receive);
    return () => {
      for (const socket of sockets) socket.off('message', receive);
    };
  };

/** The payload carries its time of sending: µ-law to µ-law, the gateway passes it on as it is. */
const sendOne = (stream: Stream): void => {
  stream.sequence += 1;
  const packet = Buffer.from(stream.packet);
  packet.writeUInt16BE(stream.sequence & 0xffff, 2);
  packet.writeUInt32BE((stream.sequence * 160) >>> 0, 4);
  packet.writeDoubleBE(performance.now(), 12);
  stream.send(packet);
};

/** Runs `streams` at an even pace and collects what is heard of them. */
export const drive = async (
  streams: readonly Stream[],
  ears: Ears,
  seconds: number,
  rate: number,
): Promise<RtpRun> => {
  const latencies: number[] = [];
  const jitters: number[] = [];
  const last = new Map<string, number>();
  const deafen = ears((payload, key) => {
    const latency = performance.now() - payload.readDoubleBE(0);
    latencies.push(latency);
    const before = last.get(key);
    if (before !== undefined) jitters.push(Math.abs(latency - before));
    last.set(key, latency);
  });
  const began = performance.now();
  const total = Math.floor(streams.length * rate * seconds);
  const perMs = (streams.length * rate) / 1000;
  let sent = 0;
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const due = Math.min(total, Math.floor((performance.now() - began) * perMs));
      for (; sent < due; sent += 1) {
        const stream = streams[sent % streams.length];
        if (stream) sendOne(stream);
      }
      if (sent >= total) resolve();
      else setTimeout(tick, 1);
    };
    tick();
  });
  const elapsed = performance.now() - began;
  await sleep(300);
  deafen();
  return {
    packetsSent: sent,
    packetsReceived: latencies.length,
    lostPercent: Number((((sent - latencies.length) / sent) * 100).toFixed(3)),
    packetsPerSecond: Math.round((latencies.length / elapsed) * 1000),
    latency: distribution(latencies),
    jitter: distribution(jitters),
  };
};

/** What loopback and this process alone cost, with as many streams and no gateway between. */
export const loopback = async (calls: number, seconds: number): Promise<RtpRun> => {
  const [near, far] = [await bindAt(CARRIER), await bindAt(LINE)];
  const place = (socket: Socket): HostPort => ({
    address: socket.address().address,
    port: socket.address().port,
  });
  const streams = Array.from({ length: calls }, (_, i) => [
    newStream(i * 2, sendTo(near, place(far))),
    newStream(i * 2 + 1, sendTo(far, place(near))),
  ]).flat();
  const run = await drive(streams, earsOf([near, far]), seconds, 50);
  near.close();
  far.close();
  return run;
};

/** Sets up `count` calls, `rate` a second. */
export const openCalls = async (stage: Stage, count: number, rate = 25): Promise<RtpLoad> => {
  const [near, far] = [await bindAt(CARRIER), await bindAt(LINE)];
  const streams: Stream[] = [];
  const calls: PeerCall[] = [];
  const byId = new Map<string, HostPort>();
  const ports = new Set<string>();

  stage.first.onCall((line) => {
    const offer = readSdp(line.invite.body);
    byId.set(header(line.invite, 'x-dialtrace-call') ?? '', offer);
    line.respond(200, 'OK', { sdp: sdpOf(far) });
  });

  const one = async (index: number): Promise<void> => {
    const call = stage.dial({ did: DID.first, sdp: sdpOf(near) });
    const final = await call.final();
    if (final.status !== 200) throw new Error(`call ${index} of ${count}: ${final.startLine}`);
    calls.push(call);
    const answer = readSdp(final.body);
    const offer = byId.get(header(final, 'x-dialtrace-call') ?? '');
    if (!offer) throw new Error(`call ${index}: its line is not known`);
    ports.add(hostPort(answer)).add(hostPort(offer));
    streams.push(newStream(index * 2, sendTo(near, answer)), newStream(index * 2 + 1, sendTo(far, offer)));
  };

  const opening: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    opening.push(one(index));
    await sleep(1000 / rate);
  }
  await Promise.all(opening);
  if (ports.size !== count * 2) throw new Error('two legs share a port');

  return {
    run: (seconds, rate_) => drive(streams, earsOf([near, far]), seconds, rate_),
    hangUp: async () => {
      await Promise.all(calls.map((call) => call.bye()));
      near.close();
      far.close();
    },
  };
};
