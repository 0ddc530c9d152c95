import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commandOf } from '../support/command.ts';
import type { CallRow } from '../support/records.ts';
import type { InviteOptions, SipPeer } from '../support/sip-peer.ts';
import { openSipPeer } from '../support/sip-peer.ts';
import { CALLER, openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/wait.ts';
import { askGateway, openBrowser, type WebBrowser } from '../support/web-browser.ts';

/** What visitors, their browsers and their telephones do beside the plain course: one gateway, real HTTP and SIP. */

const TARGET = '+493023125100';
const block = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `+493023125${from + index}`);
const ADS = block(200, 12);
const SHOP = block(220, 2);
const TINY = '+493023125230';
const DEAD = '+493023125231';
const FLOODED = block(260, 12);
const NEWS = '+493023125240';
const FORWARDER = '127.0.0.4';

const rules = (pool: string) => [
  { id: 'ads', use: { pool } },
  { id: 'news', when: { landing: { param: 'utm_source', equals: 'news' } }, use: { number: NEWS } },
];
const site = (id: string, host: string, more: object) => ({
  id,
  hosts: [host],
  targets: [{ number: TARGET }],
  ...more,
});

let stage: Stage;
let forwarder: SipPeer;

beforeAll(async () => {
  forwarder = await openSipPeer({ address: FORWARDER, user: 'forwarder' });
  stage = await openStage({
    extend: () => ({
      trunks: [
        { id: 'forwarder', sources: [FORWARDER], region: 'DE', didFrom: ['diversion', 'to', 'request-uri'] },
      ],
      pools: [
        { id: 'ads', lines: ['first'], quietDays: 0 },
        { id: 'shop', lines: ['first'], quietDays: 0 },
        { id: 'tiny', lines: ['first'], quietDays: 0 },
        { id: 'dead', lines: ['nowhere'], quietDays: 0 },
        { id: 'flooded', lines: ['first'], quietDays: 0 },
      ],
      numbers: [
        ...ADS.map((number) => ({ number, pool: 'ads' })),
        ...SHOP.map((number) => ({ number, pool: 'shop' })),
        ...FLOODED.map((number) => ({ number, pool: 'flooded' })),
        { number: TINY, pool: 'tiny' },
        { number: DEAD, pool: 'dead' },
        { number: NEWS, source: 'summer-ads', lines: ['first'] },
      ],
      sites: [
        site('main', 'www.acme.example', { rules: rules('ads'), linkedHosts: ['shop.example'] }),
        site('shop', 'shop.example', { rules: rules('shop'), linkedHosts: ['www.acme.example'] }),
        site('tiny', 'tiny.example', { rules: rules('tiny') }),
        site('dead', 'dead.example', { rules: rules('dead') }),
        site('strict', 'strict.example', { rules: rules('ads'), consent: 'required' }),
        site('gpc', 'gpc.example', { rules: rules('ads'), honourGpc: true }),
        site('flooded', 'flooded.example', { rules: rules('flooded') }),
        site('bare', 'bare.example', {}),
      ],
    }),
  });
});
afterAll(async () => {
  await forwarder?.close();
  await stage?.close();
});
beforeEach(() => stage.first.onCall((call) => call.respond(486, 'Busy Here')));

const query = <Row>(sql: string, ...values: readonly unknown[]): Row[] =>
  stage.gateway.records.query<Row>(sql, ...values);
const count = (sql: string, ...values: readonly unknown[]): number =>
  query<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`, ...values)[0]?.n ?? 0;

const HOSTS: Readonly<Record<string, string>> = { main: 'www.acme.example' };
const browserOf = (name: string, more: Partial<Parameters<typeof openBrowser>[1]> = {}): WebBrowser =>
  openBrowser(() => stage.gateway.http, { site: name, ...more });
const addressOf = (name: string, click: string): string =>
  `https://${HOSTS[name] ?? `${name}.example`}/roofs?utm_source=google&utm_medium=cpc&utm_campaign=${click}&gclid=${click}`;

/** A visitor who comes by an ad. */
const adVisit = async (click: string, name = 'main'): Promise<WebBrowser> => {
  const browser = browserOf(name);
  await browser.open(addressOf(name, click));
  return browser;
};

