import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueCode, readCandidates, recordCandidates, resolveCode } from '../../../src/tracking/index.ts';
import { readScene } from '../../../src/tracking/matching/scene.ts';
import {
  CALLER,
  DAY,
  MINUTE,
  makeStage,
  NOW,
  OTHER_NUMBER,
  POOL_NUMBER,
  type Stage,
} from './matching-stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await makeStage();
});
afterEach(() => stage.close());

const SEALED = Buffer.from('sealed');
const CODES = { number: POOL_NUMBER, digits: 4 } as const;
const code = (visit: string, at: number, digits: 4 | 5 = 4): Promise<string | undefined> =>
  stage.work((file) => issueCode(file, { ...CODES, digits }, visit, at));

describe('a call', () => {
  it('is its token’s visit for certain', async () => {
    await stage.visit('a', { ago: 5 * DAY, ended: 5 * DAY - MINUTE });
    await stage.visit('b', { ago: MINUTE });
    const match = await stage.match({ visitToken: 'a' });
    expect(match).toMatchObject({ method: 'token', probability: 1, visit: { id: 'a' } });
    expect((await stage.match({ visitToken: 'gone' })).visit?.id).toBe('b');
  });

  it('is the visit of the extension code that was dialled, for certain', async () => {
    await stage.visit('a', { ago: 20 * MINUTE, ended: 10 * MINUTE });
    await stage.visit('b', { ago: MINUTE });
    const dialled = await code('a', NOW - 20 * MINUTE);
    expect(await stage.match({ code: dialled ?? '' })).toMatchObject({
      method: 'code',
      probability: 1,
      visit: { id: 'a' },
      candidates: [{ visitId: 'a', probability: 1 }],
    });
  });

  it('with a mistyped code is matched as if it had none', async () => {
    await stage.visit('b', { ago: MINUTE });
    const dialled = (await code('a', NOW - MINUTE)) ?? '';
    const wrong = dialled.slice(0, 3) + String((Number(dialled[3]) + 1) % 10);
    expect(await stage.match({ code: wrong })).toMatchObject({ method: 'posterior', visit: { id: 'b' } });
  });

  it('is the visit that tapped the number just before', async () => {
    await stage.visit('a', { ago: 5 * MINUTE, device: 'phone' });
    await stage.visit('b', { ago: MINUTE });
    await stage.tap('a', NOW - 4000);
    await stage.tap('b', NOW - 4000, OTHER_NUMBER);
    const match = await stage.match();
    expect(match).toMatchObject({ method: 'tel_tap', visit: { id: 'a' } });
    expect(match.probability).toBeGreaterThan(0.99);
    expect(match.probability).toBeLessThan(1);
    expect(match.reason).toContain('tapped it 4 s before');
  });

  it('is no tap’s of two visitors at once, nor of one that comes after it', async () => {
    await stage.visit('a', { ago: 5 * MINUTE, device: 'phone' });
    await stage.visit('b', { ago: MINUTE });
    await stage.tap('a', NOW + 1000);
    expect((await stage.match()).method).toBe('posterior');
    await stage.tap('a', NOW - 2000);
    await stage.tap('b', NOW - 3000);
    expect((await stage.match()).method).toBe('posterior');
  });

  it('is its lease’s visit, with the probability of that', async () => {
    await stage.visit('old', {
      ago: DAY,
      ended: DAY - MINUTE,
      lease: { until: NOW, closed: NOW - 3_600_000 },
    });
    await stage.visit('a', { ago: 12 * MINUTE, ended: 5 * MINUTE, lease: { until: NOW + MINUTE } });
    const match = await stage.match();
    expect(match).toMatchObject({
      method: 'lease',
      leaseId: 'lease-a',
      visit: { id: 'a', source: 'google' },
    });
    expect(match.probability).toBeGreaterThan(0.8);
    expect(match.probability).toBeLessThan(0.99);
  });

  it('is the likelier one’s where the number was taken from one visit for another', async () => {
    const taken = { until: NOW, closed: NOW - 20 * MINUTE };
    await stage.visit('before', { ago: 40 * MINUTE, ended: 30 * MINUTE, lease: taken });
    await stage.visit('after', { ago: 20 * MINUTE, ended: 18 * MINUTE });
    const match = await stage.match();
    expect(match).toMatchObject({ method: 'posterior', visit: { id: 'after' } });
    expect(match.candidates.map(({ visitId }) => visitId)).toEqual(['after', 'before', undefined]);
  });

  it('stays unattributed where nobody is the likeliest, or no visit was shown the number', async () => {
    expect(await stage.match()).toMatchObject({ method: 'none', probability: null, candidates: [] });
    await stage.visit('a', { ago: 29 * DAY, ended: 29 * DAY - MINUTE });
    const match = await stage.match();
    expect(match).toMatchObject({ method: 'none', probability: null, visit: undefined, leaseId: null });
    expect(match.candidates[0]?.visitId).toBeUndefined();
    expect(match.candidates[1]?.visitId).toBe('a');
    await stage.visit('b', { ago: MINUTE, number: OTHER_NUMBER });
    await stage.visit('robot', { ago: MINUTE, bot: 'headless' });
    expect((await stage.match()).method).toBe('none');
    expect((await stage.match({ at: NOW + 2 * DAY })).candidates).toEqual([]);
  });

  it('is the visitor’s that the caller was known to be before', async () => {
    await stage.visit('a', { ago: 6 * DAY, ended: 6 * DAY - MINUTE });
    await stage.visit('b', { ago: 20 * MINUTE, ended: 15 * MINUTE });
    await stage.link('visitor-a', NOW - DAY);
    expect((await stage.match()).visit?.id).toBe('b');
    expect(await stage.match({ callerHmac: 'another' })).toMatchObject({ visit: { id: 'b' } });
    const linked = (await stage.match({ callerHmac: CALLER })).candidates.find(
      ({ visitId }) => visitId === 'a',
    );
    expect(linked?.evidence).toMatchObject({ linked: 500 });
    expect(linked?.probability).toBeGreaterThan(0.1);
    const before = await stage.match({ callerHmac: CALLER, at: NOW - DAY });
    expect(before.candidates.find(({ visitId }) => visitId === 'a')?.evidence).not.toHaveProperty('linked');
  });

  it('is whose the same caller’s last call was', async () => {
    await stage.visit('a', { ago: 3 * DAY, ended: 3 * DAY - MINUTE });
    await stage.visit('b', { ago: 2 * MINUTE });
    await stage.call('CALL1', NOW - 2 * DAY, { caller_hmac: CALLER, caller_encrypted: SEALED });
    await stage.work((file) =>
      recordCandidates(file, 'CALL1', {
        candidates: [
          { visitId: 'a', probability: 0.9, evidence: {} },
          { visitId: undefined, probability: 0.1, evidence: {} },
        ],
      }),
    );
    expect((await stage.match({ callerHmac: 'another' })).visit?.id).toBe('b');
    expect((await stage.match({ callerHmac: CALLER })).visit?.id).toBe('a');
  });

  it('of somebody who goes through the numbers is hardly a visitor’s', async () => {
    await stage.visit('a', { ago: 2 * MINUTE, ended: MINUTE });
    await stage.call('CALL1', NOW - 5 * MINUTE, {
      caller_hmac: CALLER,
      caller_encrypted: SEALED,
      did: OTHER_NUMBER,
    });
    const [around, plain] = [await stage.match({ callerHmac: CALLER }), await stage.match()];
    expect(around.probability ?? 0).toBeLessThan(plain.probability ?? 0);
    expect(around.candidates[0]?.evidence).toHaveProperty('dials_around');
  });

  it('finds its way among thousands of visits, and a known visitor’s among the eldest', async () => {
    await stage.visit('known', { ago: 6 * DAY, ended: 6 * DAY - MINUTE });
    await stage.link('visitor-known', NOW - 5 * DAY);
    await stage.work((file) => {
      file
        .transaction(() => {
          for (let index = 0; index < 3000; index += 1) {
            const at = NOW - DAY - index * 5 * MINUTE;
            file
              .prepare(
                `INSERT INTO visit (id, visitor_id, site_id, started_at, last_seen_at, hidden_at, landing_url, last_url, channel,
                  source, medium, click_ids, device, pages) VALUES (?, ?, 'main', ?, ?, ?, '', '', 'paid', 'google', 'cpc', '{}', 'desktop', 1)`,
              )
              .run(`v${index}`, `w${index}`, at, at + MINUTE, at + MINUTE);
            file
              .prepare('INSERT INTO shown (visit_id, number, shown_at) VALUES (?, ?, ?)')
              .run(`v${index}`, POOL_NUMBER, at);
          }
        })
        .immediate();
    });
    const options = { heartbeatMs: () => MINUTE, nearest: 300 };
    const call = { did: POOL_NUMBER, at: NOW, callerHmac: CALLER, callerRegion: null };
    const { suspects, crowds } = await stage.work((file) => readScene(file, call, options));
    expect(suspects).toHaveLength(301);
    expect(crowds.length).toBeLessThanOrEqual(12);
    expect(crowds.reduce((sum, { count }) => sum + count, 0)).toBe(2701);
    const match = await stage.match({ callerHmac: CALLER });
    expect(match.candidates).toHaveLength(10);
    expect(match).toMatchObject({ method: 'posterior', visit: { id: 'known' } });
    const sum = match.candidates.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeLessThan(0.5);
  });

  it('keeps its candidates', async () => {
    await stage.visit('a', { ago: MINUTE });
    const match = await stage.match();
    await stage.call('CALL1', NOW);
    for (const _ of [1, 2]) await stage.work((file) => recordCandidates(file, 'CALL1', match));
    expect(await stage.work((file) => readCandidates(file, 'CALL1'))).toEqual(match.candidates);
    expect(await stage.work((file) => readCandidates(file, 'CALL2'))).toEqual([]);
  });
});

