import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaLeg, MediaSession } from '../../../src/media/index.ts';
import { goertzel, readWav } from '../../support/audio.ts';
import type { RtpPeer } from '../../support/rtp-peer.ts';
import { sleep, until } from '../../support/wait.ts';
import { openScene, type Party, type Scene } from './rtp-scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.end());

const TONES = { caller: 400, agent: 700, supervisor: 1_000 } as const;
type Who = keyof typeof TONES;
/** Amplitude of the peers' tones: -12 dB of full scale. */
const FULL = 8_231;

type Three = Readonly<Record<Who, Party>> & { readonly session: MediaSession };

const three = async (laws: Partial<Record<Who, 'PCMU' | 'PCMA'>> = {}): Promise<Three> => {
  const session = scene.engine.createSession('call');
  const caller = await scene.caller(session, { frequency: TONES.caller, law: laws.caller ?? 'PCMU' });
  const agent = await scene.line(session, { frequency: TONES.agent, law: laws.agent ?? 'PCMU' });
  const supervisor = await scene.line(session, {
    frequency: TONES.supervisor,
    law: laws.supervisor ?? 'PCMU',
  });
  return { session, caller, agent, supervisor };
};

/** Who is in `samples`, at about the level at which the peers speak. */
const voicesIn = (samples: Int16Array): Who[] =>
  (['caller', 'agent', 'supervisor'] as const).filter((who) => {
    const level = goertzel(samples, TONES[who]);
    if (samples.length === 0 || level < 0.1 * FULL) return false;
    expect(level).toBeGreaterThan(0.7 * FULL);
    expect(level).toBeLessThan(1.2 * FULL);
    return true;
  });

/** Whom `peer` hears in the next 600 ms, of which the first 200 are left for buffers to fill and empty. */
const heardBy = async (...peers: readonly RtpPeer[]): Promise<Who[][]> => {
  await sleep(200);
  for (const peer of peers) peer.forget();
  await sleep(400);
  return peers.map((peer) => voicesIn(peer.audio()));
};

/** One stream without a hole or a step back, whatever fed it. */
const isSeamless = (peer: RtpPeer): void => {
  const { packets } = peer;
  expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  packets.slice(1).forEach((packet, i) => {
    const before = packets[i] ?? packet;
    expect((packet.sequence - before.sequence) & 0xffff).toBe(1);
    const step = (packet.timestamp - before.timestamp) | 0;
    expect(step).toBeGreaterThanOrEqual(160);
    // A change waits for a packet of the new kind; a loaded machine for longer.
    expect(step).toBeLessThan(4_000);
    expect(packet.marker).toBe(step !== 160 || packet.marker);
  });
};

const everyoneHears = (legs: readonly MediaLeg[]): [MediaLeg, MediaLeg[]][] =>
  legs.map((leg) => [leg, legs.filter((other) => other !== leg)]);

