import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CARRIER, LINE, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';
import { openPage, reportPage } from '../support/web-visit.ts';

/** Visits of a web site, and the calls that they bring: HTTP of the pages, SIP of the carrier, one gateway. */

const ORIGIN = 'https://www.acme.example';
const TARGET = '+493023125100';
const POOL = ['+493023125111', '+493023125112', '+493023125113', '+493023125114'] as const;
const CODED = '+493023125120';
const site = {
  id: 'main',
  hosts: ['www.acme.example'],
  targets: [{ number: TARGET }],
  rules: [{ id: 'ads', use: { pool: 'ads' } }],
};

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    extend: () => ({
      pools: [{ id: 'ads', lines: ['first'], quietDays: 0 }],
      numbers: [
        ...POOL.map((number) => ({ number, pool: 'ads' })),
        { number: CODED, source: 'summer-ads', lines: ['first'] },
      ],
      sites: [site, { ...site, rules: [], id: 'coded', hosts: ['coded.example'], codes: { number: CODED } }],
    }),
  });
});
afterAll(() => stage?.close());
beforeEach(() => stage.first.onCall((call) => call.respond(480, 'Temporarily Unavailable')));

const visit = (gclid: string, more: Record<string, unknown> = {}) =>
  openPage(stage.gateway.http, {
    site: 'main',
    url: `${ORIGIN}/roofs?utm_source=google&utm_medium=cpc&utm_campaign=${gclid}-campaign&utm_term=red+tiles&gclid=${gclid}`,
    title: 'Roofs',
    ...more,
  });

describe('a number that is lent', () => {
  test('a call on it is of the visit that has it in view, with its campaign, keyword and page', async () => {
    const [one, two] = [await visit('one'), await visit('two')];
    const did = two.numbers[TARGET]?.e164 ?? '';
    expect(POOL).toContain(did);
    expect(one.numbers[TARGET]?.e164).not.toBe(did);
    await reportPage(stage.gateway.http, ORIGIN, {
      site: 'main',
      visit: two.visit,
      events: [{ type: 'click', kind: 'tel', number: did }],
    });
    const row = await stage.finish(await stage.answered({ did }), { talkMs: 300 });
    expect(row.call).toMatchObject({
      status: 'answered',
      did,
      visit_id: two.visit,
      visitor_id: two.visitor,
      site_id: 'main',
      source: 'google',
      medium: 'cpc',
      campaign: 'two-campaign',
      keyword: 'red tiles',
      channel: 'paid',
    });
    expect(row.call.landing_page).toContain('/roofs');
    expect(['tel_tap', 'lease']).toContain(row.call.match_method);
    expect(row.call.match_prob).toBeGreaterThan(0.95);
    expect(row.events.some(({ type }) => type === 'visit-matched')).toBe(true);
    const [ended] = await stage.gateway.records.query<{ body: string }>(
      "SELECT body FROM event WHERE type = 'call.ended' AND subject = ?",
      row.call.id,
    );
    expect(JSON.parse(ended?.body ?? '{}')).toMatchObject({ visit: two.visit, answered: true });
  });

  test('called without any visit, the call is unattributed and says so', async () => {
    const shown = new Set(
      stage.gateway.records.query<{ number: string }>('SELECT number FROM shown').map((row) => row.number),
    );
    const did = POOL.find((number) => !shown.has(number)) ?? '';
    const row = await stage.finish(await stage.answered({ did }), { talkMs: 200 });
    expect(row.call).toMatchObject({ match_method: 'none', source: null, visit_id: null, match_prob: null });
  });
});

describe('an extension code', () => {
  const codedVisit = async (gclid: string) => {
    const session = await openPage(stage.gateway.http, {
      site: 'coded',
      url: `https://coded.example/?gclid=${gclid}&utm_campaign=${gclid}`,
    });
    const shown = session.numbers[TARGET];
    const code = /\d+$/.exec(shown?.suffix ?? '')?.[0] ?? '';
    expect(shown).toMatchObject({ e164: CODED });
    expect(shown?.tel).toMatch(new RegExp(`,,${code}$`));
    return { session, code };
  };

  /** A caller who is answered at once, before the line is called. */
  const callIn = async () => {
    const near = await stage.phone(CARRIER, { frequency: 400, telephoneEvent: 101 });
    const call = stage.dial({ did: CODED, media: near });
    expect(statusOf(await call.final())).toBe(200);
    near.start();
    return { near, call };
  };

  test('that the phone dials names the visit, and then the line rings', async () => {
    await codedVisit('other');
    const { session, code } = await codedVisit('coded');
    const arriving = stage.nextCall();
    const far = await stage.phone(LINE, { frequency: 700, telephoneEvent: 101 });
    const { near, call } = await callIn();
    await sleep(200);
    await near.press(code);
    const line = await arriving;
    line.respond(180, 'Ringing');
    line.accept(far);
    await line.acked();
    const row = await stage.finish({ call, line, near, far }, { talkMs: 500 });
    expect(row.call).toMatchObject({
      status: 'answered',
      match_method: 'code',
      match_prob: 1,
      dialled_code: code,
      visit_id: session.visit,
      campaign: 'coded',
    });
    expect(near.packets.length).toBeGreaterThan(10);
  });

  test('left out, the call goes on to the line after a prompt, under the source of the number', async () => {
    const arriving = stage.nextCall();
    const far = await stage.phone(LINE, { frequency: 700, telephoneEvent: 101 });
    const { near, call } = await callIn();
    const line = await arriving;
    // The prompt was heard.
    expect(near.packets.length).toBeGreaterThan(50);
    line.accept(far);
    await line.acked();
    const row = await stage.finish({ call, line, near, far }, { talkMs: 300 });
    expect(row.call).toMatchObject({
      status: 'answered',
      match_method: 'static',
      source_id: 'summer-ads',
      dialled_code: null,
    });
    expect(row.events.map(({ type }) => type)).toContain('no-code');
  });

  test('asked for in vain: who hangs up meanwhile is a cancelled call, and no line rings', async () => {
    let rung = 0;
    stage.first.onCall(() => {
      rung += 1;
    });
    const { call } = await callIn();
    await sleep(300);
    await call.bye();
    const row = await stage.record(call);
    expect(row.call).toMatchObject({ status: 'cancelled', hangup_by: 'caller' });
    expect(rung).toBe(0);
  });

  test('a line that does not answer ends the answered call with BYE', async () => {
    const { near, call } = await callIn();
    await near.press('#');
    await call.ended();
    expect((await stage.record(call)).call.status).toBe('no_answer');
  });
});
