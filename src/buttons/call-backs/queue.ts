import type { CallBackTable, SqliteFile } from '../../store/index.ts';
import { DAY_MS } from './rules.ts';

const COLUMNS = [
  'id',
  'press_id',
  'button_id',
  'site_id',
  'experiment_id',
  'arm',
  'viewer',
  'visit_id',
  'intent',
  'device',
  'page',
  'verified',
  'number_encrypted',
  'number_hmac',
  'number_masked',
  'region',
  'requested_at',
  'consent_text',
  'consent_at',
  'address_hmac',
  'language',
  'due_at',
  'tries',
  'state',
  'reason',
  'call_id',
] as const satisfies readonly (keyof CallBackTable)[];

const prepare = (file: SqliteFile) => ({
  insert: file.prepare<[Record<string, unknown>]>(
    `INSERT INTO call_back (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((name) => `@${name}`).join(', ')})`,
  ),
  correct: file.prepare<[Record<string, unknown>]>(
    `UPDATE call_back SET number_encrypted = @number_encrypted, number_hmac = @number_hmac,
        number_masked = @number_masked, region = @region, requested_at = @requested_at, consent_text = @consent_text,
        consent_at = @consent_at, verified = @verified, language = @language, due_at = @due_at, reason = @reason
      WHERE press_id = @press_id AND state = 'waiting' AND tries = 0`,
  ),
  get: file.prepare<[id: string], CallBackTable>('SELECT * FROM call_back WHERE id = ?'),
  byPress: file.prepare<[press: string], CallBackTable>('SELECT * FROM call_back WHERE press_id = ?'),
  ofNumber: file.prepare<[hmac: string, since: number], CallBackTable>(
    `SELECT * FROM call_back WHERE number_hmac = ? AND (requested_at > ? OR state IN ('waiting', 'calling'))
      ORDER BY requested_at, id`,
  ),
  due: file.prepare<[at: number, full: string, most: number], CallBackTable>(
    `SELECT * FROM call_back WHERE state = 'waiting' AND due_at <= ?
        AND site_id NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, id LIMIT ?`,
  ),
  waiting: file.prepare<[], number>(`SELECT count(*) FROM call_back WHERE state = 'waiting'`).pluck(),
  claim: file.prepare<[id: string]>(
    `UPDATE call_back SET state = 'calling', call_id = NULL, reason = NULL WHERE id = ? AND state = 'waiting'`,
  ),
  begun: file.prepare<[call: string, id: string]>(
    `UPDATE call_back SET call_id = ? WHERE id = ? AND state = 'calling'`,
  ),
  count: file.prepare<[id: string, most: number]>(
    `UPDATE call_back SET tries = tries + 1 WHERE id = ? AND state = 'calling' AND tries < ?`,
  ),
  settle: file.prepare<[state: string, reason: string | null, due: number | null, id: string]>(
    `UPDATE call_back SET state = ?, reason = ?, due_at = coalesce(?, due_at) WHERE id = ? AND state = 'calling'`,
  ),
  defer: file.prepare<[due: number, reason: string, id: string]>(
    `UPDATE call_back SET due_at = ?, reason = ? WHERE id = ? AND state = 'waiting'`,
  ),
  finish: file.prepare<[state: string, reason: string, id: string]>(
    `UPDATE call_back SET state = ?, reason = ? WHERE id = ? AND state = 'waiting'`,
  ),
  spoken: file.prepare<[hmac: string, since: number], { readonly n: number }>(
    `SELECT count(*) AS n FROM call
      WHERE caller_hmac = ? AND started_at >= ? AND direction = 'inbound' AND answered_at IS NOT NULL AND is_test = 0`,
  ),
  attempts: file.prepare<[press: string], { readonly n: number }>(
    `SELECT count(*) AS n FROM web_call WHERE press_id = ? AND kind = 'callback'`,
  ),
  calling: file.prepare<[], CallBackTable>(`SELECT * FROM call_back WHERE state = 'calling' ORDER BY id`),
  talked: file.prepare<[press: string], { readonly n: number }>(
    `SELECT count(*) AS n FROM web_call JOIN call ON call.id = web_call.call_id
      WHERE web_call.press_id = ? AND web_call.kind = 'callback' AND call.answered_at IS NOT NULL`,
  ),
  cancel: file.prepare<[reason: string, id: string]>(
    `UPDATE call_back SET state = 'cancelled', reason = ? WHERE id = ? AND state = 'waiting'`,
  ),
  again: file.prepare<[due: number, id: string]>(
    `UPDATE call_back SET state = 'waiting', due_at = ?, tries = 0, reason = NULL
      WHERE id = ? AND state IN ('waiting', 'failed', 'cancelled')`,
  ),
});

const prepared = new WeakMap<SqliteFile, ReturnType<typeof prepare>>();

const on = (file: SqliteFile): ReturnType<typeof prepare> => {
  const found = prepared.get(file);
  if (found) return found;
  const statements = prepare(file);
  prepared.set(file, statements);
  return statements;
};

/** The table of call backs. What writes runs in the transaction of whoever calls it. */
export const addCallBack = (file: SqliteFile, row: CallBackTable): void => void on(file).insert.run(row);

/**
 * Puts another number in the place of one that was mistyped.
 *
 * @returns false when it has been called, is being called, or is over
 */