describe('three parties', () => {
  it('hear whom the matrix says, while it changes, in its own law', async () => {
    const { session, caller, agent, supervisor } = await three({ agent: 'PCMA' });
    const [a, b, s] = [caller.leg, agent.leg, supervisor.leg];
    const peers = [caller.peer, agent.peer, supervisor.peer];
    session.bridge(a, b);
    for (const peer of peers) peer.start();
    const expected: [string, [MediaLeg, MediaLeg[]][], Who[][]][] = [
      ['listen', [[s, [a, b]]], [['agent'], ['caller'], ['caller', 'agent']]],
      ['whisper', [[b, [a, s]]], [['agent'], ['caller', 'supervisor'], ['caller', 'agent']]],
      [
        'barge',
        everyoneHears([a, b, s]),
        [
          ['agent', 'supervisor'],
          ['caller', 'supervisor'],
          ['caller', 'agent'],
        ],
      ],
      [
        'listen again',
        [
          [a, [b]],
          [b, [a]],
        ],
        [['agent'], ['caller'], ['caller', 'agent']],
      ],
      ['nobody', [[s, []]], [['agent'], ['caller'], []]],
    ];
    expect(await heardBy(...peers)).toEqual([['agent'], ['caller'], []]);
    for (const [mode, matrix, heard] of expected) {
      session.connect(matrix);
      expect([mode, ...(await heardBy(...peers))]).toEqual([mode, ...heard]);
    }
    expect(agent.peer.packets.every(({ payloadType }) => payloadType === 8)).toBe(true);
  });

  it('change between relay and sum without a jump in number or time', async () => {
    const { session, caller, agent, supervisor } = await three();
    const [a, b, s] = [caller.leg, agent.leg, supervisor.leg];
    session.bridge(a, b);
    for (const { peer } of [caller, agent, supervisor]) peer.start();
    await sleep(200);
    for (let i = 0; i < 3; i += 1) {
      session.connect([[b, [a, s]]]);
      await sleep(150);
      session.connect([[b, [a]]]);
      await sleep(150);
    }
    for (const { peer } of [caller, agent, supervisor]) peer.stop();
    await sleep(50);
    isSeamless(agent.peer);
    isSeamless(caller.peer);
    // The direct way is untouched by what others hear: nothing was added or lost.
    expect(caller.peer.packets.length).toBe(agent.peer.sentCount());
  });

  it('hear silence, not noise, of somebody who is silent or holds', async () => {
    const { session, caller, agent, supervisor } = await three();
    const [a, b, s] = [caller.leg, agent.leg, supervisor.leg];
    session.connect(everyoneHears([a, b, s]));
    caller.peer.start();
    expect(await heardBy(supervisor.peer)).toEqual([['caller']]);
    caller.peer.stop();
    await sleep(300);
    supervisor.peer.forget();
    await sleep(200);
    const quiet = supervisor.peer.audio();
    expect(quiet.length).toBeGreaterThan(800);
    expect(quiet.every((sample) => sample === 0)).toBe(true);
    // A listener who holds us gets nothing, and all again afterwards.
    await s.acceptOffer(supervisor.peer.sdp({ direction: 'sendonly' }));
    caller.peer.start();
    await sleep(50);
    supervisor.peer.forget();
    await sleep(150);
    expect(supervisor.peer.packets).toHaveLength(0);
    await s.acceptOffer(supervisor.peer.sdp());
    expect(await heardBy(supervisor.peer)).toEqual([['caller']]);
  });

  it('hear keys as keys, one person’s at a time', async () => {
    const { session, caller, agent, supervisor } = await three();
    const [a, b, s] = [caller.leg, agent.leg, supervisor.leg];
    const told: string[] = [];
    session.on('dtmf', (leg, digit) => told.push(`${leg.id === a.id ? 'caller' : 'agent'} ${digit}`));
    session.connect([
      [s, [a, b]],
      [a, [b]],
      [b, [a]],
    ]);
    for (const { peer } of [caller, agent]) peer.start();
    await sleep(200);
    await caller.peer.press('12');
    await Promise.all([caller.peer.press('3'), sleep(30).then(() => agent.peer.press('9'))]);
    await sleep(200);
    await agent.peer.press('4');
    await until('all keys', () => told.length === 5);
    await sleep(150);
    for (const { peer } of [caller, agent]) peer.stop();
    expect(supervisor.peer.digitsHeard(101)).toBe('1234');
    expect(agent.peer.digitsHeard(101)).toBe('123');
    expect(caller.peer.digitsHeard(101)).toBe('94');
    expect(told.toSorted()).toEqual(['agent 4', 'agent 9', 'caller 1', 'caller 2', 'caller 3']);
    const events = supervisor.peer.packets.filter(({ payloadType }) => payloadType === 101);
    expect(events.every(({ payload, marker }) => marker === (payload.readUInt16BE(2) === 160))).toBe(true);
    // The presser's own numbering has holes where its audio rested; nothing goes back or is there twice.
    const order = supervisor.peer.packets.map(({ sequence }) => sequence);
    expect(order.slice(1).every((next, i) => ((next - (order[i] ?? 0)) & 0xffff) < 0x8000)).toBe(true);
    expect(new Set(order).size).toBe(order.length);
  });

  it('hear what is played to them in place of the others', async () => {
    const { session, caller, agent, supervisor } = await three();
    session.connect(everyoneHears([caller.leg, agent.leg, supervisor.leg]));
    for (const { peer } of [caller, agent]) peer.start();
    await sleep(200);
    const playing = supervisor.leg.play({ type: 'tone', frequencies: [2_000] });
    await sleep(100);
    supervisor.peer.forget();
    await sleep(300);
    const heard = supervisor.peer.audio();
    expect(voicesIn(heard)).toEqual([]);
    expect(goertzel(heard, 2_000)).toBeGreaterThan(3_000);
    supervisor.leg.stopPlaying();
    await playing;
    expect(await heardBy(supervisor.peer)).toEqual([['caller', 'agent']]);
    // Who leaves leaves the others connected, directly.
    await agent.leg.close();
    expect(await heardBy(supervisor.peer)).toEqual([['caller']]);
  });
});

