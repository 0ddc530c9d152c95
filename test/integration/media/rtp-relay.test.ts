import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTone } from '../../support/audio.ts';
import type { RtpPacket } from '../../support/rtp-peer.ts';
import { sleep, until } from '../../support/wait.ts';
import { openScene, type Party, type Scene } from './rtp-scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.end());

const talk = async (ms: number, ...parties: readonly Party[]): Promise<void> => {
  for (const { peer } of parties) peer.start();
  await sleep(ms);
  for (const { peer } of parties) peer.stop();
  // Until nothing more comes, however busy the machine is.
  for (let before = -1, now = -2; before !== now; ) {
    before = now;
    await sleep(120);
    const stats = await scene.engine.stats();
    now = parties.reduce((sum, { peer }) => sum + peer.packets.length, stats.packetsForwarded);
  }
};

/** Steps between neighbours, sequence and timestamp, over the wraps. */
const steps = (packets: readonly RtpPacket[]): { sequence: number[]; timestamp: number[] } => {
  const pairs = packets.slice(1).map((packet, i) => [packets[i] ?? packet, packet] as const);
  return {
    sequence: pairs.map(([a, b]) => (b.sequence - a.sequence) & 0xffff),
    timestamp: pairs.map(([a, b]) => (b.timestamp - a.timestamp) | 0),
  };
};

describe('relay', () => {
  it('carries what each says to the other, rewritten into one stream', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    await talk(1_000, a, b);

    expect(findTone(b.peer.audio(), 400).seconds).toBeGreaterThan(0.8);
    expect(findTone(a.peer.audio(), 1_000).seconds).toBeGreaterThan(0.8);
    expect(findTone(a.peer.audio(), 400).seconds).toBe(0);
    expect(b.peer.packets.length).toBe(a.peer.sentCount());
    expect(new Set(b.peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(b.peer.packets[0]?.ssrc).not.toBe(a.peer.ssrc);
    expect(b.peer.packets[0]?.marker).toBe(true);
    expect(new Set(steps(b.peer.packets).sequence)).toEqual(new Set([1]));
    expect(new Set(steps(b.peer.packets).timestamp)).toEqual(new Set([160]));

    const { legs } = await session.close();
    const stats = legs.get(a.leg.id);
    expect(stats).toMatchObject({
      codec: 'PCMU',
      ptimeMs: 20,
      packetsLost: 0,
      strangerPackets: 0,
      malformedPackets: 0,
    });
    expect(stats?.packetsReceived).toBe(a.peer.sentCount());
    expect(stats?.packetsSent).toBe(a.peer.packets.length);
    expect(stats?.bytesReceived).toBe(a.peer.sentCount() * 160);
    expect(stats?.mosAverage).toBeGreaterThan(4);
    expect(Math.abs((stats?.firstPacketAt ?? 0) - Date.now())).toBeLessThan(30_000);
  });

  it('converts between the laws where the legs differ', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, { law: 'PCMA' });
    const b = await scene.line(session, { law: 'PCMU' });
    session.bridge(a.leg, b.leg);
    await talk(600, a, b);
    expect(new Set(b.peer.packets.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
    expect(new Set(a.peer.packets.map(({ payloadType }) => payloadType))).toEqual(new Set([8]));
    expect(findTone(b.peer.audio(), 400).seconds).toBeGreaterThan(0.4);
    expect(findTone(a.peer.audio(), 1_000).seconds).toBeGreaterThan(0.4);
  });

  it('echoes a leg that is bridged to itself', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    session.bridge(a.leg, a.leg);
    await talk(500, a);
    expect(a.peer.packets.length).toBe(a.peer.sentCount());
    expect(findTone(a.peer.audio(), 400).seconds).toBeGreaterThan(0.35);
  });

  it('keeps one stream towards the caller when the line changes', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const first = await scene.line(session);
    session.bridge(a.leg, first.leg);
    await talk(300, a, first);
    await first.leg.close();
    const second = await scene.line(session, { frequency: 2_000 });
    session.bridge(a.leg, second.leg);
    await talk(300, a, second);

    expect(findTone(a.peer.audio(), 1_000).seconds).toBeGreaterThan(0.1);
    expect(findTone(a.peer.audio(), 2_000).seconds).toBeGreaterThan(0.1);
    expect(new Set(a.peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    const { sequence, timestamp } = steps(a.peer.packets);
    expect(new Set(sequence)).toEqual(new Set([1]));
    // The change took as long as the clock says: more than the pause in the talk, less than the test.
    const change = timestamp.filter((step) => step !== 160);
    expect(change).toHaveLength(1);
    expect(change[0]).toBeGreaterThan(100 * 8 - 160);
    expect(change[0]).toBeLessThan(5_000 * 8);
    expect(a.peer.packets.filter(({ marker }) => marker)).toHaveLength(2);
  });

  it('follows a re-INVITE to another address', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    await talk(200, a, b);
    const moved = await scene.caller(scene.engine.createSession('other'));
    moved.peer.follow(await a.leg.acceptOffer(moved.peer.sdp()));
    a.peer.forget();
    const before = b.peer.packets.length;
    await talk(300, { peer: moved.peer, leg: a.leg }, b);
    expect(a.peer.packets).toEqual([]);
    expect(findTone(moved.peer.audio(), 1_000).seconds).toBeGreaterThan(0.1);
    expect(b.peer.packets.length).toBe(before + moved.peer.sentCount());
    expect(new Set(b.peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(new Set(steps(b.peer.packets).sequence)).toEqual(new Set([1]));
  });

  it('sends nothing to a peer that holds, and goes on when it is taken back', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    await talk(200, a, b);
    for (const hold of [{ direction: 'sendonly' }, { direction: 'inactive' }, { hold: true }] as const) {
      const answer = await a.leg.acceptOffer(a.peer.sdp(hold));
      expect(a.leg.held).toBe(true);
      expect(answer).not.toContain('a=sendrecv');
      a.peer.forget();
      await talk(200, b);
      expect(a.peer.packets).toEqual([]);
      expect(await a.leg.acceptOffer(a.peer.sdp())).toContain('a=sendrecv');
      expect(a.leg.held).toBe(false);
      await talk(200, b);
      expect(a.peer.packets.length).toBeGreaterThan(5);
      expect(new Set(steps(a.peer.packets).sequence)).toEqual(new Set([1]));
      expect(a.peer.packets[0]?.marker).toBe(true);
    }
    const stats = await a.leg.close();
    expect(stats.heldMs).toBeGreaterThan(600);
    expect(stats.packetsLost).toBe(0);
  });

  it('leaves all as it was when an offer can not be used', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const before = a.leg.localSdp;
    const bad = a.peer
      .sdp()
      .replace('RTP/AVP 0 101', 'RTP/AVP 9')
      .replace(/a=rtpmap:0.*\r\n/, '');
    await expect(a.leg.acceptOffer(bad)).rejects.toMatchObject({ name: 'SdpError', sipStatus: 488 });
    await expect(a.leg.acceptOffer('v=1')).rejects.toMatchObject({ name: 'SdpError' });
    expect(a.leg.localSdp).toBe(before);
    session.bridge(a.leg, a.leg);
    await talk(200, a);
    expect(a.peer.packets.length).toBe(a.peer.sentCount());
  });

  it('raises the version of its description when something changed, and only then', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const version = (sdp: string | undefined): string => /^o=\S+ (\d+ \d+) /m.exec(sdp ?? '')?.[1] ?? '';
    const first = await a.leg.acceptOffer(a.peer.sdp());
    expect(await a.leg.acceptOffer(a.peer.sdp())).toBe(first);
    const held = await a.leg.acceptOffer(a.peer.sdp({ direction: 'sendonly' }));
    const [id, number] = version(first).split(' ');
    expect(version(held)).toBe(`${id} ${Number(number) + 1}`);
    expect(a.leg.localSdp).toBe(held);
  });
});

