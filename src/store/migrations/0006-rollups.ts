import type { StoreMigration } from '../migrate.ts';

/** UTC day of a call as days since 1970. */
const DAY = (row: 'NEW' | 'OLD' | 'call'): string => `${row}.started_at / 86400000`;

const TOUCH = 'ON CONFLICT (day) DO UPDATE SET touched = touched + 1';

const touchDay = (row: 'NEW' | 'OLD'): string =>
  `INSERT INTO call_stale_day (day, touched) VALUES (${DAY(row)}, 1) ${TOUCH};`;

/** Days of the calls that a key belongs to. */
const touchKey = (row: 'NEW' | 'OLD'): string => `
  INSERT INTO call_stale_day (day, touched)
    SELECT DISTINCT ${DAY('call')}, 1 FROM call WHERE ${row}.kind = 'caller' AND call.caller_hmac = ${row}.key ${TOUCH};
  INSERT INTO call_stale_day (day, touched)
    SELECT DISTINCT ${DAY('call')}, 1 FROM call WHERE ${row}.kind = 'visitor' AND call.visitor_id = ${row}.key ${TOUCH};`;

const touchPerson = (row: 'NEW' | 'OLD'): string => `
  INSERT INTO call_stale_day (day, touched)
    SELECT DISTINCT ${DAY('call')}, 1 FROM person_key JOIN call ON call.caller_hmac = person_key.key
    WHERE person_key.person_id = ${row}.person_id AND person_key.kind = 'caller' ${TOUCH};
  INSERT INTO call_stale_day (day, touched)
    SELECT DISTINCT ${DAY('call')}, 1 FROM person_key JOIN call ON call.visitor_id = person_key.key
    WHERE person_key.person_id = ${row}.person_id AND person_key.kind = 'visitor' ${TOUCH};`;

const touchCall = (row: 'NEW' | 'OLD'): string => `
  INSERT INTO call_stale_day (day, touched)
    SELECT ${DAY('call')}, 1 FROM call WHERE call.id = ${row}.call_id ${TOUCH};`;

const WORTH = 'coalesce(lead.sale_micros, lead.value_micros) > 0';
const ANCHOR = 'coalesce(lead.converted_at, lead.qualified_at, lead.created_at)';
const BUSINESS = "call.is_test = 0 AND call.direction = 'inbound' AND call.status <> 'blocked'";

/** Day of a key's call that comes next to the moment that a lead's worth is dated by, on one side of it. */
const nextDay = (side: 'before' | 'after', column: 'caller_hmac' | 'visitor_id', but: string): string =>
  `(SELECT ${side === 'before' ? 'max' : 'min'}(call.started_at) FROM call WHERE call.${column} = person_key.key
     AND call.started_at ${side === 'before' ? '<=' : '>'} ${ANCHOR} AND ${BUSINESS} AND ${but}) / 86400000`;

/**
 * Days of the calls that a lead's worth may go to instead, when a call or a key comes or goes: of each of the person's keys the call
 * before and the one after.
 */
const touchBearers = (person: string, but = '1'): string => {
  const days = (kind: 'caller' | 'visitor', side: 'before' | 'after'): string =>
    `SELECT ${nextDay(side, kind === 'caller' ? 'caller_hmac' : 'visitor_id', but)} AS day
       FROM person_key JOIN lead ON lead.person_id = person_key.person_id
       WHERE person_key.person_id = ${person} AND person_key.kind = '${kind}' AND ${WORTH}`;
  const union = (['caller', 'visitor'] as const)
    .flatMap((kind) => [days(kind, 'before'), days(kind, 'after')])
    .join(' UNION ');
  return `INSERT INTO call_stale_day (day, touched) SELECT day, 1 FROM (${union}) WHERE day IS NOT NULL ${TOUCH};`;
};

/** The person of a call, or of an anonymous one's visitor. */
const personOf = (row: 'NEW' | 'OLD'): string =>
  `(SELECT own.person_id FROM person_key own
     WHERE own.kind = CASE WHEN ${row}.caller_hmac IS NULL THEN 'visitor' ELSE 'caller' END
       AND own.key = coalesce(${row}.caller_hmac, ${row}.visitor_id))`;

/** Whether they have a worth that goes to one of their calls: most callers have none, and nothing more is looked up. */
const hasWorth = (row: 'NEW' | 'OLD'): string =>
  `EXISTS (SELECT 1 FROM lead WHERE lead.person_id = ${personOf(row)} AND ${WORTH})`;

const touchOthers = (row: 'NEW' | 'OLD'): string => touchBearers(personOf(row), `call.id <> ${row}.id`);

const trigger = (name: string, when: string, body: string): string =>
  `CREATE TRIGGER ${name} AFTER ${when} BEGIN ${body} END`;

/** What decides which of a person's calls a worth goes to. */
const BEARING_COLUMNS =
  'started_at, is_test, direction, status, caller_hmac, visitor_id, match_method, match_prob';

/** All that figures are made of. */
const COUNTED_COLUMNS = `${BEARING_COLUMNS}, answered_at, ended_at, ring_ms, talk_ms, first_call, spam_score, caller_region,
  source_id, source_name, source, medium, campaign, channel, cost_center, keyword, landing_page`;

