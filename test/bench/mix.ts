import { createSocket, type Socket } from 'node:dgram';
import { createMediaEngine, type MediaSession } from '../../src/media/index.ts';
import { claimPorts } from '../support/ports.ts';
import { readSdp, writeRtp } from '../support/rtp-peer.ts';
import { sleep } from '../support/wait.ts';
import { watchCpu } from './figures.ts';

export type MixCost = {
  readonly conferences: number;
  /** Packets a second that the listeners received of those due. */
  readonly received: number;
  readonly due: number;
  /** Of one core, of the RTP edge thread alone. */
  readonly relayPercent: number;
  readonly mixPercent: number;
};

const ADDRESS = '127.0.0.1';

const bind = (): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 1 << 20 });
    socket.bind(0, ADDRESS, () => resolve(socket));
  });

const sdpOf = (port: number): string =>
  `v=0\r\no=bench 1 1 IN IP4 ${ADDRESS}\r\ns=-\r\nc=IN IP4 ${ADDRESS}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;

/** CPU of the edge thread, percent of a core, over `seconds`. */
const edgeCpu = async (seconds: number): Promise<number> => {
  const cpu = watchCpu(process.pid);
  await sleep(seconds * 1_000);
  // The busiest beside this one: the engine runs a single edge thread.
  return cpu().threads.find(({ thread }) => thread !== 'main')?.percent ?? 0;
};

/** `count` conferences of three, first each a call of two with a silent third, then with everybody hearing the others' sum. */
export const mixCost = async (count: number, seconds: number): Promise<MixCost> => {
  const ports = await claimPorts(count * 6 + 2);
  const from = ports.from + (ports.from % 2);
  const engine = await createMediaEngine({
    address: ADDRESS,
    publicAddress: ADDRESS,
    ports: { from, to: ports.to },
    threads: 1,
    timeoutMs: { first: 60_000, later: 60_000 },
  });
  const socket = await bind();
  let received = 0;
  socket.on('message', (packet) => {
    if (packet.length === 172) received += 1;
  });
  const sessions: MediaSession[] = [];
  const conferences: Awaited<ReturnType<MediaSession['addLeg']>>[][] = [];
  const targets: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const session = engine.createSession(`bench ${i}`);
    sessions.push(session);
    const legs = await Promise.all(
      ['caller', 'agent', 'supervisor'].map((label) =>
        session.addLeg({ label, nat: false, codecs: ['PCMU'] }),
      ),
    );
    for (const leg of legs) targets.push(readSdp(await leg.acceptOffer(sdpOf(socket.address().port))).port);
    const [caller, agent] = legs;
    if (caller && agent) session.bridge(caller, agent);
    conferences.push(legs);
  }
  let sequence = 0;
  const payload = Buffer.alloc(160, 0x8e);
  let due = performance.now();
  const timer = setInterval(() => {
    for (; due <= performance.now(); due += 20) {
      sequence += 1;
      targets.forEach((port, i) => {
        socket.send(writeRtp(0, false, sequence, sequence * 160, i + 1, payload), port, ADDRESS, () => {});
      });
    }
  }, 5);
  await sleep(1_000);
  const relayPercent = await edgeCpu(seconds);
  sessions.forEach((session, i) => {
    const legs = conferences[i] ?? [];
    session.connect(legs.map((leg) => [leg, legs.filter((other) => other !== leg)]));
  });
  await sleep(1_000);
  received = 0;
  const began = performance.now();
  const mixPercent = await edgeCpu(seconds);
  const perSecond = Math.round((received / (performance.now() - began)) * 1_000);
  clearInterval(timer);
  await engine.close();
  socket.close();
  await ports.release();
  return { conferences: count, received: perSecond, due: count * 150, relayPercent, mixPercent };
};