let callers = 0;
/** A telephone that never called before. */
const newPhone = (): string => {
  callers += 1;
  return `<sip:+4930231257${String(callers).padStart(2, '0')}@127.0.0.2>`;
};

/** A call that finds the line busy, and what follows it. */
const callTo = async (
  did: string,
  { by = stage.carrier, ...options }: Partial<InviteOptions> & { readonly by?: SipPeer } = {},
): Promise<CallRow> => {
  const call = by.invite({ to: stage.gateway.sip, did, from: newPhone(), ...options });
  const row = await stage.record(call);
  await until(
    'what follows the call',
    () => count('call WHERE id = ? AND spam_score IS NOT NULL', row.call.id) > 0,
  );
  return row;
};

const explained = async (id: string): Promise<string> => {
  const { address, port } = stage.gateway.http;
  return (await fetch(`http://${address}:${port}/v1/calls/${id}/explain`)).text();
};

describe('a visitor', () => {
  test('with two tabs has one visit, one lease and one number; the tab that is left does not end it', async () => {
    const first = await adVisit('tabs');
    const second = browserOf('main');
    await second.open(addressOf('main', 'tabs'), { visitor: first.session.visitor });
    expect(second.session).toMatchObject({ visit: first.session.visit, visitor: first.session.visitor });
    expect(second.number(TARGET)).toBe(first.number(TARGET));
    expect(count('lease WHERE visit_id = ?', first.session.visit)).toBe(1);
    await first.report({ type: 'idle' });
    const { body } = await second.report({ type: 'beat' });
    expect(body).toMatchObject({ ok: true });
    expect(body.renew).toBeUndefined();
    const { call } = await callTo(first.number(TARGET));
    expect(call).toMatchObject({ visit_id: first.session.visit, match_method: 'lease', campaign: 'tabs' });
  });

  test('who keeps neither cookie nor storage sees a number on each page, and each call on it is matched', async () => {
    const secret = browserOf('main', { cookies: false, storage: false });
    await secret.open(addressOf('main', 'private'));
    const [visit, did] = [secret.session.visit, secret.number(TARGET)];
    const { call } = await callTo(did);
    expect(call).toMatchObject({ visit_id: visit, campaign: 'private' });
    // The next page is a stranger's, as far as anybody can know.
    await secret.open('https://www.acme.example/contact', { referrer: addressOf('main', 'private') });
    expect(secret.session.visit).not.toBe(visit);
    expect(count('visit WHERE visitor_id = ?', secret.session.visitor)).toBe(1);
  });

  test('who comes back by another channel begins a visit; a direct page goes on with the one there is', async () => {
    const browser = await adVisit('channels');
    const ad = browser.session.visit;
    await browser.open('https://www.acme.example/');
    expect(browser.session.visit).toBe(ad);
    await browser.open('https://www.acme.example/', { referrer: 'https://www.bing.com/' });
    expect(browser.session.visit).not.toBe(ad);
    expect(
      query('SELECT channel, source FROM visit WHERE visitor_id = ? ORDER BY id', browser.session.visitor),
    ).toEqual([
      { channel: 'paid', source: 'google' },
      { channel: 'organic', source: 'bing' },
    ]);
    // Both visits were shown numbers: a call on the ad's is the ad's.
    const lease = query<{ number: string }>('SELECT number FROM lease WHERE visit_id = ?', ad)[0];
    expect((await callTo(lease?.number ?? '')).call).toMatchObject({ visit_id: ad, channel: 'paid' });
  });

  test('whose clock is wrong is seen at our time', async () => {
    const before = Date.now();
    const browser = browserOf('main');
    await browser.open(addressOf('main', 'clock'), { ts: 0, at: 1, now: 4_102_444_800_000 });
    await browser.report({ type: 'click', kind: 'tel', number: browser.number(TARGET), at: 0, ts: 0 });
    const [seen] = query<{ started_at: number; at: number }>(
      'SELECT started_at, at FROM visit JOIN click ON visit_id = visit.id WHERE visit.id = ?',
      browser.session.visit,
    );
    expect(seen?.started_at).toBeGreaterThanOrEqual(before - 1000);
    expect(seen?.at).toBeGreaterThanOrEqual(before - 1000);
    expect(Math.max(seen?.at ?? 0, seen?.started_at ?? 0)).toBeLessThan(Date.now() + 1000);
  });
});

