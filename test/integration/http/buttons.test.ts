import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ButtonStage,
  CHROME,
  MOBILE,
  makeButtonStage,
  NUMBER,
  ORIGIN,
  POOL_NUMBER,
} from '../../support/button-stage.ts';
import { solve } from '../../support/proof-of-work.ts';

let stage: ButtonStage;
let network = 0;
let presses = 0;

beforeAll(async () => {
  stage = await makeButtonStage({
    phone: { stun: ['stun:stun.example'], turn: { urls: ['turn:turn.example'], secret: 'hush' } },
  });
});

afterAll(() => stage.close());

// Another address and another hour: no limit of one test is met by the next.
beforeEach(async () => {
  network += 1;
  stage.clock.at = Date.UTC(2026, 10, 23, 10) + network * 60_000;
  await stage.use({});
});

type Headers = Record<string, string>;

const from = (more: Headers = {}): Headers => ({
  host: 'gateway.example',
  origin: ORIGIN,
  referer: `${ORIGIN}/offer`,
  'user-agent': CHROME,
  'accept-language': 'de-DE,de;q=0.9',
  accept: '*/*',
  'accept-encoding': 'gzip',
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

const newPress = (): string => {
  presses += 1;
  return `press-${String(presses).padStart(16, '0')}`;
};

const VIEWER = 'e-0123456789abcdefghijkl';

const pressed = (more: object = {}) => ({
  site: 'main',
  button: 'sales',
  press: newPress(),
  viewer: VIEWER,
  page: `${ORIGIN}/offer?private=1`,
  lang: 'en-US',
  automated: false,
  ...more,
});

const tokenFor = async (body: object, headers: Headers = {}) => {
  const answer = await post('token', body, headers);
  expect(answer.json()).toMatchObject({ expiresIn: 60 });
  return answer.json() as { token: string; resume: string; uri: string };
};

describe('POST /v1/button/config', () => {
  const config = (more: object = {}, headers: Headers = {}) =>
    post('config', { site: 'main', page: `${ORIGIN}/`, ...more }, headers);

  it('describes the buttons of the site in the language of the page', async () => {
    const answer = await config({ lang: 'zh-CN', buttons: ['sales', 'nothing', 'foreign'], viewer: VIEWER });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      vary: 'Origin',
      'cache-control': 'no-store',
    });
    expect(answer.json()).toEqual({
      viewer: VIEWER,
      buttons: {
        sales: {
          id: 'sales',
          text: '免费咨询',
          intents: [
            { id: 'buy', text: '售前咨询' },
            { id: 'ask', text: 'I have a question' },
          ],
          notice: 'Calls are recorded.',
          confirm: 'none',
          position: 'inline',
          size: 'medium',
          language: 'zh',
          number: { e164: NUMBER, tel: NUMBER, display: '202.555.0100' },
          mobile: 'dial',
          open: true,
          closed: 'callback',
          callback: { enabled: true, consent: '我同意就此次咨询通过该号码接听回电。' },
          web: true,
        },
      },
    });
  });

  it('says when a button is closed, until when, and what there is instead', async () => {
    stage.clock.at = Date.UTC(2026, 10, 24, 12);
    const { buttons } = (await config()).json();
    expect(buttons.office).toMatchObject({
      open: false,
      opensAt: Date.UTC(2026, 10, 30, 9),
      // Nobody is called back by this one.
      closed: 'number',
      callback: { enabled: false },
    });
    expect(buttons.shut.open).toBe(false);
    expect(buttons.shut).not.toHaveProperty('opensAt');
  });

  it('shows a visit the number that is lent to it', async () => {
    const { visitor, visit } = await stage.visit({ address: `203.0.113.${network}` });
    const { viewer, buttons } = (await config({ viewer: visitor, visit })).json();
    expect(viewer).toBe(visitor);
    expect(buttons.sales.number).toEqual({ e164: POOL_NUMBER, tel: POOL_NUMBER, display: '202.555.0111' });
  });

  it('believes nobody to be a visitor that there is not', async () => {
    const claimed = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const first = (await config({ viewer: claimed })).json().viewer;
    expect(first).toMatch(/^e-[\w-]{22}$/);
    expect((await config({ viewer: claimed })).json().viewer).toBe(first);
    expect((await config()).json().viewer).not.toBe((await config()).json().viewer);
  });

  it("draws no arm of a bandit for a machine: what it does must not weigh in people's", async () => {
    const arms = [{ id: 'plain' }, { id: 'red', color: '#aa0000' }];
    await stage.use({ experiments: [{ id: 'colour', button: 'sales', arms, mode: 'bandit' }] });
    const drawn = () => stage.rows('SELECT viewer FROM experiment_arm');
    const { visitor, visit } = await stage.visit({ address: `203.0.113.${network}` });
    const seen = await config({ viewer: visitor, visit, automated: true });
    expect(seen.json().buttons.sales.arm).toMatch(/^(plain|red)$/);
    expect(await drawn()).toEqual([]);
    await config({ viewer: visitor, visit });
    expect(await drawn()).toEqual([{ viewer: visitor }]);
  });

  it('shows arms of the running experiment, always the same one, and the winner of one that has ended', async () => {
    const arms = [
      { id: 'plain' },
      { id: 'red', color: '#aa0000', text: 'Now!', position: 'bottom-left', size: 'large' },
    ];
    await stage.use({ experiments: [{ id: 'colour', button: 'sales', arms }] });
    const seen = new Set<string>();
    for (let index = 0; index < 40; index += 1) {
      const viewer = `e-${String(index).padStart(22, '0')}`;
      const { sales } = (await config({ viewer })).json().buttons;
      const again = (await config({ viewer })).json().buttons.sales;
      expect(again.arm).toBe(sales.arm);
      expect(sales).toMatchObject(
        sales.arm === 'red'
          ? { experiment: 'colour', color: '#aa0000', text: 'Now!', position: 'bottom-left', size: 'large' }
          : { experiment: 'colour', text: 'Talk to us', position: 'inline' },
      );
      seen.add(sales.arm);
    }
    expect(seen).toEqual(new Set(['plain', 'red']));
    const own = (await config({ automated: true })).json();
    const { arm } = own.buttons.sales;
    expect((await config({ viewer: own.viewer, automated: true })).json().buttons.sales.arm).toBe(arm);
    await stage.use({
      experiments: [{ id: 'colour', button: 'sales', arms, state: 'ended', winner: 'red' }],
    });
    const { sales } = (await config()).json().buttons;
    expect(sales).toMatchObject({ text: 'Now!', color: '#aa0000' });
    expect(sales).not.toHaveProperty('experiment');
  });

  it('says that there are no calls where the page can reach no listener', async () => {
    // Over plain HTTP the ws listener is there; none is where neither fits.
    expect((await config({}, { 'x-forwarded-proto': 'http' })).json().buttons.sales.web).toBe(true);
  });
});

