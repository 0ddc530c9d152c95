import type { SqliteFile, WebCallTable } from '../../store/index.ts';
import { LINK_FROM } from '../../tracking/index.ts';
import { LEAD_OF_CALL, SPAM_SQL, statement } from '../rollup/index.ts';
import { DIAL_MS, type Dial } from './dialled.ts';
import { createTally, FIELD, MARKS, ROW, type Tally } from './tally.ts';
import type { FunnelDimension, FunnelOptions } from './types.ts';

/** A press begun shortly before the period's end goes on after it; one begun before the period belongs to the one before. */
const MARGIN_MS = 3_600_000;
/** Rows that one statement packs into a text: few crossings from SQLite, and none too long. */
const PACKED_ROWS = 100_000;

/** Part of an hour that every time zone's hours are made of. */
export const QUARTER_MS = 900_000;

/** What tells rows apart as the database has it: of `source` the visit, of times the quarter of an hour since 1970. */
const KEYS: Readonly<Record<FunnelDimension, string>> = {
  button: 'button_id',
  arm: "experiment_id || '/' || arm",
  device: 'device',
  source: 'visit_id',
  page: 'page',
  // Only presses have one: it stands in their calls, or in what their pages say.
  intent: 'NULL',
  hour: `at / ${QUARTER_MS}`,
  day: `at / ${QUARTER_MS}`,
};

/** A call from a button, with what its press has in common with events. */
export type ButtonCall = {
  readonly press: string;
  readonly kind: WebCallTable['kind'];
  readonly viewer: string;
  readonly visit: string | null;
  readonly key: string | null;
  readonly intent: string | null;
  readonly at: number;
  readonly click_to_ring_ms: number | null;
  readonly rating: number | null;
} & Outcome;

type Outcome = {
  readonly test: 0 | 1;
  readonly spam: 0 | 1;
  readonly ended: 0 | 1;
  readonly rang: 0 | 1;
  readonly answered: 0 | 1;
  readonly talk_ms: number | null;
  readonly qualified: 0 | 1;
};

/** A call of a visit, by telephone. */
export type VisitCall = { readonly visit: string; readonly at: number } & Outcome;

export type CallBackAsked = {
  readonly press: string;
  readonly viewer: string;
  readonly visit: string | null;
  readonly key: string | null;
  readonly intent: string | null;
  readonly at: number;
};

export type FunnelFacts = {
  readonly pages: Tally;
  readonly calls: readonly ButtonCall[];
  readonly callBacks: readonly CallBackAsked[];
};

type Asked = Pick<FunnelOptions, 'from' | 'to' | 'by' | 'button' | 'site' | 'machines'>;

const only = ({ button, site }: Asked, table = ''): string =>
  `${button === undefined ? '' : ` AND ${table}button_id = @button`}${site === undefined ? '' : ` AND ${table}site_id = @site`}`;

const names = ({ button, site }: Pick<Asked, 'button' | 'site'>): Record<string, string> => ({
  ...(button !== undefined && { button }),
  ...(site !== undefined && { site }),
});

const joined = (...fields: readonly string[]): string => fields.join(` || '${FIELD}' || `);
const text = (column: string): string => `coalesce(${column}, '')`;
const PART = `seq >= @low AND seq < @high AND at >= @from - ${MARGIN_MS} AND at < @to + ${MARGIN_MS}`;

/** Where a press has no id, the viewer's events make one. */
const PRESS = "coalesce(press_id, viewer || ' ' || button_id)";

/** A part of the log as one text, in the form that a tally takes; not several, because each of them costs a look at every row. */
const partSql = (asked: Asked): string => {
  const key = text(KEYS[asked.by]);
  const intent =
    asked.by === 'intent'
      ? `CASE WHEN detail = '{}' THEN '' ELSE ${text("detail ->> '$.intent'")} END`
      : "''";
  const within = 'at >= @from AND at < @to';
  const row = `CASE
      WHEN bot > @machines THEN '${MARKS.machine}' || (${within}) || ${text('press_id')}
      WHEN type = 'view' THEN CASE WHEN ${within} THEN '${MARKS.view}' || ${joined('viewer', key)} END
      ELSE '${MARKS.press}' || ${joined(PRESS, 'type', 'at', 'viewer', text('visit_id'), intent, key)} END`;
  return `SELECT group_concat(${row}, '${ROW}') AS packed FROM button_event WHERE ${PART}${only(asked)}`;
};

/** Goes over the log of a period, and of what came shortly before and after, part by part. */
const eachPart = <Row>(
  file: SqliteFile,
  { from, to, machines, button, site }: Omit<Asked, 'by'>,
  sql: string,
  told: (row: Row) => void,
): void => {
  const { low, high } = statement<{ low: number | null; high: number | null }>(
    file,
    'SELECT min(seq) AS low, max(seq) AS high FROM button_event WHERE at >= @from AND at < @to',
  ).get({ from: from - MARGIN_MS, to: to + MARGIN_MS }) ?? { low: null, high: null };
  if (low === null || high === null) return;
  const part = statement<Row>(file, sql);
  const given = { from, to, machines: machines ? 1 : 0, ...names({ button, site }) };
  for (let at = low; at <= high; at += PACKED_ROWS)
    for (const row of part.iterate({ ...given, low: at, high: at + PACKED_ROWS })) told(row);
};

const readPages = (file: SqliteFile, asked: Asked): Tally => {
  const tally = createTally();
  eachPart<{ packed: string | null }>(file, asked, partSql(asked), ({ packed }) => {
    if (packed !== null) tally.add(packed);
  });
  return tally.result();
};

