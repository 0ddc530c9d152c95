import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueCode } from '../../../src/tracking/index.ts';
import { type ClockedStage, openClockedStage } from '../../support/clocked-stage.ts';
import type { Plan } from '../../support/gateway.ts';
import { openRtpPeer } from '../../support/rtp-peer.ts';
import type { WebBrowser } from '../../support/web-browser.ts';

/** What takes days: a gateway on a clock that is moved. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TARGET = '+493023125100';
/** So many that a call keeps its number for the call-back. */
const POOL: readonly string[] = Array.from({ length: 20 }, (_, index) => `+493023125${201 + index}`);
const CODED = '+493023125250';

const planOf =
  ({ without = [] }: { readonly without?: readonly string[] } = {}) =>
  (line: string): Plan => ({
    sources: [{ id: 'page', name: 'The page', source: 'page' }],
    lines: [{ id: 'office', type: 'sip', uri: line }],
    pools: [{ id: 'ads', lines: ['office'], quietDays: 0 }],
    numbers: [
      ...POOL.filter((number) => !without.includes(number)).map((number) => ({ number, pool: 'ads' })),
      { number: CODED, source: 'page', lines: ['office'] },
    ],
    sites: [
      {
        id: 'main',
        hosts: ['main.example'],
        targets: [{ number: TARGET }],
        rules: [{ id: 'all', use: { pool: 'ads' } }],
        hybrid: false,
      },
      { id: 'coded', hosts: ['coded.example'], targets: [{ number: TARGET }], codes: { number: CODED } },
    ],
  });

let stage: ClockedStage;
let callers = 0;
/** A telephone that never called before. */
const newPhone = (): string => {
  callers += 1;
  return `<sip:+4930231258${String(callers).padStart(2, '0')}@127.0.0.2>`;
};
let caller = newPhone();

beforeAll(async () => {
  stage = await openClockedStage(planOf());
});
afterAll(() => stage?.close());
/** What was before is out of all windows. */
beforeEach(async () => {
  caller = newPhone();
  await pass(100 * DAY);
});

const AD = 'https://main.example/roofs?utm_source=google&utm_medium=cpc&utm_campaign=roofs&gclid=x';
const openAd = async (): Promise<{ browser: WebBrowser; did: string; visit: string }> => {
  const browser = stage.browser('main');
  const { visit = '' } = await browser.open(AD);
  return { browser, visit, did: browser.number(TARGET) };
};
const pass = async (ms: number): Promise<void> => {
  stage.clock.at += ms;
  await stage.sweep();
};
const count = (sql: string, ...values: readonly unknown[]): number =>
  stage.records.query<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`, ...values)[0]?.n ?? 0;

describe('a visitor', () => {
  it('who calls within the hour is found without the lease; who calls tomorrow stays a candidate, said in words', async () => {
    const soon = await openAd();
    const late = await openAd();
    await pass(3 * MINUTE);
    for (const { browser } of [soon, late]) await browser.report({ type: 'idle' });
    await pass(40 * MINUTE);
    expect(count('lease WHERE closed_at IS NULL')).toBe(0);
    const within = await stage.call(soon.did, { from: caller });
    expect(within.call).toMatchObject({ match_method: 'posterior', visit_id: soon.visit, campaign: 'roofs' });
    expect(within.call.match_prob).toBeGreaterThan(0.5);
    expect(within.call.match_prob).toBeLessThan(0.99);
    await pass(26 * HOUR);
    const { call, events } = await stage.call(late.did, { from: newPhone() });
    expect(call).toMatchObject({ match_method: 'none', visit_id: null });
    expect(count('call_candidate WHERE call_id = ? AND visit_id = ?', call.id, late.visit)).toBe(1);
    expect(events.map(({ text }) => text).join('\n')).toMatch(
      /Unattributed: the one visit that was shown the number is less likely \(\d+ %\) than a caller whom no visit brought/,
    );
    // Whoever called from the visit is known the next day.
    expect((await stage.call(soon.did, { from: caller })).call).toMatchObject({ visit_id: soon.visit });
  });

  it('who calls in the visit and calls back a day later finds the number still lent to it', async () => {
    const { did, visit } = await openAd();
    await pass(MINUTE);
    expect((await stage.call(did, { from: caller })).call).toMatchObject({
      match_method: 'lease',
      visit_id: visit,
    });
    for (let others = 0; others < 3; others += 1) expect((await openAd()).did).not.toBe(did);
    await pass(23 * HOUR);
    expect((await stage.call(did, { from: caller })).call).toMatchObject({
      match_method: 'lease',
      visit_id: visit,
    });
  });

  it('who came by an ad yesterday and directly today is credited to the ad by last non-direct', async () => {
    const { browser, did, visit } = await openAd();
    await browser.report({ type: 'idle' });
    await pass(DAY);
    const { visit: today } = await browser.open('https://main.example/');
    expect(today).not.toBe(visit);
    // The number that it had.
    expect(browser.number(TARGET)).toBe(did);
    await browser.report({ type: 'click', kind: 'tel', number: did });
    stage.clock.at += 5000;
    const { call } = await stage.call(did, { from: caller });
    expect(call).toMatchObject({ visit_id: today, match_method: 'tel_tap', channel: 'direct' });
    await pass(HOUR);
    const { address, port } = stage.http();
    const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
    const period = `from=${day(stage.clock.at - 5 * DAY)}&to=${day(stage.clock.at + DAY)}`;
    const sourceBy = async (model: string): Promise<string> => {
      const url = `http://${address}:${port}/v1/reports/attribution?model=${model}&conversion=call&${period}`;
      return (await fetch(url)).text();
    };
    expect(await sourceBy('last-non-direct')).toMatch(/google/);
    expect(await sourceBy('last-non-direct')).not.toMatch(/\(direct\)/);
    expect(await sourceBy('last-touch')).toMatch(/\(direct\)/);
  });
});

