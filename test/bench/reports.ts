import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import {
  CALL_DIMENSIONS,
  callsReport,
  countBlock,
  countDay,
  keepBlock,
  keepDay,
  missingBlocks,
  namedPeriod,
  sourcesReport,
  staleDays,
  verifyRollups,
} from '../../src/reports/index.ts';
import { openStore, type SqliteFile } from '../../src/store/index.ts';
import { makeReport } from '../../src/tracking/index.ts';
import { type Distribution, distribution, round } from './figures.ts';

const ZONE = 'Europe/Berlin';
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 15);
const DAYS = 365;
const BEGIN = NOW - DAYS * DAY_MS;
/** Rows a transaction. */
const CHUNK = 100_000;

export type ReportsBench = {
  readonly calls: number;
  readonly pageViews: number;
  readonly buildSeconds: number;
  /** Of the processor. */
  readonly keepSeconds: number;
  readonly megabytes: number;
  /** What triggers add to a call that is opened, changed three times and ended, µs. */
  readonly triggerMicroseconds: number;
  /** Counting days and writing their figures, µs of the processor a call. */
  readonly keepMicroseconds: number;
  readonly rollupRows: number;
  readonly differences: number;
  readonly reports: readonly {
    readonly report: string;
    readonly period: string;
    readonly ms: Distribution;
    /** Of the processor, a report. */
    readonly cpuMs: number;
  }[];
};

/** A number from 0 to `most` - 1 that looks random and is the same each time; `salt` makes another. */
const pick = (salt: number, most: string | number): string =>
  `(((n + ${salt}) * 2654435761 + ${salt * 40_503}) % 4294967296 * 48271 % 2147483647) % ${most}`;

/** Squares make small numbers likelier: a few keywords bring most calls. */
const skewed = (salt: number, most: number): string =>
  `(${pick(salt, most)} * (${pick(salt + 1, most)}) / ${most})`;

const SERIES =
  'WITH RECURSIVE series(n) AS (SELECT CAST(@from AS INTEGER) UNION ALL SELECT n + 1 FROM series WHERE n + 1 < @to)';

const CALLS = (callers: number): string => `${SERIES}, facts AS (
  SELECT n, ${BEGIN} + CAST(n * ${DAYS * DAY_MS}.0 / @total AS INTEGER) AS at, ${pick(1, 100)} AS luck,
    ${pick(2, 8)} AS origin, ${skewed(5, 2000)} AS keyword, ${skewed(7, 300)} AS page,
    ${pick(9, callers)} AS caller, ${pick(10, 25)} AS region, 5000 + ${pick(11, 300_000)} AS talk FROM series)
  INSERT INTO call (id, run_id, direction, is_test, status, started_at, answered_at, ended_at, duration_ms, ring_ms, talk_ms,
    caller_encrypted, caller_hmac, caller_region, anonymous, did, source, medium, campaign, channel, keyword, landing_page,
    match_method, match_prob, spam_score, spam_reasons, first_call, prior_calls)
  SELECT printf('01BENCH%019d', n), 'RUN', 'inbound', luck = 0, CASE WHEN luck < 70 THEN 'answered' ELSE 'no_answer' END,
    at, CASE WHEN luck < 70 THEN at + 8000 END, at + 8000 + talk, 8000 + talk, 8000, CASE WHEN luck < 70 THEN talk ELSE 0 END,
    x'00', printf('%064d', caller), 'R' || region, 0, '+1202555' || printf('%04d', origin),
    CASE origin WHEN 0 THEN NULL WHEN 1 THEN 'bing' WHEN 2 THEN 'newsletter' ELSE 'google' END,
    CASE origin WHEN 0 THEN NULL WHEN 1 THEN 'organic' WHEN 2 THEN 'email' WHEN 3 THEN 'organic' ELSE 'cpc' END,
    CASE WHEN origin > 3 THEN 'campaign ' || (keyword % 40) END,
    CASE origin WHEN 0 THEN NULL WHEN 1 THEN 'organic' WHEN 2 THEN 'email' WHEN 3 THEN 'organic' ELSE 'paid' END,
    CASE WHEN origin > 3 THEN 'keyword ' || keyword END,
    CASE WHEN origin > 0 THEN 'https://www.example.com/page-' || page || '?gclid=' || n END,
    CASE origin WHEN 0 THEN 'none' ELSE 'lease' END, CASE WHEN origin > 0 THEN 0.9 END, CASE WHEN luck % 10 = 9 THEN 4 ELSE luck % 3 END, '[]', luck < 60, 0
  FROM facts`;

const PERSONS = `${SERIES} INSERT INTO person (id, created_at) SELECT 'P' || n, ${BEGIN} FROM series`;
const KEYS = `${SERIES} INSERT INTO person_key (kind, key, person_id, since)
  SELECT 'caller', printf('%064d', n), 'P' || n, ${BEGIN} FROM series`;
