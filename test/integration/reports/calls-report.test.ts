import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpParts, type HttpServer } from '../../../src/http/index.ts';
import {
  type CallsReport,
  createReportRunner,
  type ReportRunner,
  sourcesReport,
} from '../../../src/reports/index.ts';
import type { SqliteFile } from '../../../src/store/index.ts';
import { appendEvents, type TrackingEvent } from '../../../src/tracking/events.ts';
import { CONFIG, makePlace, type Place } from '../cli/run-cli.ts';
import { insertCall, insertPerson, putLead } from './call-rows.ts';
import { makeSampleStore, type SampleStore } from './sample-store.ts';

/** Noon of a day of October in Berlin. */
const noon = (day: number): number => Date.UTC(2026, 9, day, 10);
const OCTOBER = 'from=2026-10-01&to=2026-11-01&zone=Europe/Berlin';
const PERIOD = ['--from', '2026-10-01', '--to', '2026-11-01', '--zone', 'Europe/Berlin'];

const BRAND = {
  source: 'google',
  medium: 'cpc',
  campaign: 'brand',
  channel: 'paid',
  keyword: 'roof',
} as const;
const BING = { source: 'bing', medium: 'organic', campaign: null, channel: 'organic' } as const;
const answered = (at: number) =>
  ({ status: 'answered', answered_at: at + 4000, ring_ms: 4000, talk_ms: 60_000 }) as const;

const SPEND = `Date,Source,Medium,Campaign,Cost,Currency,Clicks
2026-10-01,google,cpc,brand,60.00,EUR,30
2026-10-01,google,cpc,brand,40.00,EUR,20
2026-10-02,google,cpc,brand,100.00,EUR,40
2026-10-02,google,cpc,other,50.00,EUR,
2026-10-03,google,cpc,brand,9.00,USD,
2026-11-01,google,cpc,brand,999.00,EUR,
`;

let sample: SampleStore;
let place: Place;
let reports: ReportRunner;
let server: HttpServer;

/** Four calls of the brand campaign: a customer's two, a spammer's, a test; one of Bing, one of nobody. */
const fill = (file: SqliteFile): void => {
  file.prepare('UPDATE source SET cost_amount = NULL, cost_currency = NULL, cost_per = NULL').run();
  insertPerson(file, 'ANN', 'ann');
  insertPerson(file, 'BEN', 'ben');
  insertCall(file, noon(1), {
    ...BRAND,
    ...answered(noon(1)),
    caller_hmac: 'ann',
    first_call: 1,
    caller_region: 'DE',
  });
  insertCall(file, noon(3), { ...BRAND, ...answered(noon(3)), caller_hmac: 'ann', caller_region: 'DE' });
  insertCall(file, noon(3) + 1, { ...BRAND, caller_hmac: 'spam', spam_score: 4 });
  insertCall(file, noon(3) + 2, { ...BRAND, ...answered(noon(3)), is_test: 1 });
  insertCall(file, noon(4), {
    ...BING,
    ...answered(noon(4)),
    caller_hmac: 'ben',
    landing_page: 'https://a.example/x/?q=1',
  });
  insertCall(file, noon(5), {});
  insertCall(file, noon(5) + 1, { status: 'blocked' });
  putLead(file, 'ANN', noon(1), {
    status: 'customer',
    value_micros: 5_000_000,
    sale_micros: 600_000_000,
    currency: 'EUR',
    converted_at: noon(2),
  });
  putLead(file, 'BEN', noon(4), {
    status: 'qualified',
    value_micros: 80_000_000,
    currency: 'CHF',
    qualified_at: noon(6),
  });
};

beforeAll(async () => {
  sample = await makeSampleStore();
  await sample.store.exclusively(fill);
  place = await makePlace(CONFIG.replaceAll('../data', sample.directory));
  reports = createReportRunner(sample.options);
  const config = gatewayConfigSchema.parse({ http: { port: 0 } });
  server = await createHttpServer({
    config: config as HttpParts['config'],
    store: sample.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    trunkStatus: () => [],
  });
  await place.write('spend.csv', SPEND);
});
afterAll(async () => {
  await server.close();
  await reports.close();
  await place.remove();
  await sample.remove();
});

