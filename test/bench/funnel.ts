import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import {
  FUNNEL_DIMENSIONS,
  type FunnelDimension,
  funnelReport,
  type Period,
} from '../../src/reports/index.ts';
import { createRandom } from '../../src/simulate/index.ts';
import { openStore, type SqliteFile } from '../../src/store/index.ts';
import { type Distribution, distribution, round } from './figures.ts';

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 9, 22);
const PERIOD: Period = { from: FROM, to: FROM + 30 * DAY_MS, zone: 'Europe/Berlin' };
const BUTTONS = ['sales', 'support', 'header', 'footer'] as const;
const SOURCES = ['google', 'bing', 'newsletter', 'facebook', '(direct)'] as const;
const DEVICES = ['phone', 'desktop', 'tablet'] as const;
const STEPS = [
  'click',
  'confirm_shown',
  'confirm_ok',
  'mic_granted',
  'token_ok',
  'ice_ok',
  'ring',
  'answer',
  'end',
];

export type FunnelBench = {
  readonly events: number;
  readonly viewers: number;
  readonly presses: number;
  readonly calls: number;
  readonly megabytes: number;
  readonly reports: readonly {
    readonly by: FunnelDimension;
    readonly ms: Distribution;
    /** Of the processor, a report. */
    readonly cpuMs: number;
  }[];
};

const prepare = (file: SqliteFile) => ({
  event: file.prepare(
    `INSERT INTO button_event (at, type, site_id, button_id, experiment_id, arm, viewer, visit_id, press_id, device, page)
     VALUES (@at, @type, 'main', @button, 'colour', @arm, @viewer, @visit, @press, @device, @page)`,
  ),
  visit: file.prepare(
    `INSERT INTO visit (id, visitor_id, site_id, started_at, last_seen_at, landing_url, last_url, channel, source, medium,
       click_ids, device, pages)
     VALUES (@visit, @viewer, 'main', @at, @at, 'https://www.example.com/', 'https://www.example.com/', 'paid', @source, 'cpc',
       '{}', @device, 3)`,
  ),
  call: file.prepare(
    `INSERT INTO call (id, run_id, direction, is_test, status, started_at, ringing_at, answered_at, ended_at, duration_ms,
       talk_ms, anonymous, visit_id, visitor_id, match_method, match_prob)
     VALUES (@id, 'RUN', 'inbound', 0, 'answered', @at, @at, @at, @at + @talk, @talk, @talk, 1, @visit, @viewer, 'token', 1)`,
  ),
  webCall: file.prepare(
    `INSERT INTO web_call (call_id, kind, press_id, button_id, site_id, experiment_id, arm, viewer, visit_id, device, page,
       pressed_at, click_to_ring_ms, verified)
     VALUES (@id, 'browser', @press, @button, 'main', 'colour', @arm, @viewer, @visit, @device, @page, @at, 900, 'none')`,
  ),
});

/** Visitors who see buttons on a few pages; one view in twenty leads to a press, most of them to a call in the browser. */
const fill = (file: SqliteFile, events: number) => {
  file.prepare("INSERT INTO run (id, started_at, alive_at) VALUES ('RUN', ?, ?)").run(FROM, FROM);
  const { event, visit, call, webCall } = prepare(file);
  const random = createRandom(1, 'funnel');
  const pick = <T>(of: readonly [T, ...T[]]): T => of[Math.floor(random.next() * of.length)] ?? of[0];
  const count = { events: 0, viewers: 0, presses: 0, calls: 0 };
  const id = (prefix: string, number: number): string =>
    `${prefix}${String(number).padStart(26 - prefix.length, '0')}`;

  const press = (seen: Record<string, unknown>, at: number): void => {
    count.presses += 1;
    const own = { ...seen, press: id('P', count.presses) };
    const steps = STEPS.slice(0, 1 + Math.floor(random.next() * STEPS.length));
    for (const [index, type] of steps.entries()) event.run({ ...own, at: at + index * 400, type });
    count.events += steps.length;
    if (steps.length < 6) return;
    count.calls += 1;
    const made = { ...own, id: id('C', count.calls), at, talk: Math.floor(random.next() * 200_000) };
    call.run(made);
    webCall.run(made);
  };

  const viewersPerMs = events / 6 / (30 * DAY_MS);
  while (count.events < events) {
    count.viewers += 1;
    const at = FROM + Math.min(30 * DAY_MS - 600_000, Math.floor(count.viewers / viewersPerMs));
    const who = { viewer: id('V', count.viewers), visit: id('S', count.viewers), device: pick(DEVICES) };
    visit.run({ ...who, at, source: pick(SOURCES) });
    const arm = pick(['red', 'green']);
    for (let page = 0; page < 5; page += 1) {
      const seen = { ...who, arm, button: pick(BUTTONS), page: `/page-${Math.floor(random.next() * 200)}` };
      event.run({ ...seen, at: at + page * 30_000, type: 'view', press: null });
      count.events += 1;
      if (random.next() < 0.05) press(seen, at + page * 30_000 + 5000);
    }
  }
  return count;
};

const measure = (file: SqliteFile, by: FunnelDimension, runs: number): FunnelBench['reports'][number] => {
  const before = process.cpuUsage();
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    funnelReport(file, { ...PERIOD, by, qualifiedSeconds: 60, limit: 500 });
    return performance.now() - began;
  });
  const { user, system } = process.cpuUsage(before);
  return { by, ms: distribution(times), cpuMs: round((user + system) / 1000 / runs, 0) };
};

/**
 * The funnel of 30 days over many events, by each dimension, in a database of its own.
 *
 * @param onReport called with each report's times
 */
export const benchFunnel = async (
  { events, runs }: { readonly events: number; readonly runs: number },
  onReport: (measured: FunnelBench['reports'][number]) => void,
): Promise<FunnelBench> => {
  const folder = await mkdtemp(join(process.env['TMPDIR'] ?? '/var/tmp', 'dialtrace-bench-'));
  const store = await openStore(
    { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: join(folder, 'backups') },
    silentLogger,
  );
  try {
    return await store.exclusively((file) => {
      file.pragma('foreign_keys = OFF');
      const count = file.transaction(() => fill(file, events))();
      const reports = FUNNEL_DIMENSIONS.map((by) => {
        const one = measure(file, by, runs);
        onReport(one);
        return one;
      });
      const pages = file.pragma('page_count', { simple: true }) as number;
      const size = file.pragma('page_size', { simple: true }) as number;
      return { ...count, megabytes: round((pages * size) / 1e6, 0), reports };
    });
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
};
