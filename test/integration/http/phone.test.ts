import { createHmac } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import type { LiveCall } from '../../../src/calls/index.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import type { GatewayConfig } from '../../../src/config/index.ts';
import { createHttpServer, type HttpServer, type PhoneParts } from '../../../src/http/index.ts';
import { createReportRunner, type ReportRunner } from '../../../src/reports/index.ts';
import { hashedA1 } from '../../../src/sip/index.ts';
import { insertWebCall } from '../../support/button-rows.ts';
import {
  addCall,
  addRecording,
  CALLER,
  DID,
  makeSampleStore,
  type SampleStore,
} from '../reports/sample-store.ts';

const START = Date.now() - 3_600_000;
const PAGE = { host: 'gateway.example:8080', origin: 'http://gateway.example:8080' };
const JSON_TYPE = { 'content-type': 'application/json' };
const TURN_SECRET = 'turn-secret-of-coturn';

let sample: SampleStore;
let reports: ReportRunner;
let http: HttpServer;
let live: readonly LiveCall[] = [];
const modes: string[] = [];

// Secrets are texts once a file is loaded.
const config = gatewayConfigSchema.parse({
  http: { token: 'a-token-for-tests' },
  phone: {
    stun: ['stun:stun.example:3478'],
    turn: { urls: ['turn:turn.example:3478'], secret: TURN_SECRET },
    dispositions: ['sale', 'spam'],
  },
}) as GatewayConfig;

const makeServer = (changes: Partial<PhoneParts> = {}): Promise<HttpServer> =>
  createHttpServer({
    config,
    store: sample.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    trunkStatus: () => [],
    phone: {
      settings: config.phone,
      domain: 'example.com',
      registrar: {
        presence: () => ['alice', 'carol', 'sue'].map((name) => ({ name, available: true })),
        makePass: ({ name }) => ({
          username: `1900000000.${name}`,
          password: 'made',
          expiresAt: 1_900_000_000_000,
        }),
      },
      calls: {
        live: () => live,
        setSupervision: (id, user, mode) => {
          modes.push(`${id} ${user} ${mode}`);
          return user === 'sue';
        },
      },
      listeners: ['udp/0.0.0.0:5060', 'ws/0.0.0.0:8088', 'wss/0.0.0.0:8443'],
      canDialOut: true,
      pages: join(sample.directory, 'pages'),
      ...changes,
    },
  });

const addUser = async (name: string, more: object = {}): Promise<void> => {
  const hash = hashedA1('SHA-256', name, 'example.com', `${name}-secret`);
  await sample.store.users.add({
    id: `id-${name}`,
    name,
    display: `${name[0]?.toUpperCase()}${name.slice(1)}`,
    realm: 'example.com',
    ha1_md5: 'a'.repeat(32),
    ha1_sha256: hash,
    ha1_sha512_256: hash,
    disabled: 0,
    created_at: START,
    role: 'agent',
    ready: 1,
    ...more,
  });
};

const login = (user: string, password = `${user}-secret`, headers: Record<string, string> = {}) =>
  http.inject({
    method: 'POST',
    url: '/phone/api/login',
    headers: { ...PAGE, ...JSON_TYPE, ...headers },
    payload: JSON.stringify({ user, password }),
  });

const cookieOf = ({ headers }: Awaited<ReturnType<typeof login>>): string =>
  /dialtrace_phone=[^;]*/.exec(String(headers['set-cookie']))?.[0] ?? '';

const cookies = new Map<string, string>();

const get = (user: string, path: string, headers: Record<string, string> = {}) =>
  http.inject({
    url: `/phone/api/${path}`,
    headers: { ...PAGE, cookie: cookies.get(user) ?? '', ...headers },
  });

const post = (user: string, path: string, body: object, headers: Record<string, string> = {}) =>
  http.inject({
    method: 'POST',
    url: `/phone/api/${path}`,
    headers: { ...PAGE, ...JSON_TYPE, cookie: cookies.get(user) ?? '', ...headers },
    payload: JSON.stringify(body),
  });

let earlier: string;
let answered: string;
let foreign: string;

