import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { parseTrackingPlan } from '../../../src/config/index.ts';
import { createHttpServer, type HttpParts, type HttpServer } from '../../../src/http/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { applyPlan } from '../../../src/tracking/index.ts';

const HOST = { host: '127.0.0.1:8080' };

const plan = (ringSeconds: number) =>
  parseTrackingPlan(
    {
      sources: [{ id: 'ads', name: 'Ads', source: 'google' }],
      lines: [{ id: 'echo', type: 'echo' }],
      numbers: [{ number: '+12025550123', source: 'ads', flow: 'main' }],
      flows: [
        {
          id: 'main',
          start: 'menu',
          steps: {
            menu: { do: 'menu', play: { say: 'Press <1>' }, keys: { 1: 'desk' }, otherwise: 'box' },
            desk: { do: 'dial', lines: ['echo'], ringSeconds, next: 'box' },
            box: { do: 'voicemail' },
          },
        },
      ],
    },
    { trunkIds: [] },
  );

let directory: string;
let store: Store;
let server: HttpServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dialtrace-flows-'));
  const files = { path: join(directory, 'db'), keyFile: join(directory, 'key'), backupDirectory: directory };
  store = await openStore(files, silentLogger);
  await applyPlan(store, plan(20));
  await applyPlan(store, plan(30));
  const config = gatewayConfigSchema.parse({
    http: { port: 0 },
    trunks: [{ id: 'carrier', region: 'US', sources: ['198.51.100.0/24:5060'] }],
  });
  server = await createHttpServer({
    config: config as HttpParts['config'],
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
  await rm(directory, { recursive: true, force: true });
});

const get = (url: string) => server.inject({ url, headers: HOST });
const post = (url: string, payload: object) => server.inject({ url, method: 'POST', headers: HOST, payload });

describe('/v1/flows', () => {
  it('shows flows, their versions and definitions', async () => {
    expect((await get('/v1/flows')).json()).toEqual({
      flows: [
        {
          id: 'main',
          name: null,
          version: 2,
          language: 'en',
          timezone: 'UTC',
          steps: 3,
          numbers: ['+12025550123'],
        },
      ],
    });
    const one = (await get('/v1/flows/main')).json();
    expect(one).toMatchObject({
      id: 'main',
      version: 2,
      definition: { flow: { steps: { desk: { ringSeconds: 30 } } } },
    });
    expect(one.versions.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
    const first = (await get('/v1/flows/main?version=1')).json();
    expect(first.definition.flow.steps.desk.ringSeconds).toBe(20);
    expect((await get('/v1/flows/other')).statusCode).toBe(404);
    expect((await get('/v1/flows/main?version=9')).json().detail).toBe(
      'There is no version 9 of flow main: the latest is 2.',
    );
  });

  it('draws one', async () => {
    const { statusCode, headers, body } = await get('/v1/flows/main/drawing.svg');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    expect(body).toContain('“Press &lt;1&gt;”');
  });

  it('compares versions', async () => {
    expect((await get('/v1/flows/main/diff?from=1')).json()).toEqual({
      from: 1,
      to: 2,
      changes: [
        {
          what: 'step',
          id: 'desk',
          action: 'changed',
          kind: 'dial',
          fields: [{ path: 'ringSeconds', from: 20, to: 30 }],
        },
      ],
    });
    expect((await get('/v1/flows/main/diff')).statusCode).toBe(400);
  });

  it('simulates a call', async () => {
    const made = await post('/v1/flows/main/simulate', {
      from: '+8613912345678',
      at: '2026-11-22T13:00:00Z',
      keys: ['1'],
      answers: { echo: 'no-answer' },
    });
    expect(made.statusCode).toBe(200);
    expect(made.json()).toMatchObject({
      version: 2,
      waitMs: 30_000,
      ending: { how: 'voicemail' },
      path: [{ step: 'menu', exit: '1' }, { step: 'desk', input: 'no-answer' }, { step: 'box' }],
    });
    expect(made.body).not.toContain('13912345678');
    expect((await post('/v1/flows/main/simulate', { answers: { nobody: 'busy' } })).statusCode).toBe(422);
    expect((await post('/v1/flows/main/simulate', { keys: ['a'] })).statusCode).toBe(400);
  });

  it('lints a flow against what the database has', async () => {
    const found = await post('/v1/flows/lint', {
      flow: {
        id: 'draft',
        start: 'desk',
        steps: {
          desk: { do: 'dial', lines: ['gone'], next: 'box' },
          box: { do: 'voicemail' },
          alone: { do: 'hangup' },
        },
      },
    });
    const { errors, findings } = found.json();
    expect(findings.map(({ rule, step }: { rule: string; step: string }) => [rule, step])).toEqual(
      expect.arrayContaining([
        ['unknown-line', 'desk'],
        ['unreachable', 'alone'],
      ]),
    );
    expect(errors).toBeGreaterThan(0);
    expect((await post('/v1/flows/lint', { flow: { id: 'draft' } })).statusCode).toBe(400);
  });
});
