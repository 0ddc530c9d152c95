import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpParts, type HttpServer } from '../../../src/http/index.ts';
import {
  createReportRunner,
  type FunnelReport,
  funnelReportSchema,
  type ReportRunner,
} from '../../../src/reports/index.ts';
import type { ButtonEventTable, SqliteFile } from '../../../src/store/index.ts';
import { insertButtonEvent, insertCallBack, insertWebCall } from '../../support/button-rows.ts';
import { CONFIG, makePlace, type Place } from '../cli/run-cli.ts';
import { insertCall, insertPerson, putLead } from './call-rows.ts';
import { makeSampleStore, type SampleStore } from './sample-store.ts';

/** 9:30 in Berlin, of a day of November. */
const at = (day: number, minutes = 0): number => Date.UTC(2026, 10, day, 8, 30) + minutes * 60_000;
const PERIOD = { from: Date.UTC(2026, 9, 31, 23), to: Date.UTC(2026, 10, 30, 23), zone: 'Europe/Berlin' };
const ASKED = ['--from', '2026-11-01', '--to', '2026-12-01', '--zone', 'Europe/Berlin'];

let sample: SampleStore;
let reports: ReportRunner;

const GREEN = { experiment_id: 'colour', arm: 'green' } as const;
const RED = { experiment_id: 'colour', arm: 'red', device: 'phone', page: '/prices' } as const;
const ANSWERED = { status: 'answered', ringing_at: 1, answered_at: 2, talk_ms: 90_000 } as const;

const visit = (file: SqliteFile, id: string, source: string, medium: string): void => {
  file
    .prepare(
      `INSERT INTO visit (id, visitor_id, site_id, started_at, last_seen_at, landing_url, last_url, channel, source, medium,
         click_ids, device, pages) VALUES (?, ?, 'main', 0, 0, '/', '/', 'paid', ?, ?, '{}', 'desktop', 1)`,
    )
    .run(id, `of ${id}`, source, medium);
};

/** Six people: two that talk, one that was denied a microphone, one that dials, one that wants to be called, one that only looks. */
const fill = (file: SqliteFile): void => {
  const event = (
    day: number,
    viewer: string,
    more: Partial<ButtonEventTable>,
    ...types: ButtonEventTable['type'][]
  ) =>
    types.forEach((type, index) => {
      insertButtonEvent(file, at(day) + index * 1000, type, viewer, {
        ...more,
        ...(type !== 'view' && { press_id: more.press_id ?? `press of ${viewer}` }),
      });
    });
  const press = (viewer: string, day: number) => ({ id: `press of ${viewer}`, viewer, at: at(day) });
  visit(file, 'ANN', 'google', 'cpc');
  visit(file, 'DAN', 'bing', 'organic');

  const ann = { ...GREEN, visit_id: 'ANN' };
  event(
    2,
    'ann',
    ann,
    'view',
    'click',
    'confirm_shown',
    'confirm_ok',
    'mic_granted',
    'token_ok',
    'ice_ok',
    'ring',
  );
  event(3, 'ann', ann, 'view');
  insertWebCall(file, insertCall(file, at(2), ANSWERED), press('ann', 2), {
    ...ann,
    intent: 'presales',
    click_to_ring_ms: 420,
    rating: 5,
  });

  // The page's beacons were blocked: only the gateway knows.
  insertPerson(file, 'BEN', 'ben');
  putLead(file, 'BEN', at(4), { status: 'qualified', qualified_at: at(4) });
  const short = { ...ANSWERED, talk_ms: 4000, caller_hmac: 'ben' };
  insertWebCall(file, insertCall(file, at(4), short), press('ben', 4), { ...RED, click_to_ring_ms: 900 });

  event(5, 'cat', RED, 'view', 'click', 'mic_denied', 'fallback_shown');

  event(6, 'dan', { ...RED, visit_id: 'DAN' }, 'view', 'click', 'tel_open');
  const dialled = { visit_id: 'DAN', match_method: 'tel_tap', match_prob: 0.99, ...ANSWERED } as const;
  insertCall(file, at(6, 2), dialled);
  insertCall(file, at(6, 5), dialled);

  event(7, 'eve', GREEN, 'view', 'click', 'callback_asked');
  insertCallBack(file, press('eve', 7), { ...GREEN, intent: 'aftersale' });
  const back = insertCall(file, at(7, 1), { ...ANSWERED, direction: 'outbound', talk_ms: 20_000 });
  insertWebCall(file, back, press('eve', 7), { ...GREEN, kind: 'callback', intent: 'aftersale' });

  event(8, 'fay', GREEN, 'view');

  event(9, 'bot', { ...GREEN, bot: 1 }, 'view', 'click', 'token_ok');
  insertWebCall(file, insertCall(file, at(9), ANSWERED), press('bot', 9), GREEN);
  event(9, 'tester', GREEN, 'view', 'click');
  insertWebCall(file, insertCall(file, at(9), { ...ANSWERED, is_test: 1 }), press('tester', 9), GREEN);
  event(9, 'spammer', GREEN, 'view', 'click');
  insertWebCall(file, insertCall(file, at(9), { ...ANSWERED, spam_score: 5 }), press('spammer', 9), GREEN);
  event(10, 'gus', { button_id: 'support', site_id: 'other' }, 'view');
};

