import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CODED,
  type DniStage,
  makeDniStage,
  ORGANIC,
  OVERFLOW,
  POOL,
  pageRequest,
  SECOND_TARGET,
  TARGET,
} from '../../support/dni-stage.ts';

const MINUTE = 60_000;

let stage: DniStage;
beforeEach(async () => {
  stage = await makeDniStage();
});
afterEach(() => stage.close());

describe('a session', () => {
  it('lends a visit from an ad a number of its own, for every target', async () => {
    const answer = await stage.session({});
    expect(answer).toMatchObject({ mode: 'exclusive', ttlSeconds: 900, heartbeatSeconds: 60 });
    const number = answer.numbers[TARGET];
    expect(POOL).toContain(number?.e164);
    expect(number?.display).toBe(`(202) 555-0${number?.e164.slice(-3)}`);
    expect(answer.numbers[SECOND_TARGET]).toEqual({
      e164: number?.e164,
      display: `202.555.0${number?.e164.slice(-3)}`,
      tel: number?.e164,
    });
    expect(await stage.rows('SELECT visit_id, number, lease_id IS NOT NULL AS lent FROM shown')).toEqual([
      { visit_id: answer.visit, number: number?.e164, lent: 1 },
    ]);
    expect(await stage.rows('SELECT * FROM visit')).toMatchObject([
      {
        id: answer.visit,
        visitor_id: answer.visitor,
        source: 'google',
        medium: 'cpc',
        source_id: 'google-ads',
        click_ids: '{"gclid":"abc"}',
        region: 'US',
        device: 'desktop',
        pages: 1,
        bot: null,
      },
    ]);
    const [event] = await stage.rows('SELECT type, subject, body FROM event');
    expect(event).toMatchObject({ type: 'visit.started', subject: answer.visit });
    expect(JSON.parse(String(event?.['body']))).toMatchObject({ paid_click: true, visitor: answer.visitor });
  });

  it('keeps the address as a keyed pseudonym, one for an IPv6 network', async () => {
    await stage.session({ address: '2001:db8:1:2::1' });
    await stage.session({ address: '2001:db8:1:2:ffff::9' });
    await stage.session({ address: '2001:db8:1:3::1' });
    const rows = await stage.rows('SELECT address_hmac FROM visit ORDER BY id');
    const [first, second, third] = rows.map((row) => String(row['address_hmac']));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([first, second, third]).size).toBe(2);
    const all = JSON.stringify(await stage.rows('SELECT * FROM visit, lease, event, lease_event'));
    expect(all).not.toContain('2001:db8');
  });

  it('gives two tabs of a visitor one visit and one lease', async () => {
    const one = await stage.session({});
    stage.clock.at += MINUTE;
    const two = await stage.session({ visitorId: one.visitor, url: 'https://www.example.com/prices' });
    expect(two).toMatchObject({ visitor: one.visitor, visit: one.visit, numbers: one.numbers });
    expect(await stage.rows('SELECT seq, url, dwell_ms FROM page_view ORDER BY seq')).toEqual([
      { seq: 1, url: 'https://www.example.com/?gclid=abc', dwell_ms: MINUTE },
      { seq: 2, url: 'https://www.example.com/prices', dwell_ms: null },
    ]);
    expect(await stage.rows('SELECT count(*) AS n FROM lease')).toEqual([{ n: 1 }]);
    expect(await stage.rows('SELECT count(*) AS n FROM event')).toEqual([{ n: 1 }]);
  });

  it('counts a page once when its session is only asked for anew', async () => {
    const one = await stage.session({});
    stage.clock.at += MINUTE;
    await stage.session({ visitorId: one.visitor });
    expect(await stage.rows('SELECT pages FROM visit')).toEqual([{ pages: 1 }]);
    await stage.dni.events('main', one.visit, [{ type: 'idle' }]);
    await stage.session({ visitorId: one.visitor });
    expect(await stage.rows('SELECT pages FROM visit')).toEqual([{ pages: 2 }]);
  });

  it('begins a visit after 30 min, and with another click id', async () => {
    const one = await stage.session({});
    stage.clock.at += MINUTE;
    const other = await stage.session({
      visitorId: one.visitor,
      url: 'https://www.example.com/?gclid=other',
    });
    expect(other.visitor).toBe(one.visitor);
    expect(other.visit).not.toBe(one.visit);
    stage.clock.at += 31 * MINUTE;
    const late = await stage.session({ visitorId: one.visitor, url: 'https://www.example.com/' });
    expect(new Set([one.visit, other.visit, late.visit]).size).toBe(3);
    expect(await stage.rows('SELECT visit_id, dwell_ms FROM page_view ORDER BY visit_id')).toEqual([
      { visit_id: one.visit, dwell_ms: MINUTE },
      // Nothing was heard of it after it opened.
      { visit_id: other.visit, dwell_ms: 0 },
      { visit_id: late.visit, dwell_ms: null },
    ]);
  });

  it('believes no id that it did not give', async () => {
    const forged = '01KAN8W1V3T5T8W2X0M4S6Q9ZB';
    const one = await stage.session({ visitorId: forged, visitId: forged });
    expect(one.visitor).not.toBe(forged);
    const two = await stage.session({ visitorId: "x'; DROP TABLE visit; --", visitId: one.visit });
    expect(two).toMatchObject({ visitor: one.visitor, visit: one.visit });
  });

  it('shows a source its own number, and a direct visit the one of the page', async () => {
    const organic = await stage.session({
      url: 'https://www.example.com/',
      referrer: 'https://www.google.com/',
    });
    expect(organic).toMatchObject({ mode: 'static', ttlSeconds: 1800 });
    expect(organic.numbers[TARGET]?.e164).toBe(ORGANIC);
    expect(await stage.rows('SELECT number, lease_id FROM shown')).toEqual([
      { number: ORGANIC, lease_id: null },
    ]);
    const direct = await stage.session({ url: 'https://www.example.com/' });
    expect(direct).toMatchObject({ mode: 'canonical', numbers: {} });
    expect(direct.visit).toBeDefined();
  });

  it('keeps nothing of machines, and lends them nothing', async () => {
    for (const machine of [
      { automated: true },
      { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
      { userAgent: '' },
    ]) {
      expect(await stage.session(machine)).toMatchObject({
        visitor: undefined,
        visit: undefined,
        mode: 'canonical',
        numbers: {},
      });
    }
    expect(await stage.rows('SELECT 1 FROM visit UNION ALL SELECT 1 FROM visitor')).toEqual([]);
    expect(await stage.rows('SELECT 1 FROM lease_event UNION ALL SELECT 1 FROM event')).toEqual([]);
    expect(stage.dni.figures().sessions).toEqual({ bot: 3 });
  });

  it('keeps nothing without consent: numbers of sources by the landing page alone', async () => {
    const paid = await stage.session({ consent: 'denied' });
    expect(paid).toMatchObject({ visitor: undefined, visit: undefined, mode: 'overflow' });
    expect(paid.numbers[TARGET]?.e164).toBe(OVERFLOW);
    const referred = await stage.session({
      consent: 'denied',
      url: 'https://www.example.com/',
      referrer: 'https://www.google.com/',
    });
    expect(referred.mode).toBe('canonical');
    await stage.use({ site: { consent: 'required' } });
    const asked = await stage.session({
      consent: 'unknown',
      url: 'https://www.example.com/?utm_source=google&utm_medium=organic',
    });
    expect(asked.visit).toBeUndefined();
    expect(asked.numbers[TARGET]?.e164).toBe(ORGANIC);
    expect(await stage.rows('SELECT 1 FROM visit UNION ALL SELECT 1 FROM visitor')).toEqual([]);
    const granted = await stage.session({ consent: 'granted' });
    expect(granted.mode).toBe('exclusive');
  });

  it('takes the static number of another rule before the overflow number', async () => {
    await stage.use({
      numbers: 1,
      site: {
        rules: [
          { id: 'ads', use: { pool: 'ads' } },
          { id: 'always', use: { number: ORGANIC } },
        ],
      },
    });
    const first = await stage.session({ address: '203.0.113.1' });
    const second = await stage.session({ address: '203.0.113.2' });
    expect([first.mode, second.mode]).toEqual(['exclusive', 'static']);
    expect(second.numbers[TARGET]?.e164).toBe(ORGANIC);
  });

  it('shares a number among visits that are alike', async () => {
    await stage.use({ site: { hybrid: false } });
    const visit = (address: string) =>
      stage.session({ address, url: 'https://www.example.com/?utm_source=news&utm_medium=email' });
    const one = await visit('203.0.113.1');
    const two = await visit('203.0.113.2');
    expect([one.mode, two.mode]).toEqual(['shared', 'shared']);
    expect(two.numbers).toEqual(one.numbers);
    expect(two.visit).not.toBe(one.visit);
    expect(await stage.rows('SELECT count(*) AS n FROM lease')).toEqual([{ n: 1 }]);
  });

  it('shows one number with a code for each visit', async () => {
    await stage.use({ site: { rules: [], codes: { number: CODED, separator: ' ext. ' } } });
    const one = await stage.session({});
    const two = await stage.session({ address: '203.0.113.2' });
    const codes = [one, two].map((answer) => answer.numbers[TARGET]?.suffix);
    expect(codes[0]).toMatch(/^ ext\. \d{4}$/);
    expect(codes[1]).not.toBe(codes[0]);
    expect(one.numbers[TARGET]?.tel).toBe(`${CODED},,${codes[0]?.slice(-4)}`);
    expect(one.numbers[SECOND_TARGET]?.suffix).toBe(codes[0]);
    expect(await stage.rows('SELECT code FROM shown WHERE visit_id = ?', one.visit)).toEqual([
      { code: codes[0]?.slice(-4) },
    ]);
    await stage.use({
      site: { rules: [{ id: 'own', use: { canonical: true } }], codes: { number: CODED } },
    });
    expect((await stage.session({ address: '203.0.113.3' })).mode).toBe('canonical');
  });
});