const LEADS = `${SERIES} INSERT INTO lead (person_id, status, value_micros, sale_micros, currency, created_at, qualified_at,
    converted_at, updated_at)
  SELECT 'P' || n, CASE WHEN ${pick(20, 20)} = 0 THEN 'customer' WHEN ${pick(21, 10)} = 0 THEN 'qualified' ELSE 'new' END,
    NULL, CASE WHEN ${pick(20, 20)} = 0 THEN 1000000 * (50 + ${pick(22, 900)}) END, 'EUR',
    ${BEGIN} + ${DAY_MS} * ${pick(23, DAYS)}, NULL, NULL, ${BEGIN} FROM series`;
const VISITS = `${SERIES} INSERT INTO visit (id, visitor_id, site_id, started_at, last_seen_at, landing_url, last_url, channel,
    source, medium, click_ids, device, pages)
  SELECT 'V' || n, 'B' || n, 'main', ${BEGIN} + CAST(n * ${DAYS * DAY_MS}.0 / @total AS INTEGER), ${NOW},
    'https://www.example.com/page-' || ${skewed(7, 300)}, 'https://www.example.com/', 'paid', 'google', 'cpc', '{}', 'phone', 10
  FROM series`;
const PAGES = `${SERIES} INSERT INTO page_view (visit_id, seq, at, url, title, dwell_ms)
  SELECT 'V' || n, seq, ${BEGIN} + CAST(n * ${DAYS * DAY_MS}.0 / @total AS INTEGER) + seq * 20000,
    'https://www.example.com/page-' || ${pick(30, 300)}, 'A page of the site', 20000
  FROM series, (SELECT value AS seq FROM json_each('[1,2,3,4,5,6,7,8,9,10]'))`;
const EVENTS = `INSERT INTO event (at, type, subject, body)
  SELECT started_at, 'call.ended', id, json_object('caller', caller_hmac, 'answered', json(iif(answered_at IS NULL, 'false', 'true')),
    'talk_ms', talk_ms, 'did', did, 'method', match_method, 'visit', NULL, 'visitor', NULL,
    'touch', CASE WHEN source IS NOT NULL THEN json_object('channel', channel, 'source', source, 'medium', medium,
      'campaign', campaign, 'term', keyword, 'content', NULL, 'source_id', NULL) END,
    'candidates', json('[]'), 'spam', json(iif(spam_score >= 3, 'true', 'false')), 'test', json(iif(is_test, 'true', 'false')),
    'blocked', json('false')) FROM call`;

const inChunks = (file: SqliteFile, sql: string, total: number): void => {
  const statement = file.prepare(sql);
  for (let from = 0; from < total; from += CHUNK)
    statement.run({ from, to: Math.min(total, from + CHUNK), total });
};

const build = (file: SqliteFile, calls: number, pageViews: number): void => {
  file.prepare('INSERT INTO run (id, started_at, alive_at) VALUES (?, ?, ?)').run('RUN', BEGIN, BEGIN);
  // Rows are made to fit each other: nothing is looked up.
  file.pragma('foreign_keys = OFF');
  const callers = Math.ceil(calls / 2.5);
  inChunks(file, PERSONS, callers);
  inChunks(file, KEYS, callers);
  inChunks(file, LEADS, callers);
  inChunks(file, CALLS(callers), calls);
  inChunks(file, VISITS, Math.ceil(pageViews / 10));
  inChunks(file, PAGES, Math.ceil(pageViews / 10));
  file.exec(EVENTS);
  const spend = file.prepare("INSERT INTO spend VALUES (?, 'google', 'cpc', ?, 'EUR', ?, NULL, NULL, 0)");
  for (let day = 0; day <= DAYS; day += 1)
    for (let campaign = 0; campaign < 40; campaign += 1)
      spend.run(
        new Date(BEGIN + day * DAY_MS).toISOString().slice(0, 10),
        `campaign ${campaign}`,
        10_000_000 + campaign,
      );
  file.exec('ANALYZE');
};

const TRIGGERS = ['call_added', 'call_changed', 'call_added_to_worth', 'call_moved'];

/** Processor time that work takes, ms: on a busy machine it says more than the clock. */
const cpuOf = (work: () => unknown): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** Opens calls, changes and ends them; µs of the processor a call. */
const writeCalls = (file: SqliteFile, prefix: string, count: number): number => {
  const insert = file.prepare(
    `INSERT INTO call (id, run_id, direction, is_test, status, started_at, anonymous, match_method, caller_hmac, caller_encrypted)
     VALUES (?, 'RUN', 'inbound', 0, 'in_progress', ?, 0, 'none', ?, x'00')`,
  );
  const update = file.prepare('UPDATE call SET ringing_at = ? WHERE id = ?');
  const end = file.prepare("UPDATE call SET status = 'no_answer', ended_at = ? WHERE id = ?");
  const write = (index: number): void => {
    const id = `${prefix}${index}`;
    insert.run(id, NOW + index, String(index).padStart(64, '0'));
    for (const at of [1, 2, 3]) update.run(NOW + at, id);
    end.run(NOW + 4, id);
  };
  // One transaction for all: the disk is not what is measured.
  const all = file.transaction(() => {
    for (let index = 0; index < count; index += 1) write(index);
  });
  return (cpuOf(all) * 1000) / count;
};

