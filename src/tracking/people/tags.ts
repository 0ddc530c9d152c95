import { z } from 'zod';
import { UsageError } from '../../base/errors.ts';
import type { CallTable, SqliteFile } from '../../store/index.ts';
import { automateAgain, scoreCall, tellEnd } from './after-call.ts';
import { NOT_SPAM_TAG, SPAM_TAG } from './call-facts.ts';
import { findSubject } from './find.ts';
import { changeLead, leadOf } from './leads.ts';
import { noteOnCall } from './notes.ts';
import { all, inTransaction, one } from './rows.ts';
import { SPAM_FLAG } from './spam.ts';
import { addTags, removeTag } from './tag-rows.ts';

/** Words that a call or person is found by. */
export const tagSchema = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^\P{Cc}*$/u, 'use one line');

const MOST_TAGS = 50;

/** Who does it, and when. */
export type Act = { readonly by: string; readonly at: number };

export type TagView = { readonly tag: string; readonly by: string; readonly at: string };

const callOf = (file: SqliteFile, id: string): CallTable | undefined =>
  one<CallTable>(file, 'SELECT * FROM call WHERE id = ?', id);

/** Tags of a call, in the order they came. */
export const callTags = (file: SqliteFile, call: string): readonly TagView[] =>
  all<{ tag: string; made_by: string; at: number }>(
    file,
    'SELECT tag, made_by, at FROM call_tag WHERE call_id = ? ORDER BY at, tag',
    call,
  ).map(({ tag, made_by, at }) => ({ tag, by: made_by, at: new Date(at).toISOString() }));

const personOfCall = (file: SqliteFile, call: string): string | undefined => findSubject(file, call)?.person;

/** Scores a call anew when a person has said what it is; its lead follows, where nobody has taken it further. */
const judgeAgain = (file: SqliteFile, call: CallTable, { by, at }: Act): void => {
  if (call.direction !== 'inbound' || call.spam_score === null) return;
  const person = personOfCall(file, call.id);
  const { score, reasons } = scoreCall(file, call, person);
  const isSpam = score >= SPAM_FLAG;
  if (isSpam !== call.spam_score >= SPAM_FLAG) tellEnd(file, call, isSpam);
  noteOnCall(file, call.id, {
    at,
    type: 'spam-judged',
    text: `Scored ${score} points of spam anew, asked by ${by}: ${reasons.join(', ') || 'nothing speaks for it'}.`,
    detail: { score, reasons, by },
  });
};

const leadFollows = (file: SqliteFile, call: string, tag: string, at: number): void => {
  const person = personOfCall(file, call);
  const lead = person === undefined ? undefined : leadOf(file, person);
  if (person === undefined || lead === undefined) return;
  if (tag === SPAM_TAG && lead.status === 'new') changeLead(file, person, { status: 'spam' }, at);
  if (tag === NOT_SPAM_TAG && lead.status === 'spam') changeLead(file, person, { status: 'new' }, at);
};

const isJudgement = (tag: string): boolean => tag === SPAM_TAG || tag === NOT_SPAM_TAG;

const putOnCall = (file: SqliteFile, call: CallTable, tags: readonly string[], act: Act): void => {
  addTags(file, { call: call.id }, tags, act);
  if (callTags(file, call.id).length > MOST_TAGS)
    throw new UsageError(`A call has at most ${MOST_TAGS} tags`);
  // The last word counts.
  const judgement = tags.findLast(isJudgement);
  if (judgement !== undefined) {
    removeTag(file, { call: call.id }, judgement === SPAM_TAG ? NOT_SPAM_TAG : SPAM_TAG);
    judgeAgain(file, call, act);
    leadFollows(file, call.id, judgement, act.at);
  }
  automateAgain(file, call, { person: personOfCall(file, call.id), at: act.at });
};

/**
 * Puts tags on a call. `spam` and `not-spam` are a person's word on it: the call is scored anew, and later calls of the caller
 * are scored with it in mind. Automations that look at tags are done.
 *
 * @returns all tags of the call; undefined when there is no such call
 * @throws UsageError when it would have too many
 */
export const tagCall = (
  file: SqliteFile,
  id: string,
  tags: readonly string[],
  act: Act,
): readonly TagView[] | undefined =>
  inTransaction(file, () => {
    const call = callOf(file, id);
    if (call === undefined) return undefined;
    putOnCall(file, call, tags, act);
    return callTags(file, id);
  });

/** Takes a tag off a call. @returns whether it was there; undefined when there is no such call */
export const untagCall = (file: SqliteFile, id: string, tag: string, act: Act): boolean | undefined =>
  inTransaction(file, () => {
    const call = callOf(file, id);
    if (call === undefined) return undefined;
    const removed = removeTag(file, { call: id }, tag);
    if (removed && isJudgement(tag)) judgeAgain(file, call, act);
    return removed;
  });

/** Puts tags on a person. @returns false when there is no such person */
export const tagPerson = (file: SqliteFile, person: string, tags: readonly string[], act: Act): boolean =>
  inTransaction(file, () => {
    if (one(file, 'SELECT 1 FROM person WHERE id = ?', person) === undefined) return false;
    addTags(file, { person }, tags, act);
    return true;
  });

/** Takes a tag off a person. @returns whether it was there */
export const untagPerson = (file: SqliteFile, person: string, tag: string): boolean =>
  inTransaction(file, () => removeTag(file, { person }, tag));
