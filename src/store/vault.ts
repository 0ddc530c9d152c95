import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import type { Kysely } from 'kysely';
import { FailureError } from '../base/errors.ts';
import { maskPhone } from '../base/phone.ts';
import { makeKeyFile, readKeyFile } from './key-file.ts';
import type { Database } from './schema.ts';
import type { CallerVault } from './types.ts';

/** First byte of what is sealed: says how it was. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CALLER = Buffer.from('dialtrace caller 1');
const NOTE = Buffer.from('dialtrace note 1');

const deriveKey = (key: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `dialtrace ${purpose}`, 32));

/** E.164 without the separators that people write; other text without case. */
const normalise = (number: string): string => {
  const text = number.trim();
  return text.startsWith('+') ? `+${text.replace(/\D/g, '')}` : text.toLowerCase();
};

/** One kind of sealed text. Sealed: version byte, nonce (12), tag (16), ciphertext. */
const createSeal = (key: Buffer, aad: Buffer, what: string) => ({
  encrypt: (text: string): Buffer => {
    const nonce = randomFillSync(Buffer.allocUnsafe(NONCE_BYTES));
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
  },
  decrypt: (sealed: Buffer): string => {
    try {
      if (sealed[0] !== VERSION) throw new RangeError('unknown version');
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(aad).setAuthTag(tag);
      const rest = sealed.subarray(1 + NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
    } catch (error) {
      throw new FailureError(`${what} was not sealed with this key file`, { cause: error });
    }
  },
});

/** A vault over 32 bytes of key. */
export const createVault = (key: Buffer): CallerVault => {
  const callers = createSeal(deriveKey(key, 'caller encryption'), CALLER, "The caller's number");
  const notes = createSeal(deriveKey(key, 'note encryption'), NOTE, 'The note');
  const hmacKey = deriveKey(key, 'caller lookup');

  const hmac = (number: string): string =>
    createHmac('sha256', hmacKey).update(normalise(number)).digest('hex');

  return {
    seal: (number) => ({
      caller_encrypted: callers.encrypt(number),
      caller_hmac: hmac(number),
      caller_masked: maskPhone(number),
    }),
    reveal: callers.decrypt,
    hmac,
    sealNote: notes.encrypt,
    revealNote: notes.decrypt,
    derive: (purpose) => deriveKey(key, `purpose ${purpose}`).toString('hex'),
  };
};

/** What the database keeps of a key, to tell it from another one. */
const checkValue = (key: Buffer): string => deriveKey(key, 'key check').toString('hex');

const holdsSealed = async (db: Kysely<Database>): Promise<boolean> => {
  const call = await db
    .selectFrom('call')
    .select('id')
    .where('caller_hmac', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  if (call) return true;
  const blocked = await db.selectFrom('blocked_caller').select('hmac').limit(1).executeTakeFirst();
  if (blocked) return true;
  const note = await db
    .selectFrom('wrap_up')
    .select('call_id')
    .where('note_encrypted', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return note !== undefined;
};

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/**
 * The vault of a writable database: makes the key file at the first start, and later only accepts the key that the sealed
 * numbers were made with.
 *
 * @throws FailureError when the key file is missing or another one while sealed numbers exist
 */
export const openVault = async (db: Kysely<Database>, keyFile: string): Promise<CallerVault> => {
  const found = await readKeyFile(keyFile);
  if (!found && (await holdsSealed(db))) throw new FailureError(missing(keyFile));
  const key = found ?? (await makeKeyFile(keyFile));
  const check = checkValue(key);
  await db.transaction().execute(async (trx) => {
    const stored = await trx.selectFrom('vault_key').select('check_value').executeTakeFirst();
    if (stored && sameText(stored.check_value, check)) return;
    if (stored && (await holdsSealed(trx))) throw new FailureError(wrong(keyFile));
    await trx
      .insertInto('vault_key')
      .values({ id: 1, check_value: check })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ check_value: check }))
      .execute();
  });
  return createVault(key);
};

/** The vault of a database that is only read; a missing or wrong key is told when a number is asked for. */
export const openVaultReadOnly = async (db: Kysely<Database>, keyFile: string): Promise<CallerVault> => {
  const load = async (): Promise<CallerVault> => {
    const key = await readKeyFile(keyFile);
    if (!key) throw new FailureError(missing(keyFile));
    const stored = await db.selectFrom('vault_key').select('check_value').executeTakeFirst();
    if (stored && !sameText(stored.check_value, checkValue(key))) throw new FailureError(wrong(keyFile));
    return createVault(key);
  };
  try {
    return await load();
  } catch (error) {
    return closedVault(error);
  }
};

/** Lists and reports show masked numbers and work without the key. */
const closedVault = (error: unknown): CallerVault => {
  const refuse = (): never => {
    throw error;
  };
  return {
    seal: refuse,
    reveal: refuse,
    hmac: refuse,
    sealNote: refuse,
    revealNote: refuse,
    derive: refuse,
  };
};

const missing = (keyFile: string): string =>
  `The key file ${keyFile} is missing, and without it the callers' numbers in the database can't be read: restore it from your copy`;

const wrong = (keyFile: string): string =>
  `The key file ${keyFile} is not the one that the callers' numbers in the database were sealed with: restore the right one from your copy`;
