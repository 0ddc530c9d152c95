import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { randomSecret } from '../../base/ids.ts';
import type { CallerVault, SmsCodeTable, SqliteFile } from '../../store/index.ts';
import { preparedOnce } from '../prepared.ts';

export const CODE_SECONDS = 300;
const TRIES = 5;
const HOUR_MS = 3_600_000;
const ID_BYTES = 16;
/** Codes are of no use after their time; they are kept as long as they count for the limit. */
const KEPT_MS = 2 * HOUR_MS;

export type NewCode = {
  readonly buttonId: string;
  readonly pressId: string;
  readonly e164: string;
  /** Codes that one number gets in an hour. */
  readonly perHour: number;
  readonly at: number;
};

export type MadeCode =
  | { readonly type: 'made'; readonly id: string; readonly code: string }
  | { readonly type: 'too-many'; readonly waitMs: number };

export type CheckedCode =
  | { readonly type: 'right'; readonly sealedNumber: string }
  | { readonly type: 'wrong'; readonly left: number }
  /** Too late, entered wrongly too often, or there is none. */
  | { readonly type: 'over' };

export type Codes = {
  /** In the transaction that is open. */
  make(file: SqliteFile, wanted: NewCode): MadeCode;
  /** It was not sent: it counts for nothing. */
  forget(file: SqliteFile, id: string): void;
  check(
    file: SqliteFile,
    entered: {
      readonly id: string;
      readonly code: string;
      readonly buttonId: string;
      readonly pressId: string;
      readonly at: number;
    },
  ): CheckedCode;
};

const statementsOf = preparedOnce((file) => ({
  add: file.prepare<[SmsCodeTable]>(
    `INSERT INTO sms_code (id, button_id, press_id, number_hmac, number_encrypted, code_hash, sent_at, expires_at, tries, state)
      VALUES (@id, @button_id, @press_id, @number_hmac, @number_encrypted, @code_hash, @sent_at, @expires_at, @tries, @state)`,
  ),
  sent: file
    .prepare<[hmac: string, since: number], number>(
      'SELECT sent_at FROM sms_code WHERE number_hmac = ? AND sent_at > ? ORDER BY sent_at DESC',
    )
    .pluck(),
  find: file.prepare<[id: string], SmsCodeTable>('SELECT * FROM sms_code WHERE id = ?'),
  wrong: file.prepare<[tries: number, state: SmsCodeTable['state'], id: string]>(
    'UPDATE sms_code SET tries = ?, state = ? WHERE id = ?',
  ),
  forget: file.prepare<[id: string]>('DELETE FROM sms_code WHERE id = ?'),
  prune: file.prepare<[before: number]>('DELETE FROM sms_code WHERE sent_at < ?'),
}));

const sixDigits = (): string => String(randomInt(1_000_000)).padStart(6, '0');

const sameHash = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Codes that prove a number: six digits, good for five minutes and five tries; only a keyed digest of them is kept. */
export const createCodes = (vault: CallerVault): Codes => {
  const key = Buffer.from(vault.derive('sms-code'), 'hex');
  const hashOf = (id: string, code: string): string =>
    createHmac('sha256', key).update(`${id}:${code}`).digest('hex');

  return {
    make: (file, { buttonId, pressId, e164, perHour, at }) => {
      const { sent, add, prune } = statementsOf(file);
      prune.run(at - KEPT_MS);
      const hmac = vault.hmac(e164);
      const times = sent.all(hmac, at - HOUR_MS);
      const blocking = times[perHour - 1];
      if (blocking !== undefined) return { type: 'too-many', waitMs: blocking + HOUR_MS - at };
      const { caller_encrypted: encrypted } = vault.seal(e164);
      if (encrypted === null) throw new Error('the number was not sealed');
      const id = randomSecret(ID_BYTES);
      const code = sixDigits();
      add.run({
        id,
        button_id: buttonId,
        press_id: pressId,
        number_hmac: hmac,
        number_encrypted: encrypted,
        code_hash: hashOf(id, code),
        sent_at: at,
        expires_at: at + CODE_SECONDS * 1000,
        tries: 0,
        state: 'sent',
      });
      return { type: 'made', id, code };
    },

    forget: (file, id) => void statementsOf(file).forget.run(id),

    check: (file, { id, code, buttonId, pressId, at }) => {
      const { find, wrong } = statementsOf(file);
      const row = find.get(id);
      if (row === undefined || row.button_id !== buttonId || row.press_id !== pressId)
        return { type: 'over' };
      if (row.state === 'failed' || row.expires_at <= at) return { type: 'over' };
      if (sameHash(row.code_hash, hashOf(id, code))) {
        wrong.run(row.tries, 'proven', id);
        return { type: 'right', sealedNumber: row.number_encrypted.toString('base64url') };
      }
      const tries = row.tries + 1;
      wrong.run(tries, tries >= TRIES ? 'failed' : row.state, id);
      return tries >= TRIES ? { type: 'over' } : { type: 'wrong', left: TRIES - tries };
    },
  };
};
