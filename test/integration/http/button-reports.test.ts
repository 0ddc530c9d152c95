import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ulid } from '../../../src/base/ids.ts';
import {
  type ButtonStage,
  CHROME,
  makeButtonStage,
  NUMBER,
  ORIGIN,
  POOL_NUMBER,
} from '../../support/button-stage.ts';
import { NO_VISIT } from '../../support/tracking-rows.ts';

let stage: ButtonStage;
let scripts: string;
let network = 0;
let presses = 0;

beforeAll(async () => {
  scripts = await mkdtemp(join(tmpdir(), 'dialtrace-dtc-'));
  stage = await makeButtonStage({ scripts, settings: { publicUrl: 'https://calls.example/' } });
  await stage.store.runs.start('RUN', stage.clock.at);
});

afterAll(async () => {
  await stage.close();
  await rm(scripts, { recursive: true, force: true });
});

beforeEach(async () => {
  network += 1;
  stage.clock.at = Date.UTC(2026, 10, 23, 10) + network * 60_000;
  await stage.use({});
});

type Headers = Record<string, string>;

const from = (more: Headers = {}): Headers => ({
  host: 'calls.example',
  origin: ORIGIN,
  'user-agent': CHROME,
  'accept-language': 'en-US,en;q=0.9',
  accept: '*/*',
  'accept-encoding': 'identity',
  'sec-fetch-mode': 'cors',
  'x-forwarded-for': `203.0.113.${network}`,
  'x-forwarded-proto': 'https',
  'content-type': 'text/plain;charset=UTF-8',
  ...more,
});

const post = (question: string, body: object, headers: Headers = {}) =>
  stage.server.inject({
    method: 'POST',
    url: `/v1/button/${question}`,
    headers: from(headers),
    payload: JSON.stringify(body),
  });

const get = (url: string, headers: Headers = {}) =>
  stage.server.inject({ url, headers: { ...from(), ...headers } });

const newPress = (): string => {
  presses += 1;
  return `press-${String(presses).padStart(16, '0')}`;
};

const newViewer = (): string => `e-${newPress()}`;

const events = (viewer: string, list: readonly object[], more: object = {}, headers: Headers = {}) =>
  post('events', { site: 'main', viewer, page: `${ORIGIN}/offer?who=me`, events: list, ...more }, headers);

const stored = (viewer: string) => stage.rows('SELECT * FROM button_event WHERE viewer = ?', viewer);

