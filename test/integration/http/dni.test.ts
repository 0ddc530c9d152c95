import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpParts, type HttpServer } from '../../../src/http/index.ts';
import { createReportRunner, type ReportRunner } from '../../../src/reports/index.ts';
import {
  CHROME,
  type DniStage,
  makeDniStage,
  ORGANIC,
  OVERFLOW,
  POOL,
  TARGET,
} from '../../support/dni-stage.ts';

const ORIGIN = 'https://www.example.com';
const SCRIPT = '/* the script */'.repeat(50);

let stage: DniStage;
let reports: ReportRunner;
let server: HttpServer;
let scripts: string;
let base: string;
let host = 0;

beforeAll(async () => {
  stage = await makeDniStage({ numbers: 40 });
  scripts = await mkdtemp(join(tmpdir(), 'dialtrace-dt-'));
  reports = createReportRunner({
    path: join(stage.folder, 'a.db'),
    keyFile: join(stage.folder, 'a.key'),
    backupDirectory: stage.folder,
  });
  const config = gatewayConfigSchema.parse({ http: { port: 0 }, recording: { directory: stage.folder } });
  server = await createHttpServer({
    config: config as HttpParts['config'],
    store: stage.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    dni: stage.dni,
    dniScripts: scripts,
    trunkStatus: () => [],
  });
  base = `http://${await server.listen()}`;
});

afterAll(async () => {
  await server.close();
  await reports.close();
  await stage.close();
  await rm(scripts, { recursive: true, force: true });
});

// A minute between the tests, and another address: no limit of one is met by the next.
beforeEach(async () => {
  host += 1;
  stage.clock.at += 3_600_000;
  await stage.use({ numbers: 40 });
});

type Headers = Record<string, string>;

const from = (more: Headers = {}): Headers => ({
  origin: ORIGIN,
  'user-agent': CHROME,
  'accept-language': 'de-DE,de;q=0.9',
  'x-forwarded-for': `203.0.113.${host}`,
  'content-type': 'text/plain;charset=UTF-8',
  ...more,
});

