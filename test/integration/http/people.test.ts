import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { ALICE, makePeopleStage, type PeopleStage } from '../tracking/people-stage.ts';

const HOST = { host: '127.0.0.1:8080' };
const TOKEN = { authorization: 'Bearer a-token' };

let stage: PeopleStage;
let server: HttpServer;
let guarded: HttpServer;
let call: string;

const makeServer = (token?: string): Promise<HttpServer> => {
  const config = gatewayConfigSchema.parse({
    http: { port: 0, ...(token !== undefined && { token }) },
    trunks: [{ id: 'carrier', region: 'US', sources: ['198.51.100.0/24:5060'] }],
  });
  return createHttpServer({
    config: config as Parameters<typeof createHttpServer>[0]['config'],
    store: stage.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports: {
      sources: () => Promise.reject(new Error('not here')),
      run: () => Promise.reject(new Error('not here')),
    },
    trunkStatus: () => [],
  });
};

beforeAll(async () => {
  stage = await makePeopleStage();
  server = await makeServer();
  guarded = await makeServer('a-token');
  call = await stage.ended(Date.now() - 3_600_000, { landing_page: 'https://www.example.com/roof' });
});
afterAll(async () => {
  await Promise.all([server, guarded].map((each) => each.close()));
  await stage.remove();
});

