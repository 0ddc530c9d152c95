import type { AutomationPlan } from '../../config/index.ts';
import type { CallTable, SqliteFile, VisitTable } from '../../store/index.ts';
import { appendEvents, type PersonKey } from '../events.ts';
import { effectWords, planEffects, readAutomations } from './automations.ts';
import { automationFacts, factsRow, spamFacts } from './call-facts.ts';
import { changeLead, leadOf } from './leads.ts';
import { noteOnCall } from './notes.ts';
import { ensurePerson, linkKeys } from './persons.ts';
import { all, inTransaction, one, run } from './rows.ts';
import { SPAM_FLAG, type SpamVerdict, spamScore } from './spam.ts';
import { addTags } from './tag-rows.ts';
import { isSureMatch, touchOf } from './touch.ts';

export type AfterCallContext = {
  /** Milliseconds since the epoch, for a call whose end is not known. */
  readonly at: number;
  /** Default: those of the plan in the database. */
  readonly automations?: readonly AutomationPlan[];
};

const callRow = (file: SqliteFile, id: string): CallTable | undefined =>
  one<CallTable>(file, 'SELECT * FROM call WHERE id = ?', id);

const isCounted = ({ is_test }: CallTable): boolean => is_test === 0;

/** A call that may become a lead. */
const isBusiness = (call: CallTable): boolean => isCounted(call) && call.status !== 'blocked';

/** Who calls, as far as it is known; the caller's number and a visitor that is certainly the same become one person. */
const personOfCall = (file: SqliteFile, call: CallTable, at: number): string | undefined => {
  if (!isCounted(call)) return undefined;
  const caller: PersonKey | undefined =
    call.caller_hmac === null ? undefined : { kind: 'caller', key: call.caller_hmac };
  const visitor: PersonKey | undefined =
    call.visitor_id === null || !isSureMatch(call) ? undefined : { kind: 'visitor', key: call.visitor_id };
  if (caller && visitor) {
    const why = `call ${call.id} matched by ${call.match_method} with ${(call.match_prob ?? 1).toFixed(3)}`;
    return linkKeys(file, caller, visitor, { why, at });
  }
  const only = caller ?? visitor;
  return only && ensurePerson(file, only, at);
};

const candidatesOf = (
  file: SqliteFile,
  { id, match_method }: CallTable,
): readonly { visit: string; p: number }[] => {
  if (['static', 'token', 'code'].includes(match_method)) return [];
  const rows = all<{ visit: string; p: number }>(
    file,
    `SELECT visit_id AS visit, probability AS p FROM call_candidate
     WHERE call_id = ? AND visit_id IS NOT NULL AND probability > 0 ORDER BY rank`,
    id,
  );
  return rows.length === 1 && rows[0]?.p === 1 ? [] : rows;
};

/** Tells of a call that ended; told again, the latest word holds. */
export const tellEnd = (file: SqliteFile, call: CallTable, spam: boolean): void => {
  const visit =
    call.visit_id === null
      ? undefined
      : one<VisitTable>(file, 'SELECT * FROM visit WHERE id = ?', call.visit_id);
  appendEvents(file, [
    {
      type: 'call.ended',
      at: call.started_at,
      subject: call.id,
      body: {
        caller: call.caller_hmac,
        answered: call.answered_at !== null,
        talk_ms: call.talk_ms ?? 0,
        did: call.did,
        method: call.match_method,
        visit: call.visit_id,
        visitor: call.visitor_id,
        touch: touchOf(call, visit),
        candidates: candidatesOf(file, call),
        spam,
        test: call.is_test === 1,
        blocked: call.status === 'blocked',
      },
    },
  ]);
};

/** Scores a call and writes it to its record. */
export const scoreCall = (file: SqliteFile, call: CallTable, person: string | undefined): SpamVerdict => {
  const verdict = isCounted(call) ? spamScore(spamFacts(file, call, person)) : { score: 0, reasons: [] };
  run(
    file,
    'UPDATE call SET spam_score = ?, spam_reasons = ? WHERE id = ?',
    verdict.score,
    JSON.stringify(verdict.reasons),
    call.id,
  );
  return verdict;
};

