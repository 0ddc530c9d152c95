import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { createReportRunner, type ReportRunner } from '../../../src/reports/index.ts';
import { recordCandidates } from '../../../src/tracking/index.ts';
import { CONFIG, makePlace, type Place } from '../cli/run-cli.ts';
import { MINUTE, makeStage, POOL_NUMBER, type Stage } from './matching-stage.ts';

const CALL = '01K9ZJ3V8Q4N7M2T5B6C8D9EFG';
const HOST = { host: '127.0.0.1:8080' };
/** Reports are asked for up to now. */
const AT = Date.now() - 3_600_000;

let stage: Stage;
let reports: ReportRunner;
let server: HttpServer;
let place: Place;

beforeAll(async () => {
  stage = await makeStage();
  await stage.visit('a', { at: AT, ago: 3 * MINUTE, device: 'phone' });
  await stage.tap('a', AT - 4000);
  await stage.call(CALL, AT, { match_method: 'tel_tap', match_prob: 0.999, visit_id: 'a' });
  const match = await stage.match({ at: AT });
  await stage.work((file) => recordCandidates(file, CALL, match));
  const path = `${stage.directory}/a`;
  const options = { path: `${path}.db`, keyFile: `${path}.key`, backupDirectory: stage.directory };
  reports = createReportRunner(options);
  server = await createHttpServer({
    config: gatewayConfigSchema.parse({ http: { port: 0 }, trunks: [] }) as Parameters<
      typeof createHttpServer
    >[0]['config'],
    store: stage.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    trunkStatus: () => [],
  });
  const database = `database: { path: ${path}.db, keyFile: ${path}.key, backupDirectory: ${stage.directory} }`;
  place = await makePlace(CONFIG.replace(/database: .*/, database));
});
afterAll(async () => {
  await server.close();
  await reports.close();
  await place.remove();
  await stage.close();
});

const get = (url: string) => server.inject({ url, headers: HOST });

describe('over HTTP', () => {
  it('a call tells its candidates', async () => {
    const response = await get(`/v1/calls/${CALL.toLowerCase()}/candidates`);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      call: CALL,
      method: 'tel_tap',
      visit: 'a',
      candidates: [
        { visit: 'a', why: expect.stringContaining('tapped it 4 s before'), evidence: { tap: 2000 } },
        { visit: null },
      ],
    });
    expect((await get('/v1/calls/01K9ZJ3V8Q4N7M2T5B6C8D9EFH/candidates')).statusCode).toBe(404);
  });

  it('matches tell how far they can be trusted', async () => {
    const response = await get('/v1/reports/calibration?period=7d');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ known: 1, calls: 1, bins: { length: 10 } });
    expect((await get('/v1/reports/calibration?period=ever')).statusCode).toBe(400);
  });
});

describe('the command', () => {
  it('shows whose a call may be', async () => {
    const shown = await place.run('matching', 'show', 'last');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('matched by tel_tap, 99.90 %');
    expect(shown.stdout).toContain('tapped it 4 s before');
    const data = JSON.parse((await place.run('matching', 'show', CALL, '--json')).stdout);
    expect(data.candidates[0]).toMatchObject({ visit: 'a', evidence: { tap: 2000 } });
    expect((await place.run('matching', 'show', 'nothing')).code).toBe(2);
  });

  it('measures matches', async () => {
    const table = await place.run('matching', 'calibration', '--period', '7d');
    expect(table.stdout).toMatch(/Calls whose visit is known\s+1\n/);
    expect(table.stdout).toContain('90–100 %');
    expect(JSON.parse((await place.run('matching', 'calibration', '--json')).stdout)).toMatchObject({
      known: 1,
    });
    const nothing = await place.run('matching', 'calibration', '--period', 'last-month');
    expect(nothing.stdout).toContain('nothing to measure by');
  });

  it('fits the law of delays', async () => {
    const fitted = await place.run('matching', 'refit');
    expect(fitted.code).toBe(0);
    expect(fitted.stdout).toContain('fewer than 30 calls: the defaults hold');
    expect(JSON.parse((await place.run('matching', 'refit', '--json')).stdout)).toEqual([
      { siteId: 'main', calls: 1, steps: 0 },
    ]);
    expect((await place.run('matching', 'refit', '--site', POOL_NUMBER)).code).toBe(2);
  });
});