/** What triggers cost a call. */
const triggerCost = (file: SqliteFile): number => {
  const definitions = file
    .prepare<[], string>(
      `SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name IN (${TRIGGERS.map((name) => `'${name}'`).join(', ')})`,
    )
    .pluck()
    .all();
  const count = 2000;
  const rounds = [0, 1, 2, 3];
  const best = (prefix: string): number =>
    Math.min(...rounds.map((round) => writeCalls(file, `${prefix}${round}-`, count)));
  best('warm');
  const withTriggers = best('with');
  for (const name of TRIGGERS) file.exec(`DROP TRIGGER ${name}`);
  const without = best('without');
  for (const sql of definitions) file.exec(sql);
  return withTriggers - without;
};

const timed = (work: () => unknown): number => {
  const began = performance.now();
  work();
  return performance.now() - began;
};

type Times = { readonly ms: Distribution; readonly cpuMs: number };

const timesOf = (work: () => unknown, runs: number): Times => {
  let ms: readonly number[] = [];
  const cpu = cpuOf(() => {
    ms = Array.from({ length: runs }, () => timed(work));
  });
  return { ms: distribution(ms), cpuMs: round(cpu / runs, 1) };
};

const PERIODS = [
  ['a year', { from: BEGIN + 3_600_000, to: NOW, zone: ZONE }],
  ['30 days', namedPeriod('30d', ZONE, NOW)],
] as const;

type Measured = ReportsBench['reports'][number];

const measure = (
  file: SqliteFile,
  runs: number,
  onReport: (measured: Measured) => void,
): readonly Measured[] => {
  const measured: Measured[] = [];
  const add = (report: string, period: string, work: () => unknown, count = runs): void => {
    const one = { report, period, ...timesOf(work, count) };
    measured.push(one);
    onReport(one);
  };
  for (const [period, span] of PERIODS) {
    const scope = { ...span, now: NOW };
    add('sources', period, () => sourcesReport(file, scope));
    for (const by of CALL_DIMENSIONS) {
      const options = { ...scope, by, spam: 'include', includeTests: false, margin: 1, limit: 500 } as const;
      add(`calls by ${by}`, period, () => callsReport(file, options));
    }
  }
  const month = {
    ...namedPeriod('30d', ZONE, NOW),
    model: 'last-non-direct',
    conversion: 'call',
    by: 'source',
  } as const;
  const request = { ...month, windowDays: 30, dedupeDays: 30 };
  add('attribution, from the event log', '30 days', () => makeReport(file, request), 3);
  return measured;
};

/**
 * Reports over many calls and page views, in a database of their own.
 *
 * @param onReport called with each report's times
 */
export const benchReports = async (
  { calls, pageViews, runs }: { readonly calls: number; readonly pageViews: number; readonly runs: number },
  onReport: (measured: Measured) => void,
): Promise<ReportsBench> => {
  // Gigabytes: not where a small disk in memory may be.
  const folder = await mkdtemp(join(process.env['TMPDIR'] ?? '/var/tmp', 'dialtrace-bench-'));
  const path = join(folder, 'a.db');
  const store = await openStore(
    { path, keyFile: join(folder, 'a.key'), backupDirectory: folder },
    silentLogger,
  );
  try {
    return await store.exclusively((file) => {
      const buildMs = timed(() => build(file, calls, pageViews));
      const keepMs = cpuOf(() => {
        for (const day of staleDays(file, NOW)) keepDay(file, countDay(file, day));
        for (const block of missingBlocks(file, NOW)) keepBlock(file, countBlock(file, block));
      });
      const differences = verifyRollups(file).faults.length;
      file.pragma('wal_checkpoint(TRUNCATE)');
      const reports = measure(file, runs, onReport);
      const triggerMicroseconds = round(triggerCost(file), 1);
      const rollupRows = file.prepare<[], number>('SELECT count(*) FROM call_rollup').pluck().get() ?? 0;
      const [pages, size] = [
        file.pragma('page_count', { simple: true }),
        file.pragma('page_size', { simple: true }),
      ];
      return {
        calls,
        pageViews,
        buildSeconds: round(buildMs / 1000, 1),
        keepSeconds: round(keepMs / 1000, 1),
        megabytes: round((Number(pages) * Number(size)) / 1e6, 0),
        triggerMicroseconds,
        keepMicroseconds: round((keepMs * 1000) / calls, 1),
        rollupRows,
        differences,
        reports,
      };
    });
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
};