const tellSpam = (file: SqliteFile, call: CallTable, { score, reasons }: SpamVerdict, at: number): void => {
  if (score < SPAM_FLAG) return;
  noteOnCall(file, call.id, {
    at,
    type: 'spam-flagged',
    text: `Flagged as spam with ${score} points: ${reasons.join(', ')}.`,
    detail: { score, reasons },
  });
};

const doneOn = (file: SqliteFile, call: string): ReadonlySet<string> =>
  new Set(
    all<{ id: string }>(
      file,
      "SELECT json_extract(detail, '$.automation') AS id FROM call_event WHERE call_id = ? AND type = 'automation'",
      call,
    ).map(({ id }) => id),
  );

/** Does what automations say about a call, each once, and notes it. */
const automate = (
  file: SqliteFile,
  { call, person, at }: { call: string; person: string | undefined; at: number },
  automations: readonly AutomationPlan[],
): void => {
  const row = factsRow(file, call);
  if (row === undefined || automations.length === 0) return;
  const lead = person === undefined ? undefined : leadOf(file, person);
  const state = { lead, hasPerson: person !== undefined, done: doneOn(file, call) };
  for (const effect of planEffects(automations, automationFacts(row), state)) {
    const { automation, tags, status, value } = effect;
    addTags(file, { call }, tags, { by: `automation:${automation}`, at });
    if (person !== undefined && (status !== undefined || value !== undefined))
      changeLead(file, person, { status, value }, at);
    noteOnCall(file, call, {
      at,
      type: 'automation',
      text: `Automation ${automation}: ${effectWords(effect)}.`,
      detail: effect,
    });
  }
};

const finish = (file: SqliteFile, call: CallTable, { at: now, automations }: AfterCallContext): void => {
  // The record's own time, so that what is done late comes out the same.
  const at = call.ended_at ?? now;
  const person = personOfCall(file, call, at);
  const verdict = scoreCall(file, call, person);
  tellEnd(file, call, verdict.score >= SPAM_FLAG);
  tellSpam(file, call, verdict, at);
  if (!isBusiness(call)) return;
  const isLead = call.answered_at !== null && verdict.score < SPAM_FLAG;
  if (isLead && person !== undefined && leadOf(file, person) === undefined) changeLead(file, person, {}, at);
  automate(file, { call: call.id, person, at }, automations ?? readAutomations(file));
};

/**
 * What follows an inbound call whose record is complete, in one transaction: the spam score, the person, the `call.ended` event,
 * a new lead, automations. Once a call: what was done is not done again.
 *
 * @returns false when there was nothing to do: no such call, not ended, not inbound, or done before
 */
export const afterCall = (file: SqliteFile, callId: string, context: AfterCallContext): boolean =>
  inTransaction(file, () => {
    const call = callRow(file, callId);
    if (call === undefined || call.direction !== 'inbound' || call.status === 'in_progress') return false;
    const told = one(file, "SELECT 1 FROM event WHERE subject = ? AND type = 'call.ended'", callId);
    if (told !== undefined) return false;
    finish(file, call, context);
    return true;
  });

/** Ids of calls that ended and were not seen to since: after a crash, or from before there were scores. The oldest first. */
export const unfinishedCalls = (file: SqliteFile): readonly string[] =>
  all<{ id: string }>(
    file,
    "SELECT id FROM call WHERE spam_score IS NULL AND status <> 'in_progress' AND direction = 'inbound' ORDER BY id",
  ).map(({ id }) => id);

/** Runs automations again on a call that somebody said more about. In the caller's transaction. */
export const automateAgain = (
  file: SqliteFile,
  call: CallTable,
  { person, at }: { readonly person: string | undefined; readonly at: number },
): void => {
  if (call.direction !== 'inbound' || !isBusiness(call) || call.status === 'in_progress') return;
  automate(file, { call: call.id, person, at }, readAutomations(file));
};