export const correctCallBack = (file: SqliteFile, row: CallBackTable): boolean =>
  on(file).correct.run(row).changes === 1;

export const findCallBack = (file: SqliteFile, id: string): CallBackTable | undefined => on(file).get.get(id);

export const callBackOfPress = (file: SqliteFile, press: string): CallBackTable | undefined =>
  on(file).byPress.get(press);

export const isOpen = ({ state }: Pick<CallBackTable, 'state'>): boolean =>
  state === 'waiting' || state === 'calling';

/** Requests for a number of the last day, and those that are open, the oldest first. */
export const callBacksOfNumber = (file: SqliteFile, hmac: string, at: number): readonly CallBackTable[] =>
  on(file).ofNumber.all(hmac, at - DAY_MS);

/**
 * Those that are to be called now, the one that waits longest first.
 *
 * @param full sites that have as many calls as they may: none of theirs
 */
export const dueCallBacks = (
  file: SqliteFile,
  at: number,
  { full, most }: { readonly full: readonly string[]; readonly most: number },
): readonly CallBackTable[] => on(file).due.all(at, JSON.stringify(full), most);

/** How many wait, whenever they are due. */
export const countWaiting = (file: SqliteFile): number => on(file).waiting.get() ?? 0;

/** Marks one as being called. @returns false when it is not to be called any more */
export const claimCallBack = (file: SqliteFile, id: string): boolean => on(file).claim.run(id).changes === 1;

/** Names the call that is placed for it. */
export const noteCall = (file: SqliteFile, id: string, callId: string): void =>
  void on(file).begun.run(callId, id);

/** Counts that the visitor is called. @returns false when it is not to be any more, or was often enough */
export const countCall = (file: SqliteFile, id: string, most: number): boolean =>
  on(file).count.run(id, most).changes === 1;

/** Calls that were begun for a press. */
export const attemptsOf = (file: SqliteFile, press: string): number => on(file).attempts.get(press)?.n ?? 0;

/** Ends an attempt. */
export const settleCallBack = (
  file: SqliteFile,
  id: string,
  end: {
    readonly state: CallBackTable['state'];
    readonly reason: string | null;
    readonly dueAt?: number | undefined;
  },
): void => void on(file).settle.run(end.state, end.reason, end.dueAt ?? null, id);

/** Puts off one that waits. */
export const deferCallBack = (file: SqliteFile, id: string, dueAt: number, reason: string): void =>
  void on(file).defer.run(dueAt, reason, id);

/** Ends one that waits, and is not to be called any more. */
export const finishCallBack = (
  file: SqliteFile,
  id: string,
  state: 'done' | 'failed',
  reason: string,
): void => void on(file).finish.run(state, reason, id);

/** Whether this number has called since and was talked to. */
export const hasCalledSince = (file: SqliteFile, hmac: string, since: number): boolean =>
  (on(file).spoken.get(hmac, since)?.n ?? 0) > 0;

/** What a button says of tries, while there is one. */
export type Tries = { readonly most: number; readonly retryMs: number };

/**
 * What a gateway that died was calling waits again; but not where both have talked already: nobody is called twice.
 *
 * @param at milliseconds since the epoch
 * @returns how many wait again
 */
export const recoverCallBacks = (
  file: SqliteFile,
  at: number,
  triesOf: (row: CallBackTable) => Tries,
): number => {
  const { calling, talked } = on(file);
  let waiting = 0;
  for (const row of calling.all()) {
    const { most, retryMs } = triesOf(row);
    if ((talked.get(row.press_id)?.n ?? 0) > 0) {
      settleCallBack(file, row.id, { state: 'done', reason: 'the gateway stopped during the call' });
    } else if (row.tries >= most) {
      settleCallBack(file, row.id, {
        state: 'failed',
        reason: 'the gateway stopped as the visitor was called',
      });
    } else {
      // Whose telephone may have rung is left alone for a while.
      const dueAt = row.tries > 0 ? at + retryMs : at;
      settleCallBack(file, row.id, { state: 'waiting', reason: 'the gateway was started again', dueAt });
      waiting += 1;
    }
  }
  return waiting;
};

/** What a person's order did; a sentence when it can't be done. */
export type Ordered = { readonly done: true } | { readonly done: false; readonly reason: string };

const refuse = (reason: string): Ordered => ({ done: false, reason });

/** Takes a request back. */
export const cancelCallBack = (file: SqliteFile, id: string, by: string): Ordered => {
  const { cancel } = on(file);
  if (cancel.run(`cancelled by ${by}`, id).changes === 1) return { done: true };
  const state = findCallBack(file, id)?.state;
  return refuse(state === 'calling' ? 'It is being called.' : `It is over: ${state}.`);
};

/** Has one that waits, failed or was cancelled called again, as soon as the hours allow, with all its tries. */
export const retryCallBack = (file: SqliteFile, id: string, at: number): Ordered => {
  const row = findCallBack(file, id);
  if (row === undefined) return refuse('There is no such request.');
  const other = callBacksOfNumber(file, row.number_hmac, at).find((each) => each.id !== id && isOpen(each));
  if (other) return refuse(`Another request for this number is open: ${other.id}.`);
  if (on(file).again.run(at, id).changes === 1) return { done: true };
  return refuse(row.state === 'calling' ? 'It is being called.' : 'Both have talked.');
};
