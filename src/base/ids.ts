import { randomBytes, randomFillSync } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const pool = Buffer.alloc(4096);
let used = pool.length;

const randomByte = (): number => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++] ?? 0;
};

/**
 * A ULID: 48 bits of milliseconds since the epoch and 80 random bits in Crockford base 32, 26 characters, sortable by
 * time (github.com/ulid/spec).
 *
 * @param now milliseconds since the epoch
 */
export const ulid = (now: number = Date.now()): string => {
  let time = '';
  for (let rest = now, i = 0; i < 10; i += 1) {
    time = CROCKFORD.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (let i = 0; i < 16; i += 1) random += CROCKFORD.charAt(randomByte() & 31);
  return time + random;
};

/** A secret of `bytes` random bytes, as URL-safe base64. */
export const randomSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url');

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `length` random characters of [A-Za-z0-9], for SIP tags and branches (RFC 3261 19.3 asks for 32 random bits). */
export const randomToken = (length: number): string => {
  let token = '';
  while (token.length < length) {
    const byte = randomByte();
    if (byte < 248) token += ALPHANUMERIC.charAt(byte % 62);
  }
  return token;
};