describe('strangers', () => {
  it('are neither heard nor answered, and counted', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    const path = `${scene.directory}/strangers.wav`;
    session.record({ path, left: a.leg, right: b.leg });
    await a.peer.intrude(2_000, 5);
    const talking = talk(400, a, b);
    await a.peer.intrude(2_000, 10);
    await talking;
    await a.peer.intrude(2_000, 5);
    await sleep(50);
    expect(findTone(b.peer.audio(), 2_000).seconds).toBe(0);
    expect(b.peer.packets.length).toBe(a.peer.sentCount());
    const { legs } = await session.close();
    expect(legs.get(a.leg.id)?.strangerPackets).toBe(20);
    expect(legs.get(a.leg.id)?.packetsReceived).toBe(a.peer.sentCount());
    expect((await scene.engine.stats()).strangerPackets).toBe(20);
  });

  it('do not get in behind NAT once the peer is known', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, {}, { nat: true });
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    await talk(100, a, b);
    await a.peer.intrude(2_000, 10);
    await talk(200, a, b);
    expect(findTone(b.peer.audio(), 2_000).seconds).toBe(0);
    expect((await a.leg.close()).strangerPackets).toBe(10);
  });

  it('behind NAT, the first one is the peer: heard, and sent to', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session, {}, { nat: true });
    const b = await scene.line(session);
    session.bridge(a.leg, b.leg);
    // The phone's description names an address that is not the one it sends from.
    const outside = await scene.caller(scene.engine.createSession('other'), { frequency: 2_000 });
    outside.peer.follow(a.leg.localSdp ?? '');
    await talk(400, { peer: outside.peer, leg: a.leg }, b);
    expect(findTone(b.peer.audio(), 2_000).seconds).toBeGreaterThan(0.2);
    expect(findTone(outside.peer.audio(), 1_000).seconds).toBeGreaterThan(0.2);
  });
});

describe('what is no RTP', () => {
  it('is dropped and counted', async () => {
    const session = scene.engine.createSession('call');
    const a = await scene.caller(session);
    session.bridge(a.leg, a.leg);
    const { createSocket } = await import('node:dgram');
    const stranger = createSocket('udp4');
    const target = a.peer.remote()?.port;
    for (const junk of ['', 'hello', 'OPTIONS sip:x SIP/2.0\r\n\r\n', '\x80'.repeat(11)]) {
      await new Promise((resolve) =>
        stranger.send(Buffer.from(junk, 'latin1'), target ?? 0, '127.0.0.1', resolve),
      );
    }
    stranger.close();
    await talk(100, a);
    const stats = await until('strangers', async () => {
      const found = await scene.engine.stats();
      return found.strangerPackets === 4 && found;
    });
    expect(stats.packetsForwarded).toBe(a.peer.sentCount());
  });
});
