import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createEdge } from '../../../src/media/rtp/edge.ts';
import { sharedNow } from '../../../src/media/rtp/messages.ts';
import { findTone, readWav } from '../../support/audio.ts';
import { hears } from '../../support/hearing.ts';
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

describe('a leg that another call adopts', () => {
  it('goes on in one stream with its port and its counts, heard and recorded there and no more here', async () => {
    const { engine, caller, line, directory } = await open();
    // An agent has a caller, and asks a colleague: the caller then gets the colleague.
    const first = engine.createSession('first');
    const second = engine.createSession('second', first);
    const a = await caller(first, { frequency: 400 });
    const agent = await line(first, { frequency: 700 });
    const colleague = await line(second, { frequency: 1_000 });
    const paths = { first: join(directory, 'first.wav'), second: join(directory, 'second.wav') };
    first.bridge(a.leg, agent.leg);
    first.record({ path: paths.first, left: a.leg, right: agent.leg });
    second.record({ path: paths.second, left: colleague.leg, right: colleague.leg });
    const parties = [a, agent, colleague];
    for (const { peer } of parties) peer.start();
    const port = a.peer.remote()?.port;
    await sleep(600);
    expect(findTone(a.peer.audio(), 700).seconds).toBeGreaterThan(0.4);

    await second.adopt(a.leg);
    second.bridge(a.leg, colleague.leg);
    second.record({ path: paths.second, left: a.leg, right: colleague.leg });
    agent.peer.forget();
    const digits: string[] = [];
    first.on('dtmf', () => digits.push('first'));
    second.on('dtmf', (leg, digit) => digits.push(`second ${leg === a.leg} ${digit}`));
    await sleep(600);
    await a.peer.press('7');
    await until('the key', () => digits.length === 1);
    expect(digits).toEqual(['second true 7']);
    expect(agent.peer.packets).toHaveLength(0);
    expect(new Set(a.peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    const order = a.peer.packets.map(({ sequence }) => sequence);
    expect(order).toEqual(order.map((_, i) => ((order[0] ?? 0) + i) & 0xffff));

    const firstEnded = await first.close();
    expect(firstEnded.legs.get(agent.leg.id)?.packetsReceived).toBeGreaterThan(20);
    const before = firstEnded.legs.get(a.leg.id)?.packetsReceived ?? 0;
    expect(before).toBeGreaterThan(20);
    expect(await hears(colleague.peer, 400, 500)).toBeGreaterThan(0.3);
    // Signalling goes on as before, and finds the same port.
    a.peer.follow(await a.leg.acceptOffer(a.peer.sdp()));
    expect(a.peer.remote()?.port).toBe(port);
    const playing = a.leg.play({ type: 'tone', frequencies: [2_000] });
    expect(await hears(a.peer, 2_000, 400)).toBeGreaterThan(0.2);
    a.leg.stopPlaying();
    await within('the tone', 2_000, playing);
    for (const { peer } of parties) peer.stop();
    const secondEnded = await second.close();
    expect([...secondEnded.legs.keys()].sort()).toEqual([a.leg.id, colleague.leg.id].sort());
    expect(secondEnded.legs.get(a.leg.id)?.packetsReceived).toBeGreaterThan(before + 40);
    expect(secondEnded.legs.get(a.leg.id)?.packetsLost).toBeLessThan(20);
    expect(await engine.stats()).toMatchObject({ sessions: 0, legs: 0, socketsOpen: 0, recordings: 0 });
    expect(holdings(process.pid).udpPorts).not.toContain(port);

    const seconds = (path: string, channel: number, tone: number): number =>
      findTone(readWav(path).channels[channel] ?? new Int16Array(), tone).seconds;
    // The first call's recording has the caller up to the adoption, the agent to the end.
    expect(seconds(paths.first, 0, 400)).toBeGreaterThan(0.4);
    expect(seconds(paths.first, 0, 400)).toBeLessThan(0.75);
    expect(seconds(paths.first, 1, 700)).toBeGreaterThan(1);
    expect(seconds(paths.second, 0, 400)).toBeGreaterThan(1);
    expect(seconds(paths.second, 1, 1_000)).toBeGreaterThan(1.5);
    expect(seconds(paths.second, 1, 700)).toBe(0);
  });

  it('plays on, and ends with its new call; may go back', async () => {
    const { engine, caller } = await open();
    const first = engine.createSession('first');
    const second = engine.createSession('second', first);
    const a = await caller(first);
    const playing = a.leg.play({ type: 'music' });
    await second.adopt(a.leg);
    await second.adopt(a.leg);
    a.peer.forget();
    await until('music', () => a.peer.packets.length > 5);
    await first.adopt(a.leg);
    await second.close();
    a.peer.forget();
    await until('music', () => a.peer.packets.length > 5);
    const { legs } = await first.close();
    expect(legs.get(a.leg.id)?.packetsSent).toBeGreaterThan(10);
    await within('the music', 2_000, playing);
    expect(await engine.stats()).toMatchObject({ sessions: 0, legs: 0, socketsOpen: 0 });
  });

  it('survives the end of its old call at the same moment, and its timeout is the new call’s', async () => {
    const { engine, caller } = await open({ timeoutMs: { first: 300, later: 300 } });
    const first = engine.createSession('first');
    const second = engine.createSession('second', first);
    const a = await caller(first);
    const told: string[] = [];
    first.on('lost', () => told.push('first'));
    second.on('lost', (leg) => told.push(`second ${leg === a.leg}`));
    first.watch(a.leg);
    const [, ended] = await Promise.all([second.adopt(a.leg), first.close()]);
    expect(ended.legs.get(a.leg.id)?.packetsReceived).toBe(0);
    await until('the timeout', () => told.length === 1);
    expect(told).toEqual(['second true']);
    expect(await engine.stats()).toMatchObject({ sessions: 1, legs: 1 });
  });

  it('is refused across threads, and when the leg or one of the calls is over', async () => {
    const { engine, caller } = await open({ threads: 2 });
    const first = engine.createSession('first');
    const beside = engine.createSession('beside', first);
    const elsewhere = engine.createSession('elsewhere');
    const a = await caller(first);
    await expect(elsewhere.adopt(a.leg)).rejects.toThrow(/another thread/);
    await expect(elsewhere.adopt(a.leg)).rejects.toMatchObject({ name: 'FailureError' });
    // Refused, it is where it was.
    const b = await caller(first);
    first.bridge(a.leg, b.leg);
    a.peer.start();
    await until('audio', () => b.peer.packets.length > 3);
    a.peer.stop();
    await b.leg.close();
    await expect(beside.adopt(b.leg)).rejects.toThrow(/closed/);
    const closing = beside.close();
    await expect(beside.adopt(a.leg)).rejects.toThrow(/closed/);
    await closing;
    await first.close();
    await expect(elsewhere.adopt(a.leg)).rejects.toThrow(/closed/);
  });
});

describe('quality', () => {
  it('is kept every 5 s of what was heard', async () => {
    const { engine, caller } = await open();
    const session = engine.createSession('call');
    const a = await caller(session);
    const silent = await caller(session);
    session.bridge(a.leg, a.leg);
    a.peer.start();
    const began = Date.now();
    await sleep(5_400);
    a.peer.stop();
    const { legs } = await session.close();
    const stats = legs.get(a.leg.id);
    const [sample] = stats?.samples ?? [];
    expect(sample?.at).toBeGreaterThan(began + 4_500);
    expect(sample?.at).toBeLessThanOrEqual(Date.now());
    expect(sample).toMatchObject({ rttMs: undefined, jitterMs: expect.any(Number) });
    expect(sample?.lossPercent).toBeLessThan(5);
    expect(sample?.mos).toBeGreaterThan(4);
    expect(stats?.samples.length).toBeLessThanOrEqual(2);
    expect(legs.get(silent.leg.id)?.samples).toEqual([]);
  });

  it('takes a round trip that is measured elsewhere for its own', async () => {
    const ports = await claimPorts(4);
    const port = ports.from + (ports.from % 2);
    const edge = createEdge({ timeoutMs: { first: 1_000, later: 1_000 } }, () => {});
    const peer = await openRtpPeer({ address: '127.0.0.1' });
    const on = { session: 'call', leg: 'browser' };
    await edge.openLeg({ ...on, label: 'x', nat: false, address: '127.0.0.1', port });
    const codec = { name: 'PCMU', payloadType: 0 } as const;
    edge.configure({
      ...on,
      media: {
        remote: { address: '127.0.0.1', port: peer.port, rtcpPort: peer.port + 1 },
        send: codec,
        receive: [codec],
        telephoneEvent: undefined,
        ptime: 20,
        maySend: true,
        mayReceive: true,
        held: false,
      },
    });
    edge.measured({ ...on, rttMs: 640 });
    peer.follow(`c=IN IP4 127.0.0.1\r\nm=audio ${port} RTP/AVP 0\r\n`);
    peer.start();
    await sleep(700);
    peer.stop();
    const stats = await edge.closeLeg(on);
    await edge.closeSession({ session: 'call', at: sharedNow() });
    await peer.close();
    await ports.release();
    expect(stats.rttMs).toBe(640);
    expect(stats.samples).toMatchObject([{ rttMs: 640 }]);
    // Good but for the delay.
    expect(stats.mosMinimum).toBeLessThan(4.1);
    expect(stats.mosMinimum).toBeGreaterThan(2.5);
  });
});
