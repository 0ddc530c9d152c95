import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PageEvent } from '../../../src/tracking/index.ts';
import { type DniStage, makeDniStage, POOL, TARGET } from '../../support/dni-stage.ts';

const MINUTE = 60_000;

let stage: DniStage;
let visit: string;
let visitor: string;

beforeEach(async () => {
  stage = await makeDniStage();
  const answer = await stage.session({ title: 'Home' });
  visit = answer.visit ?? '';
  visitor = answer.visitor ?? '';
});
afterEach(() => stage.close());

const send = (...events: PageEvent[]) => stage.dni.events('main', visit, events);
const lease = async () => (await stage.rows('SELECT * FROM lease'))[0];

describe('what a page reports', () => {
  it('keeps a lease by heartbeats, and frees it after they end', async () => {
    for (let i = 0; i < 40; i += 1) {
      stage.clock.at += MINUTE;
      expect(await send({ type: 'beat' })).toEqual({ renew: false, visitor });
    }
    expect(await stage.rows('SELECT last_seen_at, hidden_at FROM visit')).toEqual([
      { last_seen_at: stage.clock.at, hidden_at: null },
    ]);
    stage.clock.at += 20 * MINUTE;
    expect(await send({ type: 'beat' })).toEqual({ renew: true, visitor });
  });

  it('does not wake a visit that slept for half an hour', async () => {
    stage.clock.at += 30 * MINUTE;
    const before = await stage.rows('SELECT * FROM visit');
    expect(await send({ type: 'beat' })).toEqual({ renew: true, visitor });
    expect(await stage.rows('SELECT * FROM visit')).toEqual(before);
  });

  it('notes that a page is hidden, and how long it was in view', async () => {
    stage.clock.at += 5000;
    expect(await send({ type: 'idle' })).toEqual({ renew: false, visitor });
    expect(await stage.rows('SELECT hidden_at FROM visit')).toEqual([{ hidden_at: stage.clock.at }]);
    expect(await stage.rows('SELECT dwell_ms FROM page_view')).toEqual([{ dwell_ms: 5000 }]);
    expect((await lease())?.['idle_at']).toBe(stage.clock.at);
    stage.clock.at += 1000;
    await send({ type: 'beat' });
    expect(await stage.rows('SELECT hidden_at FROM visit')).toEqual([{ hidden_at: null }]);
    expect((await lease())?.['idle_at']).toBeNull();
  });

  it('turns pages of an application, and asks for a session where another campaign begins', async () => {
    stage.clock.at += 1000;
    const page = {
      type: 'page',
      url: 'https://www.example.com/roofs#top',
      title: ' Roofs\n and more ',
    } as const;
    expect(await send(page)).toEqual({ renew: false, visitor });
    expect(await stage.rows('SELECT seq, url, title, dwell_ms FROM page_view ORDER BY seq')).toEqual([
      { seq: 1, url: 'https://www.example.com/?gclid=abc', title: 'Home', dwell_ms: 1000 },
      { seq: 2, url: 'https://www.example.com/roofs', title: 'Roofs and more', dwell_ms: null },
    ]);
    const other = 'https://www.example.com/?utm_source=news&utm_medium=email';
    expect(await send({ type: 'page', url: other })).toEqual({ renew: true, visitor });
    expect(await stage.rows('SELECT pages, last_url FROM visit')).toEqual([
      { pages: 2, last_url: 'https://www.example.com/roofs' },
    ]);
    const next = await stage.session({ visitorId: visitor, url: other });
    expect(next.visit).not.toBe(visit);
  });

  it('keeps a thousand pages and two hundred clicks of a visit, no more', async () => {
    for (let i = 0; i < 60; i += 1) {
      const events = Array.from({ length: 20 }, (_, j): PageEvent => {
        return { type: 'page', url: `https://www.example.com/${i}/${j}` };
      });
      await send(...events);
      if (i < 15) await send(...Array(20).fill({ type: 'click', kind: 'tel', number: POOL[0] }));
    }
    expect(await stage.rows('SELECT count(*) AS n FROM page_view')).toEqual([{ n: 1000 }]);
    expect(await stage.rows('SELECT count(*) AS n FROM click')).toEqual([{ n: 200 }]);
    expect(await stage.rows('SELECT last_url FROM visit')).toEqual([
      { last_url: 'https://www.example.com/59/19' },
    ]);
  });

  it('knows a number in whatever form it was tapped', async () => {
    const [shown] = await stage.rows('SELECT number FROM shown');
    const national = String(shown?.['number']).slice(2);
    await send(
      { type: 'click', kind: 'tel', number: String(shown?.['number']) },
      { type: 'click', kind: 'copy', number: `(${national.slice(0, 3)}) ${national.slice(3)}` },
      { type: 'click', kind: 'sms', number: `001${national};ext=4` },
      { type: 'click', kind: 'tel', number: TARGET },
      { type: 'click', kind: 'button', number: '+4930123456' },
      { type: 'click', kind: 'button', number: '1' },
    );
    const rows = await stage.rows('SELECT kind, number FROM click ORDER BY id');
    expect(rows.map((row) => row['number'])).toEqual([
      shown?.['number'],
      shown?.['number'],
      shown?.['number'],
      TARGET,
      null,
      null,
    ]);
  });

  it('counts swaps by day, outcome and path, in a bounded table', async () => {
    const swap = (outcome: string, page: string, count = 1): PageEvent => ({
      type: 'swap',
      outcome,
      page,
      count,
    });
    await send(swap('swapped', '/roofs?email=a@b.c', 2), swap('swapped', 'https://www.example.com/roofs', 3));
    await stage.dni.events('main', undefined, [swap('timeout', '/'), swap('<script>', '/', -4)]);
    expect(await stage.rows('SELECT day, outcome, page, times FROM swap_check ORDER BY outcome')).toEqual([
      { day: '2026-11-22', outcome: 'other', page: '/', times: 1 },
      { day: '2026-11-22', outcome: 'swapped', page: '/roofs', times: 5 },
      { day: '2026-11-22', outcome: 'timeout', page: '/', times: 1 },
    ]);
    for (let i = 0; i < 150; i += 1) {
      const made = Array.from({ length: 20 }, (_, j) =>
        swap(`made-up-${'abcdefghij'[j % 10]}${'abcdefghijklmno'[i % 15]}`, `/${i}/${j}`),
      );
      await stage.dni.events('main', undefined, made);
    }
    const [{ n } = { n: 0 }] = await stage.rows('SELECT count(*) AS n FROM swap_check');
    expect(n).toBeGreaterThan(500);
    expect(n).toBeLessThanOrEqual(1001);
    expect(await stage.rows('SELECT sum(times) AS n FROM swap_check')).toEqual([{ n: 3007 }]);
  });

  it('asks for a session where there is no such visit, or it is of another site', async () => {
    const forged = '01KAN8W1V3T5T8W2X0M4S6Q9ZB';
    expect(await stage.dni.events('main', forged, [{ type: 'beat' }])).toEqual({
      renew: true,
      visitor: undefined,
    });
    await stage.dni.events('main', forged, [{ type: 'click', kind: 'tel', number: TARGET }]);
    expect(await stage.rows('SELECT 1 FROM click')).toEqual([]);
    await stage.use({ site: { id: 'second' } });
    expect(await stage.dni.events('second', visit, [{ type: 'idle' }])).toMatchObject({ renew: true });
    expect(await stage.rows('SELECT hidden_at FROM visit')).toEqual([{ hidden_at: null }]);
  });
});