const run = (
  more: Partial<Parameters<typeof reports.run<'funnel'>>[0]['options']> = {},
): Promise<FunnelReport> =>
  reports.run({
    type: 'funnel',
    options: { ...PERIOD, by: 'button', button: 'sales', qualifiedSeconds: 60, limit: 100, ...more },
  });

const rowsOf = ({ rows }: FunnelReport) =>
  Object.fromEntries(
    rows.map(({ key, viewers, presses, qualified }) => [String(key), [viewers, presses, qualified]]),
  );

beforeAll(async () => {
  sample = await makeSampleStore();
  await sample.store.exclusively(fill);
  reports = createReportRunner(sample.options);
});

afterAll(async () => {
  await reports.close();
  await sample.remove();
});

describe('the funnel', () => {
  it('goes from views to qualified calls; what became of calls is what their records say', async () => {
    const { totals, leak, leftOut, rowsLeftOut } = await run();
    expect(rowsLeftOut).toBe(0);
    expect(totals).toMatchObject({
      // ann, cat, dan, eve, fay, the tester and the spammer saw it; ann twice; ben never said so.
      views: 8,
      viewers: 8,
      presses: 5,
      ways: { browser: 3, dialler: 1, fallback: 1, callback: 1 },
      calls: { made: 2, answered: 2, missed: 0, short: 1 },
      callbacks: { called: 1, answered: 1 },
      dialled: { called: 1, answered: 1 },
      problems: { microphoneDenied: 1, tokenRefused: 0 },
      qualified: 3,
      qualifiedViewers: 3,
      clickToRingMs: { count: 2, p50: 420, p95: 900 },
      rating: { count: 1, mean: 5 },
    });
    expect(totals.stages.map(({ stage, viewers, presses, lost }) => [stage, viewers, presses, lost])).toEqual(
      [
        ['view', 8, null, null],
        ['click', 5, 5, null],
        ['confirm', 5, 5, 0],
        ['microphone', 2, 2, 1],
        ['token', 2, 2, 0],
        ['ice', 2, 2, 0],
        ['ring', 2, 2, 0],
        ['answer', 2, 2, 0],
        ['qualified', 2, 2, 0],
      ],
    );
    expect(totals.ctr.value).toBe(0.625);
    expect(totals.connectRate.value).toBeCloseTo(2 / 3, 5);
    expect(totals.conversion.value).toBe(0.375);
    expect(leak).toMatchObject({
      stage: null,
      text: expect.stringMatching(/^Too few presses.* the microphone/),
    });
    expect(leftOut).toEqual({ botEvents: 3, botPresses: 1, testCalls: 1, spamCalls: 1 });
  });

  it('counts machines too when asked to: presses, and what came of them', async () => {
    const { totals, leftOut } = await run({ machines: true });
    expect(totals).toMatchObject({ views: 9, viewers: 9, presses: 6, calls: { made: 3, answered: 3 } });
    expect(leftOut).toEqual({ botEvents: 0, botPresses: 0, testCalls: 1, spamCalls: 1 });
  });

  it.each<[FunnelReport['by'], Record<string, number[]>]>([
    ['arm', { 'colour/green': [5, 2, 1], 'colour/red': [3, 3, 2] }],
    ['device', { desktop: [5, 2, 1], phone: [3, 3, 2] }],
    ['page', { '/': [5, 2, 1], '/prices': [3, 3, 2] }],
    ['source', { 'google / cpc': [1, 1, 1], 'bing / organic': [1, 1, 1], null: [6, 3, 1] }],
    ['intent', { presales: [1, 1, 1], aftersale: [1, 1, 0], null: [3, 3, 2] }],
  ])('by %s', async (by, rows) => {
    expect(rowsOf(await run({ by }))).toEqual(rows);
  });

  it('by hour and day of the zone, those without a view too', async () => {
    const hours = await run({ by: 'hour' });
    expect(hours.rows).toHaveLength(24);
    expect(hours.rows.filter(({ viewers }) => viewers > 0).map(({ label }) => label)).toEqual(['09:00']);
    const days = await run({ by: 'day' });
    expect(days.rows).toHaveLength(30);
    expect(rowsOf(days)).toMatchObject({
      '2026-11-01': [0, 0, 0],
      '2026-11-02': [1, 1, 1],
      '2026-11-03': [1, 0, 0],
      '2026-11-09': [2, 0, 0],
    });
  });

  it('of all buttons, one a row; the totals know rows that are left out', async () => {
    const report = await run({ button: undefined, limit: 1 });
    expect(rowsOf(report)).toEqual({ sales: [8, 5, 3] });
    expect(report.rowsLeftOut).toBe(1);
    expect(report.totals.viewers).toBe(9);
    expect(rowsOf(await run({ button: undefined, site: 'other' }))).toEqual({ support: [1, 0, 0] });
  });

  it('counts a press in the period that it began in, once', async () => {
    const first = at(2, 0) + 2500;
    const before = await run({ from: at(2), to: first });
    const after = await run({ from: first, to: at(3) });
    expect(before.totals).toMatchObject({ presses: 1, qualified: 1 });
    expect(after.totals).toMatchObject({ presses: 0, viewers: 0 });
  });

  it('asks more of a conversation when told to', async () => {
    expect((await run({ qualifiedSeconds: 91 })).totals.qualified).toBe(1);
    expect((await run({ qualifiedSeconds: 20 })).totals.qualified).toBe(4);
  });

  it('is nothing where nothing happened', async () => {
    const { totals, rows, leak } = await run({ from: 0, to: 1000 });
    expect(rows).toEqual([]);
    expect(totals.viewers).toBe(0);
    expect(leak.text).toBe('No button was seen.');
  });
});

