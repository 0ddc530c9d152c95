import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { counter, Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type Health, type HttpServer } from '../../../src/http/index.ts';
import { createReportRunner, type ReportRunner } from '../../../src/reports/index.ts';
import type { TrunkStatus } from '../../../src/sip/index.ts';
import {
  addCall,
  addRecording,
  CALLER,
  DID,
  makeSampleStore,
  type SampleStore,
} from '../reports/sample-store.ts';

const START = Date.UTC(2026, 10, 5, 12);
const AUDIO = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
const LOCAL = { host: '127.0.0.1:8080' };
const TOKEN = 'a-token-for-tests';
const BEARER = { authorization: `Bearer ${TOKEN}` };

const STATUS: TrunkStatus = {
  id: 'carrier',
  gateways: [
    {
      uri: 'sip:carrier.example',
      weight: 1,
      priority: 1,
      state: 'down',
      since: START,
      checkedAt: START + 1000,
      rttMs: undefined,
      lastError: 'OPTIONS: no answer within 4 s',
    },
  ],
  calls: { in: 1, out: 2, max: undefined, admitted: { in: 5, out: 6 }, refused: 0 },
  registration: {
    state: 'registered',
    server: 'sip:carrier.example',
    since: START,
    expiresAt: START + 3_600_000,
    nextAt: START + 1_800_000,
    lastError: undefined,
  },
};

let sample: SampleStore;
let reports: ReportRunner;
let open: HttpServer;
let guarded: HttpServer;
let recorded: string;
let health: Health = { status: 'ok', callsInProgress: 0 };
const calls: string[] = [];

const makeServer = (http: { token?: string; port?: number }): Promise<HttpServer> => {
  const config = gatewayConfigSchema.parse({
    http: { port: 0, ...http },
    recording: { directory: join(sample.directory, 'recordings') },
    trunks: [
      {
        id: 'carrier',
        region: 'US',
        sources: ['203.0.113.7'],
        digest: { realm: 'r', username: 'u', password: 'very-secret' },
        auth: { username: 'me', password: 'very-secret' },
      },
    ],
  });
  const metricsRegistry = new Registry();
  counter(metricsRegistry, 'dialtrace_sample_total', 'A sample').inc(3);
  return createHttpServer({
    config: config as Parameters<typeof createHttpServer>[0]['config'],
    store: sample.store,
    logger: silentLogger,
    metricsRegistry,
    health: () => health,
    reports,
    trunkStatus: () => [STATUS],
  });
};

beforeAll(async () => {
  sample = await makeSampleStore();
  for (let i = 0; i < 5; i += 1) {
    calls.push(await addCall(sample, START + i * 60_000, i % 2 === 0 ? { talkMs: 30_000 } : {}));
  }
  recorded = calls[0] ?? '';
  await addRecording(sample, recorded, AUDIO);
  reports = createReportRunner(sample.options);
  open = await makeServer({});
  guarded = await makeServer({ token: TOKEN });
});

afterAll(async () => {
  await open.close();
  await guarded.close();
  await reports.close();
  await sample.remove();
});

describe('access without a token', () => {
  it('lets this machine in', async () => {
    for (const host of ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080', 'LOCALHOST']) {
      expect((await open.inject({ url: '/v1/calls', headers: { host } })).statusCode, host).toBe(200);
    }
  });

  it('refuses a foreign Host header, which DNS rebinding brings', async () => {
    for (const host of ['evil.example', '127.0.0.1.evil.example:8080', 'localhost.evil.example']) {
      const response = await open.inject({ url: '/v1/calls', headers: { host } });
      expect(response.statusCode, host).toBe(403);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.json()).toMatchObject({ title: 'Forbidden', status: 403 });
    }
  });

  it('refuses what came through a proxy', async () => {
    const response = await open.inject({
      url: '/metrics',
      headers: { ...LOCAL, 'x-forwarded-for': '198.51.100.9' },
    });
    expect(response.statusCode).toBe(403);
  });

  it('refuses pages of other hosts that a browser on this machine has open', async () => {
    const ask = (origin: string) =>
      open.inject({ method: 'POST', url: '/v1/areas/lookup', headers: { ...LOCAL, origin }, payload: {} });
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null', 'file://'])
      expect((await ask(origin)).statusCode, origin).toBe(403);
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:8080', 'http://[::1]:8080'])
      expect((await ask(origin)).statusCode, origin).toBe(400);
  });

  it("never shows callers' numbers", async () => {
    const response = await open.inject({ url: '/v1/calls?reveal=true', headers: LOCAL });
    expect(response.statusCode).toBe(403);
    expect(response.body).not.toContain(CALLER);
  });
});

