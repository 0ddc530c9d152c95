import { createHash } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { createReportRunner, type ReportRunner } from '../../../src/reports/index.ts';
import {
  type AttributionRequest,
  diffDigests,
  diffModels,
  keepReport,
  makeReport,
  recompute,
} from '../../../src/tracking/index.ts';
import { callerKey, createLog, FROM, TO, visitorKey } from '../../unit/tracking/models/event-rows.ts';
import { makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const REQUEST: AttributionRequest = {
  model: 'linear',
  conversion: 'call',
  by: 'source',
  from: FROM,
  to: TO,
  zone: 'UTC',
  windowDays: 30,
  dedupeDays: 30,
};
const PERIOD = 'from=2026-11-01&to=2026-12-01';
const LOCAL = { host: 'localhost' };

let sample: SampleStore;
let reports: ReportRunner;
let server: HttpServer;

type Log = ReturnType<typeof createLog>;

/** Writes what the log has from then on, in its order. */
const append = async (write: (log: Log) => void): Promise<void> => {
  const log = createLog();
  write(log);
  await sample.store.exclusively((file) => {
    const insert = file.prepare('INSERT INTO event (at, type, subject, body) VALUES (?, ?, ?, ?)');
    for (const { at, type, subject, body } of log.rows) insert.run(at, type, subject, body);
  });
};

const made = async (more: Partial<AttributionRequest> = {}) => {
  const report = await sample.store.exclusively((file) => makeReport(file, { ...REQUEST, ...more }));
  await keepReport(sample.store.db, report, TO);
  return report;
};

const again = (digest: string) => sample.store.exclusively((file) => recompute(file, digest));

const get = async (url: string) => {
  const response = await server.inject({ url, headers: LOCAL });
  return { status: response.statusCode, body: response.body, json: response.json() };
};

beforeAll(async () => {
  sample = await makeSampleStore();
  await append((log) => {
    log.visit('a', 'phone', 1, 'google ads');
    log.visit('b', 'laptop', 2, 'bing');
    log.call('c', 3, { caller: 'x', method: 'lease', visit: 'b', visitor: 'laptop' });
    log.visit('d', 'other', 4, 'newsletter');
    log.call('e', 5, { method: 'posterior', candidates: [{ visit: 'd', p: 0.9 }] });
  });
  reports = createReportRunner(sample.options);
  server = await createHttpServer({
    config: {
      http: { address: '127.0.0.1', port: 0 },
      trunks: [],
      recording: { directory: sample.directory },
    } as unknown as Parameters<typeof createHttpServer>[0]['config'],
    store: sample.store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    trunkStatus: () => [],
  } as Parameters<typeof createHttpServer>[0]);
});

afterAll(async () => {
  await server.close();
  await reports.close();
  await sample.remove();
});

describe('a report of the log', () => {
  it('comes out the same from the events up to its last one, whatever was written and planned since', async () => {
    const first = await made();
    expect(first.report.rows.map(({ key, credits }) => [key, credits])).toEqual([
      ['bing / (none)', 1_000_000],
      ['newsletter / (none)', 900_000],
      ['(unattributed)', 100_000],
    ]);
    await append((log) => {
      log.link(visitorKey('phone'), visitorKey('laptop'));
      log.call('f', 6, { caller: 'y' });
      log.call('e', 5, { spam: true });
    });
    await sample.store.db.updateTable('source').set({ source: 'renamed' }).execute();

    expect(await again(first.digest)).toMatchObject({ identical: true, text: first.text });
    expect(await again(first.digest.slice(0, 12))).toMatchObject({ identical: true, wanted: first.digest });
    const second = await made();
    expect(second.digest).not.toBe(first.digest);

    const { changes, rows, unchanged } = await sample.store.exclusively((file) =>
      diffDigests(file, first.digest, second.digest),
    );
    expect(unchanged).toBe(0);
    expect(changes.map(({ id, why }) => [id, why])).toEqual([
      ['c', '1 touch came to its path: people were linked, or events written, after event 5'],
      ['e', 'not in the second: it is marked as spam'],
      ['f', 'not in the first: it was not in the log yet (event 7)'],
    ]);
    expect(changes[0]).toMatchObject({
      before: { 'bing / (none)': 1_000_000 },
      after: { 'bing / (none)': 500_000, 'google ads / cpc': 500_000 },
    });
    expect(rows[0]).toEqual({ key: '(unattributed)', before: 100_000, after: 1_000_000 });
  });

  it('says what another model changes, and why', async () => {
    const difference = await sample.store.exclusively((file) =>
      diffModels(file, { ...REQUEST, model: 'first-touch' }, 'last-touch'),
    );
    expect(difference.changes).toEqual([
      {
        id: 'c',
        at: expect.any(Number),
        before: { 'google ads / cpc': 1_000_000 },
        after: { 'bing / (none)': 1_000_000 },
        why: 'the same path is weighed by last-touch (version 1) instead of first-touch (version 1)',
      },
    ]);
    await expect(sample.store.exclusively((file) => diffModels(file, REQUEST, 'best'))).rejects.toThrow(
      'There is no model "best"',
    );
    const [byWindow, byChannel] = [await made({ windowDays: 1 }), await made({ by: 'channel' })];
    const plain = await made();
    await expect(
      sample.store.exclusively((file) => diffDigests(file, plain.digest, byChannel.digest)),
    ).rejects.toThrow('one is by source, the other by channel');
    const narrow = await sample.store.exclusively((file) => diffDigests(file, plain.digest, byWindow.digest));
    expect(narrow.changes[0]?.why).toBe('the window is 1 d instead of 30 d: 1 touch left it');
  });

  it('is refused when it was never made, or is not told apart', async () => {
    await expect(again('0'.repeat(64))).rejects.toThrow('There is no report with the digest 000');
    await expect(again("' OR 1")).rejects.toThrow('There is no report with the digest');
  });
});

describe('over HTTP', () => {
  it('gives a report whose digest is that of its bytes', async () => {
    const report = await get(`/v1/reports/attribution?model=time-decay&${PERIOD}&by=channel`);
    expect(report.json).toMatchObject({
      parameters: { model: 'time-decay', by: 'channel', zone: 'UTC', windowDays: 30 },
      totals: { conversions: 2, credits: 2_000_000 },
    });
    const bytes = await get(`/v1/reports/attribution/${report.json.digest}`);
    expect(createHash('sha256').update(bytes.body).digest('hex')).toBe(report.json.digest);
    // What was spent is looked up anew each time and is no part of the digest.
    const { digest, costs: _, ...rest } = report.json;
    expect(bytes.json).toEqual(rest);
    const recomputed = await server.inject({
      method: 'POST',
      url: '/v1/reports/attribution/recompute',
      headers: LOCAL,
      payload: { digest },
    });
    expect(recomputed.json()).toEqual({ wanted: digest, digest, identical: true });
  });

  it('gives every model side by side', async () => {
    const { json } = await get(`/v1/reports/attribution/models?${PERIOD}`);
    expect(json.models.length).toBe(16);
    for (const { id } of json.models)
      expect(
        json.rows.reduce(
          (sum: number, row: { credits: Record<string, number> }) => sum + (row.credits[id] ?? 0),
          0,
        ),
        id,
      ).toBe(json.totals.credits);
  });

  it('refuses what it does not know', async () => {
    for (const query of ['model=best', 'window=91', 'by=moon', 'zone=Mars', 'conversion=wish', 'models=1'])
      expect((await get(`/v1/reports/attribution?${query}`)).status, query).toBe(400);
    expect((await get(`/v1/reports/attribution/${'0'.repeat(64)}`)).status).toBe(404);
    expect((await get('/v1/reports/attribution/short')).status).toBe(400);
  });
});

describe('a log that was cut', () => {
  it('makes no report again, and the reason is one sentence', async () => {
    const { digest } = await made({ model: 'shapley' });
    const file = new Sqlite(sample.options.path);
    file.prepare('DELETE FROM event WHERE seq = 2').run();
    file.close();
    await expect(again(digest)).rejects.toThrow(
      /^The event log was cut since: of the 8 events up to 8 it has 7, and the report can't be made again\.$/,
    );
    expect((await get(`/v1/reports/attribution/${digest}`)).status).toBe(409);
    await append((log) => log.call('new', 9));
    await expect(again(digest)).rejects.toThrow('it has 7');
  });
});

describe('a call by a linked person', () => {
  it('keeps its credit when the link is written before it', async () => {
    await append((log) => {
      log.visit('g', 'tablet', 10, 'baidu ads');
      log.link(callerKey('z'), visitorKey('tablet'));
      log.call('h', 11, { caller: 'z' });
    });
    const { report } = await made();
    expect(report.rows.find(({ key }) => key === 'baidu ads / cpc')?.credits).toBe(1_000_000);
  });
});