describe('consent', () => {
  it('given: the page asks for a session', async () => {
    const given = { type: 'consent', consent: 'granted' } as const;
    expect(await stage.dni.events('main', undefined, [given])).toEqual({ renew: true, visitor: undefined });
    expect(await send(given)).toEqual({ renew: true, visitor });
  });

  it('withdrawn: the number is free and the visit tells nobody who it was', async () => {
    const page = { type: 'page', url: 'https://www.example.com/form?name=jo', referrer: '' } as const;
    await send(page, { type: 'click', kind: 'tel', number: TARGET });
    await stage.store.exclusively((file) => {
      file
        .prepare(
          `INSERT INTO button_event (at, type, site_id, button_id, viewer, visit_id, device)
            VALUES (1, 'view', 'main', 'sales', ?, ?, 'desktop')`,
        )
        .run(visitor, visit);
      file.prepare("INSERT INTO experiment_arm VALUES ('colour', ?, 'green', 0.5, 1)").run(visitor);
    });
    const answer = await send({ type: 'consent', consent: 'denied' }, { type: 'beat' });
    expect(answer).toEqual({ renew: false, visitor: undefined });
    expect(await stage.rows('SELECT viewer, visit_id FROM button_event')).toEqual([
      { viewer: `e-${visit}`, visit_id: null },
    ]);
    expect(await stage.rows('SELECT 1 FROM experiment_arm')).toEqual([]);
    expect(await lease()).toMatchObject({ close_reason: 'consent', closed_at: stage.clock.at });
    expect(await stage.rows('SELECT * FROM visit')).toMatchObject([
      {
        id: visit,
        visitor_id: visit,
        landing_url: 'https://www.example.com/',
        last_url: 'https://www.example.com/form',
        click_ids: '{}',
        address_hmac: null,
        language: null,
        source: 'google',
      },
    ]);
    for (const table of ['visitor', 'page_view', 'click', 'shown'])
      expect(await stage.rows(`SELECT 1 FROM ${table}`)).toEqual([]);
    const again = await stage.session({ visitorId: visitor });
    expect(again.visitor).not.toBe(visitor);
  });
});
