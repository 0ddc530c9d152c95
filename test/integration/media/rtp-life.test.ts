import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { startEdgeThread } from '../../../src/media/rtp/edge-thread.ts';
import { createPortPool } from '../../../src/media/rtp/ports.ts';
import { readReport, writeReport } from '../../../src/media/rtp/rtcp.ts';
import { createSession } from '../../../src/media/session.ts';
import { holdings } from '../../support/leaks.ts';
import { claimPorts } from '../../support/ports.ts';
import { openRtpPeer } from '../../support/rtp-peer.ts';
import { sleep, until, within } from '../../support/wait.ts';
import { openScene, type Scene } from './rtp-scene.ts';

let scene: Scene | undefined;
const open = async (...options: Parameters<typeof openScene>): Promise<Scene> => {
  scene = await openScene(...options);
  return scene;
};
afterEach(async () => {
  await scene?.end();
  scene = undefined;
});

const options = { label: 'x', nat: false, codecs: ['PCMU'] } as const;

describe('a silent peer', () => {
  it('ends the call: sooner once it has spoken, not at all while it holds', async () => {
    const { engine, caller, line } = await open({ timeoutMs: { first: 900, later: 300 } });
    const session = engine.createSession('call');
    const spoke = await caller(session);
    const never = await line(session);
    const holds = await caller(session);
    await holds.leg.acceptOffer(holds.peer.sdp({ direction: 'inactive' }));
    const told: string[] = [];
    const at = new Map<string, number>();
    session.on('lost', (leg) => {
      told.push(leg.id);
      at.set(leg.id, performance.now());
    });
    spoke.peer.start();
    await sleep(100);
    const began = performance.now();
    session.watch(spoke.leg, never.leg, holds.leg);
    await sleep(100);
    spoke.peer.stop();
    await until('both timeouts', () => told.length === 2);
    expect(told).toEqual([spoke.leg.id, never.leg.id]);
    expect((at.get(never.leg.id) ?? 0) - began).toBeGreaterThan(850);
    await sleep(400);
    expect(told).toHaveLength(2);
    await holds.leg.acceptOffer(holds.peer.sdp());
    await until('the timeout after the hold', () => told.includes(holds.leg.id));
  });
});

describe('ports', () => {
  it('are even, all given back, and rest before they are used again', async () => {
    const { engine, ports } = await open({}, 8);
    const session = engine.createSession('call');
    const legs = await Promise.all([1, 2, 3, 4].map(() => session.addLeg(options)));
    const used = legs.map((leg) => Number(/m=audio (\d+)/.exec(leg.createOffer())?.[1]));
    expect(new Set(used).size).toBe(4);
    expect(used.every((port) => port % 2 === 0 && port >= ports.from)).toBe(true);
    expect(await engine.stats()).toMatchObject({ sessions: 1, legs: 4, socketsOpen: 8, portsQuarantined: 0 });
    const bound = holdings(process.pid).udpPorts;
    for (const port of used) expect(bound).toEqual(expect.arrayContaining([port, port + 1]));

    await expect(session.addLeg(options)).rejects.toMatchObject({ name: 'FailureError' });
    await legs[0]?.close();
    await expect(session.addLeg(options)).rejects.toThrow(/in use/);
    const { legs: stats } = await session.close();
    expect([...stats.keys()].sort()).toEqual(legs.map(({ id }) => id).sort());
    expect(await session.close()).toMatchObject({ recording: undefined });
    expect(await engine.stats()).toMatchObject({ sessions: 0, legs: 0, socketsOpen: 0, portsQuarantined: 8 });
    const left = holdings(process.pid).udpPorts;
    for (const port of used) expect(left).not.toContain(port);
  });

  it('of other programs are passed over', async () => {
    const { engine, ports } = await open({}, 8);
    const from = ports.from + (ports.from % 2);
    // An RTCP port is enough to make a pair useless.
    const others = await Promise.all(
      [from, from + 3, from + 4].map(
        (port) =>
          new Promise<ReturnType<typeof createSocket>>((resolve) => {
            const socket = createSocket('udp4');
            socket.bind(port, '127.0.0.1', () => resolve(socket));
          }),
      ),
    );
    const session = engine.createSession('call');
    const leg = await session.addLeg(options);
    expect(leg.createOffer()).toContain(`m=audio ${from + 6} `);
    await expect(session.addLeg(options)).rejects.toThrow(/in use/);
    for (const socket of others) socket.close();
  });

  it('of a leg that is opened while its session closes are given back', async () => {
    const { engine } = await open();
    const session = engine.createSession('call');
    const opening = session.addLeg(options);
    const closing = session.close();
    const leg = await opening;
    expect((await closing).legs.has(leg.id)).toBe(true);
    await expect(session.addLeg(options)).rejects.toThrow(/closed/);
    expect(await engine.stats()).toMatchObject({ sessions: 0, legs: 0, socketsOpen: 0 });
  });
});