describe('access with a token', () => {
  it('asks for the token, for all but /healthz', async () => {
    for (const url of ['/v1/calls', '/metrics', '/openapi.json', `/v1/calls/${recorded}/recording`]) {
      expect((await guarded.inject({ url, headers: LOCAL })).statusCode, url).toBe(401);
      const wrong = { ...LOCAL, authorization: 'Bearer wrong' };
      expect((await guarded.inject({ url, headers: wrong })).statusCode, url).toBe(401);
      expect((await guarded.inject({ url, headers: BEARER })).statusCode, url).toBe(200);
    }
    expect((await guarded.inject({ url: '/healthz' })).statusCode).toBe(200);
  });

  it("shows callers' numbers when asked", async () => {
    const masked = await guarded.inject({ url: '/v1/calls?limit=1', headers: BEARER });
    expect(masked.body).not.toContain(CALLER);
    const clear = await guarded.inject({ url: '/v1/calls?limit=1&reveal=true', headers: BEARER });
    expect(clear.json().calls[0].caller).toBe(CALLER);
  });
});

describe('calls', () => {
  it('pages through the log, newest first, without gap or repeat', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const url: string = `/v1/calls?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`;
      const page = (await open.inject({ url, headers: LOCAL })).json();
      seen.push(...page.calls.map((call: { id: string }) => call.id));
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual(calls.toReversed());
  });

  it('filters', async () => {
    const get = async (query: string): Promise<number> =>
      (await open.inject({ url: `/v1/calls?${query}`, headers: LOCAL })).json().calls.length;
    expect(await get('status=answered')).toBe(3);
    expect(await get(`did=${encodeURIComponent(DID)}`)).toBe(5);
    expect(await get(`did=${DID.slice(1)}`)).toBe(5);
    expect(await get('source=billboard')).toBe(0);
    expect(await get('from=2026-11-05T12:02:00Z&to=2026-11-05T12:04:00Z')).toBe(2);
  });

  it('names each wrong field', async () => {
    const response = await open.inject({ url: '/v1/calls?limit=501&status=nope&zzz=1', headers: LOCAL });
    expect(response.statusCode).toBe(400);
    const paths = response.json().errors.map((error: { path: string }) => error.path);
    expect(paths.toSorted()).toEqual(['limit', 'status', 'zzz']);
  });

  it('shows one call, and why', async () => {
    const call = (await open.inject({ url: `/v1/calls/${recorded}`, headers: LOCAL })).json();
    expect(call).toMatchObject({ id: recorded, status: 'answered', source: { id: 'google-ads' } });
    expect(call.recording.bytes).toBe(AUDIO.length);
    const explained = (await open.inject({ url: `/v1/calls/${recorded}/explain`, headers: LOCAL })).json();
    expect(explained.events[0]).toMatchObject({ type: 'received', detail: {} });
  });

  it('answers 404 and 400 as problems', async () => {
    const missing = await open.inject({ url: '/v1/calls/01JC0000000000000000000000', headers: LOCAL });
    expect(missing.statusCode).toBe(404);
    expect(missing.headers['content-type']).toContain('application/problem+json');
    expect((await open.inject({ url: '/v1/calls/..%2f..%2fetc', headers: LOCAL })).statusCode).toBe(400);
    expect((await open.inject({ url: '/nowhere', headers: LOCAL })).json()).toMatchObject({ status: 404 });
    const undecodable = await open.inject({ url: '/v1/calls/%ff', headers: LOCAL });
    expect(undecodable.statusCode).toBe(400);
    expect(undecodable.headers['content-type']).toContain('application/problem+json');
  });

  it('refuses to write', async () => {
    const response = await open.inject({ url: '/v1/calls', method: 'POST', headers: LOCAL });
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBe('GET, HEAD');
  });
});