describe('two sites of one owner', () => {
  test('lend numbers of their own; a signed link keeps the visitor one person, a forged one does not', async () => {
    const main = await adVisit('linked');
    const { link = '' } = await main.open(addressOf('main', 'linked'));
    const shop = browserOf('shop');
    await shop.open(`https://shop.example/?gclid=linked&_dt=${link}`, { link });
    expect(shop.session.visitor).toBe(main.session.visitor);
    expect(shop.session.visit).not.toBe(main.session.visit);
    expect(SHOP).toContain(shop.number(TARGET));
    expect(ADS).toContain(main.number(TARGET));
    // The token is no part of what is kept.
    expect(count('visit WHERE landing_url LIKE ?', `%${link.slice(-12)}%`)).toBe(0);

    const other = await adVisit('linked-other');
    const swapped = link.replace(main.session.visitor ?? '', other.session.visitor ?? '');
    for (const forged of [
      swapped,
      `${link.slice(0, -2)}AA`,
      main.session.visitor ?? '',
      `${link}.x`,
      '..',
      '',
    ]) {
      const guest = browserOf('shop');
      await guest.open('https://shop.example/', { link: forged });
      expect(guest.session.visitor).toBeDefined();
      expect([main.session.visitor, other.session.visitor]).not.toContain(guest.session.visitor);
    }
  });
});

describe('a call', () => {
  test('from another telephone, or from one that withholds its number, is of the visit that has the number', async () => {
    const browser = await adVisit('phones');
    const did = browser.number(TARGET);
    const first = await callTo(did);
    const second = await callTo(did, { from: '<sip:+4917612345678@127.0.0.2>' });
    const anonymous = await callTo(did, {
      from: '"Anonymous" <sip:anonymous@anonymous.invalid>',
      headers: [['Privacy', 'id']],
    });
    for (const { call } of [first, second, anonymous])
      expect(call).toMatchObject({
        visit_id: browser.session.visit,
        match_method: 'lease',
        campaign: 'phones',
      });
    expect(anonymous.call).toMatchObject({ anonymous: 1, caller_hmac: null });
    expect(await explained(first.call.id)).toMatch(
      /One visitor alone held the number \(\d+(\.\d+)? %\): shown the number \d+ s before the call/,
    );
  });

  test('before the first heartbeat, and two at once, are of that visit, and both have a record', async () => {
    const browser = await adVisit('twins');
    const did = browser.number(TARGET);
    const calls = await Promise.all([callTo(did), callTo(did)]);
    expect(new Set(calls.map(({ call }) => call.id)).size).toBe(2);
    for (const { call } of calls) expect(call.visit_id).toBe(browser.session.visit);
  });

  test('whose number stands in To or in Diversion is found there', async () => {
    const browser = await adVisit('headers');
    const did = browser.number(TARGET);
    const uri = `sip:trunk-4711@${stage.gateway.sip.address}:${stage.gateway.sip.port}`;
    const to = await callTo(did, { by: forwarder, uri });
    expect(to.call).toMatchObject({ did, did_header: 'to', visit_id: browser.session.visit });
    const diverted = await callTo(did, {
      by: forwarder,
      uri,
      toHeader: '<sip:+493099999999@127.0.0.1>',
      headers: [['Diversion', `<sip:${did}@127.0.0.4>;reason=unconditional`]],
    });
    expect(diverted.call).toMatchObject({ did, did_header: 'diversion', visit_id: browser.session.visit });
  });

  test('after the number went to another visit has both as candidates', async () => {
    const early = await adVisit('early', 'tiny');
    await early.report({ type: 'idle' });
    const late = await adVisit('late', 'tiny');
    expect(late.number(TARGET)).toBe(TINY);
    expect((await early.report({ type: 'beat' })).body.renew).toBe(true);
    await late.report({ type: 'click', kind: 'tel', number: TINY });
    const { call } = await callTo(TINY);
    const visits = query<{ visit_id: string; probability: number }>(
      'SELECT visit_id, probability FROM call_candidate WHERE call_id = ? AND visit_id IS NOT NULL ORDER BY rank',
      call.id,
    );
    expect(visits.map((row) => row.visit_id)).toEqual([late.session.visit, early.session.visit]);
    expect(call).toMatchObject({ visit_id: late.session.visit, campaign: 'late' });
    expect(call.match_prob).toBeLessThan(1);
    const text = await explained(call.id);
    expect(text).toMatch(/One visit tapped the number just before the call/);
  });

  test('that reaches no line is matched, scored and told of like any other', async () => {
    const browser = await adVisit('dead', 'dead');
    const { call } = await callTo(DEAD);
    expect(call).toMatchObject({ status: 'unreachable', visit_id: browser.session.visit, campaign: 'dead' });
    expect(count("event WHERE type = 'call.ended' AND subject = ?", call.id)).toBe(1);
  });

  test('of a test is matched, and counts nowhere: no lead, no person, no number kept, no statistics', async () => {
    const browser = await adVisit('tests');
    const did = browser.number(TARGET);
    stage.first.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
    const run = commandOf(stage.gateway);
    const { stdout } = await run('test-call', did, '--json');
    const report = JSON.parse(stdout) as { call: { id: string; test: boolean } };
    const { id } = report.call;
    const [call] = await until('what follows it', () => {
      const rows = query<CallRow['call']>('SELECT * FROM call WHERE id = ? AND spam_score IS NOT NULL', id);
      return rows.length > 0 && rows;
    });
    expect(call).toMatchObject({
      is_test: 1,
      visit_id: browser.session.visit,
      campaign: 'tests',
      spam_score: 0,
    });
    const [event] = query<{ body: string }>('SELECT body FROM event WHERE subject = ?', id);
    expect(JSON.parse(event?.body ?? '{}')).toMatchObject({ test: true });
    expect(count('lease_event WHERE type = ? AND visit_id = ?', 'held', browser.session.visit)).toBe(0);
    expect(count('person_key WHERE key = ?', browser.session.visitor)).toBe(0);
    expect(
      count('lead l JOIN person_key k ON k.person_id = l.person_id WHERE k.key = ?', call?.caller_hmac),
    ).toBe(0);
  });

  test('of a caller who is blocked keeps no number for a call-back', async () => {
    const browser = await adVisit('blocked');
    const { call } = await callTo(browser.number(TARGET), { from: '<sip:+493023125999@127.0.0.2>' });
    expect(call.status).toBe('blocked');
    expect(count('lease_event WHERE type = ? AND visit_id = ?', 'held', browser.session.visit)).toBe(0);
  });
});

