import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const SITE = {
  hosts: ['www.example.com'],
  targets: [{ number: '+12025550199' }],
  rules: [{ id: 'clicks', use: { pool: 'ads' } }],
};

let sample: SampleStore;
let server: HttpServer;

const addSite = (id: string) =>
  sample.store.db
    .insertInto('site')
    .values({ id, plan: JSON.stringify(SITE) })
    .execute();
const get = (url: string) => server.inject({ url, headers: { host: '127.0.0.1:8080' } });

beforeAll(async () => {
  sample = await makeSampleStore();
  const config = gatewayConfigSchema.parse({
    http: { port: 0 },
    trunks: [{ id: 'carrier', region: 'US', sources: ['198.51.100.0/24:5060'] }],
  });
  server = await createHttpServer({
    config: config as Parameters<typeof createHttpServer>[0]['config'],
    store: sample.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports: {
      sources: () => Promise.reject(new Error('not here')),
      run: () => Promise.reject(new Error('not here')),
    },
    trunkStatus: () => [],
  });
});
afterAll(async () => {
  await server.close();
  await sample.remove();
});

describe('/v1/sites', () => {
  it('are as the database has them now, with their defaults', async () => {
    expect((await get('/v1/sites')).json()).toEqual({ sites: [] });
    await addSite('main');
    expect((await get('/v1/sites')).json()).toMatchObject({ sites: [{ id: 'main', hybrid: true }] });
    expect((await get('/v1/sites/main')).json()).toMatchObject({ hosts: SITE.hosts, cookieDays: 30 });
    expect((await get('/v1/sites/other')).statusCode).toBe(404);
  });

  it('explain a visit', async () => {
    const url = encodeURIComponent('https://www.example.com/?msclkid=x');
    const answer = await get(`/v1/sites/main/explain?url=${url}&device=phone`);
    expect(answer.json()).toMatchObject({
      touch: { channel: 'paid', source: 'bing' },
      device: 'phone',
      targets: [{ use: { type: 'pool', pool: 'ads' }, explain: [{ rule: 'clicks', chosen: true }] }],
    });
    expect((await get('/v1/sites/main/explain')).statusCode).toBe(400);
    expect((await get(`/v1/sites/main/explain?url=${url}&device=tv`)).statusCode).toBe(400);
    expect((await get(`/v1/sites/other/explain?url=${url}`)).statusCode).toBe(404);
  });
});
