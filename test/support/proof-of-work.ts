import { createHash } from 'node:crypto';

/** A nonce that does the work. */
export const solve = ({ challenge, bits }: { readonly challenge: string; readonly bits: number }): string => {
  for (let nonce = 0; ; nonce += 1) {
    const digest = createHash('sha256').update(`${challenge}:${nonce}`).digest();
    if (digest.readUInt32BE(0) >>> (32 - bits) === 0) return String(nonce);
  }
};