describe('consent', () => {
  test('not given: the landing page alone decides, and nothing is kept', async () => {
    const rows = () =>
      ['visitor', 'visit', 'page_view', 'shown', 'lease', 'event'].map((name) => count(name));
    const before = rows();
    const browser = browserOf('strict', { consent: 'unknown' });
    await browser.open('https://strict.example/?utm_source=news', { referrer: 'https://www.google.com/' });
    expect(browser.number(TARGET)).toBe(NEWS);
    expect(browser.session).toMatchObject({ mode: 'static' });
    expect(browser.session.visit ?? browser.session.visitor ?? browser.cookie).toBeUndefined();
    await browser.open(addressOf('strict', 'nobody'));
    expect(browser.session).toMatchObject({ mode: 'canonical', numbers: {} });
    const refusing = browserOf('gpc', { headers: { 'sec-gpc': '1' } });
    await refusing.open(addressOf('gpc', 'nobody'));
    expect(refusing.session.visit ?? refusing.cookie).toBeUndefined();
    expect(rows()).toEqual(before);
  });

  test('denied later frees the number and forgets what would tell who it was', async () => {
    const browser = browserOf('strict');
    await browser.open(`${addressOf('strict', 'regret')}&email=jane%40example.com`);
    const { visit, visitor } = browser.session;
    const did = browser.number(TARGET);
    await browser.report({ type: 'click', kind: 'tel', number: did });
    const { headers } = await browser.report({ type: 'consent', consent: 'denied' });
    expect(headers.get('set-cookie')).toMatch(/dt_v=;/);
    expect(query('SELECT close_reason FROM lease WHERE visit_id = ?', visit)).toEqual([
      { close_reason: 'consent' },
    ]);
    expect(count('visitor WHERE id = ?', visitor)).toBe(0);
    for (const table of ['page_view', 'click', 'shown'])
      expect(count(`${table} WHERE visit_id = ?`, visit)).toBe(0);
    expect(
      query('SELECT visitor_id, click_ids, address_hmac, referrer FROM visit WHERE id = ?', visit),
    ).toEqual([{ visitor_id: visit, click_ids: '{}', address_hmac: null, referrer: null }]);
    // Another tab that has not heard of it.
    const { body } = await browser.report(
      { type: 'beat' },
      { type: 'page', url: 'https://strict.example/secret' },
      { type: 'click', kind: 'tel', number: did },
    );
    expect(body).toEqual({ ok: true });
    for (const table of ['page_view', 'click']) expect(count(`${table} WHERE visit_id = ?`, visit)).toBe(0);
    expect(count('visit WHERE last_url LIKE ?', '%secret%')).toBe(0);
    expect((await callTo(did)).call).toMatchObject({ visit_id: null, match_method: 'none' });
  });
});

