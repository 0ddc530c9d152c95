import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { type Grant, grantLease } from '../../../src/tracking/leases/index.ts';
import { makePlace, type Place } from '../cli/run-cli.ts';
import { addPools, numberOf, testPool } from './leases-stage.ts';

const pool = testPool('web', { name: 'Web site', overflow: '+12025559999' });
let place: Place;
let store: Store;
let server: HttpServer;
let key: string;
let shown: string;

beforeAll(async () => {
  place = await makePlace();
  await place.run('apply');
  const database = { path: place.path('data/dialtrace.db'), keyFile: place.path('data/dialtrace.key') };
  store = await openStore({ ...database, backupDirectory: place.path('data/backups') }, silentLogger);
  key = store.vault.derive('lease-ledger');
  const config = gatewayConfigSchema.parse({ http: { port: 0 }, trunks: [] });
  server = await createHttpServer({
    config: config as Parameters<typeof createHttpServer>[0]['config'],
    store,
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
  await store.close();
  await place.remove();
});

const grant = (visit: string): Promise<Grant> =>
  store.exclusively((file) =>
    grantLease(file, key, {
      pool,
      class: undefined,
      visitId: visit,
      visitorId: `of ${visit}`,
      address: null,
      at: Date.now(),
    }),
  );
const get = async (path: string) => {
  const answer = await server.inject({ url: path, headers: { host: '127.0.0.1:8080' } });
  return { status: answer.statusCode, body: answer.json() };
};
const run = async (...words: string[]) => {
  const { code, stdout, stderr } = await place.run('pool', ...words);
  return { code, stdout, stderr };
};

describe('pools', () => {
  it('are told to be missing', async () => {
    expect((await run('list')).stdout).toContain('There are no pools yet');
    expect(await get('/v1/pools')).toEqual({ status: 200, body: { pools: [] } });
    expect((await run('status', 'web')).code).toBe(2);
    expect((await get('/v1/pools/web')).status).toBe(404);
    expect((await run('activate', '+12025550123')).stderr).toContain('no number of a pool');
  });

  it('are listed with how they stand', async () => {
    await store.exclusively((file) => addPools(file, [pool], 4));
    const first = await grant('a');
    expect(first.type).toBe('leased');
    shown = first.type === 'leased' ? first.number : '';
    const { body } = await get('/v1/pools');
    expect(body.pools).toMatchObject([
      { id: 'web', name: 'Web site', lendable: 4, active: 1, free: 3, utilization: 0.25, alerts: [] },
    ]);
    expect(JSON.parse((await run('list', '--json')).stdout)).toEqual(body.pools);
    expect(JSON.parse((await run('status', 'web', '--json')).stdout)).toEqual(body.pools[0]);
    expect((await run('list')).stdout).toMatch(/web\s+Web site\s+4\s+1\s+0\s+3\s+25 %/);
    expect((await run('status')).stdout).toContain('4 active');
  });

  it('show who has which number, without anything of the visitor', async () => {
    const { body } = await get('/v1/pools/web');
    const held = body.numbers.filter((row: { lease: unknown }) => row.lease !== null);
    expect(held).toMatchObject([{ number: shown, state: 'active', lease: { state: 'active', visit: 'a' } }]);
    expect(JSON.stringify(body)).not.toContain('of a');
    expect(JSON.parse((await run('numbers', 'web', '--json')).stdout)).toEqual(body.numbers);
    expect((await run('numbers', 'web')).stdout).toContain('in view');
  });

  it('give advice from what is expected, and say when they know too little', async () => {
    const { status, body } = await get('/v1/pools/web/advice?visitsPerHour=200&minutes=3');
    expect([status, body.target.numbers, body.verdict]).toEqual([200, 18, 'add']);
    expect((await get('/v1/pools/web/advice')).status).toBe(400);
    expect((await get('/v1/pools/web/advice?targetLoss=0')).status).toBe(400);
    const command = ['advise', 'web', '--visits-per-hour', '200', '--minutes', '3'];
    expect((await run(...command)).stdout).toContain('15 for 5.0 %, 18 for 1.0 %, 21 for 0.1 %');
    expect(JSON.parse((await run(...command, '--json')).stdout)).toEqual(body);
    expect(JSON.parse((await run(...command, '--target-loss', '5%', '--json')).stdout).target).toEqual({
      loss: 0.05,
      numbers: 15,
    });
    expect((await run('advise', 'web')).code).toBe(2);
    expect((await run('advise', 'web', '--target-loss', '80%')).code).toBe(2);
  });

  it('take numbers out and back by hand', async () => {
    expect((await run('fail', shown)).stdout).toContain('is failed');
    expect((await grant('a')).type === 'leased' && (await grant('a'))).not.toMatchObject({ number: shown });
    expect((await run('activate', shown)).code).toBe(0);
    expect((await get('/v1/pools/web')).body.pool.numbers.active).toBe(4);
    expect((await run('fail', numberOf(testPool('none'), 1))).code).toBe(1);
  });

  it('prove that nothing was lent twice, and fail when the ledger was changed', async () => {
    const { body } = await get('/v1/pools/verify');
    expect(body).toMatchObject({ ok: true, problem: null, openLeases: 1, counts: { opened: 2, closed: 1 } });
    const whole = await run('verify');
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(whole.stdout).toContain('The ledger is whole');
    expect(JSON.parse((await run('verify', '--json')).stdout)).toEqual(body);
    await store.exclusively((file) => {
      file.exec("DROP TRIGGER lease_event_stays; UPDATE lease_event SET visit_id = 'b' WHERE seq = 2");
    });
    const changed = await run('verify');
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('Row 2 (closed');
    expect((await get('/v1/pools/verify')).body).toMatchObject({ ok: false, problem: { seq: 2 } });
  });
});
