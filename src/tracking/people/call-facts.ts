import type { CallTable, SqliteFile } from '../../store/index.ts';
import type { AutomationFacts } from './conditions.ts';
import { leadOf } from './leads.ts';
import { all, one } from './rows.ts';
import { longestRun, type SpamFacts } from './spam.ts';
import { isSureMatch, LINK_FROM, sourceChannel } from './touch.ts';

const DAY_MS = 86_400_000;
/** More calls of one caller in a day than this tell nothing more. */
const CALLS_LOOKED_AT = 200;

/** Tags that say what a person thinks of a call's worth: they count for later calls of the caller. */
export const SPAM_TAG = 'spam';
export const NOT_SPAM_TAG = 'not-spam';

type Mark = 'spam' | 'not-spam';

const callMark = (file: SqliteFile, call: string): Mark | null =>
  one<{ tag: Mark }>(
    file,
    `SELECT tag FROM call_tag WHERE call_id = ? AND tag IN ('${SPAM_TAG}', '${NOT_SPAM_TAG}')
       AND made_by NOT LIKE 'automation:%' ORDER BY at DESC LIMIT 1`,
    call,
  )?.tag ?? null;

const callerMark = (file: SqliteFile, { id, caller_hmac }: CallTable, before: number): Mark | null =>
  caller_hmac === null
    ? null
    : (one<{ tag: Mark }>(
        file,
        `SELECT t.tag FROM call c JOIN call_tag t ON t.call_id = c.id
         WHERE c.caller_hmac = ? AND c.id <> ? AND t.tag IN ('${SPAM_TAG}', '${NOT_SPAM_TAG}')
           AND t.made_by NOT LIKE 'automation:%' AND t.at <= ? ORDER BY t.at DESC LIMIT 1`,
        caller_hmac,
        id,
        before,
      )?.tag ?? null);

type Dialled = { readonly calls: number; readonly numbers: readonly string[] };

/** What the caller dialled within the day up to this call. */
const dialledWithinDay = (file: SqliteFile, { id, caller_hmac, did, started_at }: CallTable): Dialled => {
  if (caller_hmac === null) return { calls: 1, numbers: did === null ? [] : [did] };
  const rows = all<{ did: string | null }>(
    file,
    `SELECT did FROM call WHERE caller_hmac = ? AND is_test = 0 AND started_at > ? AND started_at <= ? AND direction = 'inbound'
       AND id <> ? ORDER BY started_at DESC LIMIT ${CALLS_LOOKED_AT}`,
    caller_hmac,
    started_at - DAY_MS,
    started_at,
    id,
  );
  const numbers = new Set([did, ...rows.map((row) => row.did)].filter((number) => number !== null));
  return { calls: rows.length + 1, numbers: [...numbers] };
};

/**
 * The chance that no visit brought a call, as it was weighed when it came; 1 when no visit was shown the number. Where it is not
 * among the candidates that were kept, it is less than each of them.
 */
const nobodyChance = (file: SqliteFile, { id }: CallTable): number =>
  one<{ chance: number | null }>(
    file,
    `SELECT coalesce(max(probability) FILTER (WHERE visit_id IS NULL), min(probability)) AS chance
     FROM call_candidate WHERE call_id = ?`,
    id,
  )?.chance ?? 1;

/** Made by a call button, or placed for somebody who asked there to be called. */
const isFromButton = (file: SqliteFile, { id }: CallTable): boolean =>
  one(file, 'SELECT 1 FROM web_call WHERE call_id = ?', id) !== undefined;

/** A number of a source is shown to many at once: it matters that one of their visits brought the call, not which. */
const isFromPage = (file: SqliteFile, call: CallTable): boolean =>
  isFromButton(file, call) ||
  (call.match_method === 'static'
    ? nobodyChance(file, call) <= 1 - LINK_FROM
    : call.visit_id !== null && isSureMatch(call));

