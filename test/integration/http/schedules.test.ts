import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { areaRepository } from '../../../src/store/index.ts';
import { makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const HOURS = ['09:00-12:30', '13:30-18:00'];
const OFFICE = {
  timezone: 'Europe/Berlin',
  hours: { mon: HOURS, tue: HOURS, wed: HOURS, thu: HOURS, fri: HOURS },
  calendars: ['holidays-de'],
};
const FLOW = {
  start: 'hours',
  steps: { hours: { do: 'schedule', schedule: 'office', open: 'bye', closed: 'bye' }, bye: { do: 'hangup' } },
};
const CALENDAR = [
  'BEGIN:VCALENDAR',
  'X-WR-CALNAME:Feiertage',
  'BEGIN:VEVENT',
  'UID:1',
  'SUMMARY:Weihnachten',
  'DTSTART;VALUE=DATE:20201225',
  'RRULE:FREQ=YEARLY',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

let sample: SampleStore;
let server: HttpServer;

beforeAll(async () => {
  sample = await makeSampleStore();
  await sample.store.db
    .insertInto('schedule')
    .values({ id: 'office', plan: JSON.stringify(OFFICE) })
    .execute();
  await sample.store.db
    .insertInto('flow')
    .values({ id: 'main', plan: JSON.stringify(FLOW) })
    .execute();
  const config = gatewayConfigSchema.parse({
    http: { port: 0 },
    trunks: [{ id: 'carrier', region: 'CN', sources: ['198.51.100.0/24:5060'] }],
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

const host = '127.0.0.1:8080';
const get = (url: string) => server.inject({ url, headers: { host } });
const put = (url: string, payload: string, type = 'text/calendar') =>
  server.inject({ url, method: 'PUT', payload, headers: { host, 'content-type': type } });

describe('/v1/calendars', () => {
  it('takes a calendar in, which changes the schedules and flows that name it', async () => {
    const christmas = '/v1/schedules/office/state?at=2028-12-25T10:00';
    expect((await get(christmas)).json()).toMatchObject({ state: 'open', at: '2028-12-25T10:00:00+01:00' });
    const taken = await put('/v1/calendars/holidays-de', CALENDAR);
    expect(taken.statusCode).toBe(200);
    expect(taken.json()).toMatchObject({ changed: 0, removed: 0, versions: [{ flow: 'main', version: 1 }] });
    expect((await get(christmas)).json()).toMatchObject({
      state: 'holiday',
      reason: 'Weihnachten',
      until: '2028-12-26T00:00:00+01:00',
      opens: '2028-12-26T09:00:00+01:00',
    });
    expect((await get('/v1/calendars')).json()).toMatchObject({
      calendars: [{ id: 'holidays-de', name: 'Feiertage' }],
    });
    const { entries } = (await get('/v1/calendars/holidays-de')).json() as { entries: { from: string }[] };
    expect(entries.map(({ from }) => from)).toContain('2028-12-25');
  });

  it('is the same after the same file, and refuses one that is none with each line', async () => {
    expect((await put('/v1/calendars/holidays-de', CALENDAR)).json()).toMatchObject({
      added: 0,
      removed: 0,
      versions: [],
    });
    const broken = await put('/v1/calendars/holidays-de', CALENDAR.replace('20201225', '20201325'));
    expect(broken.statusCode).toBe(400);
    expect(broken.json()).toMatchObject({ errors: [{ path: 'line 6, DTSTART' }] });
    expect((await put('/v1/calendars/holidays-de', '{}', 'application/json')).statusCode).toBe(400);
    expect((await put('/v1/calendars/Holidays', CALENDAR)).statusCode).toBe(400);
    expect((await put('/v1/calendars/holidays-de?timezone=Mars', CALENDAR)).statusCode).toBe(400);
    expect((await get('/v1/calendars/other')).statusCode).toBe(404);
  });

  it('stays while a schedule names it', async () => {
    const remove = (id: string) =>
      server.inject({ url: `/v1/calendars/${id}`, method: 'DELETE', headers: { host } });
    expect((await remove('holidays-de')).statusCode).toBe(409);
    expect((await remove('other')).statusCode).toBe(404);
    await put('/v1/calendars/spare', CALENDAR);
    expect((await remove('spare')).json()).toEqual({ removed: 'spare' });
  });
});

describe('/v1/schedules', () => {
  it('tells the days to come', async () => {
    const answer = await get('/v1/schedules/office/days?from=2027-03-27&days=3');
    expect(answer.json()).toMatchObject({
      timezone: 'Europe/Berlin',
      days: [
        { date: '2027-03-27', weekday: 'Saturday', open: [], clockChange: 0 },
        { date: '2027-03-28', clockChange: 60 },
        { date: '2027-03-29', open: [{ text: '09:00-12:30', from: '2027-03-29T09:00:00+02:00' }, {}] },
      ],
    });
  });

  it('reads moments with a zone of their own', async () => {
    const answer = await get('/v1/schedules/office/state?at=2026-11-24T12:00:00Z');
    expect(answer.json()).toMatchObject({ at: '2026-11-24T13:00:00+01:00', state: 'closed' });
    const plus = await get('/v1/schedules/office/state?at=2026-11-24T20:00+08:00');
    expect(plus.json()).toMatchObject({ at: '2026-11-24T13:00:00+01:00' });
    expect((await get('/v1/schedules/office/state?at=soon')).statusCode).toBe(400);
    expect((await get('/v1/schedules/other/state')).statusCode).toBe(404);
    expect((await get('/v1/schedules')).json()).toMatchObject({ schedules: [{ id: 'office' }] });
  });
});

describe('/v1/areas', () => {
  it('looks a number up that stands in the body', async () => {
    await sample.store.exclusively((file) => {
      const areas = areaRepository(file);
      areas.stage([{ prefix: '861391234', country: 'CN', area: '江苏', city: '南京' }]);
      areas.finish();
    });
    const look = (number: string) =>
      server.inject({ url: '/v1/areas/lookup', method: 'POST', payload: { number }, headers: { host } });
    expect((await look('139 1234 5678')).json()).toMatchObject({ area: { area: '江苏', city: '南京' } });
    expect((await look('+12125550100')).json()).toEqual({ area: null });
    expect((await look('hello')).statusCode).toBe(400);
    expect((await get('/v1/areas')).json()).toEqual({ areas: [{ country: 'CN', prefixes: 1, cities: 1 }] });
    expect((await get('/v1/areas?country=cn')).json()).toMatchObject({ areas: [{ area: '江苏' }] });
  });
});
