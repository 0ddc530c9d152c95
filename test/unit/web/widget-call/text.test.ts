import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { backOffMs } from '../../../../src/web/call/back-off.ts';
import type { OpusSettings } from '../../../../src/web/call/opus-adaptation.ts';
import { withOpus } from '../../../../src/web/call/opus-text.ts';
import type { TokenAnswer } from '../../../../src/web/widget/call/contract.ts';
import { verdictOf } from '../../../../src/web/widget/call/hear-test.ts';
import { BACK_OFF } from '../../../../src/web/widget/call/line.ts';
import { type Circumstances, problemOfCapture } from '../../../../src/web/widget/call/microphone-problem.ts';
import { createPermit } from '../../../../src/web/widget/call/permit.ts';

const SDP = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=64000',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n');

const BAD: OpusSettings = { fec: true, dtx: true, maxBitrate: 12_000, ptimeMs: 60 };
const FINE: OpusSettings = { fec: false, dtx: false, maxBitrate: undefined, ptimeMs: undefined };

describe('what descriptions say of Opus', () => {
  it('is merged with what stands there', () => {
    const lines = withOpus(SDP, BAD).split('\r\n');
    expect(lines).toContain('a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=12000');
    expect(lines).toContain('a=ptime:60');
    expect(lines.indexOf('a=ptime:60')).toBeGreaterThan(1);
  });

  it('is put in where nothing stands', () => {
    const bare = SDP.replace(/^a=fmtp.*\r\n/m, '').replace('a=rtpmap:0', 'a=ptime:20\r\na=rtpmap:0');
    const lines = withOpus(bare, BAD).split('\r\n');
    expect(lines).toContain('a=fmtp:111 useinbandfec=1;usedtx=1;maxaveragebitrate=12000');
    expect(lines.filter((line) => line.startsWith('a=ptime'))).toEqual(['a=ptime:60']);
  });

  it('stays as it is on a good network and without Opus', () => {
    expect(withOpus(SDP, FINE)).toBe(SDP);
    expect(withOpus(SDP, undefined)).toBe(SDP);
    const plain = SDP.replace('opus', 'other');
    expect(withOpus(plain, BAD)).toBe(plain);
  });

  it('says the same when said twice', () => {
    const settings = fc.record({
      fec: fc.boolean(),
      dtx: fc.boolean(),
      maxBitrate: fc.option(fc.integer({ min: 6000, max: 64_000 }), { nil: undefined }),
      ptimeMs: fc.constantFrom<OpusSettings['ptimeMs']>(undefined, 20, 40, 60),
    });
    fc.assert(
      fc.property(settings, (one) => {
        expect(withOpus(withOpus(SDP, one), one)).toBe(withOpus(SDP, one));
      }),
    );
  });
});

const PAGE: Circumstances = { secure: true, framed: false, allowed: undefined, permission: 'prompt' };
const refusal = (name: string, message = '', tookMs = 2000) => ({ name, message, tookMs });

describe('a microphone that can not be had', () => {
  it.each([
    [refusal('NotAllowedError', 'Permission denied'), {}, { type: 'microphone-refused', by: 'person' }],
    [refusal('NotAllowedError', 'Permission dismissed'), {}, { type: 'microphone-refused', by: 'dismissed' }],
    [
      refusal('NotAllowedError', 'Permission denied by system'),
      {},
      { type: 'microphone-refused', by: 'system' },
    ],
    [refusal('NotAllowedError', '', 3), { framed: true, allowed: false }, { type: 'microphone-framed' }],
    [refusal('NotAllowedError', '', 3), { framed: true }, { type: 'microphone-framed' }],
    [
      refusal('NotAllowedError', '', 3),
      { framed: true, permission: 'denied' as const },
      { type: 'microphone-refused', by: 'person' },
    ],
    [
      refusal('NotAllowedError', '', 3),
      { framed: true, allowed: true },
      { type: 'microphone-refused', by: 'person' },
    ],
    [refusal('NotFoundError'), {}, { type: 'no-microphone' }],
    [refusal('NotReadableError'), {}, { type: 'microphone-busy' }],
    [refusal('OverconstrainedError'), {}, { type: 'microphone-unfit' }],
    [refusal('TypeError'), { secure: false }, { type: 'insecure-origin' }],
  ])('%j in %j is %j', (what, where, problem) => {
    expect(problemOfCapture(what, { ...PAGE, ...where })).toEqual(problem);
  });
});

describe('the verdict about a recorded voice', () => {
  const voice = (level: number): Float32Array =>
    Float32Array.from({ length: 48_000 }, (_, at) => Math.max(-1, Math.min(1, level * Math.sin(at / 8))));

  it.each([
    [0, 'silent'],
    [0.0005, 'silent'],
    [0.01, 'quiet'],
    [0.1, 'good'],
    [0.9, 'good'],
    [3, 'loud'],
  ])('at a level of %f is %s', (level, verdict) => {
    expect(verdictOf(voice(level), 48_000)).toBe(verdict);
  });

  it('goes by the loudest moment, and bears an empty recording', () => {
    const word = new Float32Array(48_000);
    word.set(voice(0.1).subarray(0, 12_000), 20_000);
    expect(verdictOf(word, 48_000)).toBe('good');
    expect(verdictOf(new Float32Array(0), 48_000)).toBe('silent');
  });
});

const GIVEN: TokenAnswer = {
  type: 'given',
  token: 'a.b.c',
  expiresIn: 60,
  resume: 'd.e.f',
  uri: 'sip:sales@example.com',
  servers: ['wss://one.example'],
  iceServers: [],
  maxSeconds: 3600,
};

describe('the permission for a call', () => {
  it('is fetched once while it is good, and anew when the visitor was slow', async () => {
    const fetch = vi.fn(async () => GIVEN);
    let now = 0;
    const permit = createPermit(fetch, () => now);
    expect(await permit.fresh()).toBe(GIVEN);
    now = 54_000;
    await permit.fresh();
    expect(fetch).toHaveBeenCalledTimes(1);
    now = 55_000;
    await permit.fresh();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it('is asked for again after a refusal; a failure is one', async () => {
    const fetch = vi.fn(async (): Promise<TokenAnswer> => Promise.reject(new Error('offline')));
    const permit = createPermit(fetch, () => 0);
    expect(await permit.fresh()).toMatchObject({ type: 'refused', status: 0 });
    await permit.fresh();
    expect(fetch).toHaveBeenCalledTimes(2);
  });
});

describe('waiting before the next try to connect', () => {
  it('is up to 0.5, 1, 2, 4 and 4 seconds, and never less than half of it', () => {
    expect([0, 1, 2, 3, 4, 9].map((failures) => backOffMs(failures, () => 1, BACK_OFF))).toEqual([
      500, 1000, 2000, 4000, 4000, 4000,
    ]);
    fc.assert(
      fc.property(fc.nat(40), fc.double({ min: 0, max: 1, noNaN: true }), (failures, share) => {
        const wait = backOffMs(failures, () => share, BACK_OFF);
        const most = backOffMs(failures, () => 1, BACK_OFF);
        expect(wait).toBeGreaterThanOrEqual(most / 2);
        expect(wait).toBeLessThanOrEqual(most);
      }),
    );
  });
});