describe('origins', () => {
  const BODY = { site: 'main', page: `${ORIGIN}/` };
  const without = async (name: string) => {
    const headers = from();
    delete headers[name];
    return stage.server.inject({
      method: 'POST',
      url: '/v1/button/config',
      headers,
      payload: JSON.stringify(BODY),
    });
  };

  it.each([
    ['https://evil.example', {}],
    ['https://www.example.com.evil.example', {}],
    ['https://sub.www.example.com', {}],
    ['https://a.b.shop.example', {}],
    ['https://shop.example', {}],
    ['https://www.example.com:8443', {}],
    ['null', {}],
    ['https://other.example', {}],
    [ORIGIN, { referer: 'https://evil.example/' }],
  ])('refuses %s', async (origin, more) => {
    const answer = await post('config', BODY, { origin, referer: `${origin}/`, ...more });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'origin', status: 403 });
    const known = [ORIGIN, 'https://other.example'].includes(origin);
    expect(answer.headers['access-control-allow-origin']).toBe(known ? origin : undefined);
  });

  it('refuses whoever tells no origin, and pages that are elsewhere', async () => {
    expect((await without('origin')).statusCode).toBe(403);
    expect((await without('referer')).statusCode).toBe(200);
    const elsewhere = await post('config', { ...BODY, page: 'https://evil.example/' });
    expect(elsewhere.json()).toMatchObject({ status: 403, code: 'origin' });
  });

  it('takes one level of a wildcard, and the pages of the gateway itself', async () => {
    const shop = { origin: 'https://a.shop.example', referer: 'https://a.shop.example/x' };
    const page = { ...BODY, page: 'https://a.shop.example/x' };
    expect((await post('config', page, shop)).statusCode).toBe(200);
    const own = { origin: 'https://gateway.example', referer: 'https://gateway.example/c/sales' };
    const hosted = { ...BODY, page: 'https://gateway.example/c/sales' };
    expect((await post('config', hosted, own)).statusCode).toBe(200);
    const session = await stage.server.inject({
      method: 'POST',
      url: '/v1/dni/session',
      headers: from(own),
      payload: JSON.stringify({ site: 'main', url: 'https://gateway.example/c/sales?gclid=x' }),
    });
    expect(session.statusCode).toBe(200);
    expect(session.json()).toHaveProperty('visit');
  });

  it('answers preflights', async () => {
    const answer = await stage.server.inject({
      method: 'OPTIONS' as 'GET',
      url: '/v1/button/token',
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
  });
});