const post = (path: string, body: unknown, headers: Headers = {}): Promise<Response> =>
  fetch(`${base}${path}`, {
    method: 'POST',
    headers: from(headers),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const PAGE = { site: 'main', url: `${ORIGIN}/?gclid=abc`, consent: 'unknown', automated: false };

const session = async (more: object = {}, headers: Headers = {}) => {
  const response = await post('/v1/dni/session', { ...PAGE, ...more }, headers);
  expect(response.status).toBe(200);
  return { response, answer: (await response.json()) as Record<string, unknown> };
};

const cookieOf = (response: Response): string => response.headers.get('set-cookie') ?? '';

describe('POST /v1/dni/session', () => {
  it('answers a page across origins', async () => {
    const { response, answer } = await session();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    });
    // Scripts read it: what holds for documents would be bytes for nothing.
    expect(response.headers.get('content-security-policy')).toBeNull();
    expect(answer).toMatchObject({
      mode: 'exclusive',
      ttl: 900,
      heartbeat: 60,
      targets: [TARGET, '+12025550001'],
      linkHosts: ['other.example'],
    });
    expect(cookieOf(response)).toBe(
      `dt_v=${answer['visitor']}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax`,
    );
  });

  it('takes JSON that is called so, after a preflight', async () => {
    const asked = await fetch(`${base}/v1/dni/session`, {
      method: 'OPTIONS',
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-headers')).toBe('content-type');
    expect(asked.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    await session({}, { 'content-type': 'application/json' });
  });

  it('knows the visitor again by the cookie, which weighs more than what the page says', async () => {
    const { answer: first } = await session();
    const { answer: other } = await session({}, { 'x-forwarded-for': '198.51.100.7' });
    const { answer } = await session(
      { visitor: other['visitor'] },
      { cookie: `dt_v=${first['visitor']}; else=1` },
    );
    expect(answer).toMatchObject({ visitor: first['visitor'], visit: first['visit'] });
    const { answer: mirrored } = await session({ visitor: first['visitor'], visit: first['visit'] });
    expect(mirrored).toMatchObject({ visitor: first['visitor'], visit: first['visit'] });
  });

  it('sets a cookie that other hosts may send along, over TLS', async () => {
    const { response } = await session({}, { 'x-forwarded-proto': 'https' });
    expect(cookieOf(response)).toMatch(/; Path=\/; HttpOnly; Secure; Partitioned; SameSite=None$/);
  });

  it('keeps nothing of who refuses: by word, by the browser, by both', async () => {
    const before = await stage.rows('SELECT count(*) AS n FROM visit');
    const { response, answer } = await session({ consent: 'denied' }, { cookie: 'dt_v=x' });
    expect(answer).toMatchObject({ mode: 'overflow', numbers: { [TARGET]: { e164: OVERFLOW } } });
    expect(answer).not.toHaveProperty('visit');
    expect(answer).not.toHaveProperty('link');
    expect(cookieOf(response)).toMatch(/^dt_v=; .*Expires=Thu, 01 Jan 1970/);
    await stage.use({ numbers: 40, site: { honourGpc: true } });
    expect((await session({ consent: 'granted' }, { 'sec-gpc': '1' })).answer['mode']).toBe('overflow');
    expect((await session({ consent: 'granted', gpc: true })).answer['mode']).toBe('overflow');
    expect(await stage.rows('SELECT count(*) AS n FROM visit')).toEqual(before);
  });

  it('answers no page of another host', async () => {
    const refused = async (origin: string | undefined, url = PAGE.url) => {
      const headers = from();
      if (origin === undefined) delete headers['origin'];
      else headers['origin'] = origin;
      const body = JSON.stringify({ ...PAGE, url });
      const response = await fetch(`${base}/v1/dni/session`, { method: 'POST', headers, body });
      return response.status === 403 && response.headers.get('access-control-allow-origin') === null;
    };
    for (const origin of [
      undefined,
      'null',
      'https://example.com',
      'https://evil.example',
      'https://www.example.com.evil.example',
      'https://shop.example',
      'https://a.b.shop.example',
      'https://www.example.com:8443',
      'file://www.example.com',
    ])
      expect([origin, await refused(origin)]).toEqual([origin, true]);
    const own = await post('/v1/dni/session', { ...PAGE, url: 'https://evil.example/' });
    expect(own.status).toBe(403);
    const deep = { ...PAGE, url: 'https://de.shop.example/x' };
    expect((await post('/v1/dni/session', deep, { origin: 'https://de.shop.example' })).status).toBe(200);
  });

  it('refuses junk with 4xx', async () => {
    const status = async (body: unknown, headers?: Headers) =>
      (await post('/v1/dni/session', body, headers)).status;
    expect(await status('{')).toBe(400);
    expect(await status('')).toBe(400);
    expect(await status('[]')).toBe(400);
    expect(await status('null')).toBe(400);
    expect(await status('{"__proto__": {"site": "main"}}')).toBe(400);
    expect(await status({ ...PAGE, url: 7 })).toBe(400);
    expect(await status({ ...PAGE, url: `${ORIGIN}/${'x'.repeat(9000)}` })).toBe(400);
    expect(await status({ ...PAGE, url: 'javascript:alert(1)' })).toBe(403);
    expect(await status({ ...PAGE, title: 'x'.repeat(40_000) })).toBe(413);
    expect(await status({ ...PAGE, site: 'nobody' })).toBe(404);
    expect(await status('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415);
    const odd = {
      ...PAGE,
      url: `${ORIGIN}/%ff%?gclid=%zz&utm_source=\u0000\ud800&x=${'é'.repeat(3000)}`,
      referrer: 'not a url',
      title: '\ud800\u0007',
      tz: '../../etc/passwd',
      lang: '💥',
      visitor: '💥',
      visit: 'x'.repeat(200),
      link: '..'.repeat(90),
    };
    expect(await status(odd)).toBe(200);
  });

  it('reads who comes from a linked site, for two minutes', async () => {
    const { answer } = await session();
    const link = answer['link'];
    const { answer: linked } = await session({ link }, { 'x-forwarded-for': '198.51.100.9' });
    expect(linked['visitor']).toBe(answer['visitor']);
    stage.clock.at += 125_000;
    const { answer: late } = await session({ link }, { 'x-forwarded-for': '198.51.100.10' });
    expect(late['visitor']).not.toBe(answer['visitor']);
  });

  it('limits an address by its own count, not by the one of the API', async () => {
    const response = await post('/v1/dni/session', PAGE);
    expect(response.headers.get('x-ratelimit-limit')).toBe('6000');
    const api = await fetch(`${base}/v1/visits`);
    expect(api.headers.get('x-ratelimit-limit')).toBe('600');
  });

  it('sends pages away at once when the gateway is behind', async () => {
    const held = stage.store.db.connection().execute(() => new Promise((done) => setTimeout(done, 300)));
    const waiting = Array.from({ length: 500 }, () =>
      stage.dni.events('main', undefined, [{ type: 'swap', outcome: 'swapped', page: '/', count: 1 }]),
    );
    const response = await post('/v1/dni/session', PAGE);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    await Promise.all([held, ...waiting]);
  });
});

describe('POST /v1/dni/events', () => {
  it('takes what a beacon brings', async () => {
    const { answer } = await session();
    const events = [{ type: 'click', kind: 'tel', number: POOL[0] }, { type: 'beat' }];
    const response = await post('/v1/dni/events', { site: 'main', visit: answer['visit'], events });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      ok: true,
      link: expect.stringContaining(`${answer['visitor']}.`),
    });
    expect(await stage.rows('SELECT kind FROM click WHERE visit_id = ?', answer['visit'])).toEqual([
      { kind: 'tel' },
    ]);
    stage.clock.at += 3_600_000;
    const late = await post('/v1/dni/events', { site: 'main', visit: answer['visit'], events });
    expect(await late.json()).toMatchObject({ ok: true, renew: true });
  });

  it('takes swaps of a page without a visit, and drops the cookie when consent is withdrawn', async () => {
    const swaps = [{ type: 'swap', outcome: 'timeout', page: '/', count: 1 }];
    expect((await post('/v1/dni/events', { site: 'main', events: swaps })).status).toBe(200);
    const { answer } = await session();
    const events = [{ type: 'consent', consent: 'denied' }];
    const response = await post(
      '/v1/dni/events',
      { site: 'main', visit: answer['visit'], events },
      { cookie: `dt_v=${answer['visitor']}` },
    );
    expect(await response.json()).toEqual({ ok: true });
    expect(cookieOf(response)).toMatch(/^dt_v=;/);
  });

  it('refuses junk, too much, and other origins', async () => {
    const status = async (body: unknown, headers?: Headers) =>
      (await post('/v1/dni/events', body, headers)).status;
    const beat = { type: 'beat' };
    expect(await status({ site: 'main', events: Array(21).fill(beat) })).toBe(400);
    expect(await status({ site: 'main', events: [{ type: 'steal' }] })).toBe(400);
    expect(await status({ site: 'main', events: [beat], pad: 'x'.repeat(17_000) })).toBe(413);
    expect(await status({ site: 'nobody', events: [] })).toBe(404);
    expect(await status({ site: 'main', events: [beat] }, { origin: 'https://evil.example' })).toBe(403);
    expect(await status({ site: 'main', events: [] })).toBe(200);
  });
});

describe('GET /v1/dni/amp', () => {
  const amp = (query: Record<string, string>, headers: Headers = {}) =>
    fetch(`${base}/v1/dni/amp?${new URLSearchParams({ site: 'main', ...query })}`, {
      headers: from(headers),
    });
  const CACHE = 'https://www-example-com.cdn.ampproject.org';

  it('gives an AMP page its number, from a cache too', async () => {
    const query = { target: TARGET, url: `${ORIGIN}/?gclid=1`, __amp_source_origin: ORIGIN };
    const response = await amp(query, { origin: CACHE });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': CACHE,
      'amp-access-control-allow-source-origin': ORIGIN,
      'access-control-expose-headers': 'AMP-Access-Control-Allow-Source-Origin',
    });
    const { phoneNumber, formattedPhoneNumber } = (await response.json()) as Record<string, string>;
    expect(phoneNumber).toMatch(/^\+120255[56]/);
    expect(formattedPhoneNumber).toMatch(/^\(202\) 55/);
  });

  it('gives the number of the page where there is no other', async () => {
    const response = await amp({ target: ` ${TARGET.slice(1)}` });
    expect(await response.json()).toEqual({
      phoneNumber: TARGET,
      formattedPhoneNumber: '(202) 555-0000',
    });
    const organic = await amp({ target: TARGET, referrer: 'https://www.google.com/' });
    expect(await organic.json()).toMatchObject({ phoneNumber: ORGANIC });
  });

  it('answers no other page', async () => {
    expect((await amp({ target: TARGET, __amp_source_origin: 'https://evil.example' })).status).toBe(403);
    const evil = { origin: 'https://evil.example' };
    expect((await amp({ target: TARGET, __amp_source_origin: ORIGIN }, evil)).status).toBe(403);
    expect((await amp({ target: '+12025559999' })).status).toBe(404);
    expect((await amp({ target: TARGET, site: 'nobody' })).status).toBe(404);
    expect((await amp({})).status).toBe(400);
  });
});

describe('GET /dt.js', () => {
  it('says in words that it is not built', async () => {
    const response = await fetch(`${base}/dt-debug.js`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('npm run build') });
  });

  it('comes small, for pages of any origin, and once while it stays the same', async () => {
    await writeFile(join(scripts, 'dt.js'), SCRIPT);
    const plain = await fetch(`${base}/dt.js`, { headers: { 'accept-encoding': 'identity' } });
    expect(await plain.text()).toBe(SCRIPT);
    expect(Object.fromEntries(plain.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      vary: 'Accept-Encoding',
    });
    const etag = plain.headers.get('etag') ?? '';
    const again = await fetch(`${base}/dt.js`, { headers: { 'if-none-match': `"else", W/${etag}` } });
    expect(again.status).toBe(304);
    const zipped = await raw('/dt.js', { 'accept-encoding': 'gzip, br' });
    expect(zipped.length).toBeLessThan(SCRIPT.length / 4);
    expect(gunzipSync(zipped).toString()).toBe(SCRIPT);
    await writeFile(join(scripts, 'dt.js'), `${SCRIPT}!`);
    expect((await fetch(`${base}/dt.js`, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });
});

/** A body as it is on the wire. */
const raw = (path: string, headers: Headers): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    request(`${base}${path}`, { headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts)));
    })
      .on('error', reject)
      .end();
  });