describe('POST /v1/button/events', () => {
  it('keeps what people do, without what could tell who they are', async () => {
    const viewer = newViewer();
    const press = newPress();
    const answer = await events(viewer, [
      { type: 'view', button: 'sales' },
      {
        type: 'click',
        button: 'sales',
        press,
        detail: { how: 'tap', number: '+49 30 123456', digits: 4930123456 },
      },
      { type: 'ring', button: 'sales', press, ms: 612.4 },
      { type: 'click', button: 'foreign', press },
    ]);
    expect(answer.json()).toEqual({ ok: true });
    const rows = await stored(viewer);
    expect(rows).toMatchObject([
      {
        type: 'view',
        site_id: 'main',
        button_id: 'sales',
        page: '/offer',
        press_id: null,
        bot: 0,
        device: 'desktop',
      },
      { type: 'click', press_id: press, visit_id: null, detail: '{"how":"tap"}' },
      { type: 'ring', detail: '{"ms":612}', at: stage.clock.at },
    ]);
    expect(JSON.stringify(rows)).not.toContain('who=me');
  });

  it('keeps plain words of what a page says, and intents that the button has', async () => {
    const viewer = newViewer();
    const click = (detail: object) => ({ type: 'click', button: 'sales', press: newPress(), detail });
    await events(viewer, [
      click({ intent: 'buy', why: 'closed' }),
      click({ intent: 'made-up', why: 'joe@example.com' }),
      click({ intent: '=cmd', why: '\u001b[2Jred' }),
      click({ intent: 'ask\u001etoken_ok\u001fP\u001fV\u001f1.7e12', why: '<img src=x>' }),
      click({ intent: 1, why: 'two words', code: '314159', n: 314159 }),
    ]);
    expect((await stored(viewer)).map(({ detail }) => JSON.parse(String(detail)))).toEqual([
      { intent: 'buy', why: 'closed' },
      {},
      {},
      {},
      { n: 314159 },
    ]);
  });

  it('keeps so many events of one address in a minute, whatever viewers and presses it makes up', async () => {
    const address = { 'x-forwarded-for': '2001:db8:99::1' };
    const count = async () =>
      Number((await stage.rows("SELECT count(*) AS n FROM button_event WHERE page = '/flood'"))[0]?.['n']);
    const report = (more: object = {}, headers: object = address) =>
      events(
        newViewer(),
        Array.from({ length: 20 }, () => ({ type: 'click', button: 'sales', press: newPress() })),
        { page: `${ORIGIN}/flood`, ...more },
        headers as Record<string, string>,
      );
    for (let i = 0; i < 62; i += 1) expect((await report()).statusCode).toBe(200);
    expect(await count()).toBe(1200);
    // Of the same customer's network.
    await report({}, { 'x-forwarded-for': '2001:db8:99::2:1' });
    expect(await count()).toBe(1200);
    await report({}, { 'x-forwarded-for': '2001:db8:98::1' });
    expect(await count()).toBe(1220);
    stage.clock.at += 60_000;
    await report();
    expect(await count()).toBe(1240);
  });

  it('tells machines from people', async () => {
    const viewer = newViewer();
    await events(viewer, [{ type: 'view', button: 'sales' }], { automated: true });
    await events(
      viewer,
      [{ type: 'click', button: 'sales', press: newPress() }],
      {},
      { 'user-agent': 'Googlebot/2.1' },
    );
    expect((await stored(viewer)).map(({ bot }) => bot)).toEqual([1, 1]);
  });

  it('takes a press for what it began as, whatever a closing page is called', async () => {
    const viewer = newViewer();
    const [person, machine] = [newPress(), newPress()];
    const headless = { 'user-agent': CHROME.replace('Chrome', 'HeadlessChrome') };
    await events(viewer, [{ type: 'click', button: 'sales', press: person }]);
    await events(viewer, [{ type: 'end', button: 'sales', press: person }], {}, headless);
    await events(viewer, [{ type: 'click', button: 'sales', press: machine }], {}, headless);
    await events(viewer, [{ type: 'end', button: 'sales', press: machine }]);
    expect((await stored(viewer)).map(({ bot }) => bot)).toEqual([0, 0, 1, 1]);
  });

  it('keeps what happens once a press once, and not more of a press than there can be', async () => {
    const viewer = newViewer();
    const press = newPress();
    const click = { type: 'click', button: 'sales', press };
    await events(viewer, [click, click]);
    await events(viewer, [click]);
    const keys = Array.from({ length: 20 }, () => ({ type: 'quality_warning', button: 'sales', press }));
    for (let index = 0; index < 4; index += 1) await events(viewer, keys);
    const rows = await stored(viewer);
    expect(rows).toHaveLength(60);
    expect(rows.filter(({ type }) => type === 'click')).toHaveLength(1);
  });

  it('counts a view of a page once, and no flood of them', async () => {
    const viewer = newViewer();
    const view = { type: 'view', button: 'sales' };
    await events(viewer, [view, view]);
    await events(viewer, [view]);
    expect(await stored(viewer)).toHaveLength(1);
    stage.clock.at += 20_000;
    await events(viewer, [view]);
    expect(await stored(viewer)).toHaveLength(2);
    for (let index = 0; index < 60; index += 1)
      await events(viewer, [view], { page: `${ORIGIN}/page-${index}` });
    expect((await stored(viewer)).length).toBeLessThanOrEqual(32);
  });

  it('takes the arm from the experiment, whatever the page says', async () => {
    const arms = [{ id: 'a' }, { id: 'b' }];
    await stage.use({ experiments: [{ id: 'ab', button: 'sales', arms }] });
    const viewer = newViewer();
    const { buttons } = (await post('config', { site: 'main', page: `${ORIGIN}/`, viewer })).json();
    await events(viewer, [{ type: 'view', button: 'sales', arm: 'mine', detail: { arm: 'mine' } }]);
    expect(await stored(viewer)).toMatchObject([{ experiment_id: 'ab', arm: buttons.sales.arm }]);
  });

  it('tells the visit of a press', async () => {
    const { visitor, visit } = await stage.visit({ address: `203.0.113.${network}` });
    const press = newPress();
    await events(visitor, [{ type: 'click', button: 'sales', press }], { visit });
    await events(visitor, [{ type: 'click', button: 'sales', press }], { visit });
    expect(await stage.rows('SELECT kind, number FROM click WHERE visit_id = ?', visit)).toEqual([
      { kind: 'button', number: NUMBER },
    ]);
    expect(await stored(visitor)).toMatchObject([{ visit_id: visit }]);
  });

  it.each([
    { type: 'token_ok', button: 'sales' },
    { type: 'nonsense', button: 'sales' },
    { type: 'click', button: 'sales', press: "'; DROP TABLE call" },
    { type: 'click', button: 'sales', detail: { deep: { er: 1 } } },
  ])('refuses %o', async (event) => {
    expect((await events(newViewer(), [event])).statusCode).toBe(400);
  });

  it('refuses more than 20 events and 16 kB', async () => {
    const view = { type: 'view', button: 'sales' };
    expect(
      (
        await events(
          newViewer(),
          Array.from({ length: 21 }, () => view),
        )
      ).statusCode,
    ).toBe(400);
    const heavy = { ...view, detail: { text: 'x'.repeat(17_000) } };
    expect((await events(newViewer(), [heavy])).statusCode).toBe(413);
  });
});