describe('POST /v1/button/token', () => {
  it('lets one call in, once, from its own page', async () => {
    const { visitor, visit } = await stage.visit({ address: `203.0.113.${network}` });
    stage.clock.at += 5000;
    const body = pressed({ viewer: visitor, visit, intent: 'buy', sincePressMs: 1200 });
    const answer = await post('token', body);
    expect(answer.statusCode).toBe(200);
    const given = answer.json();
    expect(given).toMatchObject({
      expiresIn: 60,
      uri: 'sip:sales@web.dialtrace.invalid',
      servers: ['wss://gateway.example:8443'],
      maxSeconds: 3600,
    });
    const [stun, turn] = given.iceServers;
    expect(stun).toEqual({ urls: ['stun:stun.example'] });
    const ends = Number(turn.username.split(':')[0]) - Date.now() / 1000;
    expect(ends).toBeGreaterThan(590);
    expect(ends).toBeLessThan(602);

    const { calls } = stage.buttons;
    expect(await calls.admit(given.token, 'https://evil.example')).toMatchObject({
      status: 403,
      why: 'origin',
    });
    expect(await calls.admit(given.token, undefined)).toMatchObject({ status: 403, why: 'origin' });
    expect(await calls.admit(given.token, ORIGIN)).toEqual({
      type: 'accepted',
      button: expect.objectContaining({ id: 'sales' }),
      pass: {
        jti: expect.stringMatching(/^[\w-]{22}$/),
        buttonId: 'sales',
        siteId: 'main',
        origin: ORIGIN,
        pressId: body.press,
        viewer: visitor,
        visitId: visit,
        experimentId: undefined,
        arm: undefined,
        intent: 'buy',
        page: '/offer',
        device: 'desktop',
        pressedAt: stage.clock.at - 1200,
        verified: 'none',
        sealedNumber: undefined,
        language: 'en',
        network: expect.stringMatching(/^[\w-]{22}$/),
        expiresAt: Math.floor(stage.clock.at / 1000) + 60,
      },
    });
    expect(await calls.admit(given.token, ORIGIN)).toMatchObject({ status: 403, why: 'used' });
    expect(await stage.rows('SELECT type, bot FROM button_event WHERE press_id = ?', body.press)).toEqual([
      { type: 'token_ok', bot: 0 },
    ]);
  });

  it('is used up by one of many calls that come at once', async () => {
    const { token } = await tokenFor(pressed());
    const verdicts = await Promise.all(
      Array.from({ length: 8 }, () => stage.buttons.calls.admit(token, ORIGIN)),
    );
    expect(verdicts.filter(({ type }) => type === 'accepted')).toHaveLength(1);
  });

  it('ends after a minute; what takes a call up again does not', async () => {
    const { token, resume } = await tokenFor(pressed());
    stage.clock.at += 61_000;
    expect(await stage.buttons.calls.admit(token, ORIGIN)).toMatchObject({ status: 403, why: 'expired' });
    expect(await stage.buttons.calls.resumes(resume, ORIGIN)).toMatch(/^press-/);
    expect(await stage.buttons.calls.resumes(resume, ORIGIN)).toMatch(/^press-/);
    expect(await stage.buttons.calls.resumes(resume, 'https://evil.example')).toBeUndefined();
    expect(await stage.buttons.calls.resumes(token, ORIGIN)).toBeUndefined();
    expect(await stage.buttons.calls.admit(resume, ORIGIN)).toMatchObject({ why: 'forged' });
    stage.clock.at += 2 * 3_600_000;
    expect(await stage.buttons.calls.resumes(resume, ORIGIN)).toBeUndefined();
  });

  it('refuses a call of a button that has gone meanwhile', async () => {
    const { token } = await tokenFor(pressed());
    await stage.use({ buttons: [] });
    expect(await stage.buttons.calls.admit(token, ORIGIN)).toMatchObject({
      status: 404,
      why: 'unknown-button',
    });
  });

  it.each([
    [{ button: 'foreign' }, 404, 'unknown-button'],
    [{ button: 'nothing' }, 404, 'unknown-button'],
    [{ site: 'nothing' }, 404, 'unknown-site'],
    [{ intent: 'nothing' }, 403, 'intent'],
    [{ button: 'shut' }, 403, 'closed'],
    [{ button: 'proven' }, 403, 'verify'],
    [{ button: 'proven', proof: 'x.y.z' }, 403, 'verify'],
  ])('refuses %o', async (more, status, code) => {
    const answer = await post('token', pressed(more));
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('refuses a press that is none', async () => {
    expect((await post('token', pressed({ press: 'short' }))).statusCode).toBe(400);
    expect((await post('token', pressed({ sincePressMs: 700_000 }))).statusCode).toBe(400);
  });

  it('gives three a minute to an address', async () => {
    for (let index = 0; index < 3; index += 1) await tokenFor(pressed());
    const body = pressed();
    const fourth = await post('token', body);
    expect(fourth.json()).toMatchObject({ status: 429, code: 'too-many' });
    expect(Number(fourth.headers['retry-after'])).toBeGreaterThan(0);
    expect(await stage.rows('SELECT type, detail FROM button_event WHERE press_id = ?', body.press)).toEqual([
      { type: 'token_refused', detail: '{"reason":"too-many"}' },
    ]);
    // A flood leaves no row for each of its requests.
    const viewer = `e-${newPress()}`;
    for (let index = 0; index < 60; index += 1)
      expect((await post('token', { ...pressed(), viewer })).statusCode).toBe(429);
    const noted = await stage.rows('SELECT 1 FROM button_event WHERE viewer = ?', viewer);
    expect(noted.length).toBeGreaterThan(20);
    expect(noted.length).toBeLessThan(30);
    await tokenFor(pressed(), { 'x-forwarded-for': '198.51.100.77' });
    stage.clock.at += 60_001;
    await tokenFor(pressed());
  });

  it('lets a call in while more pages ask than can be served', async () => {
    const { token } = await tokenFor(pressed());
    const asking = Array.from({ length: 700 }, () =>
      stage.buttons.pages.config({
        site: { id: 'main' } as never,
        viewer: undefined,
        visit: undefined,
        automated: false,
        sender: {
          origin: ORIGIN,
          userAgent: CHROME,
          language: 'en',
          address: '198.51.100.1',
          missingHeaders: 0,
        },
        buttons: [],
        language: 'en',
        reachable: true,
        plain: true,
      }),
    );
    const pages = Promise.allSettled(asking);
    expect(await stage.buttons.calls.admit(token, ORIGIN)).toMatchObject({ type: 'accepted' });
    expect((await pages).filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  });

  it('names no e-mail address of its page', async () => {
    const { token } = await tokenFor(pressed({ page: `${ORIGIN}/joe@example.com/thanks` }));
    const verdict = await stage.buttons.calls.admit(token, ORIGIN);
    expect(verdict).toMatchObject({ type: 'accepted', pass: { page: '/***/thanks' } });
  });

  it('counts calls of an address and a site while they last', async () => {
    const { calls } = stage.buttons;
    const address = `203.0.113.${network}`;
    let pages = 0;
    // From a page of a network of its own each: the call's own address counts as well.
    const enter = (from = address) => {
      pages += 1;
      return calls.enter({ siteId: 'main', network: `page-${pages}` }, from);
    };
    const first = enter();
    const second = enter();
    expect(first).toBeTypeOf('function');
    expect(enter()).toBeUndefined();
    expect((await post('token', pressed())).json()).toMatchObject({ status: 429, code: 'too-many' });
    first?.();
    first?.();
    const third = enter();
    expect(third).toBeTypeOf('function');
    expect(enter()).toBeUndefined();
    second?.();
    third?.();
    const many = Array.from({ length: 21 }, (_, index) => enter(`198.51.100.${index}`));
    expect(many.filter((leave) => leave === undefined)).toHaveLength(1);
    for (const leave of many) leave?.();
  });

  it('counts calls by the address of their page where a proxy on this machine passes them on', async () => {
    const { calls } = stage.buttons;
    const passOf = async (address: string) => {
      const { token } = await tokenFor(pressed(), { 'x-forwarded-for': address });
      const verdict = await calls.admit(token, ORIGIN);
      if (verdict.type === 'refused') throw new Error(verdict.reason);
      return verdict.pass;
    };
    const [one, other] = [await passOf('2001:db8:7:1::1'), await passOf('2001:db8:7:2::1')];
    const neighbour = await passOf('2001:db8:7:1:ffff::9');
    expect(Object.values(one).join()).not.toContain('2001');
    const leaves = [one, neighbour].map((pass) => calls.enter(pass, '127.0.0.1'));
    expect(leaves.every(Boolean)).toBe(true);
    expect(calls.enter(one, '::1')).toBeUndefined();
    // Nor is it another place when the call itself comes from elsewhere.
    expect(calls.enter(one, '198.51.100.9')).toBeUndefined();
    leaves.push(calls.enter(other, '127.0.0.1'));
    expect(leaves.every(Boolean)).toBe(true);
    for (const leave of leaves) leave?.();
  });

  it('wants work of a machine, and takes it once', async () => {
    const body = pressed({ automated: true });
    const asked = await post('token', body);
    expect(asked.statusCode).toBe(428);
    const { code, work } = asked.json();
    expect([code, work.bits]).toEqual(['work', 8]);
    const done = { challenge: work.challenge, nonce: solve(work) };
    expect((await post('token', { ...body, work: { ...done, nonce: 'wrong' } })).statusCode).toBe(428);
    // For another press it is of no use.
    expect((await post('token', pressed({ automated: true, work: done }))).statusCode).toBe(428);
    expect((await post('token', { ...body, work: done })).statusCode).toBe(200);
    expect((await post('token', { ...body, work: done })).statusCode).toBe(428);
    // Nor is it later.
    const late = pressed({ automated: true });
    const order = (await post('token', late)).json().work;
    stage.clock.at += 120_001;
    const solved = { challenge: order.challenge, nonce: solve(order) };
    expect((await post('token', { ...late, work: solved })).statusCode).toBe(428);
  });

  it('wants work of who names a visit that there is not, without what browsers send', async () => {
    const headers = from();
    for (const name of ['accept', 'accept-encoding', 'referer']) delete headers[name];
    const answer = await stage.server.inject({
      method: 'POST',
      url: '/v1/button/token',
      headers,
      payload: JSON.stringify(pressed({ visit: '01ARZ3NDEKTSV4RRFFQ69G5FAV' })),
    });
    expect(answer.statusCode).toBe(428);
  });
});

describe('POST /v1/button/verify', () => {
  const codeOf = async (): Promise<string> => (await stage.messages()).at(-1)?.code ?? '';
  let mobiles = 0;
  const newMobile = (): string => {
    mobiles += 1;
    return `+49151234567${String(mobiles).padStart(2, '0')}`;
  };

  it('proves a number by a code, for the press and button alone', async () => {
    const body = pressed({ button: 'proven' });
    const sent = await post('verify', { ...body, number: '0151 23456789', lang: 'zh' });
    // The first country of those that may be called is another one.
    expect(sent.json()).toMatchObject({ status: 400, code: 'number' });
    const { challenge, expiresIn } = (await post('verify', { ...body, number: MOBILE, lang: 'zh' })).json();
    expect(expiresIn).toBe(300);
    const message = (await stage.messages()).at(-1);
    expect(message?.to).toBe(MOBILE);
    expect(message?.code).toMatch(/^\d{6}$/);
    expect(message?.text).toContain('您的验证码');
    const [row] = await stage.rows('SELECT * FROM sms_code WHERE id = ?', challenge);
    expect(JSON.stringify(row)).not.toContain(message?.code);

    const right = await post('verify/check', { ...body, challenge, code: await codeOf() });
    const { proof } = right.json();
    expect((await post('token', pressed({ button: 'proven', proof }))).json()).toMatchObject({
      code: 'verify',
    });
    const { token } = await tokenFor({ ...body, proof });
    const verdict = await stage.buttons.calls.admit(token, ORIGIN);
    if (verdict.type !== 'accepted') throw new Error(verdict.reason);
    expect(verdict.pass.verified).toBe('sms');
    const sealed = Buffer.from(verdict.pass.sealedNumber ?? '', 'base64url');
    expect(stage.store.vault.reveal(sealed)).toBe(MOBILE);
    stage.clock.at += 600_001;
    expect((await post('token', { ...body, proof })).json()).toMatchObject({ code: 'verify' });
  });

  it('takes five tries', async () => {
    const body = pressed({ button: 'proven' });
    const { challenge } = (await post('verify', { ...body, number: newMobile() })).json();
    const code = await codeOf();
    const wrong = code === '000000' ? '111111' : '000000';
    for (const left of [4, 3, 2, 1])
      expect((await post('verify/check', { ...body, challenge, code: wrong })).json()).toMatchObject({
        status: 403,
        code: 'wrong',
        left,
      });
    const last = await post('verify/check', { ...body, challenge, code: wrong });
    expect(last.json()).toMatchObject({ status: 403, code: 'over' });
    expect((await post('verify/check', { ...body, challenge, code })).json()).toMatchObject({ code: 'over' });
  });

  it('takes a code for five minutes, for its own press', async () => {
    const body = pressed({ button: 'proven' });
    const { challenge } = (await post('verify', { ...body, number: newMobile() })).json();
    const code = await codeOf();
    const other = await post('verify/check', { ...body, press: newPress(), challenge, code });
    expect(other.json()).toMatchObject({ code: 'over' });
    stage.clock.at += 300_000;
    expect((await post('verify/check', { ...body, challenge, code })).json()).toMatchObject({ code: 'over' });
  });

  it('sends three an hour to a number, whoever asks', async () => {
    const number = newMobile();
    const ask = (index: number) =>
      post(
        'verify',
        { ...pressed({ button: 'proven' }), number },
        { 'x-forwarded-for': `198.51.${network}.${index}` },
      );
    for (let index = 0; index < 3; index += 1) expect((await ask(index)).statusCode).toBe(200);
    const fourth = await ask(4);
    expect(fourth.json()).toMatchObject({ status: 429, code: 'too-many' });
    expect(Number(fourth.headers['retry-after'])).toBe(3600);
    stage.clock.at += 3_600_001;
    expect((await ask(5)).statusCode).toBe(200);
  });

  it('sends nine an hour for an address', async () => {
    const ask = () => post('verify', { ...pressed({ button: 'proven' }), number: newMobile() });
    for (let index = 0; index < 9; index += 1) expect((await ask()).statusCode).toBe(200);
    expect((await ask()).json()).toMatchObject({ status: 429, code: 'too-many' });
  });

  it.each([
    ['110', 403, 'emergency'],
    ['+1 911', 400, 'number'],
    ['9-1-1', 403, 'emergency'],
    ['+41791234567', 403, 'not-allowed'],
    ['+4930123456', 400, 'number'],
    ['+49 900 1234567', 403, 'not-allowed'],
    ['hello', 400, 'number'],
  ])('sends none to %s', async (number, status, code) => {
    const before = (await stage.messages()).length;
    const answer = await post('verify', { ...pressed({ button: 'proven' }), number });
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.body).not.toContain(number);
    expect(await stage.messages()).toHaveLength(before);
  });

  it('wants work of a machine', async () => {
    const body = { ...pressed({ button: 'proven', automated: true }), number: newMobile() };
    const { code, work } = (await post('verify', body)).json();
    expect(code).toBe('work');
    const done = { challenge: work.challenge, nonce: Number(solve(work)) };
    expect((await post('verify', { ...body, work: done })).statusCode).toBe(200);
  });

  it('sends none for a button that asks for none', async () => {
    expect((await post('verify', { ...pressed(), number: MOBILE })).json()).toMatchObject({
      status: 403,
      code: 'not-allowed',
    });
  });
});

describe('POST /v1/button/callback', () => {
  it('leaves it to whoever calls', async () => {
    const { visitor, visit } = await stage.visit({ address: `203.0.113.${network}` });
    stage.clock.at += 5000;
    const body = pressed({ viewer: visitor, visit, number: '(202) 555-0143', consent: true, intent: 'ask' });
    const answer = await post('callback', body);
    expect(answer.json()).toEqual({ id: 'CB1', state: 'now', dueAt: stage.clock.at });
    expect(stage.asked.at(-1)).toMatchObject({
      button: { id: 'sales' },
      pressId: body.press,
      viewer: visitor,
      visitId: visit,
      intent: 'ask',
      number: '(202) 555-0143',
      verified: 'none',
      page: '/offer',
      addressHmac: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const [event] = await stage.rows('SELECT * FROM button_event WHERE press_id = ?', body.press);
    expect(event).toMatchObject({ type: 'callback_asked', detail: '{"state":"now"}' });
    expect(JSON.stringify(event)).not.toContain('0143');
  });

  it.each([
    [{ consent: false }, 403, 'consent'],
    [{ button: 'office' }, 403, 'disabled'],
    [{ intent: 'nothing' }, 403, 'intent'],
    [{ button: 'proven' }, 403, 'verify'],
    [{ automated: true }, 428, 'work'],
  ])('refuses %o', async (more, status, code) => {
    const before = stage.asked.length;
    const answer = await post('callback', pressed({ number: '+12025550143', consent: true, ...more }));
    expect(answer.json()).toMatchObject({ status, code });
    expect(stage.asked).toHaveLength(before);
  });

  it('takes five an hour of an address', async () => {
    const ask = () => post('callback', pressed({ number: '+12025550143', consent: true }));
    for (let index = 0; index < 5; index += 1) expect((await ask()).statusCode).toBe(200);
    const sixth = await ask();
    expect(sixth.json()).toMatchObject({ status: 429, code: 'too-many' });
    expect(Number(sixth.headers['retry-after'])).toBe(3600);
  });

  it('calls the number that was proven, and no other', async () => {
    const body = pressed({ button: 'proven', consent: true });
    const { challenge } = (await post('verify', { ...body, number: '+4915123450001' })).json();
    const code = (await stage.messages()).at(-1)?.code;
    const { proof } = (await post('verify/check', { ...body, challenge, code })).json();
    const other = await post('callback', { ...body, proof, number: '+4915123450002' });
    expect(other.json()).toMatchObject({ code: 'verify' });
    expect((await post('callback', { ...body, proof, number: '+49 1512 3450001' })).statusCode).toBe(200);
    expect(stage.asked.at(-1)?.verified).toBe('sms');
  });
});