/** What the spam rules look at, from the call's row and those before it. */
export const spamFacts = (file: SqliteFile, call: CallTable, person: string | undefined): SpamFacts => {
  const { calls, numbers } = dialledWithinDay(file, call);
  const lead = person === undefined ? undefined : leadOf(file, person);
  return {
    answered: call.answered_at !== null,
    unanswered: call.status === 'cancelled' || call.status === 'no_answer',
    talkMs: call.talk_ms ?? 0,
    firstCall: call.first_call === 1,
    anonymous: call.anonymous === 1,
    callsWithinDay: calls,
    numbersWithinDay: numbers.length,
    sequentialNumbers: longestRun(numbers),
    callerMarked: callerMark(file, call, call.ended_at ?? call.started_at),
    callMarked: callMark(file, call.id),
    scoredSpam: call.score === 'spam',
    knownLead: lead?.status === 'qualified' || lead?.status === 'customer',
    fromPage: isFromPage(file, call),
  };
};

/** A call with what automations look at. */
export type FactsRow = Pick<
  CallTable,
  | 'id'
  | 'started_at'
  | 'ended_at'
  | 'answered_at'
  | 'talk_ms'
  | 'first_call'
  | 'source'
  | 'medium'
  | 'campaign'
  | 'channel'
  | 'did'
  | 'caller_region'
  | 'spam_score'
> & {
  readonly landing: string | null;
  readonly disposition: string | null;
  readonly person: string | null;
  /** JSON arrays. */
  readonly wrap_up_tags: string | null;
  readonly call_tags: string;
  readonly person_tags: string;
};

/** The person of call `c`: the caller's, or the visitor's where the match is sure. */
const PERSON = `coalesce(
  (SELECT person_id FROM person_key WHERE kind = 'caller' AND key = c.caller_hmac),
  (SELECT person_id FROM person_key WHERE kind = 'visitor' AND key = c.visitor_id
     AND (c.match_method IN ('token', 'code') OR (c.match_method NOT IN ('static', 'none') AND c.match_prob >= ${LINK_FROM}))))`;

/** @param by which tags count: an SQL condition on `made_by` */
const factsSql = (by: string): string =>
  `SELECT *, (SELECT json_group_array(tag) FROM person_tag WHERE person_id = person AND ${by}) AS person_tags FROM (
    SELECT c.id, c.started_at, c.ended_at, c.answered_at, c.talk_ms, c.first_call, c.source, c.medium, c.campaign, c.channel,
      c.did, c.caller_region, c.spam_score, coalesce(v.landing_url, c.landing_page) AS landing, w.disposition,
      w.tags AS wrap_up_tags, (SELECT json_group_array(tag) FROM call_tag WHERE call_id = c.id AND ${by}) AS call_tags,
      ${PERSON} AS person
    FROM call c LEFT JOIN wrap_up w ON w.call_id = c.id LEFT JOIN visit v ON v.id = c.visit_id`;

const ONE_CALL = `${factsSql('1')} WHERE c.id = ?)`;
const CALLS_BY_HAND = `${factsSql("made_by NOT LIKE 'automation:%'")}
  WHERE (c.started_at, c.id) > (?, ?) AND c.started_at < ? AND c.direction = 'inbound' AND c.is_test = 0
    AND c.status NOT IN ('in_progress', 'blocked') ORDER BY c.started_at, c.id LIMIT ?) ORDER BY started_at, id`;

/** Of one call, whatever its direction. */
export const factsRow = (file: SqliteFile, call: string): FactsRow | undefined =>
  one<FactsRow>(file, ONE_CALL, call);

/** Of calls that automations are done about, the oldest first, without the tags that automations put on them. */
export const factsRows = (
  file: SqliteFile,
  after: { readonly at: number; readonly id: string },
  { to, limit }: { readonly to: number; readonly limit: number },
): readonly FactsRow[] => all<FactsRow>(file, CALLS_BY_HAND, after.at, after.id, to, limit);

const words = (json: string | null): readonly string[] => {
  const found: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(found) ? found.map(String) : [];
};

/** What conditions look at. */
export const automationFacts = (row: FactsRow): AutomationFacts => ({
  event: 'call',
  answered: row.answered_at !== null,
  firstCall: row.first_call === null ? null : row.first_call === 1,
  talkSeconds: (row.talk_ms ?? 0) / 1000,
  source: row.source,
  medium: row.medium,
  campaign: row.campaign,
  channel: row.channel ?? (row.source === null ? null : sourceChannel(row.source, row.medium)),
  number: row.did,
  region: row.caller_region,
  landing: row.landing,
  tags: [...new Set([row.call_tags, row.wrap_up_tags, row.person_tags].flatMap(words))],
  disposition: row.disposition,
  spamScore: row.spam_score,
  form: null,
});