/** A call that a button brought, let in by its token. */
const callOf = async (press: string) => {
  const body = { site: 'main', button: 'sales', press, viewer: newViewer(), page: `${ORIGIN}/` };
  const { token } = (await post('token', body)).json();
  const verdict = await stage.buttons.calls.admit(token, ORIGIN);
  if (verdict.type !== 'accepted') throw new Error(verdict.reason);
  const { pass } = verdict;
  const at = stage.clock.at;
  const id = ulid(at);
  await stage.store.calls.open(
    {
      id,
      run_id: 'RUN',
      direction: 'inbound',
      trunk_id: null,
      is_test: 0,
      started_at: at,
      caller_encrypted: null,
      caller_hmac: null,
      caller_masked: null,
      caller_region: null,
      anonymous: 1,
      did: NUMBER,
      did_raw: 'sales',
      did_header: 'request-uri',
      ...NO_VISIT,
      source_id: 'ads',
      source_name: 'Ads',
      source: 'google',
      medium: 'cpc',
      campaign: null,
      cost_center: null,
      keyword: null,
      landing_page: null,
      match_method: 'static',
      match_prob: 1,
      sip_call_id: `${id}@page`,
    },
    [],
    {
      kind: 'browser',
      press_id: press,
      button_id: 'sales',
      site_id: 'main',
      experiment_id: null,
      arm: null,
      viewer: pass.viewer,
      visit_id: null,
      intent: null,
      origin: pass.origin,
      page: '/',
      device: pass.device,
      pressed_at: pass.pressedAt,
      verified: 'none',
    },
  );
  const end = (): Promise<void> =>
    stage.store.calls.complete(
      id,
      {
        status: 'answered',
        ended_at: stage.clock.at,
        duration_ms: 1,
        ring_ms: 1,
        talk_ms: 1,
        hangup_by: 'caller',
      },
      [
        {
          id: `LEG${id}`,
          call_id: id,
          role: 'A',
          position: 0,
          line_id: null,
          user: null,
          trunk_id: null,
          uri: null,
          peer: null,
          sip_call_id: null,
          started_at: at,
          ringing_at: null,
          answered_at: at,
          ended_at: stage.clock.at,
          outcome: 'answered',
          sip_code: 200,
          sip_reason: null,
          q850_cause: 16,
          early_media: 0,
          media_security: 'dtls',
          srtp_suite: null,
          transport: 'udp',
          candidate: 'host',
          codec: 'PCMU',
          packets_received: null,
          packets_sent: null,
          packets_lost: null,
          loss_percent: null,
          jitter_ms: null,
          jitter_max_ms: null,
          rtt_ms: null,
          mos_average: null,
          mos_minimum: null,
          stranger_packets: null,
          held_ms: null,
        },
      ],
      [],
    );
  return { id, end };
};