describe('a script that drains the pool', () => {
  it('gets the numbers of sources after ten leases a minute, and is told of', async () => {
    await stage.use({ numbers: 40 });
    const modes: string[] = [];
    for (let i = 0; i < 40; i += 1) modes.push((await stage.session({ title: `${i}` })).mode);
    expect(modes.filter((mode) => mode === 'exclusive')).toHaveLength(10);
    expect(modes.slice(10).every((mode) => mode === 'overflow')).toBe(true);
    expect(stage.alerts).toEqual([{ type: 'lease-limit', site: 'main' }]);
    expect((await stage.session({ address: '203.0.113.2' })).mode).toBe('exclusive');
    stage.clock.at += MINUTE;
    expect((await stage.session({})).mode).toBe('exclusive');
  });

  it('fills no table: above 300 visits a minute at one address nothing is kept', async () => {
    for (let i = 0; i < 320; i += 1) await stage.session({ url: `https://www.example.com/${i}` });
    expect(await stage.rows('SELECT count(*) AS n FROM visit')).toEqual([{ n: 300 }]);
    expect(stage.alerts).toContainEqual({ type: 'visit-limit', site: 'main' });
    const answer = await stage.session({ url: 'https://www.example.com/?gclid=1' });
    expect(answer).toMatchObject({ visit: undefined, mode: 'overflow', ttlSeconds: 60 });
  });
});

