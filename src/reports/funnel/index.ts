import type { SqliteFile } from '../../store/index.ts';
import { consistently, offsetSpans } from '../rollup/index.ts';
import { daysOf } from '../spending.ts';
import { assemble, type Rows, rowFigures } from './assemble.ts';
import { figuresOf, newSum } from './figures.ts';
import { QUARTER_MS, readFunnel, readOtherDials, readVisitCalls, sourcesOf } from './read.ts';
import type { Tally } from './tally.ts';
import type { FunnelDimension, FunnelOptions, FunnelReport } from './types.ts';
import { findLeader, findLeak } from './words.ts';

export {
  type ButtonFigures,
  buttonFiguresOf,
  buttonFiguresSchema,
  figuresByButton,
} from './button-figures.ts';
export { funnelColumns } from './columns.ts';
export {
  FUNNEL_DIMENSIONS,
  type FunnelDimension,
  type FunnelFigures,
  type FunnelOptions,
  type FunnelReport,
  type FunnelRow,
  type FunnelStage,
  funnelReportSchema,
} from './types.ts';

const HOUR_MS = 3_600_000;
const NOT_KNOWN: Readonly<Record<FunnelDimension, string>> = {
  button: '(none)',
  arm: '(no experiment)',
  device: '(unknown)',
  source: '(unknown)',
  page: '(unknown)',
  intent: '(none)',
  hour: '',
  day: '',
};

/** Local time of a zone from milliseconds since the epoch, within a period. */
const localTime = ({ from, to, zone }: FunnelOptions): ((at: number) => number) => {
  const spans = offsetSpans({ from, to }, zone);
  return (at) => at + ((spans.find((span) => at < span.to) ?? spans.at(-1))?.offset ?? 0);
};

/** The hour (`09`) or the day (`2026-11-22`) of a moment. */
const timeKeys = (options: FunnelOptions): ((at: number) => string) => {
  const local = localTime(options);
  if (options.by === 'hour') return (at) => String(Math.floor(local(at) / HOUR_MS) % 24).padStart(2, '0');
  return (at) => new Date(local(at)).toISOString().slice(0, 10);
};

/** What rows are named, from what the database has. */
const rowNames = (file: SqliteFile, options: FunnelOptions, { keys }: Tally): Rows => {
  const { by } = options;
  // Nobody has chosen anything yet who only looks.
  if (by === 'intent') return { views: [], press: ({ intent }) => intent || null };
  const raw = Array.from({ length: keys.size() }, (_, key) => keys.text(key));
  if (by === 'hour' || by === 'day') {
    const time = timeKeys(options);
    return { views: raw.map((quarter) => time(Number(quarter) * QUARTER_MS)), press: ({ at }) => time(at) };
  }
  const names = (by === 'source' ? sourcesOf(file, raw) : raw).map((name) => name || null);
  return { views: names, press: ({ key }) => names[key] ?? null };
};

type Row = ReturnType<typeof rowFigures>[number];

/** Hours and days are all there, in their order. */
const inTime = (rows: readonly Row[], keys: readonly string[]): readonly Row[] => {
  const known = new Map(rows.map((row) => [row.key, row]));
  return keys.map((key) => known.get(key) ?? { key, figures: figuresOf(newSum()) });
};

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

const ordered = (options: FunnelOptions, rows: readonly Row[]): readonly Row[] => {
  if (options.by === 'hour') return inTime(rows, HOURS);
  if (options.by !== 'day') return rows;
  return inTime(
    rows,
    daysOf(options).map(({ day }) => day),
  );
};

const labelOf = (by: FunnelDimension, key: string | null): string => {
  if (key === null) return NOT_KNOWN[by];
  return by === 'hour' ? `${key}:00` : key;
};

/**
 * How visitors get from seeing a button to a conversation that counts, by one dimension. What a page says is believed of what happens
 * in the page; what became of a call is what the call record says.
 */
export const funnelReport = (file: SqliteFile, options: FunnelOptions): FunnelReport =>
  consistently(file, () => {
    const { from, to, zone, by, button, site, qualifiedSeconds, limit } = options;
    const facts = readFunnel(file, options);
    const { rows, totals, leftOut } = assemble(facts, {
      from,
      to,
      rows: () => rowNames(file, options, facts.pages),
      otherDials: () => readOtherDials(file, options),
      visitCalls: () => readVisitCalls(file, options),
    });
    const all = ordered(options, rowFigures(rows));
    const shown = by === 'hour' || by === 'day' ? all : all.slice(0, limit);
    const found = figuresOf(totals);
    const told = all.map(({ key, figures }) => ({ label: labelOf(by, key), key, ...figures }));
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      zone,
      by,
      button: button ?? null,
      site: site ?? null,
      qualifiedSeconds,
      rows: told.slice(0, shown.length),
      rowsLeftOut: all.length - shown.length,
      totals: found,
      leak: findLeak(found),
      leader: by === 'intent' ? null : findLeader(told),
      leftOut,
    };
  });