describe('POST /v1/button/quality', () => {
  const quality = (press: string, samples: readonly object[], site = 'main') =>
    post('quality', { site, press, samples });

  it('is kept with the leg of the visitor, once the record of the call is complete', async () => {
    const press = newPress();
    const { id, end } = await callOf(press);
    const before = stage.clock.at;
    await quality(press, [
      { ago: 5000, rtt: 120.5, jitter: 4, loss: 0, mos: 4.4, warnings: [] },
      { ago: 0, rtt: 480, jitter: 31, loss: 250, mos: 9, warnings: ['rtt', 'jitter', 'rtt'] },
    ]);
    await stage.buttons.flush();
    const rows = () => stage.rows('SELECT * FROM leg_experience WHERE leg_id = ? ORDER BY at', `LEG${id}`);
    expect(await rows()).toEqual([]);
    stage.clock.at += 5000;
    await end();
    await quality(press, [{ ago: 0 }]);
    await stage.buttons.flush();
    expect(await rows()).toEqual([
      {
        leg_id: `LEG${id}`,
        at: before - 5000,
        rtt_ms: 120.5,
        jitter_ms: 4,
        loss_percent: 0,
        mos: 4.4,
        warnings: '[]',
      },
      {
        leg_id: `LEG${id}`,
        at: before,
        rtt_ms: 480,
        jitter_ms: 31,
        loss_percent: 100,
        mos: 4.5,
        warnings: '["rtt","jitter"]',
      },
      {
        leg_id: `LEG${id}`,
        at: before + 5000,
        rtt_ms: null,
        jitter_ms: null,
        loss_percent: null,
        mos: null,
        warnings: '[]',
      },
    ]);
  });

  it('is dropped without a call of that press and site', async () => {
    const press = newPress();
    expect((await quality(press, [{ ago: 0, mos: 4 }])).json()).toEqual({ ok: true });
    const { id, end } = await callOf(press);
    expect((await quality(press, [{ ago: 0, mos: 4 }], 'other')).statusCode).toBe(403);
    await end();
    await stage.buttons.flush();
    expect(await stage.rows('SELECT * FROM leg_experience WHERE leg_id = ?', `LEG${id}`)).toEqual([]);
  });

  it('is no more than a call of four hours has, however long a page goes on', async () => {
    const press = newPress();
    const { id, end } = await callOf(press);
    await end();
    const count = async () =>
      (await stage.rows('SELECT count(*) AS n FROM leg_experience WHERE leg_id = ?', `LEG${id}`))[0]?.['n'];
    for (let round = 0; round < 130; round += 1) {
      stage.clock.at += 100;
      await quality(
        press,
        Array.from({ length: 24 }, (_, index) => ({ ago: index })),
      );
      if (round % 60 === 0) await stage.buttons.flush();
    }
    await stage.buttons.flush();
    expect(await count()).toBe(2880);
  });

  it('takes 24 samples', async () => {
    const samples = Array.from({ length: 25 }, () => ({ ago: 0 }));
    expect((await quality(newPress(), samples)).statusCode).toBe(400);
  });
});

describe('POST /v1/button/rating', () => {
  const rate = (press: string, stars: number, more: object = {}) =>
    post('rating', { site: 'main', button: 'sales', press, stars, ...more });

  it('is kept once', async () => {
    const press = newPress();
    const { id, end } = await callOf(press);
    await end();
    expect((await rate(press, 4)).json()).toEqual({ ok: true });
    expect((await rate(press, 1)).json()).toMatchObject({ status: 409, code: 'rated' });
    expect(await stage.rows('SELECT rating, rated_at FROM web_call WHERE call_id = ?', id)).toEqual([
      { rating: 4, rated_at: stage.clock.at },
    ]);
    expect(
      await stage.rows("SELECT detail FROM button_event WHERE press_id = ? AND type = 'rating'", press),
    ).toEqual([{ detail: '{"stars":4}' }]);
  });

  it('is for the calls of the last day, of this button', async () => {
    const press = newPress();
    const { end } = await callOf(press);
    await end();
    expect((await rate(newPress(), 4)).json()).toMatchObject({ status: 404, code: 'unknown-call' });
    expect((await rate(press, 4, { button: 'office' })).statusCode).toBe(404);
    expect((await rate(press, 6)).statusCode).toBe(400);
    stage.clock.at += 86_400_001;
    expect((await rate(press, 4)).statusCode).toBe(404);
  });
});