describe('recordings', () => {
  const get = (headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET') =>
    open.inject({ url: `/v1/calls/${recorded}/recording`, method, headers: { ...LOCAL, ...headers } });

  it('serves the whole', async () => {
    const response = await get({});
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('audio/wav');
    expect(response.rawPayload.equals(AUDIO)).toBe(true);
  });

  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=4990-', 4990, 4999],
    ['bytes=-10', 4990, 4999],
    ['bytes=100-99999', 100, 4999],
  ])('serves %s', async (range, start, end) => {
    const response = await get({ range });
    expect(response.statusCode).toBe(206);
    expect(response.headers['content-range']).toBe(`bytes ${start}-${end}/5000`);
    expect(response.rawPayload.equals(AUDIO.subarray(start, end + 1))).toBe(true);
  });

  it('refuses a range beyond the end', async () => {
    const response = await get({ range: 'bytes=5000-' });
    expect(response.statusCode).toBe(416);
    expect(response.headers['content-range']).toBe('bytes */5000');
  });

  it('says not modified, and the size alone to HEAD', async () => {
    const etag = String((await get({})).headers.etag);
    for (const tags of [etag, `"other", W/${etag}`, '*'])
      expect((await get({ 'if-none-match': tags })).statusCode).toBe(304);
    expect((await get({ 'if-none-match': '"other"' })).statusCode).toBe(200);
    const head = await get({}, 'HEAD');
    expect(head.headers['content-length']).toBe('5000');
    expect(head.rawPayload.length).toBe(0);
  });

  it('never leaves the recordings directory', async () => {
    const id = await addCall(sample, START - 60_000, { talkMs: 1000 });
    await sample.store.calls.update(
      id,
      {},
      { id: 'R', call_id: id, path: '../dialtrace.key', started_at: START },
    );
    const response = await open.inject({ url: `/v1/calls/${id}/recording`, headers: LOCAL });
    expect(response.statusCode).toBe(404);
  });
});

describe('tracking plan, trunks, reports', () => {
  it('lists numbers, sources and lines', async () => {
    const numbers = (await open.inject({ url: '/v1/numbers', headers: LOCAL })).json().numbers;
    expect(numbers).toEqual([
      {
        number: DID,
        label: 'Search ads',
        source: 'google-ads',
        sourceName: 'Google Ads',
        pool: null,
        state: 'active',
        lines: ['echo'],
        flow: null,
        record: null,
        enabled: true,
      },
    ]);
    const sources = (await open.inject({ url: '/v1/sources', headers: LOCAL })).json().sources;
    expect(sources.map((source: { id: string }) => source.id)).toEqual(['billboard', 'google-ads']);
    expect((await open.inject({ url: '/v1/lines', headers: LOCAL })).json().lines[0].type).toBe('echo');
  });

  it('shows trunks without secrets', async () => {
    const response = await open.inject({ url: '/v1/trunks', headers: LOCAL });
    expect(response.json().trunks[0]).toMatchObject({ id: 'carrier', digest: true });
    expect(response.body).not.toContain('very-secret');
  });

  it('shows users and their phones, and never what proves their passwords', async () => {
    const soon = Date.now() + 60_000;
    const hashes = { ha1_md5: 'a'.repeat(32), ha1_sha256: 'b'.repeat(64), ha1_sha512_256: 'c'.repeat(64) };
    const user = {
      id: 'u1',
      name: 'alice',
      display: null,
      realm: 'r',
      disabled: 0,
      created_at: START,
      role: 'agent',
      ready: 1,
    } as const;
    await sample.store.users.add({ ...user, ...hashes });
    await sample.store.registrations.replace('alice', [
      {
        key: 'k',
        uri: 'sip:alice@192.0.2.1',
        parameters: '',
        q: 1,
        expires_at: soon,
        call_id: 'c',
        cseq: 1,
        instance: null,
        reg_id: null,
        path: '[]',
        user_agent: 'Phone/1',
        protocol: 'udp',
        address: '192.0.2.1',
        port: 5060,
        since: START,
        refreshed_at: START,
        flow_lost: 0,
      },
    ]);
    const response = await open.inject({ url: '/v1/users', headers: LOCAL });
    const view = {
      name: 'alice',
      available: true,
      contacts: [{ uri: 'sip:alice@192.0.2.1', transport: 'udp', expiresAt: new Date(soon).toISOString() }],
    };
    expect(response.json()).toMatchObject({ users: [view] });
    expect(response.body).not.toMatch(/ha1|aaaa|bbbb|cccc/);
    expect((await open.inject({ url: '/v1/users/alice', headers: LOCAL })).json()).toMatchObject(view);
    expect((await open.inject({ url: '/v1/users/bob', headers: LOCAL })).statusCode).toBe(404);
  });

  it('reports sources, computed in a thread', async () => {
    const url = '/v1/reports/sources?from=2026-10-01&to=2026-11-06&zone=Europe/Berlin';
    const report = (await open.inject({ url, headers: LOCAL })).json();
    expect(report).toMatchObject({ zone: 'Europe/Berlin' });
    const google = report.sources.find((row: { sourceId: string }) => row.sourceId === 'google-ads');
    expect(google).toMatchObject({ calls: 6, answered: 4, missed: 2 });
  });

  it('refuses a wrong period', async () => {
    const wrong = await open.inject({ url: '/v1/reports/sources?zone=Mars/Olympus', headers: LOCAL });
    expect(wrong.statusCode).toBe(400);
    expect(wrong.json().errors[0].path).toBe('zone');
  });
});