describe('extension codes', () => {
  it('stay with their visit, and are another one for each', async () => {
    const codes = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => code(`v${index}`, NOW + index)),
    );
    expect(new Set(codes).size).toBe(1000);
    expect(await code('v7', NOW + 5000)).toBe(codes[7]);
    expect(await code('one-more', NOW + 5000)).toBeUndefined();
    expect(await code('one-more', NOW + 5000, 5)).toHaveLength(5);
  });

  it('are used again after 24 h, the one that rested longest first', async () => {
    const codes = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => code(`v${index}`, NOW + index)),
    );
    expect(await code('late', NOW + DAY - 1)).toBeUndefined();
    const later = NOW + DAY + 2 * MINUTE;
    expect(await code('late', later)).toBe(codes[0]);
    expect(await code('later', later)).toBe(codes[1]);
    const first = codes[0] ?? '';
    const at = (when: number) => stage.work((file) => resolveCode(file, POOL_NUMBER, first, when));
    expect(await at(later - 1)).toBe('v0');
    expect(await at(later)).toBe('late');
    expect(await at(NOW - 1)).toBeUndefined();
    expect(await at(later + 31 * DAY)).toBeUndefined();
    expect(await code('v0', later)).toBe(codes[2]);
  });

  it('belong to their number', async () => {
    const issued = (await code('a', NOW)) ?? '';
    expect(await stage.work((file) => resolveCode(file, OTHER_NUMBER, issued, NOW))).toBeUndefined();
  });
});