const STATEMENTS: readonly string[] = [
  // A day that something has changed on since its figures were written: reports read its calls themselves.
  `CREATE TABLE call_stale_day (
    day INTEGER PRIMARY KEY,
    touched INTEGER NOT NULL
  ) STRICT`,
  // Numbers are grouped by several times as fast as texts.
  `CREATE TABLE call_rollup_key (
    id INTEGER PRIMARY KEY,
    dimension TEXT NOT NULL,
    key TEXT NOT NULL,
    UNIQUE (dimension, key)
  ) STRICT`,
  `CREATE TABLE call_rollup (
    dimension TEXT NOT NULL CHECK (dimension IN ('source', 'keyword', 'landing', 'region', 'hour', 'quarter')),
    days INTEGER NOT NULL CHECK (days IN (1, 32)),
    day INTEGER NOT NULL,
    key INTEGER NOT NULL,
    test INTEGER NOT NULL CHECK (test IN (0, 1)),
    spam INTEGER NOT NULL CHECK (spam IN (0, 1)),
    calls INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    first_time INTEGER NOT NULL,
    qualified INTEGER NOT NULL,
    talked INTEGER NOT NULL,
    talk_ms INTEGER NOT NULL,
    answer_ms INTEGER NOT NULL,
    PRIMARY KEY (dimension, days, day, key, test, spam)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE call_rollup_value (
    dimension TEXT NOT NULL,
    days INTEGER NOT NULL CHECK (days IN (1, 32)),
    day INTEGER NOT NULL,
    key INTEGER NOT NULL,
    test INTEGER NOT NULL,
    spam INTEGER NOT NULL,
    currency TEXT NOT NULL,
    valued INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    PRIMARY KEY (dimension, days, day, key, test, spam, currency)
  ) STRICT, WITHOUT ROWID`,
  // Blocks of 32 days whose figures are also kept together, by what has many words: a year is eleven of them.
  `CREATE TABLE call_kept_block (
    day INTEGER PRIMARY KEY CHECK (day % 32 = 0)
  ) STRICT`,
  trigger(
    'stale_day_added',
    'INSERT ON call_stale_day',
    'DELETE FROM call_kept_block WHERE day = NEW.day - NEW.day % 32;',
  ),
  `INSERT INTO call_stale_day (day, touched) SELECT DISTINCT started_at / 86400000, 1 FROM call`,

  trigger('call_added', 'INSERT ON call', touchDay('NEW')),
  trigger(
    'call_changed',
    `UPDATE OF ${COUNTED_COLUMNS} ON call`,
    `${touchDay('NEW')}
    INSERT INTO call_stale_day (day, touched)
      SELECT ${DAY('OLD')}, 1 WHERE ${DAY('OLD')} <> ${DAY('NEW')} ${TOUCH};`,
  ),
  trigger('call_removed', 'DELETE ON call', touchDay('OLD')),
  trigger('call_added_to_worth', `INSERT ON call WHEN ${hasWorth('NEW')}`, touchOthers('NEW')),
  trigger(
    'call_moved',
    `UPDATE OF ${BEARING_COLUMNS} ON call WHEN OLD.started_at <> NEW.started_at OR OLD.is_test <> NEW.is_test
      OR OLD.direction <> NEW.direction OR OLD.caller_hmac IS NOT NEW.caller_hmac OR OLD.visitor_id IS NOT NEW.visitor_id
      OR OLD.match_method <> NEW.match_method OR OLD.match_prob IS NOT NEW.match_prob
      OR (OLD.status = 'blocked') <> (NEW.status = 'blocked')`,
    `${touchOthers('NEW')} ${touchOthers('OLD')}`,
  ),
  trigger('call_removed_from_worth', `DELETE ON call WHEN ${hasWorth('OLD')}`, touchOthers('OLD')),
  trigger('lead_added', 'INSERT ON lead', touchPerson('NEW')),
  trigger('lead_changed', 'UPDATE ON lead', `${touchPerson('NEW')} ${touchPerson('OLD')}`),
  trigger('lead_removed', 'DELETE ON lead', touchPerson('OLD')),
  trigger('person_key_added', 'INSERT ON person_key', `${touchKey('NEW')} ${touchBearers('NEW.person_id')}`),
  trigger(
    'person_key_changed',
    'UPDATE ON person_key',
    `${touchKey('NEW')} ${touchKey('OLD')} ${touchBearers('NEW.person_id')} ${touchBearers('OLD.person_id')}`,
  ),
  trigger(
    'person_key_removed',
    'DELETE ON person_key',
    `${touchKey('OLD')} ${touchBearers('OLD.person_id')}`,
  ),
  trigger('wrap_up_added', 'INSERT ON wrap_up', touchCall('NEW')),
  trigger('wrap_up_changed', 'UPDATE ON wrap_up', touchCall('NEW')),
  trigger('wrap_up_removed', 'DELETE ON wrap_up', touchCall('OLD')),
];

/** Figures of calls by day, for reports over years of them. */
export const rollups: StoreMigration = { name: '0006-rollups', altersData: false, statements: STATEMENTS };
