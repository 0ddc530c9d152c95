import { DateTime } from 'luxon';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  CALL_DIMENSIONS,
  type CallDimension,
  type CallsReport,
  callsReport,
  countBlock,
  countDay,
  createReportRunner,
  keepBlock,
  keepDay,
  missingBlocks,
  staleDays,
  startRollupKeeper,
  verifyRollups,
} from '../../../src/reports/index.ts';
import type { CallTable, SqliteFile } from '../../../src/store/index.ts';
import { insertCall, insertPerson, putLead } from './call-rows.ts';
import { makeSampleStore, type SampleStore } from './sample-store.ts';

const DAY = 86_400_000;
/** Clocks change in Berlin on 29 March, on Lord Howe (by half an hour) on 5 April. */
const BEGIN = Date.UTC(2026, 2, 20);
/** From the middle of one block of days into the next but one. */
const DAYS = 56;
const NOW = BEGIN + 400 * DAY;
/** The block of days that lies in them as a whole. */
const BLOCK = Math.ceil(BEGIN / DAY / 32);

let sample: SampleStore;
beforeAll(async () => {
  sample = await makeSampleStore();
});
afterAll(() => sample.remove());

const read = <T>(work: (file: SqliteFile) => T): Promise<T> => sample.store.exclusively(work);

/** The same numbers each time (mulberry32). */
const createRandom = (seed: number) => {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, below: (most: number): number => Math.floor(next() * most) };
};

const SOURCES = [
  { source: 'google', medium: 'cpc', campaign: 'Brand', channel: 'paid', keyword: 'roof' },
  { source: 'google', medium: 'cpc', campaign: 'brand', channel: 'paid', keyword: 'roof repair' },
  { source: 'bing', medium: 'organic', campaign: null, channel: 'organic', keyword: null },
  { source: 'billboard', medium: null, campaign: null, channel: null, keyword: null },
  { source: null, medium: null, campaign: null, channel: null, keyword: null },
] as const;

type Random = ReturnType<typeof createRandom>;

const outcome = (random: Random, at: number): Partial<CallTable> => {
  if (random.next() < 0.6)
    return { status: 'answered', answered_at: at + 2000, ring_ms: 2000, talk_ms: random.below(60_000) };
  return random.next() < 0.1 ? { status: 'blocked' } : {};
};

const insertRandomly = (file: SqliteFile, random: Random, seed: number, index: number): void => {
  const at = BEGIN + random.below(DAYS * DAY);
  insertCall(file, at, {
    ...SOURCES[random.below(SOURCES.length)],
    landing_page:
      random.next() < 0.5 ? `https://www.example.com/p${random.below(3)}/?gclid=${index}#top` : null,
    caller_region: random.next() < 0.7 ? 'DE' : null,
    caller_hmac: random.next() < 0.8 ? `hmac-${seed}-${random.below(25)}` : null,
    spam_score: random.below(5),
    is_test: random.next() < 0.1 ? 1 : 0,
    first_call: random.next() < 0.5 ? 1 : 0,
    ...outcome(random, at),
  });
};

const fillRandomly = (file: SqliteFile, seed: number, count: number): void => {
  const random = createRandom(seed);
  for (let person = 0; person < 20; person += 1)
    insertPerson(file, `P${seed}-${person}`, `hmac-${seed}-${person}`);
  for (let index = 0; index < count; index += 1) insertRandomly(file, random, seed, index);
  for (let person = 0; person < 18; person += 1) {
    const at = BEGIN + random.below(DAYS * DAY);
    const worth = { value_micros: 1_000_000 * random.below(100), currency: person % 3 ? 'EUR' : 'USD' };
    putLead(file, `P${seed}-${person}`, at, { status: person % 2 ? 'qualified' : 'new', ...worth });
  }
};

/** Counts all that is stale anew. @returns how many days */
const keepAll = (file: SqliteFile): number => {
  const days = staleDays(file, NOW);
  for (const day of days) expect(keepDay(file, countDay(file, day))).toBe(true);
  for (const block of missingBlocks(file, NOW)) expect(keepBlock(file, countBlock(file, block))).toBe(true);
  return days.length;
};

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
];

const reportOf = (file: SqliteFile, by: CallDimension, zone: string, more: object = {}): CallsReport =>
  callsReport(file, {
    by,
    zone,
    // No whole day at either end.
    from: BEGIN + 5 * 3_600_000 + 123,
    to: BEGIN + (DAYS - 2) * DAY + 77_777,
    spam: 'include',
    includeTests: false,
    margin: 1,
    limit: 1000,
    now: NOW,
    ...more,
  });

const TIMES: readonly CallDimension[] = ['day', 'hour', 'weekday'];

