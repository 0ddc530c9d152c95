import type { SqliteFile } from '../../store/index.ts';
import { WINDOW_MS } from './law.ts';

/** The quasigroup of Damm's thesis (2004), totally anti-symmetric: it finds each wrong digit and each pair of neighbours swapped. */
const DAMM = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
].map((row) => [...row].map(Number));

const interim = (digits: string): number =>
  [...digits].reduce((state, digit) => DAMM[state]?.[Number(digit)] ?? 0, 0);

/** Digits with their check digit behind them. `digits` are decimal. */
export const withCheckDigit = (digits: string): string => digits + String(interim(digits));

/** Whether the text is a code that could have been issued: 4 or 5 digits, the last one right. */
export const isCode = (text: string): boolean => /^\d{4,5}$/.test(text) && interim(text) === 0;

/** A code is given to another visit no sooner. */
export const REUSE_MS = 86_400_000;

/** What the plan says of a site's codes. `number` is E.164. */
export type CodesPlan = { readonly number: string; readonly digits: 4 | 5 };

const LOOK_UP_MS = 60_000;

/** Coprime to both counts: the codes of visits that follow each other are far apart. */
const STRIDE = 617;

const codesOf = (digits: 4 | 5): number => (digits === 4 ? 1000 : 10_000);

/** The stride's inverse: from a code's digits back to its place. */
const strideBack = (codes: number): number => {
  let inverse = 1;
  while ((inverse * STRIDE) % codes !== 1) inverse += 2;
  return inverse;
};
const BACK = { 4: strideBack(1000), 5: strideBack(10_000) } as const;

/** Codes are issued in a fixed round, so that the next one is always the one that was used longest ago. */
const codeAt = (place: number, digits: 4 | 5): string =>
  withCheckDigit(String((place * STRIDE) % codesOf(digits)).padStart(digits - 1, '0'));

type Round = {
  readonly own: (visitId: string, number: string) => string | undefined;
  readonly lastOf: (number: string, code: string) => { visit_id: string; issued_at: number } | undefined;
  /** Codes that were issued last, all at one time. */
  readonly latest: (number: string, digits: number) => readonly string[];
  readonly write: (number: string, code: string, visitId: string, at: number) => void;
  readonly resolve: (number: string, code: string, at: number) => string | undefined;
  /** Place in the round by number and digits, and when the table was asked for it. */
  readonly places: Map<string, { readonly place: number; readonly askedAt: number }>;
};

const prepare = (file: SqliteFile): Round => {
  const own = file.prepare<[string, string], { code: string }>(
    'SELECT code FROM extension_code WHERE visit_id = ? AND number = ? ORDER BY issued_at DESC LIMIT 1',
  );
  const lastOf = file.prepare<[string, string], { visit_id: string; issued_at: number }>(
    'SELECT visit_id, issued_at FROM extension_code WHERE number = ? AND code = ? ORDER BY issued_at DESC LIMIT 1',
  );
  const latest = file
    .prepare<[string, number, string, number], string>(
      `SELECT code FROM extension_code WHERE number = ? AND length(code) = ?
        AND issued_at = (SELECT max(issued_at) FROM extension_code WHERE number = ? AND length(code) = ?)`,
    )
    .pluck();
  const forget = file.prepare<[string, string, number]>(
    'DELETE FROM extension_code WHERE number = ? AND code = ? AND issued_at < ?',
  );
  const insert = file.prepare<[string, string, string, number]>(
    'INSERT INTO extension_code (number, code, visit_id, issued_at) VALUES (?, ?, ?, ?)',
  );
  const resolve = file.prepare<[string, string, number, number], { visit_id: string }>(
    `SELECT visit_id FROM extension_code WHERE number = ? AND code = ? AND issued_at <= ? AND issued_at > ?
      ORDER BY issued_at DESC LIMIT 1`,
  );
  return {
    own: (visitId, number) => own.get(visitId, number)?.code,
    lastOf: (number, code) => lastOf.get(number, code),
    latest: (number, digits) => latest.all(number, digits, number, digits),
    write: (number, code, visitId, at) => {
      forget.run(number, code, at - WINDOW_MS);
      insert.run(number, code, visitId, Math.round(at));
    },
    resolve: (number, code, at) => resolve.get(number, code, at, at - WINDOW_MS)?.visit_id,
    places: new Map(),
  };
};

const rounds = new WeakMap<SqliteFile, Round>();

const roundOf = (file: SqliteFile): Round => {
  const found = rounds.get(file);
  if (found) return found;
  const round = prepare(file);
  rounds.set(file, round);
  return round;
};

/** Place of the code that was issued last, as the table has it; −1 when none was. */
const lookUp = (round: Round, { number, digits }: CodesPlan): number => {
  const codes = codesOf(digits);
  const latest = round
    .latest(number, digits)
    .map((code) => (Number(code.slice(0, -1)) * BACK[digits]) % codes);
  // Several may have been issued within one millisecond: a run, whose end counts.
  const run = new Set(latest);
  return latest.find((place) => !run.has((place + 1) % codes)) ?? latest[0] ?? -1;
};

/** The next code of the round, if it has rested long enough. */
const nextFree = (round: Round, plan: CodesPlan, last: number, at: number) => {
  const place = (last + 1) % codesOf(plan.digits);
  const code = codeAt(place, plan.digits);
  const before = round.lastOf(plan.number, code);
  return before === undefined || at - before.issued_at >= REUSE_MS ? { place, code } : undefined;
};

/** Advances the round. A place that may be out of date (another process issued too) is looked up again, once a minute. */
const findFree = (round: Round, plan: CodesPlan, at: number) => {
  const key = `${plan.number} ${plan.digits}`;
  const kept = round.places.get(key);
  const next = kept && nextFree(round, plan, kept.place, at);
  if (kept && next) {
    round.places.set(key, { ...kept, place: next.place });
    return next;
  }
  if (kept && at - kept.askedAt < LOOK_UP_MS) return undefined;
  const last = lookUp(round, plan);
  const found = nextFree(round, plan, last, at);
  round.places.set(key, { place: found?.place ?? last, askedAt: at });
  return found;
};

/**
 * The code of a visit: the one it has, else the one that was used longest ago. Runs in the caller's transaction.
 *
 * @param at ms
 * @returns undefined when every code was issued within the last 24 h: the number is then shown without one
 */
export const issueCode = (
  file: SqliteFile,
  plan: CodesPlan,
  visitId: string,
  at: number,
): string | undefined => {
  const round = roundOf(file);
  const own = round.own(visitId, plan.number);
  if (own?.length === plan.digits && round.lastOf(plan.number, own)?.visit_id === visitId) return own;
  const free = findFree(round, plan, at);
  if (free === undefined) return undefined;
  round.write(plan.number, free.code, visitId, at);
  return free.code;
};

/**
 * The visit that was shown `number` with this code at `at`; undefined for a code that was mistyped or issued to nobody within
 * the last 30 days.
 */
export const resolveCode = (
  file: SqliteFile,
  number: string,
  code: string,
  at: number,
): string | undefined => (isCode(code) ? roundOf(file).resolve(number, code, at) : undefined);