describe('scripts', () => {
  it('are served across origins, zipped, with a tag', async () => {
    await writeFile(join(scripts, 'dt-call.js'), '/* the button */'.repeat(40));
    await writeFile(join(scripts, 'dt-call-phone.js'), 'export const begin = 1;');
    const answer = await get('/dt-call.js', { 'accept-encoding': 'gzip' });
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'content-encoding': 'gzip',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=300',
    });
    const again = await get('/dt-call.js', { 'if-none-match': String(answer.headers['etag']) });
    expect(again.statusCode).toBe(304);
    expect((await get('/dt-call-phone.js')).body).toBe('export const begin = 1;');
  });
});

describe('GET /v1/button/qr.svg', () => {
  const qr = (query: string) => get(`/v1/button/qr.svg?${query}`);

  it('shows numbers of the plan, and no others', async () => {
    const own = await qr('site=main&button=sales');
    expect(own.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    expect(own.body).toMatch(/^<svg /);
    const lent = await qr(`site=main&button=sales&number=${encodeURIComponent(POOL_NUMBER)}`);
    expect(lent.statusCode).toBe(200);
    expect(lent.body).not.toBe(own.body);
    // A plus that was not escaped.
    expect((await qr(`site=main&button=sales&number=${POOL_NUMBER}`)).body).toBe(lent.body);
    for (const query of [
      'site=main&button=sales&number=%2B19005550100',
      'site=main&button=sales&number=%3Cscript%3E',
      'site=other&button=sales',
      'site=main&button=nothing',
    ])
      expect((await qr(query)).statusCode, query).toBe(404);
  });
});

describe('GET /c/:button', () => {
  it('shows the number, its QR code and a form, without script of its own', async () => {
    await stage.use({
      buttons: [
        {
          id: 'sales',
          name: 'Müller & <Sons>',
          site: 'main',
          number: NUMBER,
          lines: ['echo'],
          notice: '"Recorded"',
          intents: [{ id: 'buy', text: '<b>Buy</b>' }],
        },
      ],
    });
    const answer = await get('/c/sales');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex',
      'permissions-policy': 'microphone=(self), autoplay=(self)',
      'cache-control': 'no-store',
    });
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("connect-src 'self' wss://calls.example:8443");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const { body } = answer;
    expect(body).toContain('<title>Müller &amp; &lt;Sons&gt;</title>');
    expect(body).toContain('&lt;b&gt;Buy&lt;/b&gt;');
    expect(body).toContain('&quot;Recorded&quot;');
    expect(body).toContain(`<a class="number" href="tel:${NUMBER}">202.555.0100</a>`);
    expect(body).toContain('<dt-call-button button="sales"');
    expect(body).toContain('/v1/button/qr.svg?site=main&amp;button=sales&amp;number=%2B12025550100');
    expect(body).toContain('<meta name="robots" content="noindex">');
    expect(body).toContain('<form method="post" action="/c/sales/callback?lang=en">');
    expect(body).not.toMatch(/<script(?![^>]*src=)|\sstyle=|\son\w+=|javascript:/);
  });

  it('speaks the language of the visitor', async () => {
    expect((await get('/c/sales', { 'accept-language': 'zh-CN,zh;q=0.9' })).body).toContain(
      '<html lang="zh-CN">',
    );
    expect((await get('/c/sales?lang=zh')).body).toContain('免费咨询');
    expect((await get('/c/sales?lang=en', { 'accept-language': 'zh-CN' })).body).toContain('Talk to us');
  });

  it('stands in frames of its site alone', async () => {
    const answer = await get('/c/sales/frame');
    expect(answer.headers['content-security-policy']).toContain(
      "frame-ancestors 'self' www.example.com *.shop.example",
    );
    expect(answer.headers).not.toHaveProperty('x-frame-options');
    expect(answer.body).toContain('<dt-call-button');
    expect(answer.body).not.toContain('<form');
  });

  it('has no form where nobody is called back, or a number has to be proven', async () => {
    expect((await get('/c/office')).body).not.toContain('<form');
    expect((await get('/c/proven')).body).not.toContain('<form');
    expect((await get('/c/nothing')).statusCode).toBe(404);
  });

  it('has a sheet of its own', async () => {
    const answer = await get('/dt-call-page.css');
    expect(answer.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(answer.body).toContain('.number');
  });
});