const allReports = (file: SqliteFile): readonly CallsReport[] =>
  ZONES.flatMap((zone, index) =>
    CALL_DIMENSIONS.filter((by) => index === 0 || TIMES.includes(by)).flatMap((by) => [
      reportOf(file, by, zone),
      reportOf(file, by, zone, { spam: 'exclude', includeTests: true }),
    ]),
  );

/** Counts calls by local time the slow way. */
const byLuxon = (file: SqliteFile, zone: string, format: string): Map<string, number> => {
  const { from, to } = reportOf(file, 'source', zone);
  const rows = file
    .prepare(
      "SELECT started_at AS at FROM call WHERE is_test = 0 AND status <> 'blocked' AND direction = 'inbound'",
    )
    .all() as { at: number }[];
  const counts = new Map<string, number>();
  for (const { at } of rows) {
    if (at < Date.parse(from) || at >= Date.parse(to)) continue;
    const key = DateTime.fromMillis(at, { zone }).toFormat(format);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

describe('figures of past days', () => {
  afterEach(() =>
    read((file) => {
      for (const table of ['wrap_up', 'call', 'lead', 'person_key', 'person'])
        file.prepare(`DELETE FROM ${table}`).run();
      keepAll(file);
    }),
  );

  it('say the same as the calls, in every zone and by every dimension', () =>
    read((file) => {
      fillRandomly(file, 1, 500);
      const counted = allReports(file);
      expect(keepAll(file)).toBe(DAYS);
      expect(allReports(file)).toEqual(counted);
      // Were they not read, a day that is wrong in them would not be seen.
      file.prepare('UPDATE call_rollup SET calls = calls + 1').run();
      for (const [index, report] of allReports(file).entries())
        expect(report.totals.calls).toBeGreaterThan(counted[index]?.totals.calls ?? 0);
      file.prepare('UPDATE call_rollup SET calls = calls - 1').run();
    }));

  it.each(ZONES)('part days, hours and weekdays as clocks do in %s', (zone) =>
    read((file) => {
      fillRandomly(file, 2, 500);
      keepAll(file);
      for (const [by, format] of [
        ['day', 'yyyy-MM-dd'],
        ['hour', 'HH:00'],
        ['weekday', 'cccc'],
      ] as const) {
        const rows = reportOf(file, by, zone).rows.map(({ names, label, calls }) => [
          names['day'] ?? label,
          calls,
        ]);
        const expected = byLuxon(file, zone, format);
        expect(Object.fromEntries(rows.filter(([, calls]) => calls !== 0)), by).toEqual(
          Object.fromEntries(expected),
        );
      }
      const heat = reportOf(file, 'hour', zone).heat ?? [];
      for (const [key, calls] of byLuxon(file, zone, 'c H')) {
        const [weekday = 0, hour = 0] = key.split(' ').map(Number);
        expect(heat[weekday - 1]?.[hour]).toBe(calls);
      }
    }),
  );

  it('never drift, whatever is changed and in whatever order days are kept', () =>
    read((file) => {
      fillRandomly(file, 3, 120);
      const random = createRandom(14);
      const anyOf = (sql: string): string => {
        const ids = file.prepare(sql).pluck().all() as string[];
        return ids[random.below(ids.length)] ?? '';
      };
      const call = (): string => anyOf('SELECT id FROM call');
      const person = (): string => anyOf('SELECT id FROM person');
      const changes: readonly (() => void)[] = [
        () =>
          insertCall(file, BEGIN + random.below(DAYS * DAY), { caller_hmac: `hmac-3-${random.below(25)}` }),
        () => file.prepare('UPDATE call SET spam_score = ? WHERE id = ?').run(random.below(6), call()),
        () => file.prepare('DELETE FROM call WHERE id = ?').run(call()),
        () =>
          putLead(file, person(), BEGIN + random.below(DAYS * DAY), {
            status: 'customer',
            sale_micros: random.below(9) * 1e6,
            currency: 'EUR',
          }),
        () => file.prepare('DELETE FROM lead WHERE person_id = ?').run(person()),
        () =>
          file
            .prepare('UPDATE person_key SET person_id = ? WHERE key = ?')
            .run(person(), `hmac-3-${random.below(20)}`),
        () => file.prepare('DELETE FROM person_key WHERE key = ?').run(`hmac-3-${random.below(20)}`),
        () =>
          file
            .prepare(
              `INSERT OR REPLACE INTO wrap_up (call_id, user, at, disposition, tags, note_encrypted, value_micros, value_currency)
               VALUES (?, 'ann', 0, NULL, '[]', NULL, ?, 'USD')`,
            )
            .run(call(), random.below(9) * 1e6),
        () => file.prepare('DELETE FROM wrap_up WHERE call_id = ?').run(call()),
      ];
      for (let step = 0; step < 120; step += 1) {
        changes[random.below(changes.length)]?.();
        const days = staleDays(file, NOW);
        const day = days[random.below(days.length + 2)];
        if (day !== undefined) keepDay(file, countDay(file, day));
        for (const block of missingBlocks(file, NOW).slice(random.below(2)))
          keepBlock(file, countBlock(file, block));
        if (step % 10 === 0) expect(verifyRollups(file).faults).toEqual([]);
      }
      const mixed = allReports(file);
      keepAll(file);
      expect(verifyRollups(file)).toMatchObject({ faults: [] });
      expect(verifyRollups(file).days).toBeGreaterThan(DAYS / 2);
      expect(allReports(file)).toEqual(mixed);
      file.prepare('UPDATE call_stale_day SET touched = 0').run();
      file
        .prepare(
          'INSERT INTO call_stale_day (day, touched) SELECT DISTINCT day, 1 FROM call_rollup WHERE 1 ON CONFLICT DO NOTHING',
        )
        .run();
      expect(allReports(file)).toEqual(mixed);
    }));

  it('are found out when somebody tampers with them', () =>
    read((file) => {
      insertCall(file, BEGIN);
      keepAll(file);
      file.prepare("UPDATE call_rollup SET answered = 1 WHERE dimension = 'region'").run();
      expect(verifyRollups(file)).toEqual({
        days: 1,
        faults: [{ day: BEGIN / DAY, days: 1, dimension: 'region', key: '[null]' }],
      });
    }));

  it('are kept of whole blocks too: these are read, found out when they differ, and dropped when a day changes', () =>
    read((file) => {
      fillRandomly(file, 5, 200);
      keepAll(file);
      const block = BLOCK * 32;
      const calls = (by: CallDimension): number => reportOf(file, by, 'UTC').totals.calls;
      const before = calls('region');
      const wrong =
        "UPDATE call_rollup SET calls = calls + 1000 WHERE days = 32 AND day = ? AND key = (SELECT id FROM call_rollup_key WHERE dimension = 'region' AND key = '[\"DE\"]')";
      expect(file.prepare(wrong).run(block).changes).toBeGreaterThan(0);
      expect(calls('region')).toBeGreaterThanOrEqual(before + 1000);
      expect(calls('day')).toBe(before);
      expect(verifyRollups(file).faults).toEqual([
        { day: block, days: 32, dimension: 'region', key: '["DE"]' },
      ]);
      insertCall(file, (block + 5) * DAY);
      expect(calls('region')).toBe(before + 1);
      expect(missingBlocks(file, NOW)).toEqual([]);
      keepAll(file);
      expect(calls('region')).toBe(before + 1);
      expect(verifyRollups(file).faults).toEqual([]);
    }));

  it('of a block are not kept while one of its days is stale, or before it is over', () =>
    read((file) => {
      const first = BLOCK * 32;
      insertCall(file, first * DAY);
      for (const day of staleDays(file, NOW)) keepDay(file, countDay(file, day));
      expect(missingBlocks(file, (first + 32) * DAY - 1)).toEqual([]);
      expect(missingBlocks(file, (first + 32) * DAY)).toEqual([first]);
      const counted = countBlock(file, first);
      insertCall(file, (first + 31) * DAY);
      expect(keepBlock(file, counted)).toBe(false);
      expect(missingBlocks(file, NOW)).toEqual([]);
    }));

  it('are not kept when something came while the day was counted', () =>
    read((file) => {
      insertCall(file, BEGIN);
      const counted = countDay(file, BEGIN / DAY);
      insertCall(file, BEGIN + 1);
      expect(keepDay(file, counted)).toBe(false);
      expect(reportOf(file, 'source', 'UTC', { from: BEGIN }).totals.calls).toBe(2);
    }));

  it('leave the day under way to the calls', () =>
    read((file) => {
      insertCall(file, BEGIN);
      expect(staleDays(file, BEGIN + DAY - 1)).toEqual([]);
      expect(staleDays(file, BEGIN + DAY)).toEqual([BEGIN / DAY]);
    }));

  it('are brought up to date by a gateway, in the thread of reports', async () => {
    await read((file) => fillRandomly(file, 4, 50));
    const reports = createReportRunner(sample.options);
    const countDayThere = (day: number) => reports.run({ type: 'day', options: { day } });
    const keeper = startRollupKeeper({
      store: sample.store,
      countDay: countDayThere,
      countBlock: (day) => reports.run({ type: 'block', options: { day } }),
      logger: silentLogger,
      now: () => NOW,
    });
    const left = (file: SqliteFile) => [...staleDays(file, NOW), ...missingBlocks(file, NOW)];
    await expect.poll(() => read(left), { timeout: 20_000 }).toEqual([]);
    await keeper.stop();
    await reports.close();
    expect(await read(verifyRollups)).toMatchObject({ faults: [] });
  });
});
