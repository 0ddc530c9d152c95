import { describe, expect, onTestFinished, test } from 'vitest';
import { findTone, goertzel, rms, sine } from '../support/audio.ts';
import { decode, encode, RATE } from '../support/g711.ts';
import { claimPorts } from '../support/ports.ts';
import { openRtpPeer, type RtpPeerOptions } from '../support/rtp-peer.ts';
import { header } from '../support/sip-message.ts';
import { openSipPeer, type PeerCall } from '../support/sip-peer.ts';
import { runSipp, startSipp } from '../support/sipp.ts';
import {
  audioAddress,
  callerScenario,
  lineScenario,
  refusedCaller,
  refusingLine,
  unansweredLine,
} from '../support/sipp-scenarios.ts';
import { sleep, until } from '../support/wait.ts';

/** The tools that judge the gateway are judged against each other first. */

const CALLER = '127.0.0.2';
const LINE = '127.0.0.3';

const phone = async (options: Partial<RtpPeerOptions> & { readonly address: string }) => {
  const peer = await openRtpPeer(options);
  onTestFinished(() => peer.close());
  return peer;
};

const pair = async (transport: 'udp' | 'tcp' = 'udp') => {
  const caller = await openSipPeer({ address: CALLER, transport });
  const line = await openSipPeer({ address: LINE, transport });
  onTestFinished(async () => {
    await Promise.all([caller.close(), line.close()]);
  });
  const called = new Promise<PeerCall>((resolve) => line.onCall(resolve));
  return { caller, line, called, to: { address: LINE, port: line.port } };
};

describe('audio', () => {
  test.each(['PCMU', 'PCMA'] as const)('%s keeps a tone within half a decibel', (law) => {
    const tone = sine(1000, RATE, -12);
    const heard = decode(law, encode(law, tone));
    expect(20 * Math.log10(goertzel(heard, 1000) / 32_767)).toBeCloseTo(-12, 0);
    expect(findTone(heard, 1000).seconds).toBe(1);
  });

  test('a tone is found where it is, and no other', () => {
    const samples = new Int16Array(4 * RATE);
    samples.set(sine(700, 2 * RATE), RATE);
    const report = findTone(samples, 700);
    expect(report).toMatchObject({ start: 1, end: 3, seconds: 2 });
    expect(report.level).toBeCloseTo(-12, 1);
    for (const other of [400, 600, 800, 1400]) expect(findTone(samples, other).seconds).toBe(0);
    expect(rms(samples.subarray(0, RATE))).toBe(Number.NEGATIVE_INFINITY);
  });

  test('a gap in a tone is seen', () => {
    const samples = sine(900, 3 * RATE);
    samples.fill(0, RATE, RATE + RATE / 5);
    expect(findTone(samples, 900).segments).toHaveLength(2);
    expect(findTone(samples, 900).seconds).toBeCloseTo(2.8, 2);
  });

  test('a tone under another, louder one is not taken for it', () => {
    const louder = sine(1200, RATE, -9);
    const mixed = sine(700, RATE, -12).map((sample, i) => sample + (louder[i] ?? 0));
    expect(findTone(mixed, 700).seconds).toBe(0);
  });
});

describe('peers', () => {
  test.each(['udp', 'tcp'] as const)('call each other over %s and hear each other', async (transport) => {
    const { caller, called, to } = await pair(transport);
    const [near, far] = [
      await phone({ address: CALLER, frequency: 400 }),
      await phone({ address: LINE, law: 'PCMA', laws: ['PCMA', 'PCMU'], frequency: 700 }),
    ];
    const call = caller.invite({ to, did: '+493023125001', media: near });
    const line = await called;
    line.respond(180, 'Ringing');
    await call.ringing();
    line.accept(far);
    expect((await call.final()).status).toBe(200);
    await line.acked();
    near.start();
    await sleep(1000);
    expect((await call.bye()).status).toBe(200);
    await line.ended();
    near.stop();
    far.stop();
    await sleep(100);
    for (const [hearing, speaking, tone] of [
      [near, far, 700],
      [far, near, 400],
    ] as const) {
      expect(findTone(hearing.audio(), tone).seconds).toBeCloseTo(speaking.sentCount() / 50, 5);
    }
    expect(near.sentCount()).toBeGreaterThan(40);
  });

  test('late offer, hold, UPDATE, digits', async () => {
    const { caller, called, to } = await pair();
    const [near, far] = [
      await phone({ address: CALLER, telephoneEvent: 96 }),
      await phone({ address: LINE, telephoneEvent: 101 }),
    ];
    const call = caller.invite({ to, did: '1', media: near, lateOffer: true });
    const line = await called;
    expect(line.invite.body).toBe('');
    line.accept(far);
    await call.final();
    expect((await line.acked()).body).toContain(`m=audio ${near.port}`);
    expect(far.remote()?.port).toBe(near.port);

    const held = await call.reinvite({ sdp: near.sdp({ direction: 'sendonly' }) });
    expect(held.body).toContain('a=recvonly');
    expect((await call.request('UPDATE', { sdp: near.sdp() })).body).toContain('a=sendrecv');
    await near.press('15#');
    await sleep(50);
    expect(far.digitsHeard(101)).toBe('15#');
    await line.bye();
    await call.ended();
  });

  test('CANCEL ends a ringing call with 487, and a lost 200 is sent again', async () => {
    const { caller, line, called, to } = await pair();
    const first = caller.invite({ to, did: '1', media: await phone({ address: CALLER }) });
    (await called).respond(180, 'Ringing');
    await first.ringing();
    expect((await first.cancel()).status).toBe(200);
    expect((await first.final()).status).toBe(487);

    const next = new Promise<PeerCall>((resolve) => line.onCall(resolve));
    let lost = 0;
    caller.lose((message) => message.status === 200 && lost++ < 2);
    const second = caller.invite({ to, did: '1', media: await phone({ address: CALLER }) });
    (await next).accept(await phone({ address: LINE }));
    expect((await second.final()).status).toBe(200);
    expect(lost).toBeGreaterThanOrEqual(2);
    await second.bye();
  });

  test('refusals reach the caller with their headers', async () => {
    const { caller, called, to } = await pair();
    const call = caller.invite({ to, did: '1' });
    (await called).respond(486, 'Busy Here', { headers: [['Reason', 'Q.850;cause=17']] });
    const final = await call.final();
    expect([final.status, header(final, 'reason')]).toEqual([486, 'Q.850;cause=17']);
  });

  test('an intruder comes from another port', async () => {
    const [near, far] = [await phone({ address: CALLER }), await phone({ address: LINE })];
    near.follow(far.sdp());
    const place = await near.intrude(1900, 3);
    await sleep(50);
    expect(far.packets.map((packet) => packet.from.port)).toEqual([place.port, place.port, place.port]);
    expect(place.port).not.toBe(near.port);
  });
});

