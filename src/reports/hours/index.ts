import type { SqliteFile } from '../../store/index.ts';
import { shareOf } from '../money.ts';
import {
  consistently,
  type OffsetSpan,
  offsetSpans,
  readTimes,
  SPAM_SQL,
  statement,
  TIME_SQL,
} from '../rollup/index.ts';
import { adviseHours, rateOf, sumOf } from './advice.ts';
import { HOURS_OF_WEEK, type HourCounts, type HoursOptions, type HoursReport } from './types.ts';

export { type Advice, type HoursOptions, type HoursReport, hoursReportSchema } from './types.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Mutable = { -readonly [Key in keyof HourCounts]: HourCounts[Key] };
type Counted = { readonly key: number; readonly calls: number; readonly answered: number };

/** 0 to 167 from Monday 0:00; 1970-01-01 was a Thursday. */
const hourOfWeek = (local: number): number =>
  ((Math.floor(local / DAY_MS) + 3) % 7) * 24 + (Math.floor(local / HOUR_MS) % 24);

/** How often each hour of the week comes round, where clocks change too. */
const addTimes = (week: readonly Mutable[], spans: readonly OffsetSpan[]): void => {
  for (const { from, to, offset } of spans)
    for (let at = from; at < to; ) {
      const next = Math.min(to, (Math.floor((at + offset) / HOUR_MS) + 1) * HOUR_MS - offset);
      const cell = week[hourOfWeek(at + offset)];
      if (cell !== undefined) cell.times += (next - at) / HOUR_MS;
      at = next;
    }
};

const addCalls = (week: readonly Mutable[], { key, calls, answered }: Counted): void => {
  const cell = week[key];
  if (cell === undefined) return;
  cell.calls += calls;
  cell.answered += answered;
};

/** Of all inbound calls figures are kept. */
const readAllCalls = (file: SqliteFile, options: HoursOptions, week: readonly Mutable[]): void => {
  for (const { key, spam, answered, missed } of readTimes(file, 'weekhour', options).figures)
    if (spam === 0) addCalls(week, { key: Number(key), calls: answered + missed, answered });
};

const readSomeCalls = (
  file: SqliteFile,
  { button, source }: HoursOptions,
  spans: readonly OffsetSpan[],
  week: readonly Mutable[],
): void => {
  const query = statement<Counted>(
    file,
    `SELECT ${TIME_SQL.weekhour('c.started_at')} AS key, count(*) AS calls, sum(c.answered_at IS NOT NULL) AS answered
     FROM call c ${button === undefined ? '' : 'JOIN web_call w ON w.call_id = c.id AND w.button_id = @button'}
     WHERE c.started_at >= @from AND c.started_at < @to AND c.direction = 'inbound' AND c.is_test = 0
       AND NOT ${SPAM_SQL} AND c.status <> 'blocked' AND (c.answered_at IS NOT NULL OR c.ended_at IS NOT NULL)
       ${source === undefined ? '' : 'AND c.source_id = @source'}
     GROUP BY 1`,
  );
  for (const span of spans)
    for (const row of query.iterate({ ...span, button: button ?? '', source: source ?? '' }))
      addCalls(week, row);
};

const readViews = (
  file: SqliteFile,
  { button, source }: HoursOptions,
  spans: readonly OffsetSpan[],
  week: readonly Mutable[],
): void => {
  const query = statement<{ key: number; views: number }>(
    file,
    `SELECT ${TIME_SQL.weekhour('e.at')} AS key, count(*) AS views
     FROM button_event e ${source === undefined ? '' : 'JOIN visit v ON v.id = e.visit_id AND v.source_id = @source'}
     WHERE e.at >= @from AND e.at < @to AND e.type = 'view' AND e.bot = 0
       ${button === undefined ? '' : 'AND e.button_id = @button'}
     GROUP BY 1`,
  );
  for (const span of spans)
    for (const { key, views } of query.iterate({ ...span, button: button ?? '', source: source ?? '' })) {
      const cell = week[key];
      if (cell !== undefined) cell.views += views;
    }
};

/**
 * How inbound calls are answered by hour of the week, and what that says about when to advertise. Test calls, blocked ones and those
 * flagged as spam are left out; calls that still ring count in neither way.
 */
export const hoursReport = (file: SqliteFile, asked: HoursOptions): HoursReport =>
  consistently(file, () => {
    const options = { ...asked, to: Math.max(asked.from, Math.min(asked.to, asked.now)) };
    const { zone, button, source } = options;
    const spans = offsetSpans(options, zone);
    const week = Array.from(
      { length: HOURS_OF_WEEK },
      (): Mutable => ({
        calls: 0,
        answered: 0,
        views: 0,
        times: 0,
      }),
    );
    addTimes(week, spans);
    if (button === undefined && source === undefined) readAllCalls(file, options, week);
    else readSomeCalls(file, options, spans, week);
    readViews(file, options, spans, week);
    const { verdicts, advice, remarks, tooFew } = adviseHours(week);
    const { calls, answered, views } = sumOf(week);
    return {
      from: new Date(asked.from).toISOString(),
      to: new Date(asked.to).toISOString(),
      zone,
      button: button ?? null,
      source: source ?? null,
      hours: week.map((cell, index) => ({
        weekday: Math.floor(index / 24),
        hour: index % 24,
        ...cell,
        times: Math.round(cell.times * 1000) / 1000,
        answerRate: rateOf(cell),
        verdict: verdicts[index] ?? 'none',
      })),
      totals: { calls, answered, views, answerRate: shareOf(answered, calls) },
      advice,
      remarks,
      tooFew,
    };
  });
