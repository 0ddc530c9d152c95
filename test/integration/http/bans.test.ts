import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import type { Ban, SipWall } from '../../../src/sip/index.ts';
import { makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const HOST = { host: '127.0.0.1:8080' };
const bans = new Map<string, Ban>();
const wall: SipWall = {
  bans: async () => [...bans.values()].map((ban) => ({ ...ban, dropped: 3 })),
  ban: async (ban) => void bans.set(ban.cidr, ban),
  unban: async (cidr) => bans.delete(cidr),
};

let sample: SampleStore;
let withWall: HttpServer;
let without: HttpServer;
let guarded: HttpServer;

const makeServer = (given: SipWall | undefined, token?: string): Promise<HttpServer> => {
  const config = gatewayConfigSchema.parse({
    http: { port: 0, ...(token !== undefined && { token }) },
    trunks: [{ id: 'carrier', region: 'US', sources: ['198.51.100.0/24:5060'] }],
  });
  return createHttpServer({
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
    wall: given,
  });
};

beforeAll(async () => {
  sample = await makeSampleStore();
  withWall = await makeServer(wall);
  without = await makeServer(undefined);
  guarded = await makeServer(wall, 'a-token');
});
beforeEach(() => bans.clear());
afterAll(async () => {
  await Promise.all([withWall, without, guarded].map((server) => server.close()));
  await sample.remove();
});

const post = (payload: object, server = withWall) =>
  server.inject({ url: '/v1/bans', method: 'POST', headers: HOST, payload });

describe('bans', () => {
  it('are made, listed and lifted', async () => {
    const made = await post({ cidr: '203.0.113.7/24', seconds: 60, reason: 'noise' });
    expect(made.statusCode).toBe(200);
    expect(made.json()).toMatchObject({ cidr: '203.0.113.0/24', by: 'hand', reason: 'noise', count: 1 });
    const { since, until } = made.json() as { since: string; until: string };
    expect(Date.parse(until) - Date.parse(since)).toBe(60_000);
    const listed = await withWall.inject({ url: '/v1/bans', headers: HOST });
    expect(listed.json()).toMatchObject({ bans: [{ cidr: '203.0.113.0/24', dropped: 3 }] });
    const remove = () =>
      withWall.inject({ url: '/v1/bans/203.0.113.0%2F24', method: 'DELETE', headers: HOST });
    expect((await remove()).json()).toEqual({ removed: true });
    expect((await remove()).statusCode).toBe(404);
  });

  it('last for ever unless they say how long', async () => {
    expect((await post({ cidr: '2001:db8::/64' })).json()).toMatchObject({ until: null, reason: 'by hand' });
  });

  it.each([
    ['127.0.0.1', 'this machine'],
    ['::1', 'this machine'],
    ['0.0.0.0/0', 'this machine'],
    ['198.51.100.7', 'trunk carrier'],
    ['198.0.0.0/8', 'trunk carrier'],
  ])('of %s want force', async (cidr, words) => {
    const refused = await post({ cidr });
    expect(refused.statusCode).toBe(409);
    expect(refused.json().detail).toContain(words);
    expect(bans.size).toBe(0);
    expect((await post({ cidr, force: true })).statusCode).toBe(200);
  });

  it.each([
    [{}, 'cidr'],
    [{ cidr: 'host.example' }, 'cidr'],
    [{ cidr: '203.0.113.7', seconds: -1 }, 'seconds'],
    [{ cidr: '203.0.113.7', reason: '' }, 'reason'],
    [{ cidr: '203.0.113.7', colour: 'red' }, 'colour'],
  ])('%j is not understood', async (payload, field) => {
    const refused = await post(payload);
    expect(refused.statusCode).toBe(400);
    expect(refused.json().errors).toMatchObject([{ path: field }]);
  });

  it('are no form of a web page', async () => {
    const text = await withWall.inject({
      url: '/v1/bans',
      method: 'POST',
      headers: { ...HOST, 'content-type': 'text/plain' },
      payload: JSON.stringify({ cidr: '203.0.113.7' }),
    });
    expect(text.statusCode).toBe(400);
    expect(bans.size).toBe(0);
  });

  it('need a wall', async () => {
    for (const response of [
      await without.inject({ url: '/v1/bans', headers: HOST }),
      await post({ cidr: '203.0.113.7' }, without),
    ]) {
      expect(response.statusCode).toBe(409);
      expect(response.json().detail).toContain('no wall');
    }
  });

  it('need the token where there is one', async () => {
    expect((await post({ cidr: '203.0.113.7' }, guarded)).statusCode).toBe(401);
    expect(bans.size).toBe(0);
  });

  it('stand in the document of the API', async () => {
    const { paths } = (await withWall.inject({ url: '/openapi.json', headers: HOST })).json() as {
      paths: Record<string, Record<string, unknown>>;
    };
    expect(Object.keys(paths['/v1/bans'] ?? {}).sort()).toEqual(['get', 'post']);
    expect(paths['/v1/bans/{cidr}']).toHaveProperty('delete');
  });
});
