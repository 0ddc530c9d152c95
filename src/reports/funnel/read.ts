import type { SqliteFile, WebCallTable } from '../../store/index.ts';
import { LINK_FROM } from '../../tracking/index.ts';
import { LEAD_OF_CALL, SPAM_SQL, statement } from '../rollup/index.ts';
import { PRESS_EVENTS, type PressEvent } from './press.ts';
import type { FunnelDimension, FunnelOptions } from './types.ts';

/** A press begun shortly before the period's end goes on after it; one begun before the period belongs to the one before. */
const MARGIN_MS = 3_600_000;
/** A call this long after the dialler was opened comes from there. */
const DIAL_MS = 600_000;
/** Rows that one statement packs into a text: few crossings from SQLite, and none too long. */
const PACKED_ROWS = 100_000;
/** Between fields and between rows; no page, id or viewer has them. */
const FIELD = '\x1f';
const ROW = '\x1e';

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

/** What pages said of one press. */
export type SeenPress = {
  readonly viewer: string;
  readonly key: string;
  /** Of its first event. */
  at: number;
  visit: string;
  intent: string;
  readonly events: Set<PressEvent>;
  /** The dialler was opened then. */
  dialledAt: number | undefined;
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

/** Under which keys, as the database has them, a viewer saw a button. Most have one alone: sets of one would be slow. */
export type ViewerKeys = string | Set<string>;

export type FunnelFacts = {
  readonly viewers: ReadonlyMap<string, ViewerKeys>;
  /** Views by key. */
  readonly views: ReadonlyMap<string, number>;
  readonly presses: ReadonlyMap<string, SeenPress>;
  readonly botPresses: ReadonlySet<string>;
  readonly botEvents: number;
  readonly calls: readonly ButtonCall[];
  readonly callBacks: readonly CallBackAsked[];
};

type Packed = {
  readonly views: string | null;
  readonly events: string | null;
  readonly bot_presses: string | null;
  readonly bots: number;
};

type Asked = Pick<FunnelOptions, 'from' | 'to' | 'by' | 'button' | 'site' | 'machines'>;

const only = ({ button, site }: Asked, table = ''): string =>
  `${button === undefined ? '' : ` AND ${table}button_id = @button`}${site === undefined ? '' : ` AND ${table}site_id = @site`}`;

const names = ({ button, site }: Asked): Record<string, string> => ({
  ...(button !== undefined && { button }),
  ...(site !== undefined && { site }),
});

const joined = (...fields: readonly string[]): string => fields.join(` || '${FIELD}' || `);
const text = (column: string): string => `coalesce(${column}, '')`;
const packed = (fields: string, condition: string): string =>
  `group_concat(${fields}, '${ROW}') FILTER (WHERE ${condition})`;

const EVENTS = PRESS_EVENTS.map((type) => `'${type}'`).join(', ');

const eventSql = (asked: Asked): string => {
  const key = text(KEYS[asked.by]);
  const intent =
    asked.by === 'intent'
      ? `CASE WHEN detail = '{}' THEN '' ELSE ${text("detail ->> '$.intent'")} END`
      : "''";
  // Where a press has no id, the viewer's events make one.
  const press = "coalesce(press_id, viewer || ' ' || button_id)";
  return `SELECT
    ${packed(joined('viewer', key), "bot <= @machines AND type = 'view' AND at >= @from AND at < @to")} AS views,
    ${packed(joined('type', press, 'viewer', 'at', text('visit_id'), intent, key), `type <> 'view' AND bot <= @machines AND type IN (${EVENTS})`)} AS events,
    ${packed('press_id', 'bot > @machines AND press_id IS NOT NULL')} AS bot_presses,
    coalesce(sum(bot > @machines AND at >= @from AND at < @to), 0) AS bots
  FROM button_event
  WHERE seq >= @low AND seq < @high AND at >= @from - ${MARGIN_MS} AND at < @to + ${MARGIN_MS}${only(asked)}`;
};

const createTally = () => {
  const viewers = new Map<string, ViewerKeys>();
  const views = new Map<string, { readonly key: string; count: number }>();
  const presses = new Map<string, SeenPress>();
  const botPresses = new Set<string>();
  let botEvents = 0;

  const addView = (pair: string): void => {
    const cut = pair.indexOf(FIELD);
    const viewer = pair.slice(0, cut);
    const raw = pair.slice(cut + 1);
    const counted = views.get(raw) ?? { key: raw, count: 0 };
    if (counted.count === 0) views.set(raw, counted);
    counted.count += 1;
    const { key } = counted;
    const known = viewers.get(viewer);
    if (known === undefined) viewers.set(viewer, key);
    else if (typeof known !== 'string') known.add(key);
    else if (known !== key) viewers.set(viewer, new Set([known, key]));
  };

  const addEvent = (row: string): void => {
    const [type = '', id = '', viewer = '', time = '', visit = '', intent = '', key = ''] = row.split(FIELD);
    const at = Number(time);
    const known = presses.get(id);
    const press: SeenPress = known ?? {
      viewer: viewer,
      key: key,
      at,
      visit: visit,
      intent: '',
      events: new Set(),
      dialledAt: undefined,
    };
    if (known === undefined) presses.set(id, press);
    press.events.add(type as PressEvent);
    press.at = Math.min(press.at, at);
    if (press.visit === '' && visit !== '') press.visit = visit;
    if (intent !== '') press.intent = intent;
    if (type === 'tel_open') press.dialledAt = at;
  };

  const add = ({ views: seen, events, bot_presses, bots }: Packed): void => {
    if (seen !== null) for (const pair of seen.split(ROW)) addView(pair);
    if (events !== null) for (const row of events.split(ROW)) addEvent(row);
    if (bot_presses !== null) for (const press of bot_presses.split(ROW)) botPresses.add(press);
    botEvents += bots;
  };
  return {
    add,
    result: () => ({
      viewers,
      views: new Map([...views.values()].map(({ key, count }) => [key, count] as const)),
      presses,
      botPresses,
      botEvents,
    }),
  };
};

const readEvents = (file: SqliteFile, asked: Asked) => {
  const { from, to } = asked;
  const { low, high } = statement<{ low: number | null; high: number | null }>(
    file,
    'SELECT min(seq) AS low, max(seq) AS high FROM button_event WHERE at >= @from AND at < @to',
  ).get({ from: from - MARGIN_MS, to: to + MARGIN_MS }) ?? { low: null, high: null };
  const tally = createTally();
  if (low === null || high === null) return tally.result();
  const part = statement<Packed>(file, eventSql(asked));
  const given = { from, to, machines: asked.machines ? 1 : 0, ...names(asked) };
  for (let at = low; at <= high; at += PACKED_ROWS) {
    const row = part.get({ ...given, low: at, high: at + PACKED_ROWS });
    if (row !== undefined) tally.add(row);
  }
  return tally.result();
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
  ...readEvents(file, asked),
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
     WHERE c.started_at >= @from AND c.started_at < @to + ${DIAL_MS} AND c.direction = 'inbound' AND c.status <> 'blocked'
       AND c.visit_id IS NOT NULL AND (c.match_method = 'code' OR c.match_prob >= ${LINK_FROM})
       AND NOT EXISTS (SELECT 1 FROM web_call w WHERE w.call_id = c.id)
     ORDER BY c.started_at`,
  ).all({ from, to, qualified: qualifiedSeconds * 1000 });

/** @returns the call that came of it, of the visit's */
export const callAfterDial = (
  calls: readonly VisitCall[] | undefined,
  dialledAt: number,
): VisitCall | undefined => calls?.find(({ at }) => at >= dialledAt && at <= dialledAt + DIAL_MS);

const LOOKED_UP = 50_000;

/** `google / cpc` of each of these visits. */
export const sourcesOf = (file: SqliteFile, visits: Iterable<string>): ReadonlyMap<string, string> => {
  const sources = new Map<string, string>();
  const lookUp = statement<{ found: string | null }>(
    file,
    `SELECT group_concat(${joined('v.id', "v.source || ' / ' || v.medium")}, '${ROW}') AS found
     FROM json_each(@ids) AS wanted CROSS JOIN visit v ON v.id = wanted.value`,
  );
  const ids = [...visits];
  for (let at = 0; at < ids.length; at += LOOKED_UP) {
    const { found } = lookUp.get({ ids: JSON.stringify(ids.slice(at, at + LOOKED_UP)) }) ?? { found: null };
    for (const row of found?.split(ROW) ?? []) {
      const cut = row.indexOf(FIELD);
      sources.set(row.slice(0, cut), row.slice(cut + 1));
    }
  }
  return sources;
};