beforeAll(async () => {
  sample = await makeSampleStore();
  reports = createReportRunner(sample.options);
  await addUser('alice');
  await addUser('bob', { ready: 0 });
  await addUser('carol');
  await addUser('sue', { role: 'supervisor' });
  await addUser('dave', { disabled: 1 });
  foreign = await addCall(sample, START, { talkMs: 60_000, end: { agent: 'bob' } });
  earlier = foreign;
  answered = await addCall(sample, START + 600_000, {
    talkMs: 30_000,
    call: { keyword: 'roof repair', landing_page: '/roofs', campaign: 'spring' },
    end: { agent: 'alice' },
  });
  await addRecording(sample, answered, Buffer.alloc(100));
  http = await makeServer();
  for (const name of ['alice', 'bob', 'sue']) cookies.set(name, cookieOf(await login(name)));
});
afterAll(async () => {
  await http.close();
  await reports.close();
  await sample.remove();
});
beforeEach(() => {
  live = [];
});

describe('a login', () => {
  it('sets a cookie that scripts and other sites do not see, and says who it is', async () => {
    const response = await login('alice');
    expect(response.statusCode).toBe(200);
    const cookie = String(response.headers['set-cookie']);
    expect(cookie).toMatch(/^dialtrace_phone=[\w-]{43}; Path=\/phone; HttpOnly; SameSite=Strict$/);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.json()).toEqual({
      user: {
        name: 'alice',
        display: 'Alice',
        role: 'agent',
        ready: true,
        awayReason: null,
        wrapUpUntil: null,
        address: 'sip:alice@example.com',
        dispositions: ['sale', 'spam'],
        supervisionVisible: true,
        canDialOut: true,
      },
    });
    const rows = await sample.store.db.selectFrom('web_session').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(cookieOf(response).split('=')[1]);
  });

  it('marks the cookie secure behind a proxy of this machine that speaks https', async () => {
    const headers = { 'x-forwarded-proto': 'https', origin: 'https://gateway.example:8080' };
    expect(String((await login('alice', 'alice-secret', headers)).headers['set-cookie'])).toContain('Secure');
  });

  it('is refused in the same words for a wrong password, no such user and a disabled one', async () => {
    const answers = await Promise.all([login('carol', 'no'), login('nobody'), login('dave')]);
    for (const answer of answers) {
      expect(answer.statusCode).toBe(401);
      expect(answer.json().detail).toBe('The user name or the password is wrong.');
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    const failed = await sample.store.audit.list({ action: 'login-failed' });
    expect(failed.map(({ user }) => user).sort()).toEqual(['?', 'carol', 'dave']);
    expect((await sample.store.audit.list({ action: 'login', user: 'alice' })).length).toBeGreaterThan(0);
  });

  it('is refused after five wrong ones, the right password too', async () => {
    const other = await makeServer();
    const at = (password: string) =>
      other.inject({
        method: 'POST',
        url: '/phone/api/login',
        headers: { ...PAGE, ...JSON_TYPE },
        payload: { user: 'carol', password },
      });
    for (let count = 0; count < 5; count += 1) expect((await at('wrong')).statusCode).toBe(401);
    const refused = await at('carol-secret');
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(800);
    await other.close();
  });

  it('ends with a logout', async () => {
    cookies.set('carol', cookieOf(await login('carol')));
    expect((await get('carol', 'me')).statusCode).toBe(200);
    const out = await post('carol', 'logout', {});
    expect(out.statusCode).toBe(200);
    expect((await get('carol', 'me')).statusCode).toBe(401);
    expect((await post('carol', 'logout', {})).statusCode).toBe(200);
  });

  it('ends when it was not used for long', async () => {
    cookies.set('carol', cookieOf(await login('carol')));
    const long = Date.now() - 13 * 3_600_000;
    await sample.store.db
      .updateTable('web_session')
      .set({ used_at: long })
      .where('user_id', '=', 'id-carol')
      .execute();
    expect((await get('carol', 'me')).statusCode).toBe(401);
  });
});