describe('SIPp', () => {
  test('calls SIPp, and both play their tone from where their SDP says', async () => {
    const ports = await claimPorts(100);
    onTestFinished(() => ports.release());
    const at = { address: LINE, port: ports.take() };
    const tone = (frequency: number) => ({ 'tone.raw': encode('PCMA', sine(frequency, RATE)) });
    const media = { type: 'file', name: 'tone.raw', law: 'PCMA' } as const;
    const line = startSipp({
      scenario: lineScenario({ media }),
      at,
      calls: 2,
      mediaPort: ports.take({ even: true }),
      files: tone(700),
      timeoutMs: 10_000,
    });
    onTestFinished(() => line.stop());
    await sleep(300);
    const caller = await runSipp({
      scenario: callerScenario({ media }),
      at: { address: CALLER, port: ports.take() },
      remote: at,
      calls: 2,
      rate: 5,
      pauseMs: 500,
      service: '+493023125001',
      mediaPort: ports.take({ even: true }),
      files: tone(400),
      timeoutMs: 10_000,
    });
    expect(caller, caller.errors + caller.output).toMatchObject({ code: 0, successful: 2, failed: 0 });
    expect((await line.done).code).toBe(0);
  });

  test('plays audio that a peer hears', async () => {
    const ports = await claimPorts(100);
    onTestFinished(() => ports.release());
    const { line, called, to } = await pair();
    const far = await phone({ address: LINE, frequency: 700 });
    const media = { type: 'file', name: 'tone.raw', law: 'PCMU' } as const;
    const sipp = startSipp({
      scenario: callerScenario({ media, hangup: 'line' }),
      at: { address: CALLER, port: ports.take() },
      remote: to,
      calls: 1,
      service: '1',
      mediaPort: ports.take({ even: true }),
      files: { 'tone.raw': encode('PCMU', sine(400, RATE)) },
      timeoutMs: 10_000,
    });
    onTestFinished(() => sipp.stop());
    const call = await called;
    call.accept(far);
    await call.acked();
    await sleep(1000);
    await call.bye();
    expect((await sipp.done).code).toBe(0);
    expect(findTone(far.audio(), 400).seconds).toBeGreaterThan(0.9);
    expect(far.packets[0]?.from).toEqual(far.remote());
    expect(line.received.length).toBeGreaterThan(2);
  });

  test.each([
    ['refused', refusingLine(486, 'Busy Here')],
    ['unanswered', unansweredLine()],
  ])('as a line: %s', async (kind, scenario) => {
    const ports = await claimPorts(100);
    const at = { address: LINE, port: ports.take() };
    const sipp = startSipp({ scenario, at, calls: 1, timeoutMs: 10_000 });
    const caller = await openSipPeer({ address: CALLER });
    onTestFinished(async () => {
      await Promise.all([sipp.stop(), caller.close(), ports.release()]);
    });
    await sleep(300);
    const call = caller.invite({ to: at, did: '1', media: await phone({ address: CALLER }) });
    await call.ringing();
    if (kind === 'unanswered') await call.cancel();
    expect((await call.final()).status).toBe(kind === 'refused' ? 486 : 487);
    expect((await sipp.done).code).toBe(0);
    expect(audioAddress((await sipp.done).log[0] ?? '').address).toBe(CALLER);
  });

  test('as a caller that demands a refusal', async () => {
    const ports = await claimPorts(100);
    onTestFinished(() => ports.release());
    const { called, to } = await pair();
    const sipp = startSipp({
      scenario: refusedCaller(603, { type: 'elsewhere', port: 30_000, law: 'PCMU' }),
      at: { address: CALLER, port: ports.take() },
      remote: to,
      calls: 1,
      service: '1',
      timeoutMs: 10_000,
    });
    onTestFinished(() => sipp.stop());
    const line = await called;
    line.respond(603, 'Decline');
    await until('the ACK', () => line.requests.some(({ message }) => message.method === 'ACK'));
    const result = await sipp.done;
    expect(result, result.errors + result.output).toMatchObject({ code: 0, successful: 1 });
  });
});
