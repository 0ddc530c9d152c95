import { createHmac, randomBytes } from 'node:crypto';
import { sameText } from './algorithms.ts';

/** How far behind the highest count a late one may come: UDP changes the order of requests. */
const WINDOW = 32;

type Uses = { readonly issued: number; highest: number; window: number };

export type NonceState = 'good' | 'old' | 'foreign';

/**
 * Nonces that carry their time and are signed, so that those never used cost nothing. Of those used the counts are
 * kept: each is taken once (RFC 7616 5.5).
 *
 * @param lifeMs how long a nonce is good, in milliseconds
 * @param now milliseconds since the epoch
 * @param remembered how many used nonces are kept; what is forgotten counts as old
 */
export const createNonces = (lifeMs: number, now: () => number, remembered = 20_000) => {
  const key = randomBytes(32);
  const used = new Map<string, Uses>();
  /** Nonces issued up to here may have been forgotten: they are old, whatever their age. */
  let forgottenUpTo = 0;

  const sign = (body: string): string =>
    createHmac('sha256', key).update(body).digest('base64url').slice(0, 22);

  const issuedAt = (nonce: string): number | undefined => {
    const [time = '', random = '', signature = ''] = nonce.split('.');
    if (!sameText(signature, sign(`${time}.${random}`))) return undefined;
    return Number.parseInt(time, 36);
  };

  const forgetOld = (): void => {
    const oldest = now() - lifeMs;
    for (const [nonce, { issued }] of used) {
      if (issued > oldest && used.size < remembered) break;
      used.delete(nonce);
      if (issued > forgottenUpTo) forgottenUpTo = issued;
    }
  };

  return {
    make: (): string => {
      const body = `${now().toString(36)}.${randomBytes(9).toString('base64url')}`;
      return `${body}.${sign(body)}`;
    },
    state: (nonce: string): NonceState => {
      const issued = issuedAt(nonce);
      if (issued === undefined) return 'foreign';
      const age = now() - issued;
      if (age > lifeMs || age < -1000) return 'old';
      return issued <= forgottenUpTo && !used.has(nonce) ? 'old' : 'good';
    },
    /** Takes a use of a good nonce. False when this count was used before, or is too far behind. */
    take: (nonce: string, count: number): boolean => {
      const uses = used.get(nonce);
      if (!uses) {
        forgetOld();
        used.set(nonce, { issued: issuedAt(nonce) ?? 0, highest: count, window: 1 });
        return true;
      }
      const ahead = count - uses.highest;
      if (ahead > 0) {
        uses.window = ahead >= WINDOW ? 1 : (uses.window << ahead) | 1;
        uses.highest = count;
        return true;
      }
      const bit = ahead > -WINDOW ? 1 << -ahead : 0;
      if (bit === 0 || (uses.window & bit) !== 0) return false;
      uses.window |= bit;
      return true;
    },
  };
};