describe('a number that is taken off its pool', () => {
  it('rings and matches while it drains and rests, and is gone when it has retired', async () => {
    const { browser, did, visit } = await openAd();
    const stateOf = () => stage.records.query('SELECT state FROM tracking_number WHERE number = ?', did);
    await stage.apply(planOf({ without: [did] }));
    await stage.sweep();
    expect(stateOf()).toEqual([{ state: 'draining' }]);
    expect((await browser.report({ type: 'beat' })).body.renew).toBeUndefined();
    expect((await stage.call(did, { from: caller })).call).toMatchObject({ status: 'busy', visit_id: visit });
    // Kept for the call-back, then for nobody.
    await pass(23 * HOUR);
    expect(stateOf()).toEqual([{ state: 'draining' }]);
    await pass(2 * HOUR);
    expect(stateOf()).toEqual([{ state: 'quarantine' }]);
    expect((await browser.open('https://main.example/')).numbers[TARGET]?.e164).not.toBe(did);
    expect((await stage.call(did, { from: caller })).call).toMatchObject({ status: 'busy', visit_id: visit });
    await pass(60 * DAY);
    expect(stateOf()).toEqual([{ state: 'retired' }]);
    const late = await stage.call(did, { from: caller });
    expect(late.call).toMatchObject({ status: 'failed', sip_code: 404 });
    expect(late.call.end_reason).toMatch(/taken off its pool and has retired/);
    await stage.apply(planOf());
    expect(stateOf()).toEqual([{ state: 'active' }]);
  });
});

describe('a number that alike visits share, taken off its pool', () => {
  it('goes to no visit any more, and drains though such visits keep coming', async () => {
    const open = async (): Promise<string> => {
      const browser = stage.browser('main');
      await browser.open('https://main.example/', { referrer: 'https://www.google.com/' });
      return browser.number(TARGET);
    };
    const did = await open();
    expect(await open()).toBe(did);
    await stage.apply(planOf({ without: [did] }));
    const next = await open();
    expect(next).not.toBe(did);
    for (const _ of [1, 2, 3]) {
      await pass(10 * MINUTE);
      expect(await open()).toBe(next);
    }
    expect(stage.records.query('SELECT state FROM tracking_number WHERE number = ?', did)).toEqual([
      { state: 'quarantine' },
    ]);
    await stage.apply(planOf());
  });
});

describe('an extension code', () => {
  const codedVisit = async () => {
    const browser = stage.browser('coded');
    const { visit = '' } = await browser.open('https://coded.example/');
    return { visit, code: /\d+$/.exec(browser.session.numbers[TARGET]?.suffix ?? '')?.[0] ?? '' };
  };
  const callWith = async (code: string) => {
    const media = await openRtpPeer({ address: '127.0.0.2', frequency: 400, telephoneEvent: 101 });
    try {
      const call = stage.dial(CODED, { from: caller, media });
      await call.final();
      media.start();
      await media.press(code);
      return (await stage.records.ended(call.callId)).call;
    } finally {
      await media.close();
    }
  };

  it('of yesterday is that visit’s, until it is another’s after 24 h', async () => {
    const yesterday = await codedVisit();
    await pass(20 * HOUR);
    expect(await callWith(yesterday.code)).toMatchObject({ match_method: 'code', visit_id: yesterday.visit });
    // All the others are given out meanwhile.
    await stage.work((file) => {
      for (let other = 0; other < 999; other += 1)
        issueCode(file, { number: CODED, digits: 4 }, `visit-${other}`, stage.clock.at);
    });
    expect((await codedVisit()).code).toBe('');
    await pass(5 * HOUR);
    const today = await codedVisit();
    expect(today.code).toBe(yesterday.code);
    expect(await callWith(today.code)).toMatchObject({ match_method: 'code', visit_id: today.visit });
  });
});

describe('sites and pools that are gone', () => {
  it('leave numbers that ring, and visits that calls are matched to', async () => {
    const { browser, did, visit } = await openAd();
    await stage.apply((line) => ({ ...planOf({ without: POOL })(line), sites: [], pools: [] }));
    expect((await browser.ask(AD)).status).toBe(404);
    await pass(MINUTE);
    expect((await stage.call(did, { from: caller })).call).toMatchObject({
      status: 'busy',
      visit_id: visit,
      campaign: 'roofs',
    });
  });
});
