import { LINK_FROM, SPAM_FLAG } from '../../tracking/index.ts';
import type { Figures, RollupDimension } from './types.ts';

export const QUARTER_MS = 900_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The host and path of an address: parameters tell visits apart, not pages. */
const PAGE = (() => {
  const bare =
    "CASE WHEN instr(c.landing_page, '://') > 0 THEN substr(c.landing_page, instr(c.landing_page, '://') + 3) ELSE c.landing_page END";
  const cut = (text: string, mark: string): string =>
    `substr(${text}, 1, instr(${text} || '${mark}', '${mark}') - 1)`;
  return `rtrim(${cut(cut(`(${bare})`, '?'), '#')}, '/')`;
})();

/** The key of call `c` in each dimension. */
export const KEY_SQL: Readonly<Record<RollupDimension, string>> = {
  source: 'json_array(c.source_id, c.source_name, c.cost_center, c.source, c.medium, c.campaign, c.channel)',
  keyword: 'json_array(c.source, c.medium, c.campaign, c.keyword)',
  landing: `json_array(${PAGE})`,
  region: 'json_array(c.caller_region)',
  hour: `CAST(c.started_at / ${HOUR_MS} AS TEXT)`,
  quarter: `CAST(c.started_at / ${QUARTER_MS} AS TEXT)`,
};

/**
 * Joins the lead of whoever made call `c`: the caller's, or of an anonymous one's visitor where the call is surely the
 * visitor's.
 */
export const LEAD_OF_CALL = `LEFT JOIN person_key k ON k.kind = 'caller' AND k.key = c.caller_hmac
  LEFT JOIN person_key v ON c.caller_hmac IS NULL AND v.kind = 'visitor' AND v.key = c.visitor_id
    AND (c.match_method IN ('token', 'code') OR (c.match_method NOT IN ('static', 'none') AND c.match_prob >= ${LINK_FROM}))
  LEFT JOIN lead l ON l.person_id = coalesce(k.person_id, v.person_id)`;
const CALLS = `FROM call c ${LEAD_OF_CALL}`;

const WHERE = "c.started_at >= @from AND c.started_at < @to AND c.direction = 'inbound'";
export const SPAM = `coalesce(c.spam_score, 0) >= ${SPAM_FLAG}`;
const COUNTED = "c.status <> 'blocked'";
const ANSWERED = 'c.answered_at IS NOT NULL';

const one = (condition: string): string => `CASE WHEN ${condition} THEN 1 ELSE 0 END`;

/** What one call adds to each figure. */
const FIGURES: Readonly<Record<keyof Figures, string>> = {
  calls: one(COUNTED),
  answered: one(ANSWERED),
  missed: one(`c.ended_at IS NOT NULL AND c.answered_at IS NULL AND ${COUNTED}`),
  blocked: one(`NOT (${COUNTED})`),
  first_time: one(`c.first_call = 1 AND ${COUNTED}`),
  qualified: one(`l.status IN ('qualified', 'customer') AND ${COUNTED}`),
  talked: one(`${ANSWERED} AND c.talk_ms IS NOT NULL`),
  talk_ms: 'coalesce(c.talk_ms, 0)',
  answer_ms: `CASE WHEN ${ANSWERED} THEN coalesce(c.ring_ms, 0) ELSE 0 END`,
};

export const FIGURE_NAMES = Object.keys(FIGURES) as readonly (keyof Figures)[];
const figureSql = (combine: (value: string) => string): string =>
  FIGURE_NAMES.map((name) => `${combine(FIGURES[name])} AS ${name}`).join(', ');
const FIGURE_SQL = figureSql((value) => `sum(${value})`);
export const SUMS = FIGURE_NAMES.map((name) => `sum(${name}) AS ${name}`).join(', ');

/** What calls of a span come to, by a key: `@from`, `@to`. */
export const countSql = (key: string): string =>
  `SELECT CAST(${key} AS TEXT) AS key, c.is_test AS test, ${SPAM} AS spam, ${FIGURE_SQL}
   ${CALLS} WHERE ${WHERE} GROUP BY 1, 2, 3`;

const ANCHOR = 'coalesce(l.converted_at, l.qualified_at, l.created_at)';

/** The call that a lead's worth goes to: the last one up to the moment it became what it is, else the first after it. */
const BEARER = `(SELECT id FROM (
    SELECT o.id, o.started_at FROM person_key p JOIN call o ON o.caller_hmac = p.key
      WHERE p.person_id = l.person_id AND p.kind = 'caller'
        AND o.direction = 'inbound' AND o.is_test = 0 AND o.status <> 'blocked'
    UNION
    SELECT o.id, o.started_at FROM person_key p JOIN call o ON o.visitor_id = p.key AND o.caller_hmac IS NULL
      WHERE p.person_id = l.person_id AND p.kind = 'visitor'
        AND (o.match_method IN ('token', 'code') OR (o.match_method NOT IN ('static', 'none') AND o.match_prob >= ${LINK_FROM}))
        AND o.direction = 'inbound' AND o.is_test = 0 AND o.status <> 'blocked')
  ORDER BY started_at > ${ANCHOR}, abs(started_at - ${ANCHOR}), id LIMIT 1)`;