describe('the command and the API', () => {
  let place: Place;
  let server: HttpServer;

  beforeAll(async () => {
    place = await makePlace();
    const database = `{ path: ${sample.options.path}, keyFile: ${sample.options.keyFile}, backupDirectory: ${sample.options.backupDirectory} }`;
    await place.write('config/dialtrace.yaml', CONFIG.replace(/^database: .*$/m, `database: ${database}`));
    server = await createHttpServer({
      config: gatewayConfigSchema.parse({ http: { port: 0 } }) as HttpParts['config'],
      store: sample.store,
      logger: silentLogger,
      metricsRegistry: new Registry(),
      health: () => ({ status: 'ok', callsInProgress: 0 }),
      reports,
      trunkStatus: () => [],
    });
  });

  afterAll(async () => {
    await server.close();
    await place.remove();
  });

  const get = (query: string) =>
    server.inject({ url: `/v1/reports/funnel?${query}`, headers: { host: 'localhost' } });

  it('show the stages, the leak and a row for each', async () => {
    const { stdout, stderr } = await place.run(
      'report',
      'funnel',
      ...ASKED,
      '--button',
      'sales',
      '--by',
      'arm',
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Call funnel of sales {2}2026-11-01 00:00:00 up to 2026-12-01 00:00:00/);
    expect(stdout).toMatch(/^Microphone +2 .* 2 .* 40 % +1$/m);
    expect(stdout).toMatch(
      /^Too few presses to name the biggest leak; so far it is the microphone: 1 of 5 presses/m,
    );
    expect(stdout).toMatch(/^Dialler opened by 1 press: 1 of their visits called, 1 were answered\.$/m);
    expect(stdout).toMatch(/^colour\/red +3 +3 +100 % /m);
    expect(stdout).toMatch(/^Total +8 +5 +63 % /m);
    expect(stdout).toContain('No row converts better than all others: the intervals overlap.');
    expect(stdout).toContain(
      'Not counted: 3 events of machines (1 press), 1 test call, 1 call flagged as spam.',
    );
  });

  it('give the same figures as JSON', async () => {
    const { stdout } = await place.run('report', 'funnel', ...ASKED, '--json', '--by', 'page');
    const response = await get('from=2026-11-01&to=2026-12-01&zone=Europe/Berlin&by=page');
    expect(response.statusCode).toBe(200);
    const answer: unknown = response.json();
    expect(funnelReportSchema.parse(answer)).toEqual(JSON.parse(stdout));
    expect(answer).toMatchObject({ by: 'page', totals: { viewers: 9 } });
  });

  it('count machines', async () => {
    const { stdout } = await place.run('report', 'funnel', ...ASKED, '--json', '--machines');
    const response = await get('from=2026-11-01&to=2026-12-01&zone=Europe/Berlin&machines=true');
    expect(funnelReportSchema.parse(response.json())).toEqual(JSON.parse(stdout));
    expect(response.json().totals.viewers).toBe(
      (await run({ button: undefined, machines: true })).totals.viewers,
    );
  });

  it('write CSV', async () => {
    const { stdout } = await place.run('report', 'funnel', ...ASKED, '--csv', '--by', 'device');
    const [head, ...lines] = stdout.trimEnd().split('\r\n');
    expect(head).toMatch(
      /^device,views,view_viewers,click_viewers,click_presses,.*,conversion,conversion_low/,
    );
    expect(lines.map((line) => line.split(',').slice(0, 5))).toEqual([
      ['desktop', '7', '6', '2', '2'],
      ['phone', '2', '3', '3', '3'],
    ]);
    expect(lines.every((line) => line.split(',').length === head?.split(',').length)).toBe(true);
  });

  it('refuse what they do not know', async () => {
    expect((await get('by=colour')).statusCode).toBe(400);
    expect((await get('tests=true')).statusCode).toBe(400);
    expect((await place.run('report', 'funnel', '--by', 'colour')).code).toBe(2);
  });
});