/** Diallers that were opened at buttons which are not asked about: a call after them is theirs. */
export const readOtherDials = (file: SqliteFile, asked: Asked): readonly Dial<never>[] => {
  const { button, site } = asked;
  if (button === undefined && site === undefined) return [];
  const dials: Dial<never>[] = [];
  const other = [
    ...(button === undefined ? [] : ['button_id <> @button']),
    ...(site === undefined ? [] : ['site_id <> @site']),
  ].join(' OR ');
  eachPart<{ visit: string; at: number }>(
    file,
    asked,
    `SELECT visit_id AS visit, at FROM button_event
     WHERE ${PART} AND type = 'tel_open' AND bot <= @machines AND visit_id IS NOT NULL AND (${other})`,
    ({ visit, at }) => dials.push({ visit, at, press: undefined }),
  );
  return dials;
};

const OUTCOME = `c.is_test AS test, ${SPAM_SQL} AS spam, c.ended_at IS NOT NULL AS ended,
  c.ringing_at IS NOT NULL OR c.answered_at IS NOT NULL AS rang, c.answered_at IS NOT NULL AS answered, c.talk_ms,
  c.answered_at IS NOT NULL AND (coalesce(c.talk_ms, 0) >= @qualified OR coalesce(l.status IN ('qualified', 'customer'), 0)) AS qualified`;

const keyOf = ({ by }: Asked, at: string): string =>
  by === 'hour' || by === 'day' ? `${at} / ${QUARTER_MS}` : KEYS[by];

const readCalls = (
  file: SqliteFile,
  asked: Asked & Pick<FunnelOptions, 'qualifiedSeconds'>,
): readonly ButtonCall[] =>
  statement<ButtonCall>(
    file,
    `WITH w AS MATERIALIZED (SELECT *, CAST(${keyOf(asked, 'pressed_at')} AS TEXT) AS key FROM web_call
       WHERE pressed_at >= @from - ${MARGIN_MS} AND pressed_at < @to + ${MARGIN_MS}${only(asked)})
     SELECT w.press_id AS press, w.kind, w.viewer, w.visit_id AS visit, w.key, w.intent, w.pressed_at AS at,
       w.click_to_ring_ms, w.rating, ${OUTCOME}
     FROM w JOIN call c ON c.id = w.call_id ${LEAD_OF_CALL}`,
  ).all({
    from: asked.from,
    to: asked.to,
    qualified: asked.qualifiedSeconds * 1000,
    ...names(asked),
  });

const readCallBacks = (file: SqliteFile, asked: Asked): readonly CallBackAsked[] =>
  statement<CallBackAsked>(
    file,
    `SELECT press_id AS press, viewer, visit_id AS visit, CAST(${keyOf(asked, 'requested_at')} AS TEXT) AS key, intent,
       requested_at AS at
     FROM call_back WHERE requested_at >= @from AND requested_at < @to${only(asked)}`,
  ).all({ from: asked.from, to: asked.to, ...names(asked) });

/** All that a period's funnel is made of. */
export const readFunnel = (
  file: SqliteFile,
  asked: Asked & Pick<FunnelOptions, 'qualifiedSeconds'>,
): FunnelFacts => ({
  pages: readPages(file, asked),
  calls: readCalls(file, asked),
  callBacks: readCallBacks(file, asked),
});

/** Inbound calls by telephone that surely are a visit's, in the order of time. */
export const readVisitCalls = (
  file: SqliteFile,
  { from, to, qualifiedSeconds }: Pick<FunnelOptions, 'from' | 'to' | 'qualifiedSeconds'>,
): readonly VisitCall[] =>
  statement<VisitCall>(
    file,
    `SELECT c.visit_id AS visit, c.started_at AS at, ${OUTCOME} FROM call c ${LEAD_OF_CALL}
     WHERE c.started_at >= @from - ${MARGIN_MS} AND c.started_at < @to + ${MARGIN_MS + DIAL_MS} AND c.direction = 'inbound' AND c.status <> 'blocked'
       AND c.visit_id IS NOT NULL AND (c.match_method = 'code' OR c.match_prob >= ${LINK_FROM})
       AND NOT EXISTS (SELECT 1 FROM web_call w WHERE w.call_id = c.id)
     ORDER BY c.started_at`,
  ).all({ from, to, qualified: qualifiedSeconds * 1000 });

const LOOKED_UP = 50_000;

/** `google / cpc` of each of these visits, in their order; undefined: it is not known. */
export const sourcesOf = (file: SqliteFile, visits: readonly string[]): readonly (string | undefined)[] => {
  const sources: (string | undefined)[] = new Array(visits.length).fill(undefined);
  const lookUp = statement<{ found: string | null }>(
    file,
    `SELECT group_concat(${joined('wanted.key', "v.source || ' / ' || v.medium")}, '${ROW}') AS found
     FROM json_each(@ids) AS wanted CROSS JOIN visit v ON v.id = wanted.value`,
  );
  for (let at = 0; at < visits.length; at += LOOKED_UP) {
    const found = lookUp.get({ ids: JSON.stringify(visits.slice(at, at + LOOKED_UP)) })?.found;
    for (const row of found?.split(ROW) ?? []) {
      const cut = row.indexOf(FIELD);
      sources[at + Number(row.slice(0, cut))] = row.slice(cut + 1);
    }
  }
  return sources;
};