describe('a recording of three', () => {
  it('has both others in the right channel while both are listened to', async () => {
    const { session, caller, agent, supervisor } = await three();
    const [a, b, s] = [caller.leg, agent.leg, supervisor.leg];
    const path = join(scene.directory, 'three.wav');
    session.connect(everyoneHears([a, b, s]));
    for (const { peer } of [caller, agent, supervisor]) peer.start();
    session.record({ path, left: a, right: b });
    await sleep(600);
    session.record({ path, left: a, right: [b, s] });
    await sleep(1_500);
    session.record({ path, left: a, right: s });
    await sleep(600);
    const { recording } = await session.close();
    const wav = readWav(path);
    const [left, right] = [wav.channels[0] ?? new Int16Array(), wav.channels[1] ?? new Int16Array()];
    expect(wav.consistent).toBe(true);
    expect(recording?.durationMs).toBeGreaterThan(2_600);
    const at = (samples: Int16Array, from: number, to: number): Who[] =>
      voicesIn(samples.subarray(from * 8, to * 8));
    const end = right.length / 8;
    expect(at(left, 200, end - 100)).toEqual(['caller']);
    expect(at(right, 150, 450)).toEqual(['agent']);
    expect(at(right, 900, 1_800)).toEqual(['agent', 'supervisor']);
    expect(at(right, end - 300, end - 100)).toEqual(['supervisor']);
  });
});

describe('a second recording', () => {
  it('ends the first, and hears what is said from then on', async () => {
    const { session, caller, agent } = await three();
    const paths = [join(scene.directory, 'one.wav'), join(scene.directory, 'two.wav')];
    for (const { peer } of [caller, agent]) peer.start();
    for (const path of paths) {
      session.record({ path, left: caller.leg, right: agent.leg });
      await sleep(500);
    }
    const { recording } = await session.close();
    expect(recording?.path).toBe(paths[1]);
    for (const path of paths) {
      const wav = readWav(path);
      expect(wav.consistent).toBe(true);
      expect(wav.channels.map((samples) => voicesIn(samples.subarray(800, 3_200)))).toEqual([
        ['caller'],
        ['agent'],
      ]);
    }
    expect((await scene.engine.stats()).recordings).toBe(0);
  });
});

describe('hold music', () => {
  it('is heard by all who hold, from its beginning, without end', async () => {
    const { caller, agent } = await three();
    const playing = [caller, agent].map(({ leg }) => leg.play({ type: 'music' }));
    await sleep(700);
    for (const { leg } of [caller, agent]) leg.stopPlaying();
    await Promise.all(playing);
    const [first, second] = [caller.peer.audio(), agent.peer.audio()];
    const length = Math.min(first.length, second.length);
    expect(length).toBeGreaterThan(3_000);
    expect(first.subarray(0, length)).toEqual(second.subarray(0, length));
    await expect(caller.leg.play({ type: 'music', path: '/no/such.wav' })).rejects.toThrow(/such\.wav/);
  });
});
