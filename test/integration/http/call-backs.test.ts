import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import type { CallBackView } from '../../../src/buttons/index.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpParts, type HttpServer } from '../../../src/http/index.ts';
import { createReportRunner, type ReportRunner } from '../../../src/reports/index.ts';
import { addRequest, callBackId } from '../../support/call-back-rows.ts';
import { makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const AT = Date.UTC(2026, 10, 23, 11);
const TOKEN = 'a-token-for-tests';
const headers = { authorization: `Bearer ${TOKEN}` };

let sample: SampleStore;
let reports: ReportRunner;
let server: HttpServer;

beforeAll(async () => {
  sample = await makeSampleStore();
  for (const count of [1, 2, 3])
    await addRequest(sample.store, `+1202555014${count}`, {
      id: callBackId(count),
      requested_at: AT + count,
      state: count === 2 ? 'calling' : 'waiting',
    });
  reports = createReportRunner(sample.options);
  server = await createHttpServer({
    config: gatewayConfigSchema.parse({
      http: { port: 0, token: TOKEN },
      recording: { directory: join(sample.directory, 'recordings') },
    }) as HttpParts['config'],
    store: sample.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    trunkStatus: () => [],
  });
});
afterAll(async () => {
  await server?.close();
  await reports?.close();
  await sample?.remove();
});

const ask = async (method: 'GET' | 'POST', url: string, more: object = { headers }) => {
  const answer = await server.inject({ method, url, ...more });
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
};

it('lists requests page by page, their numbers masked unless they are asked for', async () => {
  const first = await ask('GET', '/v1/call-backs?limit=2');
  const rows = first.body['callBacks'] as CallBackView[];
  expect(rows.map(({ id }) => id)).toEqual([callBackId(3), callBackId(2)]);
  expect(rows[0]).toMatchObject({ number: '+120******43', state: 'waiting' });
  const next = await ask('GET', `/v1/call-backs?limit=2&cursor=${first.body['next']}&reveal=true`);
  expect(next.body).toMatchObject({
    callBacks: [{ id: callBackId(1), number: '+12025550141', consent: { text: 'Call me.' } }],
    next: null,
  });
  const waiting = await ask('GET', '/v1/call-backs?state=calling&button=sales');
  expect(waiting.body['callBacks']).toHaveLength(1);
});

it('cancels and retries, and says why not', async () => {
  const one = `/v1/call-backs/${callBackId(1)}`;
  expect(await ask('POST', `${one}/cancel`)).toMatchObject({
    status: 200,
    body: { state: 'cancelled', reason: 'cancelled by the API' },
  });
  expect(await ask('POST', `${one}/cancel`)).toMatchObject({ status: 409 });
  expect(await ask('POST', `${one}/retry`)).toMatchObject({ status: 200, body: { state: 'waiting' } });
  expect(await ask('GET', one)).toMatchObject({ status: 200, body: { state: 'waiting' } });
  const busy = await ask('POST', `/v1/call-backs/${callBackId(2)}/cancel`);
  expect(busy).toMatchObject({ status: 409, body: { detail: 'It is being called.' } });
  expect(await ask('POST', `/v1/call-backs/${callBackId(9)}/retry`)).toMatchObject({ status: 404 });
  expect(await ask('POST', `${one}/cancel`, {})).toMatchObject({ status: 401 });
});