describe('POST /c/:button/callback', () => {
  const send = (fields: Record<string, string>, headers: Headers = {}, button = 'sales') =>
    stage.server.inject({
      method: 'POST',
      url: `/c/${button}/callback?lang=en`,
      headers: from({
        origin: 'https://calls.example',
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      }),
      payload: new URLSearchParams(fields).toString(),
    });
  const form = (more: Record<string, string> = {}) => ({
    press: newPress(),
    number: '(202) 555-0143',
    consent: 'yes',
    intent: '',
    ...more,
  });

  it('takes a form of its own page, with script or without', async () => {
    const fields = form({ intent: 'buy' });
    const answer = await send(fields);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Your telephone will ring in a moment.');
    expect(stage.asked.at(-1)).toMatchObject({
      pressId: fields.press,
      number: '(202) 555-0143',
      intent: 'buy',
      page: '/c/sales',
      viewer: expect.stringMatching(/^e-/),
    });
    // An old browser tells no origin.
    const headers = from({
      'content-type': 'application/x-www-form-urlencoded',
      referer: 'https://calls.example/c/sales',
    });
    delete headers['origin'];
    const payload = new URLSearchParams(form()).toString();
    const old = await stage.server.inject({ method: 'POST', url: '/c/sales/callback', headers, payload });
    expect(old.statusCode).toBe(200);
  });

  it('refuses forms of others, and what is no form', async () => {
    const before = stage.asked.length;
    expect((await send(form(), { origin: ORIGIN })).statusCode).toBe(403);
    expect((await send(form(), { origin: 'null' })).statusCode).toBe(403);
    // A name that somebody else has led here: the gateway's own one is known.
    const rebound = { origin: 'https://evil.example', host: 'evil.example' };
    expect((await send(form(), rebound)).statusCode).toBe(403);
    expect((await send(form({ press: 'x' }))).statusCode).toBe(400);
    expect((await send(form(), { 'content-type': 'text/plain' })).statusCode).toBe(415);
    expect(stage.asked).toHaveLength(before);
  });

  it('says what is wrong, with the form again', async () => {
    const answer = await send(form({ consent: '' }));
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('please agree to be called');
    expect(answer.body).toContain('<form');
    // To be mended, not to be written anew; and kept nowhere.
    expect(answer.body).toContain('value="(202) 555-0143"');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('is left out once somebody has asked', async () => {
    const answer = await send(form());
    expect(answer.statusCode).toBe(200);
    expect(answer.body).not.toMatch(/<form|555-0143/);
  });
});

describe('GET /v1/buttons', () => {
  it('lists the buttons with what they are put into pages by', async () => {
    stage.clock.at = Date.now();
    const viewer = newViewer();
    await events(viewer, [
      { type: 'view', button: 'shut' },
      { type: 'click', button: 'shut', press: newPress() },
    ]);
    const headers = { host: '127.0.0.1:8080' };
    const answer = await stage.server.inject({ url: '/v1/buttons', headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.json().buttons.map(({ id }: { id: string }) => id)).toEqual([
      'foreign',
      'office',
      'proven',
      'sales',
      'shut',
    ]);
    const shut = (await stage.server.inject({ url: '/v1/buttons/shut', headers })).json();
    expect(shut).toMatchObject({
      open: false,
      opens: null,
      lastDay: { views: 1, presses: 1, calls: 0 },
      links: {
        page: 'https://calls.example/c/shut',
        qr: 'https://calls.example/v1/button/qr.svg?site=main&button=shut',
      },
      embed: {
        script: '<script async src="https://calls.example/dt-call.js" data-site="main"></script>',
        element: `<dt-call-button button="shut"><a href="tel:${NUMBER}">${NUMBER}</a></dt-call-button>`,
      },
    });
    expect((await stage.server.inject({ url: '/v1/buttons/nothing', headers })).statusCode).toBe(404);
    expect(
      (await stage.server.inject({ url: '/v1/buttons', headers: { host: 'evil.example' } })).statusCode,
    ).toBe(403);
  });
});