describe('who may ask', () => {
  it('is somebody logged in', async () => {
    const paths = ['me', 'identities', 'people', 'calls', `calls/${answered}`, 'live'];
    const answers = await Promise.all(paths.map((path) => get('stranger', path)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(paths.map(() => 401));
    expect((await post('stranger', 'sip', {})).statusCode).toBe(401);
    expect((await post('stranger', 'ready', { ready: true })).statusCode).toBe(401);
    expect(answers[0]?.headers['www-authenticate']).toBe('Cookie');
  });

  it('is no page of another site, and nobody without JSON', async () => {
    const status = async (headers: Record<string, string>) =>
      (await post('alice', 'ready', { ready: true }, headers)).statusCode;
    expect(await status({})).toBe(200);
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({ origin: 'http://gateway.example:8081' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ 'content-type': 'text/plain' })).toBe(403);
    const none = await http.inject({
      method: 'POST',
      url: '/phone/api/login',
      headers: { host: PAGE.host, ...JSON_TYPE },
      payload: '{}',
    });
    expect(none.statusCode).toBe(403);
  });

  it('is nobody with bytes that no page would send', async () => {
    const raw = async (payload: string, headers: Record<string, string> = {}) =>
      (
        await http.inject({
          method: 'POST',
          url: '/phone/api/login',
          headers: { ...PAGE, ...JSON_TYPE, ...headers },
          payload,
        })
      ).statusCode;
    for (const payload of [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"user":{"$ne":""},"password":["x"]}',
      '{"user":"alice","password":"x","__proto__":{"role":"supervisor"}}',
      '{"user":"alice","password":"x","role":"supervisor"}',
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    ])
      expect([payload.slice(0, 60), await raw(payload)]).toEqual([payload.slice(0, 60), 400]);
    expect(await raw(`{"user":"${'a'.repeat(70_000)}","password":"x"}`)).toBe(413);
    for (const type of [
      'application/jsonp',
      'application/json, text/plain',
      'multipart/form-data; x=application/json',
    ])
      expect(await raw('{}', { 'content-type': type })).toBe(403);
    for (const host of ['a b', 'x; script-src *', '"', '[::1', 'evil.example\\@gateway.example:8080'])
      expect([host, await raw('{}', { host })]).toEqual([host, 403]);
  });

  it('is an agent here and not in the other API, and the other way round', async () => {
    const admin = await http.inject({
      url: '/v1/calls',
      headers: { ...PAGE, cookie: cookies.get('sue') ?? '' },
    });
    expect(admin.statusCode).toBe(401);
    expect((await get('stranger', 'me', { authorization: 'Bearer a-token-for-tests' })).statusCode).toBe(401);
  });
});