describe('a page', () => {
  test('of a machine, and one of a site without rules, keeps its own number', async () => {
    const visits = count('visit');
    for (const [what, more] of [
      ['Googlebot/2.1 (+http://www.google.com/bot.html)', {}],
      ['curl/8.5.0', {}],
      ['', {}],
      ['Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0', { automated: true }],
    ] as const) {
      const machine = browserOf('main', { headers: { 'user-agent': what } });
      await machine.open(addressOf('main', 'machine'), more);
      expect(machine.session).toMatchObject({ mode: 'canonical', numbers: {} });
    }
    expect(count('visit')).toBe(visits);
    const bare = browserOf('bare');
    const { targets } = await bare.open('https://bare.example/?gclid=x');
    expect(bare.session).toMatchObject({ mode: 'canonical', numbers: {} });
    expect(targets).toEqual([TARGET]);
  });

  test.each([
    ['no origin', undefined],
    ['an opaque one', 'null'],
    ['a file', 'file://'],
    ['another site', 'https://evil.example'],
    ['a site whose name begins like ours', 'https://www.acme.example.evil.example'],
    ['a subdomain', 'https://x.www.acme.example'],
    ['another site of ours', 'https://shop.example'],
    ['a port', 'https://www.acme.example:8443'],
  ])('of %s gets no number and may not read why', async (_, origin) => {
    const body = { site: 'main', url: addressOf('main', 'foreign'), consent: 'granted', automated: false };
    for (const path of ['/v1/dni/session', '/v1/dni/events']) {
      const answer = await askGateway(stage.gateway.http, path, {
        origin,
        body: path.endsWith('events') ? { site: 'main', events: [] } : body,
      });
      expect(answer.status).toBe(403);
      if (origin !== 'https://shop.example')
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('fifty a second from one address: all are answered, a few get numbers of the pool, the rest none', async () => {
    const opened = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const browser = browserOf('flooded', { address: '203.0.113.7', cookies: false, storage: false });
        await browser.open(addressOf('flooded', `flood-${index}`));
        return browser.session.mode;
      }),
    );
    expect(opened.filter((mode) => mode === 'exclusive')).toHaveLength(10);
    expect(opened.filter((mode) => mode === 'canonical')).toHaveLength(40);
    // Whoever comes from elsewhere has not been shut out.
    expect((await adVisit('after-flood', 'flooded')).session.mode).toBe('exclusive');
    await until('the operator is told', () => /many new numbers were asked for/.test(stage.gateway.log()));
  });
});

test('a number that nobody was lent and that is called is told as leaked, and the ledger holds, for two who verify it', async () => {
  const stray = SHOP.find((number) => count('lease WHERE number = ?', number) === 0) ?? '';
  const { call } = await callTo(stray);
  expect(call).toMatchObject({ did: stray, match_method: 'none', visit_id: null });
  expect(await explained(call.id)).toMatch(/No visit was shown this number within 30 days/);
  const run = commandOf(stage.gateway);
  const [one, two, status] = await Promise.all([
    run('pool', 'verify'),
    run('pool', 'verify', '--json'),
    run('pool', 'status', 'shop'),
  ]);
  expect([one.code, two.code], one.stdout + one.stderr + two.stdout + two.stderr).toEqual([0, 0]);
  expect(JSON.parse(two.stdout)).toMatchObject({ ok: true });
  expect(status.stdout).toMatch(new RegExp(`\\${stray} of pool shop is called though no visit had it`));
  expect(stage.gateway.log()).not.toMatch(/"level":"?(error|50)|tracking failed/);
  expect(stage.gateway.log()).not.toContain(CALLER);
});