const WORTH = 'coalesce(l.sale_micros, l.value_micros)';

/** Every call of a span that bears a worth: `columns` of call `c`, currency, micros. */
const worths = (columns: string): string =>
  `WITH people AS MATERIALIZED (SELECT DISTINCT l.person_id ${CALLS} WHERE ${WHERE} AND ${WORTH} > 0 AND l.currency IS NOT NULL),
   bearers AS MATERIALIZED (SELECT l.currency, ${WORTH} AS micros, ${BEARER} AS call_id
     FROM people JOIN lead l ON l.person_id = people.person_id)
   SELECT ${columns}, b.currency AS currency, b.micros AS micros
     FROM bearers b JOIN call c ON c.id = b.call_id WHERE ${WHERE}
   UNION ALL
   SELECT ${columns}, w.value_currency, w.value_micros ${CALLS} JOIN wrap_up w ON w.call_id = c.id
     WHERE ${WHERE} AND ${COUNTED} AND w.value_micros > 0 AND coalesce(k.person_id, v.person_id) IS NULL`;

/**
 * What calls of a span were worth, by a key. A lead's worth (what was sold, else what it may be worth) goes to one call of its
 * person; where nobody knows who called, the call's own wrap-up counts.
 */
export const worthSql = (key: string): string =>
  `SELECT CAST(key AS TEXT) AS key, test, spam, currency, count(*) AS valued, sum(micros) AS micros
   FROM (${worths(`${key} AS key, c.is_test AS test, ${SPAM} AS spam`)}) GROUP BY 1, 2, 3, 4`;

const KEYS = (Object.keys(KEY_SQL) as RollupDimension[])
  .map((name) => `${KEY_SQL[name]} AS ${name}_key`)
  .join(', ');
const EACH = `${KEYS}, c.is_test AS test, ${SPAM} AS spam`;

/** Calls of a span one by one, with their key in every dimension, and those that are worth something. */
export const EACH_CALL = `SELECT ${EACH}, ${figureSql((value) => value)} ${CALLS} WHERE ${WHERE}`;
export const EACH_WORTH = worths(EACH);

const KEPT = `dimension = @dimension AND days = @days AND day >= @fromDay AND day < @toDay
  AND day NOT IN (SELECT day FROM call_stale_day) AND test <= @tests`;

/** Of times parts of days may be asked for. */
const keptWhere = (time: string | undefined): string =>
  time === undefined ? KEPT : `${KEPT} AND key >= @fromKey AND key < @toKey`;

/** Dimensions whose key is a number by itself. */
export const isNumbered = (dimension: RollupDimension): boolean =>
  dimension === 'hour' || dimension === 'quarter';

const keyed = (grouped: string): string =>
  `WITH sums AS MATERIALIZED (${grouped}) SELECT words.key AS key, sums.* FROM sums JOIN call_rollup_key words ON words.id = sums.number`;
const numbered = (grouped: string): string =>
  `SELECT CAST(number AS TEXT) AS key, sums.* FROM (${grouped}) AS sums`;

/**
 * The same from what is kept of UTC days: `@dimension`, `@days` 1 or 32, `@fromDay`, `@toDay`, `@tests` 0 or 1; of times
 * also `@fromKey` and `@toKey`.
 *
 * @param time what rows are told by, of a dimension of numbers; left out: by its words
 */
export const keptCountSql = (time?: string): string => {
  const grouped = `SELECT ${time ?? 'key'} AS number, spam, ${SUMS} FROM call_rollup WHERE ${keptWhere(time)} GROUP BY 1, 2`;
  return time === undefined ? keyed(grouped) : numbered(grouped);
};

export const keptWorthSql = (time?: string): string => {
  const grouped = `SELECT ${time ?? 'key'} AS number, spam, currency, sum(valued) AS valued, sum(micros) AS micros
    FROM call_rollup_value WHERE ${keptWhere(time)} GROUP BY 1, 2, 3`;
  return time === undefined ? keyed(grouped) : numbered(grouped);
};

/** A number is bound as a floating one; days and hours are whole. */
const localTime = (utc: string): string => `(${utc} + CAST(@offset AS INTEGER))`;

/** What a report's rows are told by in local time, from milliseconds since the epoch. */
export const TIME_SQL = {
  /** Since 1970-01-01. */
  day: (utc: string): string => `${localTime(utc)} / ${DAY_MS}`,
  /** 0 to 167 from Monday 0:00; 1970-01-01 was a Thursday. */
  weekhour: (utc: string): string =>
    `((${localTime(utc)} / ${DAY_MS} + 3) % 7) * 24 + (${localTime(utc)} / 3600000) % 24`,
} as const;

export type TimeKey = keyof typeof TIME_SQL;