describe('GET /v1/visits', () => {
  it('lists visits, page by page, and shows one with all that is known', async () => {
    const day = new Date(stage.clock.at).toISOString();
    const ids: unknown[] = [];
    for (let i = 0; i < 3; i += 1) {
      stage.clock.at += 1000;
      ids.unshift((await session({ url: `${ORIGIN}/?gclid=${i}` })).answer['visit']);
    }
    const get = async (path: string) =>
      (await (await fetch(`${base}${path}`)).json()) as Record<string, unknown>;
    const first = await get(`/v1/visits?from=${day}&limit=2&site=main`);
    expect((first['visits'] as { id: string }[]).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const rest = await get(`/v1/visits?from=${day}&limit=2&before=${first['next']}`);
    expect(rest).toMatchObject({ visits: [{ id: ids[2], clickIds: { gclid: '0' } }], next: null });
    expect(await get(`/v1/visits?to=${day}&from=${day}`)).toEqual({ visits: [], next: null });
    expect(await get(`/v1/visits?site=nobody`)).toEqual({ visits: [], next: null });
    const shown = await get(`/v1/visits/${String(ids[0]).toLowerCase()}`);
    expect(shown).toMatchObject({
      id: ids[0],
      source: 'google',
      sourceId: 'google-ads',
      inView: true,
      pageViews: [{ url: `${ORIGIN}/?gclid=2`, dwellMs: null }],
      numbers: [{ number: expect.stringMatching(/^\+1202/), code: null }],
      clicks: [],
      calls: [],
    });
    expect(JSON.stringify(shown)).not.toContain('203.0.113');
    expect((await fetch(`${base}/v1/visits/01KAN8W1V3T5T8W2X0M4S6Q9ZB`)).status).toBe(404);
    expect((await fetch(`${base}/v1/visits/x`)).status).toBe(400);
  });
});