describe('an agent', () => {
  it('takes calls or takes none', async () => {
    expect((await post('alice', 'ready', { ready: false })).json()).toMatchObject({ ready: false });
    expect((await sample.store.users.find('alice'))?.ready).toBe(0);
    expect((await post('alice', 'ready', { ready: true })).json()).toMatchObject({ ready: true });
    expect((await get('alice', 'me')).json()).toMatchObject({ ready: true });
    expect((await post('alice', 'ready', { ready: 'yes' })).statusCode).toBe(400);
  });

  it('gets credentials that end, and never its password', async () => {
    const response = await post('alice', 'sip', {});
    const { iceServers, ...rest } = response.json();
    expect(rest).toEqual({
      address: 'sip:alice@example.com',
      username: '1900000000.alice',
      password: 'made',
      expiresAt: 1_900_000_000_000,
      servers: ['ws://gateway.example:8088'],
    });
    expect(iceServers[0]).toEqual({ urls: ['stun:stun.example:3478'] });
    const [, { username, credential, urls }] = iceServers;
    expect(urls).toEqual(['turn:turn.example:3478']);
    const [end, name] = username.split(':');
    expect(name).toBe('alice');
    expect(Math.abs(Number(end) - Date.now() / 1000 - 3600)).toBeLessThan(30);
    expect(credential).toBe(createHmac('sha1', TURN_SECRET).update(username).digest('base64'));
  });

  it('is told the wss listener on a page over https, and what is missing where there is none', async () => {
    const secure = { 'x-forwarded-proto': 'https', origin: 'https://[::1]:8080', host: '[::1]:8080' };
    expect((await post('alice', 'sip', {}, secure)).json().servers).toEqual(['wss://[::1]:8443']);
    const bare = await makeServer({ listeners: ['udp/0.0.0.0:5060'] });
    const answer = await bare.inject({
      method: 'POST',
      url: '/phone/api/sip',
      headers: { ...PAGE, ...JSON_TYPE, cookie: cookies.get('alice') ?? '' },
      payload: {},
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.json().detail).toContain('no ws listener');
    await bare.close();
  });

  it('sees from which numbers it can call and whom it can reach', async () => {
    expect((await get('alice', 'identities')).json()).toEqual({
      numbers: [{ number: DID, label: 'Search ads', source: 'Google Ads' }],
    });
    live = [
      {
        id: answered,
        direction: 'inbound',
        startedAt: START,
        answeredAt: START,
        users: ['carol'],
        trackingNumber: DID,
        onHold: false,
        supervision: undefined,
      },
    ];
    const { people, lines } = (await get('alice', 'people')).json();
    expect(people).toEqual([
      { name: 'bob', display: 'Bob', state: 'offline' },
      { name: 'carol', display: 'Carol', state: 'busy' },
      { name: 'sue', display: 'Sue', state: 'ready' },
    ]);
    expect(lines.map(({ id }: { id: string }) => id)).toContain('echo');
  });
});

describe('calls', () => {
  it('are listed to who was in them, page by page', async () => {
    const { calls, next } = (await get('alice', 'calls')).json();
    expect(next).toBeNull();
    expect(calls).toEqual([
      {
        id: answered,
        direction: 'inbound',
        startedAt: START + 600_000,
        answeredAt: START + 602_000,
        talkMs: 30_000,
        status: 'answered',
        party: CALLER,
        partyName: null,
        visitor: false,
        did: DID,
        didLabel: 'Search ads',
        sourceName: 'Google Ads',
        campaign: 'spring',
        disposition: null,
        tags: [],
        note: null,
        value: null,
        recorded: true,
      },
    ]);
    const more = await addCall(sample, START + 700_000, { end: { agent: 'alice' } });
    const first = (await get('alice', 'calls?limit=1')).json();
    expect(first).toMatchObject({ calls: [{ id: more }], next: more });
    expect((await get('alice', `calls?limit=1&cursor=${first.next}`)).json()).toMatchObject({
      calls: [{ id: answered }],
      next: null,
    });
    expect((await get('alice', 'calls?limit=0')).statusCode).toBe(400);
  });

  it("tell where they come from, and of the caller's earlier calls", async () => {
    const context = (await get('alice', `calls/${answered}`)).json();
    expect(context).toMatchObject({
      party: CALLER,
      region: 'US',
      didLabel: 'Search ads',
      sourceName: 'Google Ads',
      campaign: 'spring',
      keyword: 'roof repair',
      landingPage: '/roofs',
      button: null,
      intent: null,
      page: null,
      priorCalls: 1,
      supervision: null,
    });
    expect(context.history).toMatchObject([{ id: earlier, agent: 'bob' }]);
  });

  it('tell which call button brought them, and what the visitor wants', async () => {
    await sample.store.exclusively((file) =>
      insertWebCall(file, answered, { id: 'p', viewer: 'v', at: START }, { intent: 'quote', page: '/roofs' }),
    );
    const told = async () => (await get('alice', `calls/${answered}`)).json();
    expect(await told()).toMatchObject({ button: 'sales', intent: 'quote', page: '/roofs', visitor: false });
    const of = sample.store.db.selectFrom('call').where('id', '=', answered);
    const known = await of
      .select(['caller_encrypted', 'caller_hmac', 'caller_masked'])
      .executeTakeFirstOrThrow();
    const call = (caller: Partial<typeof known>) =>
      sample.store.db.updateTable('call').set(caller).where('id', '=', answered).execute();
    await call({ caller_encrypted: null, caller_hmac: null, caller_masked: null });
    expect(await told()).toMatchObject({ party: null, visitor: true });
    await call(known);
    const plan = {
      site: 'main',
      number: '+12025550100',
      name: 'Talk to sales',
      lines: ['echo'],
      intents: [{ id: 'quote', text: { en: 'Get a quote', zh: '询价' } }],
    };
    await sample.store.db
      .insertInto('button')
      .values({ id: 'sales', plan: JSON.stringify(plan) })
      .execute();
    expect(await told()).toMatchObject({ button: 'Talk to sales', intent: 'Get a quote' });
  });

  it("are nobody else's but supervisors', until they ring", async () => {
    expect((await get('bob', `calls/${answered}`)).statusCode).toBe(404);
    expect((await get('sue', `calls/${answered}`)).statusCode).toBe(200);
    expect((await get('alice', 'calls/01ARZ3NDEKTSV4RRFFQ69G5FAV')).statusCode).toBe(404);
    live = [
      {
        id: foreign,
        direction: 'inbound',
        startedAt: START,
        answeredAt: undefined,
        users: ['alice'],
        trackingNumber: DID,
        onHold: false,
        supervision: { by: 'sue', mode: 'listen' },
      },
    ];
    const rung = await get('alice', `calls/${foreign}`);
    expect(rung.json()).toMatchObject({ id: foreign, supervision: { by: 'sue', mode: 'listen' } });
    const discreet = { ...config.phone, supervision: { visible: false } };
    const other = await makeServer({ settings: discreet });
    const headers = { ...PAGE, cookie: cookies.get('alice') ?? '' };
    const quiet = await other.inject({ url: `/phone/api/calls/${foreign}`, headers });
    expect(quiet.json()).toMatchObject({ id: foreign, supervision: null });
    await other.close();
  });

  it('between users name the other one', async () => {
    const id = await addCall(sample, START + 800_000, {
      talkMs: 1000,
      call: {
        direction: 'internal',
        caller_encrypted: null,
        caller_hmac: null,
        caller_masked: null,
        did: null,
        source_id: null,
      },
      end: { agent: 'alice' },
    });
    const leg = { call_id: id, started_at: START, early_media: 0, media_security: 'dtls' } as const;
    await sample.store.db
      .insertInto('leg')
      .values([
        { ...leg, id: 'leg-a', role: 'A', position: 0, user: 'alice' },
        { ...leg, id: 'leg-b', role: 'B', position: 1, user: 'bob', answered_at: START },
      ] as never)
      .execute();
    const of = async (user: string) =>
      (await get(user, 'calls')).json().calls.find((call: { id: string }) => call.id === id);
    expect(await of('alice')).toMatchObject({ direction: 'internal', party: 'bob', partyName: 'Bob' });
    expect(await of('bob')).toMatchObject({ party: 'alice', partyName: 'Alice' });
  });
});

describe('a wrap-up', () => {
  const WORDS = {
    disposition: 'sale',
    tags: ['roof', ' roof ', 'call back'],
    note: ' Wants an offer.\nCall on Tuesday. ',
    value: { amount: 249.99, currency: 'EUR' },
  };

  it('lands in the call record, and the latest counts', async () => {
    const kept = await post('alice', `calls/${answered}/wrap-up`, WORDS);
    expect(kept.json()).toMatchObject({
      id: answered,
      disposition: 'sale',
      tags: ['roof', 'call back'],
      note: 'Wants an offer.\nCall on Tuesday.',
      value: { amount: 249.99, currency: 'EUR' },
    });
    const later = { disposition: null, tags: [], note: '', value: null };
    expect((await post('alice', `calls/${answered}/wrap-up`, later)).json()).toMatchObject({
      ...later,
      note: null,
    });
    await post('alice', `calls/${answered}/wrap-up`, WORDS);
    const shown = await http.inject({
      url: `/v1/calls/${answered}`,
      headers: { authorization: 'Bearer a-token-for-tests' },
    });
    expect(shown.json().wrapUp).toMatchObject({ user: 'alice', disposition: 'sale', note: null });
    expect(shown.json()).toMatchObject({ agent: 'alice', direction: 'inbound' });
  });

  it('is refused when it says what is not configured, too much, or comes from another', async () => {
    const status = async (user: string, changes: object) =>
      (await post(user, `calls/${answered}/wrap-up`, { ...WORDS, ...changes })).statusCode;
    expect(await status('alice', { disposition: 'lottery' })).toBe(409);
    expect(await status('alice', { note: 'x'.repeat(2001) })).toBe(400);
    expect(await status('alice', { tags: Array.from({ length: 21 }, (_, at) => `t${at}`) })).toBe(400);
    expect(await status('alice', { value: { amount: -1, currency: 'EUR' } })).toBe(400);
    expect(await status('alice', { value: { amount: 1, currency: 'euro' } })).toBe(400);
    expect(await status('bob', {})).toBe(404);
  });

  it('is for who had the call, not for whose phone only rang', async () => {
    const ringing: LiveCall = {
      id: foreign,
      direction: 'inbound',
      startedAt: START,
      answeredAt: undefined,
      users: ['alice'],
      trackingNumber: DID,
      onHold: false,
      supervision: undefined,
    };
    live = [ringing];
    expect((await post('alice', `calls/${foreign}/wrap-up`, WORDS)).statusCode).toBe(403);
    live = [{ ...ringing, answeredAt: START }];
    expect((await post('alice', `calls/${foreign}/wrap-up`, WORDS)).statusCode).toBe(200);
    await sample.store.db.deleteFrom('wrap_up').where('call_id', '=', foreign).execute();
  });
});

describe('a supervisor', () => {
  it('sees live calls, numbers masked, and changes the mode; agents do not', async () => {
    live = [
      {
        id: answered,
        direction: 'inbound',
        startedAt: START,
        answeredAt: START + 5000,
        users: ['alice'],
        trackingNumber: DID,
        onHold: true,
        supervision: { by: 'sue', mode: 'listen' },
      },
    ];
    expect((await get('alice', 'live')).statusCode).toBe(403);
    const { calls } = (await get('sue', 'live')).json();
    expect(calls).toMatchObject([
      {
        id: answered,
        agent: 'alice',
        agentName: 'Alice',
        didLabel: 'Search ads',
        sourceName: 'Google Ads',
        answeredAt: START + 5000,
        onHold: true,
        supervisedBy: 'sue',
        mode: 'listen',
      },
    ]);
    expect(calls[0].party).toMatch(/\*/);

    expect((await post('alice', `live/${answered}/mode`, { mode: 'barge' })).statusCode).toBe(403);
    expect((await post('sue', `live/${answered}/mode`, { mode: 'shout' })).statusCode).toBe(400);
    expect(modes).toEqual([]);
    expect((await post('sue', `live/${answered}/mode`, { mode: 'barge' })).statusCode).toBe(200);
    expect(modes).toEqual([`${answered} sue barge`]);
    expect(await sample.store.audit.list({ action: 'supervise' })).toMatchObject([
      { user: 'sue', call_id: answered, detail: '{"mode":"barge"}' },
    ]);
  });
});

describe('the page', () => {
  it('is missed with the mend while it is not built', async () => {
    const answer = await http.inject({ url: '/phone/', headers: PAGE });
    expect(answer.statusCode).toBe(503);
    expect(answer.json().detail).toContain('npm run build');
  });

  it('is served with a strict policy, its assets for ever', async () => {
    const pages = join(sample.directory, 'pages');
    await mkdir(join(pages, 'assets'), { recursive: true });
    await writeFile(join(pages, 'index.html'), '<!doctype html><title>Phone</title>');
    await writeFile(join(pages, 'assets/main-abc123.js'), 'export {};');
    await writeFile(join(sample.directory, 'secret.txt'), 'secret');

    const bare = await http.inject({ url: '/phone', headers: PAGE });
    expect([bare.statusCode, bare.headers['location']]).toEqual([308, '/phone/']);
    const page = await http.inject({ url: '/phone/', headers: PAGE });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(page.headers['permissions-policy']).toBe('microphone=(self)');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self' ws://gateway.example:8088;");
    expect(policy).not.toContain('unsafe');
    const asset = await http.inject({ url: '/phone/assets/main-abc123.js', headers: PAGE });
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(asset.headers['content-type']).toContain('javascript');
    for (const url of [
      '/phone/none.js',
      '/phone/assets/',
      '/phone/..%2fsecret.txt',
      '/phone/%2e%2e/secret.txt',
    ])
      expect((await http.inject({ url, headers: PAGE })).statusCode).toBeGreaterThanOrEqual(400);
  });

  it('puts no Host header of the asker into its policy that is no host', async () => {
    for (const host of [
      'a; script-src *',
      'a b',
      '"',
      "x' 'unsafe-inline",
      '[::1',
      'a,b',
      '*',
      '*.example',
    ]) {
      const { statusCode, headers } = await http.inject({ url: '/phone/', headers: { host } });
      expect([host, statusCode]).toEqual([host, 400]);
      expect(headers['content-security-policy']).not.toMatch(/script-src \*|script-src [^;]*unsafe/);
    }
  });

  it('is not there without a softphone', async () => {
    const none = await createHttpServer({
      config,
      store: sample.store,
      logger: silentLogger,
      metricsRegistry: new Registry(),
      health: () => ({ status: 'ok', callsInProgress: 0 }),
      reports,
      trunkStatus: () => [],
    });
    expect((await none.inject({ url: '/phone/', headers: PAGE })).statusCode).toBe(404);
    await none.close();
  });
});
