import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from './ids.ts';
import type { Links } from './types.ts';

const VALID_MS = 120_000;
const MAC_BYTES = 16;

/**
 * Tokens for links to the owner's other sites: visitor, end of validity in seconds (base 36), and a keyed hash of both.
 *
 * @param key secret, hex
 * @param now milliseconds since the epoch
 */
export const createLinks = (key: string, now: () => number): Links => {
  const secret = Buffer.from(key, 'hex');
  const mac = (body: string): Buffer =>
    createHmac('sha256', secret).update(body).digest().subarray(0, MAC_BYTES);

  const ends = (text: string): number =>
    /^[0-9a-z]{1,9}$/.test(text) ? Number.parseInt(text, 36) * 1000 : 0;

  return {
    make: (visitorId) => {
      const body = `${visitorId}.${Math.ceil((now() + VALID_MS) / 1000).toString(36)}`;
      return `${body}.${mac(body).toString('base64url')}`;
    },
    read: (token) => {
      if (token.length > 100) return undefined;
      const [visitorId = '', end = '', given = '', ...more] = token.split('.');
      if (more.length > 0 || !isId(visitorId)) return undefined;
      const expected = mac(`${visitorId}.${end}`);
      const bytes = Buffer.from(given, 'base64url');
      if (bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) return undefined;
      // A token from the future is none of ours either.
      const left = ends(end) - now();
      return left > 0 && left <= VALID_MS + 1000 ? visitorId : undefined;
    },
  };
};