describe('many at once', () => {
  it('gives no number twice', async () => {
    await stage.use({ numbers: 50 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => stage.session({ address: `203.0.113.${i}` })),
    );
    expect(new Set(answers.map((answer) => answer.numbers[TARGET]?.e164)).size).toBe(50);
  });

  it('sends the rest away at once when too many wait', async () => {
    const answers = await Promise.all(
      Array.from({ length: 700 }, (_, i) =>
        stage.dni.session(
          pageRequest({ url: 'https://www.example.com/', address: `10.0.${i >> 8}.${i & 255}` }),
        ),
      ),
    );
    const refused = answers.filter((answer) => 'refused' in answer);
    expect(refused).toHaveLength(200);
    expect(refused[0]).toEqual({ refused: 'too-many' });
    expect(stage.alerts).toEqual([{ type: 'overload' }]);
    expect(stage.dni.figures().waiting).toBe(0);
    expect((await stage.session({})).visit).toBeDefined();
  });

  it('waits a moment for a database that is held, then sends pages away', async () => {
    const { default: Sqlite } = await import('better-sqlite3');
    stage.store.setBusyTimeout(0);
    const other = new Sqlite(`${stage.folder}/a.db`);
    other.exec('BEGIN IMMEDIATE');
    const first = stage.session({});
    setTimeout(() => other.exec('COMMIT'), 100);
    expect((await first).mode).toBe('exclusive');
    other.exec('BEGIN IMMEDIATE');
    expect(await stage.dni.session(pageRequest({}))).toEqual({ refused: 'too-many' });
    other.exec('ROLLBACK');
    other.close();
  });

  it('knows no site that is not there', async () => {
    expect(await stage.dni.session(pageRequest({ siteId: 'nobody' }))).toEqual({ refused: 'unknown-site' });
    expect(await stage.dni.events('nobody', undefined, [{ type: 'beat' }])).toEqual({
      refused: 'unknown-site',
    });
  });
});