describe('IPv6', () => {
  it('carries calls, and refuses a peer of the other family', async () => {
    const { engine, caller } = await open({ address: '::1', publicAddress: '::1' });
    const session = engine.createSession('call');
    const a = await caller(session, { address: '::1' });
    session.bridge(a.leg, a.leg);
    a.peer.start();
    await until('an echo', () => a.peer.packets.length > 5);
    a.peer.stop();
    expect(a.leg.localSdp).toContain('c=IN IP6 ::1');
    const other = await openRtpPeer({ address: '127.0.0.1' });
    await expect(a.leg.acceptOffer(other.sdp())).rejects.toMatchObject({ sipStatus: 488 });
    await other.close();
  });
});

describe('RTCP', () => {
  it('reports to the peer, takes its reports, and says BYE', async () => {
    const { engine, caller } = await open();
    const session = engine.createSession('call');
    const a = await caller(session);
    session.bridge(a.leg, a.leg);
    const reports: Buffer[] = [];
    const rtcp = createSocket('udp4');
    await new Promise<void>((resolve) => rtcp.bind(a.peer.port + 1, '127.0.0.1', resolve));
    const ourPort = (a.peer.remote()?.port ?? 0) + 1;
    rtcp.on('message', (packet) => {
      reports.push(packet);
      const report = readReport(packet);
      if (report?.sentAt === undefined) return;
      const block = { ssrc: report.ssrc, fractionLost: 0, cumulativeLost: 0, highestSequence: 1, jitter: 0 };
      const answer = {
        ssrc: a.peer.ssrc,
        cname: 'phone',
        sender: undefined,
        block: { ...block, lastReport: report.sentAt, delay: 0 },
        bye: false,
      };
      rtcp.send(writeReport(answer), ourPort, '127.0.0.1');
    });
    a.peer.start();
    const first = await until('a report', () => reports[0], { timeoutMs: 15_000 });
    const heard = readReport(first);
    expect(heard?.blocks[0]?.ssrc).toBe(a.peer.ssrc);
    expect(heard?.ssrc).toBe(a.peer.packets[0]?.ssrc);
    await sleep(100);
    a.peer.stop();
    const stats = await a.leg.close();
    expect(stats.rttMs).toBeGreaterThanOrEqual(0);
    expect(stats.rttMs).toBeLessThan(1_000);
    const last = await until('the BYE', () => reports.find((packet) => readReport(packet)?.bye));
    expect(readReport(last)?.ssrc).toBe(heard?.ssrc);
    rtcp.close();
  });
});

describe('a thread that dies', () => {
  it('fails what waits for it, tells its sessions, and gives their ports back', async () => {
    const ports = await claimPorts(20);
    const edge = await startEdgeThread({ timeoutMs: { first: 1_000, later: 1_000 } }, () => {});
    const range = { from: ports.from + (ports.from % 2), to: ports.to };
    const pool = createPortPool(range);
    let closed = 0;
    const parts = {
      id: 'call',
      edge,
      pool,
      boundAddress: '127.0.0.1',
      publicAddress: '127.0.0.1',
      ports: range,
    };
    const session = createSession(parts, () => {
      closed += 1;
    });
    const leg = await session.addLeg(options);
    const told: string[] = [];
    session.on('lost', ({ id }) => told.push(id));
    const playing = leg.play({ type: 'tone', frequencies: [400] });
    await edge.stop();
    await within('the play', 2_000, playing);
    await until('the timeout', () => told.length === 1);
    expect(told).toEqual([leg.id]);
    await expect(session.addLeg(options)).rejects.toMatchObject({ name: 'FailureError' });
    await expect(leg.sendDigits('1')).rejects.toMatchObject({ name: 'FailureError' });
    const summary = await within('the close', 2_000, session.close());
    expect(summary.legs.get(leg.id)).toMatchObject({ packetsReceived: 0 });
    expect(closed).toBe(1);
    expect(pool.quarantined(performance.now())).toBeGreaterThanOrEqual(2);
    await ports.release();
  });
});