const ask = async (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
): Promise<{ status: number; body: Record<string, never> }> => {
  const answer = await server.inject({ url, method, headers: HOST, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json() };
};

describe('people', () => {
  it('are shown by any id of theirs', async () => {
    const { status, body } = await ask('GET', `/v1/people/${call}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      contacts: ['+120******77'],
      lead: { status: 'new' },
      timeline: [
        { type: 'call', id: call, source: { source: 'google' } },
        { type: 'lead', status: 'new' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(ALICE);
    expect((await ask('GET', `/v1/people/${String(body['person'])}`)).body).toEqual(body);
    expect((await ask('GET', '/v1/people/NONE')).status).toBe(404);
  });

  it('and calls are tagged', async () => {
    const tagged = await ask('POST', `/v1/calls/${call}/tags`, { tags: [' roof ', 'call back'] });
    expect(tagged.body).toMatchObject({ tags: [{ tag: 'call back', by: 'api' }, { tag: 'roof' }] });
    expect((await ask('DELETE', `/v1/calls/${call}/tags/call%20back`)).body).toEqual({ removed: true });
    expect((await ask('DELETE', `/v1/calls/${call}/tags/call%20back`)).body).toEqual({ removed: false });
    expect((await ask('GET', `/v1/calls/${call}/tags`)).body).toMatchObject({ tags: [{ tag: 'roof' }] });
    expect((await ask('POST', `/v1/people/${call}/tags`, { tags: ['vip'] })).body).toEqual({ tagged: true });
    expect((await ask('GET', `/v1/people/${call}`)).body).toMatchObject({ tags: ['vip'] });
    expect((await ask('DELETE', `/v1/people/${call}/tags/vip`)).body).toEqual({ removed: true });
    for (const tags of [[], [''], ['a\nb'], ['x'.repeat(61)]])
      expect((await ask('POST', `/v1/calls/${call}/tags`, { tags })).status).toBe(400);
    const nobody = '01K9ZJ3V8Q4N7M2T5B6C8D9EFG';
    expect((await ask('POST', `/v1/calls/${nobody}/tags`, { tags: ['x'] })).status).toBe(404);
    expect((await ask('DELETE', `/v1/calls/${nobody}/tags/x`)).status).toBe(404);
    expect((await ask('POST', '/v1/people/NONE/tags', { tags: ['x'] })).status).toBe(404);
  });
});

describe('leads', () => {
  it('are changed, field by field', async () => {
    const changed = await ask('PATCH', `/v1/leads/${call}`, {
      status: 'qualified',
      value: { amount: 250.25, currency: 'EUR' },
      owner: 'alice',
    });
    expect(changed.body).toMatchObject({
      status: 'qualified',
      value: { amount: 250.25, currency: 'EUR' },
      quote: null,
      owner: 'alice',
      convertedAt: null,
    });
    expect((await ask('PATCH', `/v1/leads/${call}`, { owner: null })).body).toMatchObject({
      status: 'qualified',
      value: { amount: 250.25, currency: 'EUR' },
      owner: null,
    });
    expect((await ask('GET', `/v1/leads/${call}`)).body).toMatchObject({ status: 'qualified' });
    expect((await ask('GET', '/v1/leads?status=qualified')).body).toMatchObject({
      leads: [{ status: 'qualified', contact: '+120******77' }],
      next: null,
    });
    expect((await ask('GET', '/v1/leads?status=spam')).body).toEqual({ leads: [], next: null });
  });

  it.each<[object, string]>([
    [{}, ''],
    [{ status: 'won' }, 'status'],
    [{ value: { amount: -1, currency: 'EUR' } }, 'value.amount'],
    [{ value: { amount: 1, currency: 'euro' } }, 'value.currency'],
    [{ status: 'new', colour: 'red' }, 'colour'],
  ])('%j is not understood', async (payload, field) => {
    const refused = await ask('PATCH', `/v1/leads/${call}`, payload);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ errors: [{ path: field }] });
  });

  it('are in one currency', async () => {
    const refused = await ask('PATCH', `/v1/leads/${call}`, { quote: { amount: 1, currency: 'USD' } });
    expect(refused.status).toBe(400);
    expect(String(refused.body['detail'])).toContain('one currency');
  });

  it('of nobody', async () => {
    expect((await ask('PATCH', '/v1/leads/NONE', { status: 'new' })).status).toBe(404);
    expect((await ask('GET', '/v1/leads/NONE')).status).toBe(404);
  });
});

describe('forms', () => {
  const FORM = {
    name: 'quote',
    phone: '(202) 555-0177',
    fields: { message: 'My roof leaks', rooms: 3, ways: ['phone', 'mail'] },
    external_id: 'crm-1',
    at: '2026-11-01T09:30:00Z',
  };

  it('are taken once, and show no personal data', async () => {
    const first = await ask('POST', '/v1/forms', FORM);
    expect(first.body).toMatchObject({
      created: true,
      form: { name: 'quote', contact: '+120******77', fields: null, at: '2026-11-01T09:30:00.000Z' },
    });
    const again = await ask('POST', '/v1/forms', { ...FORM, fields: {} });
    expect(again.body).toEqual({ ...first.body, created: false });
    const { body } = await ask('GET', '/v1/forms?name=quote');
    expect(body).toMatchObject({ forms: [{ externalId: 'crm-1' }], next: null });
    expect(JSON.stringify(body)).not.toContain('roof');
    expect((await ask('GET', `/v1/people/${call}`)).body).toMatchObject({
      timeline: [{ type: 'form' }, { type: 'call' }, { type: 'lead' }, { type: 'lead' }],
    });
  });

  it('are shown in clear to whoever has the token', async () => {
    const { body } = await ask('GET', '/v1/forms');
    const [form] = body['forms'] as unknown as { id: string }[];
    const url = `/v1/forms/${form?.id}?reveal=true`;
    expect((await ask('GET', url)).status).toBe(403);
    expect((await guarded.inject({ url, headers: HOST })).statusCode).toBe(401);
    const revealed = await guarded.inject({ url, headers: { ...HOST, ...TOKEN } });
    expect(revealed.json()).toMatchObject({ fields: { message: 'My roof leaks', phone: '(202) 555-0177' } });
    expect((await ask('GET', '/v1/forms/NONE')).status).toBe(404);
  });

  const many = (count: number, value: unknown): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`field ${index}`, value]));

  it.each<[string, object, string]>([
    ['no name', {}, 'name'],
    ['two lines of name', { name: 'a\nb' }, 'name'],
    ['the future', { name: 'x', at: '2999-01-01' }, 'at'],
    ['no time', { name: 'x', at: 'yesterday' }, 'at'],
    ['depth', { name: 'x', fields: { deep: { er: 1 } } }, 'fields.deep'],
    ['a long value', { name: 'x', fields: { long: 'x'.repeat(10_001) } }, 'fields.long'],
    ['many fields', { name: 'x', fields: many(101, 1) }, 'fields'],
    ['many bytes', { name: 'x', fields: many(5, 'ü'.repeat(4000)) }, 'fields'],
    ['what is no field', { name: 'x', file: 'y' }, 'file'],
  ])('with %s are not understood', async (_, payload, field) => {
    const refused = await ask('POST', '/v1/forms', payload);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ errors: [{ path: field }] });
  });

  it('are not without end', async () => {
    expect((await ask('POST', '/v1/forms', { name: 'x', fields: { a: 'x'.repeat(70_000) } })).status).toBe(
      413,
    );
  });
});

describe('a dry run', () => {
  it('tries automations on history and writes nothing', async () => {
    const automations = [
      { id: 'roof', when: { landing: '/roof' }, do: { tags: ['new'], status: 'qualified' } },
    ];
    const { status, body } = await ask('POST', '/v1/automations/dry-run', { days: 7, automations });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      calls: 1,
      automations: [{ automation: 'roof', matched: 1, tagged: 1, moved: 1 }],
      effects: [{ type: 'call', id: call, text: 'tag new, lead qualified' }],
    });
    expect((await ask('GET', `/v1/calls/${call}/tags`)).body).toMatchObject({ tags: [{ tag: 'roof' }] });
    expect((await ask('POST', '/v1/automations/dry-run', {})).body).toMatchObject({ automations: [] });
    const wrong = await ask('POST', '/v1/automations/dry-run', { automations: [{ id: 'x', when: {} }] });
    expect(wrong.status).toBe(400);
  });
});