describe('system', () => {
  it('tells health by status code', async () => {
    health = { status: 'draining', callsInProgress: 2 };
    const response = await open.inject({ url: '/healthz' });
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ status: 'draining', callsInProgress: 2 });
    health = { status: 'ok', callsInProgress: 0 };
    expect((await open.inject({ url: '/healthz' })).statusCode).toBe(200);
  });

  it('shows metrics', async () => {
    const response = await open.inject({ url: '/metrics', headers: LOCAL });
    expect(response.headers['content-type']).toContain('text/plain');
    expect(response.body).toContain('dialtrace_sample_total 3');
  });

  it('describes every route in OpenAPI 3.1', async () => {
    const document = (await open.inject({ url: '/openapi.json', headers: LOCAL })).json();
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths).toSorted()).toEqual([
      '/healthz',
      '/metrics',
      '/v1/agents',
      '/v1/agents/{name}/ready',
      '/v1/areas',
      '/v1/areas/lookup',
      '/v1/automations/dry-run',
      '/v1/bans',
      '/v1/bans/{cidr}',
      '/v1/buttons',
      '/v1/buttons/{id}',
      '/v1/calendars',
      '/v1/calendars/{id}',
      '/v1/call-backs',
      '/v1/call-backs/{id}',
      '/v1/call-backs/{id}/cancel',
      '/v1/call-backs/{id}/retry',
      '/v1/calls',
      '/v1/calls/{id}',
      '/v1/calls/{id}/candidates',
      '/v1/calls/{id}/explain',
      '/v1/calls/{id}/recording',
      '/v1/calls/{id}/tags',
      '/v1/calls/{id}/tags/{tag}',
      '/v1/experiments',
      '/v1/experiments/{id}',
      '/v1/flows',
      '/v1/flows/lint',
      '/v1/flows/{id}',
      '/v1/flows/{id}/diff',
      '/v1/flows/{id}/drawing.svg',
      '/v1/flows/{id}/simulate',
      '/v1/forms',
      '/v1/forms/{id}',
      '/v1/leads',
      '/v1/leads/{id}',
      '/v1/lines',
      '/v1/numbers',
      '/v1/people/{id}',
      '/v1/people/{id}/tags',
      '/v1/people/{id}/tags/{tag}',
      '/v1/pools',
      '/v1/pools/verify',
      '/v1/pools/{id}',
      '/v1/pools/{id}/advice',
      '/v1/queues',
      '/v1/reports/attribution',
      '/v1/reports/attribution/models',
      '/v1/reports/attribution/recompute',
      '/v1/reports/attribution/{digest}',
      '/v1/reports/calibration',
      '/v1/reports/calls',
      '/v1/reports/funnel',
      '/v1/reports/hours',
      '/v1/reports/sources',
      '/v1/schedules',
      '/v1/schedules/{id}/days',
      '/v1/schedules/{id}/state',
      '/v1/sites',
      '/v1/sites/{id}',
      '/v1/sites/{id}/explain',
      '/v1/sources',
      '/v1/spend',
      '/v1/trunks',
      '/v1/users',
      '/v1/users/{name}',
      '/v1/visits',
      '/v1/visits/{id}',
      '/v1/voicemail',
      '/v1/voicemail/{id}',
      '/v1/voicemail/{id}/audio',
    ]);
    const list = document.paths['/v1/calls'].get;
    expect(list.parameters.map((parameter: { name: string }) => parameter.name)).toContain('cursor');
    expect(list.responses['200'].content['application/json'].schema.properties.calls.type).toBe('array');
  });

  it('listens on a real port, limits the rate, and closes', async () => {
    const server = await makeServer({});
    const address = await server.listen();
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
    const first = await fetch(`http://${address}/v1/numbers`);
    expect(first.status).toBe(200);
    const statuses = await Promise.all(
      Array.from({ length: 620 }, async () => (await fetch(`http://${address}/nowhere`)).status),
    );
    expect(statuses).toContain(429);
    const taken = await makeServer({ port: Number(address.split(':')[1]) });
    await expect(taken.listen()).rejects.toThrow(/the port is taken/);
    await taken.close();
    await server.close();
    await expect(fetch(`http://${address}/healthz`)).rejects.toThrow();
  });
});
