import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { type Agents, createAgents, createQueueRooms, type QueueRooms } from '../../../src/calls/index.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const HOST = { host: '127.0.0.1:8080' };

let sample: SampleStore;
let agents: Agents;
let queues: QueueRooms;
let http: HttpServer;
let bare: HttpServer;

const makeServer = (parts: { agents?: Agents; queues?: QueueRooms }): Promise<HttpServer> =>
  createHttpServer({
    config: gatewayConfigSchema.parse({ http: { port: 0 } }) as Parameters<
      typeof createHttpServer
    >[0]['config'],
    store: sample.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports: {
      sources: () => Promise.reject(new Error('not here')),
      run: () => Promise.reject(new Error('not here')),
    },
    trunkStatus: () => [],
    ...parts,
  });

beforeAll(async () => {
  sample = await makeSampleStore();
  await sample.store.users.add({
    id: 'id-alice',
    name: 'alice',
    display: 'Alice',
    realm: 'example.com',
    ha1_md5: 'a'.repeat(32),
    ha1_sha256: 'a'.repeat(64),
    ha1_sha512_256: 'a'.repeat(64),
    disabled: 0,
    created_at: 0,
    role: 'agent',
    ready: 1,
  });
  agents = createAgents({
    store: sample.store,
    phones: { presence: () => [{ name: 'alice', available: true }], onPresence: () => undefined },
    audit: () => undefined,
    logger: silentLogger,
    now: Date.now,
  });
  queues = createQueueRooms({ agents, now: Date.now });
  http = await makeServer({ agents, queues });
  bare = await makeServer({});
});
afterAll(async () => {
  await Promise.all([http.close(), bare.close()]);
  agents.stop();
  await sample.remove();
});

const setReady = (name: string, payload: object) =>
  http.inject({ url: `/v1/agents/${name}/ready`, method: 'POST', headers: HOST, payload });

const alice = async () => (await http.inject({ url: '/v1/agents', headers: HOST })).json().agents[0];

describe('agents', () => {
  it('are shown as they stand, and set away and ready', async () => {
    expect(await alice()).toMatchObject({
      name: 'alice',
      display: 'Alice',
      state: 'ready',
      calls: 0,
      missed: 0,
    });
    const place = agents.take('user:alice', 'call', { wrapUpMs: 60_000, maxMissed: 3 });
    expect(await alice()).toMatchObject({ state: 'busy', calls: 1 });
    place.answered();
    place.leave();
    const wrappingUp = await alice();
    expect(wrappingUp.state).toBe('wrap-up');
    expect(Date.parse(wrappingUp.until)).toBeGreaterThan(Date.now() + 50_000);

    const away = await setReady('alice', { ready: false, reason: 'training' });
    expect(away.json()).toMatchObject({ state: 'away', reason: 'training' });
    expect((await setReady('alice', { ready: true })).json()).toMatchObject({ state: 'ready', reason: null });
    const noted = await sample.store.audit.list({ user: 'alice' });
    expect(noted.map(({ action, detail }) => [action, detail])).toEqual([
      ['set-ready', '{}'],
      ['set-away', '{"reason":"training"}'],
    ]);
  });

  it('refuses what is not understood, and who does not exist', async () => {
    expect((await setReady('nobody', { ready: true })).statusCode).toBe(404);
    expect((await setReady('alice', { ready: 'yes' })).statusCode).toBe(400);
    expect((await setReady('alice', { ready: false, reason: 'two\nlines' })).statusCode).toBe(400);
    expect((await bare.inject({ url: '/v1/agents', headers: HOST })).statusCode).toBe(409);
  });
});

it('queues are shown with who waits and how the callers of today fared', async () => {
  const list = async (server = http) =>
    (await server.inject({ url: '/v1/queues', headers: HOST })).json().queues;
  expect(await list()).toEqual([]);
  expect(await list(bare)).toEqual([]);
  const room = queues.room({ id: 'desk', name: 'Service' }, 20_000);
  const [first, second] = ['c-1', 'c-2'].map((callId) =>
    room.enter({ callId, priority: 0, offer: () => undefined }),
  );
  first?.leave('answered');
  const [queue] = await list();
  expect(queue).toMatchObject({
    id: 'desk',
    name: 'Service',
    waiting: 1,
    serviceLevel: 1,
    serviceLevelSeconds: 20,
    today: { offered: 1, answered: 1, inTime: 1, abandoned: 0, left: 0, full: 0 },
  });
  second?.leave('abandoned');
  expect(await list()).toMatchObject([{ waiting: 0, serviceLevel: 0.5 }]);
});
