import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReportRunner, type HoursReport, type ReportRunner } from '../../../src/reports/index.ts';
import type { CallTable, SqliteFile } from '../../../src/store/index.ts';
import { insertButtonEvent, insertWebCall } from '../../support/button-rows.ts';
import { CONFIG, makePlace, type Place } from '../cli/run-cli.ts';
import { insertCall } from './call-rows.ts';
import { makeSampleStore, type SampleStore } from './sample-store.ts';

const HOUR = 3_600_000;
const ZONE = 'Europe/Berlin';
/** Monday 0:00 of a week of October in Berlin; clocks change on Sunday of the third week after. */
const MONDAY = Date.UTC(2026, 9, 4, 22);
const PERIOD = { from: MONDAY, to: MONDAY + 28 * 24 * HOUR + HOUR, zone: ZONE };

let sample: SampleStore;
let reports: ReportRunner;

const ANSWERED = { status: 'answered', answered_at: 1, talk_ms: 60_000 } as const;

/** At a weekday (0: Monday) and hour of the first week. */
const at = (weekday: number, hour: number, minute = 0): number =>
  MONDAY + (weekday * 24 + hour) * HOUR + minute * 60_000;

const several = (count: number, make: (index: number) => void): void => {
  for (let index = 0; index < count; index++) make(index);
};

/** Mondays at 9 all is answered, at 12 hardly anything. */
const fill = (file: SqliteFile): void => {
  const call = (when: number, more: Partial<CallTable> = {}): string => insertCall(file, when, more);
  several(60, (minute) => call(at(0, 9, minute % 60), ANSWERED));
  several(30, (minute) => call(at(0, 12, minute), minute < 3 ? ANSWERED : {}));
  call(at(0, 12), { ...ANSWERED, is_test: 1 });
  call(at(0, 12), { ...ANSWERED, spam_score: 7 });
  call(at(0, 12), { status: 'blocked' });
  call(at(0, 12), { status: 'in_progress', ended_at: null });
  call(at(0, 12), { ...ANSWERED, direction: 'outbound' });
  call(at(1, 0) - 1, { ...ANSWERED, source_id: 'google-ads' });
  const id = call(at(2, 20), ANSWERED);
  insertWebCall(file, id, { id: 'p', viewer: 'v', at: at(2, 20) });
  insertButtonEvent(file, at(2, 19), 'view', 'v');
  insertButtonEvent(file, at(2, 19), 'view', 'v', { button_id: 'support' });
  insertButtonEvent(file, at(2, 19), 'view', 'machine', { bot: 1 });
  insertButtonEvent(file, at(2, 19), 'click', 'v');
};

const run = (
  more: Partial<Parameters<typeof reports.run<'hours'>>[0]['options']> = {},
): Promise<HoursReport> => reports.run({ type: 'hours', options: { ...PERIOD, now: PERIOD.to, ...more } });

const busy = ({ hours }: HoursReport) =>
  hours
    .filter(({ calls }) => calls > 0)
    .map(({ weekday, hour, calls, answered, verdict }) => [weekday, hour, calls, answered, verdict]);

beforeAll(async () => {
  sample = await makeSampleStore();
  await sample.store.exclusively(fill);
  reports = createReportRunner(sample.options);
});

afterAll(async () => {
  await reports.close();
  await sample.remove();
});

describe('hours of the week', () => {
  it('are those of the zone; tests, spam, blocked and outbound calls are none', async () => {
    const report = await run();
    expect(report.hours).toHaveLength(168);
    expect(busy(report)).toEqual([
      [0, 9, 60, 60, 'usual'],
      [0, 12, 30, 3, 'worse'],
      [0, 23, 1, 1, 'few'],
      [2, 20, 1, 1, 'few'],
    ]);
    expect(report.totals).toMatchObject({ calls: 92, answered: 65, views: 2 });
    expect(report.advice.map(({ kind, from }) => [kind, from])).toEqual([
      ['advertise', 9],
      ['staff', 12],
    ]);
  });

  it('come round as often as they do, also on the day on which clocks are set back', async () => {
    const { hours } = await run();
    const times = (weekday: number, hour: number) => hours[weekday * 24 + hour]?.times;
    expect(times(0, 0)).toBe(4);
    expect(times(6, 1)).toBe(4);
    expect(times(6, 2)).toBe(5);
    const { hours: some } = await run({ from: at(0, 9, 30), to: at(0, 11) });
    expect(some[9]?.times).toBe(0.5);
    expect(some[10]?.times).toBe(1);
    expect(some[11]?.times).toBe(0);
  });

  it('to come have not come round', async () => {
    const { hours } = await run({ now: at(1, 0) });
    expect(hours[0]?.times).toBe(1);
    expect(hours[24]?.times).toBe(0);
  });

  it('of one button or one source', async () => {
    const button = await run({ button: 'sales' });
    expect(busy(button)).toEqual([[2, 20, 1, 1, 'few']]);
    expect(button.totals.views).toBe(1);
    expect(button.remarks[0]).toMatch(/^1 call in this period: too few for advice/);
    expect(busy(await run({ source: 'google-ads' }))).toEqual([[0, 23, 1, 1, 'few']]);
  });

  it('are shown with what follows from them', async () => {
    const place: Place = await makePlace();
    const { path, keyFile, backupDirectory } = sample.options;
    const database = `database: { path: ${path}, keyFile: ${keyFile}, backupDirectory: ${backupDirectory} }`;
    await place.write('config/dialtrace.yaml', CONFIG.replace(/^database: .*$/m, database));
    const asked = ['report', 'hours', '--from', '2026-10-05', '--to', '2026-11-02', '--zone', ZONE];
    const { stdout } = await place.run(...asked);
    expect(stdout).toMatch(/^Mo +100 {9}10! +·$/m);
    expect(stdout).toMatch(/^ {2}Staff is missing Mo 12:00–13:00: /m);
    expect(stdout).toMatch(/^2 hours of the week have fewer than 10 calls/m);
    const csv = await place.run(...asked, '--csv');
    const [head, monday] = csv.stdout.split('\r\n');
    expect(head).toBe(
      'weekday,hour,calls,answered,views,times,answer_rate,answer_rate_low,answer_rate_high,verdict',
    );
    expect(monday).toBe('0,0,0,0,0,4,,,,none');
    expect(csv.stdout.trimEnd().split('\r\n')).toHaveLength(169);
    const json = await place.run(...asked, '--json', '--button', 'sales');
    expect(JSON.parse(json.stdout)).toMatchObject({ button: 'sales', totals: { calls: 1 } });
    // A slip of the pen is no week without calls.
    const slip = await place.run(...asked, '--button', 'sales', '--source', 'gogle-ads');
    expect([slip.code, slip.stdout]).toEqual([0, expect.stringContaining('No calls in this period.')]);
    expect(slip.stderr).toMatch(/The plan has no button sales: there are none yet\n/);
    expect(slip.stderr).toMatch(/The plan has no source gogle-ads: there are .*google-ads/);
    const funnel = await place.run('report', 'funnel', '--button', 'sales', '--site', 'mian');
    expect(funnel.stderr).toMatch(/The plan has no site mian/);
    await place.remove();
  });
});