const run = async (...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.run(...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};
const json = async <T>(...words: string[]): Promise<T> => JSON.parse(await run(...words, '--json')) as T;
const ask = async <T>(url: string): Promise<T> => {
  const response = await server.inject({ url, headers: { host: 'localhost' } });
  expect(response.statusCode, response.body).toBe(200);
  return response.json() as T;
};
const calls = (query: string): Promise<CallsReport> => ask(`/v1/reports/calls?${OCTOBER}&${query}`);
const row = ({ rows }: CallsReport, label: string): CallsReport['rows'][number] => {
  const found = rows.find((one) => one.label === label);
  if (found === undefined)
    throw new Error(`no row ${label} among ${rows.map((one) => one.label).join(', ')}`);
  return found;
};

describe('spend', () => {
  const path = (): string => place.path('spend.csv');

  it('is imported once, however often: rows of one campaign are added up', async () => {
    const first = { rows: 6, added: 5, changed: 0, unchanged: 0, merged: 1 };
    expect(await json('spend', 'import', path(), '--dry-run')).toEqual({ dryRun: true, ...first });
    expect(await json('spend', 'list', ...PERIOD)).toEqual([]);
    expect(await json('spend', 'import', path())).toEqual({ dryRun: false, ...first });
    const before = await readFile(join(sample.directory, 'dialtrace.db'));
    expect(await json('spend', 'import', path())).toMatchObject({ added: 0, changed: 0, unchanged: 5 });
    expect((await readFile(join(sample.directory, 'dialtrace.db'))).equals(before)).toBe(true);
    expect(await run('spend', 'list', ...PERIOD)).toMatch(/2026-10-01 +google +cpc +brand +100.00 EUR +50/);
  });

  it('is imported by the API, and removed', async () => {
    const post = (payload: object) =>
      server.inject({ method: 'POST', url: '/v1/spend', payload, headers: { host: 'localhost' } });
    const rows = [{ day: '2026-10-09', source: 'Bing', currency: 'eur', amount: 0.1 }];
    expect((await post({ rows, dryRun: true })).json()).toMatchObject({ added: 1 });
    expect((await post({ rows })).json()).toMatchObject({ added: 1 });
    expect((await post({ rows: [{ ...rows[0], amount: 0.2 }] })).json()).toMatchObject({ changed: 1 });
    const { spend } = await ask<{ spend: object[] }>('/v1/spend?from=2026-10-09&to=2026-10-09');
    expect(spend).toMatchObject([{ source: 'bing', medium: '', currency: 'EUR', amount: 0.2 }]);
    const wrong = await post({
      rows: [{ day: '2026-02-30', source: '', currency: 'EURO', amount: -1, x: 1 }],
    });
    expect(wrong.statusCode).toBe(400);
    expect(wrong.json().errors).toHaveLength(5);
    expect(await run('spend', 'remove', '--day', '2026-10-09', '--source', 'bing')).toBe('Removed 1 row.\n');
    expect((await place.run('spend', 'remove', '--day', '2026-10-09', '--source', 'bing')).code).toBe(1);
  });

  it('is refused whole when a line is wrong', async () => {
    await place.write('wrong.csv', `${SPEND}2026-10-05,google,cpc,brand,"1.000,50",EUR,\n`);
    const { code, stderr } = await place.run('spend', 'import', place.path('wrong.csv'));
    expect(code).toBe(2);
    expect(stderr).toContain('line 8, amount: "1.000,50" can be read in more than one way');
    expect(stderr).toContain('→ write 1234.50');
    expect((await place.run('spend', 'import', place.path('none.csv'))).code).toBe(1);
  });
});

describe('report calls', () => {
  it('tells what a campaign cost and brought', async () => {
    const report = await calls('by=campaign&margin=0.5');
    const brand = row(report, 'google / cpc / brand');
    expect(brand).toMatchObject({ calls: 3, answered: 2, missed: 1, spam: 1, firstTime: 1, qualified: 2 });
    expect(brand.averageAnswerMs).toBe(4000);
    // October's spend, and what Ann bought: counted once, with her last call before she did.
    expect(brand.money.map(({ currency, cost, value }) => [currency, cost, value])).toEqual([
      ['EUR', 200, 600],
      ['USD', 9, 0],
    ]);
    const [eur] = brand.money;
    expect(eur?.costPerCall.value).toBeCloseTo(200 / 3, 5);
    expect(eur?.costPerQualified.value).toBe(100);
    expect([eur?.roas.value, eur?.roi.value]).toEqual([3, 0.5]);
    expect(row(report, 'google / cpc / other')).toMatchObject({ calls: 0, money: [{ cost: 50 }] });
    expect(row(report, 'bing / organic / (none)')).toMatchObject({
      money: [{ currency: 'CHF', cost: null, value: 80 }],
    });
    expect(row(report, '(unattributed)')).toMatchObject({ calls: 1, blocked: 1, money: [] });
    expect(report.totals).toMatchObject({ calls: 5, spam: 1, blocked: 1, qualified: 3 });
    expect(report.totals.money.map(({ currency, cost }) => [currency, cost])).toEqual([
      ['CHF', null],
      ['EUR', 250],
      ['USD', 9],
    ]);
  });

  it('leaves spam out or counts it alone when asked, and always says how much there is', async () => {
    for (const [spam, count] of [
      ['include', 3],
      ['exclude', 2],
      ['only', 1],
    ] as const) {
      const report = await calls(`by=source&spam=${spam}`);
      expect([row(report, 'google').calls, row(report, 'google').spam], spam).toEqual([count, 1]);
    }
  });

  it('puts worth and cost on days', async () => {
    const report = await calls('by=day');
    expect(report.rows).toHaveLength(31);
    const money = (day: string) => row(report, day).money.map((one) => [one.currency, one.cost, one.value]);
    expect(money('2026-10-01')).toEqual([['EUR', 100, 600]]);
    expect(money('2026-10-02')).toEqual([['EUR', 150, 0]]);
    // Ben was qualified on the 6th: his last call before is the 4th's.
    expect(money('2026-10-04')).toEqual([['CHF', null, 80]]);
  });

  it('knows pages, regions, keywords, channels, and tests when asked', async () => {
    expect(row(await calls('by=landing'), 'a.example/x').calls).toBe(1);
    expect(row(await calls('by=region'), 'DE').calls).toBe(2);
    expect(row(await calls('by=keyword'), 'google / cpc / brand / roof').calls).toBe(3);
    expect(row(await calls('by=channel'), 'paid')).toMatchObject({
      calls: 3,
      money: [{ cost: 250 }, { cost: 9 }],
    });
    expect(row(await calls('by=source&tests=true'), 'google').calls).toBe(4);
  });

  it('shows the week as a heat map', async () => {
    const text = await run('report', 'calls', '--by', 'weekday', ...PERIOD);
    expect(text).toMatch(/Thursday +1 /);
    // Noon in Berlin.
    expect(text).toMatch(/\nSa +██ +2\n/);
    expect(text).toContain('1 call flagged as spam counted in');
    const { heat } = await json<CallsReport>('report', 'calls', '--by', 'hour', ...PERIOD);
    expect(heat?.[5]?.[12]).toBe(2);
  });

  it('prints a table and CSV, a line for each currency', async () => {
    const text = await run('report', 'calls', '--by', 'campaign', ...PERIOD);
    expect(text).toMatch(/google \/ cpc \/ brand +3 .* 200\.00 EUR +66\.67 \(/);
    expect(text).toMatch(/\n +– +9\.00 USD/);
    const [head = '', first = ''] = (
      await run('report', 'calls', '--by', 'campaign', '--csv', ...PERIOD)
    ).split('\r\n');
    const cells = Object.fromEntries(head.split(',').map((name, index) => [name, first.split(',')[index]]));
    expect(cells).toMatchObject({
      source: 'google',
      campaign: 'brand',
      calls: '3',
      cost_eur: '200',
      roas_eur: '3',
      cost_usd: '9',
    });
    expect(await run('report', 'calls', '--by', 'keyword', '-n', '1', ...PERIOD)).toContain(
      '2 more rows (--limit).',
    );
  });

  it('compares what is kept of past days with the calls', async () => {
    expect(await json('report', 'verify')).toEqual({ days: 0, faults: [] });
  });
});

describe('report sources', () => {
  it('keeps what visits came from apart from calls that nobody can place', async () => {
    const { sources } = await ask<{ sources: { name: string; calls: number; cost: number | null }[] }>(
      `/v1/reports/sources?${OCTOBER}`,
    );
    expect(sources.map(({ name, calls: count, cost }) => [name, count, cost])).toEqual([
      ['google / cpc / brand', 3, null],
      ['bing / organic', 1, null],
      ['no source', 1, null],
      // All that was spent on Google's ads, as the only source of the plan that it can mean.
      ['Google Ads', 0, 250],
    ]);
  });

  it('counts own cost up to today', async () => {
    await sample.store.exclusively((file) =>
      file
        .prepare(
          "UPDATE source SET cost_amount = 31, cost_currency = 'EUR', cost_per = 'month' WHERE id = 'billboard'",
        )
        .run(),
    );
    const period = {
      from: Date.UTC(2026, 9, 1),
      to: Date.UTC(2026, 10, 1),
      zone: 'UTC',
      now: Date.UTC(2026, 9, 10, 5),
    };
    const { sources } = await sample.store.exclusively((file) => sourcesReport(file, period));
    expect(sources.find(({ sourceId }) => sourceId === 'billboard')?.cost).toBe(10);
  });
});

describe('report attribution', () => {
  it('has cost beside its rows; the digest is of the events alone', async () => {
    const touch = {
      channel: 'paid',
      source: 'google',
      medium: 'cpc',
      campaign: 'brand',
      term: null,
      content: null,
    };
    const ended = (at: number, subject: string): TrackingEvent => ({
      type: 'call.ended',
      at,
      subject,
      body: {
        caller: subject,
        answered: true,
        talk_ms: 60_000,
        did: null,
        method: 'static',
        visit: null,
        visitor: null,
        touch: { ...touch, channel: 'paid', source_id: null },
        candidates: [],
        spam: false,
        test: false,
        blocked: false,
      },
    });
    await sample.store.exclusively((file) => appendEvents(file, [ended(noon(1), 'a'), ended(noon(2), 'b')]));
    type Report = { digest: string; costs: Record<string, object[]> };
    const url = `/v1/reports/attribution?${OCTOBER}&by=campaign`;
    const before = await ask<Report>(url);
    expect(before.costs['google / cpc / brand']).toEqual([
      {
        currency: 'EUR',
        cost: 200,
        costPerConversion: { value: 100, low: expect.any(Number), high: expect.any(Number) },
        roas: 0,
      },
      { currency: 'USD', cost: 9, costPerConversion: expect.anything(), roas: 0 },
    ]);
    expect(await run('attribution', 'report', '--by', 'campaign', ...PERIOD)).toMatch(
      /200\.00 EUR, 9\.00 USD +100\.00 EUR, 4\.50 USD/,
    );
    await sample.store.exclusively((file) => file.prepare('DELETE FROM spend').run());
    const after = await ask<Report>(url);
    expect([after.digest, after.costs]).toEqual([before.digest, {}]);
  });
});
