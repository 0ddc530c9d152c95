import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** PKCS #8 of an Ed25519 key up to its seed (RFC 8410 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

export type SigningKeys = { readonly sign: KeyObject; readonly verify: KeyObject };

/**
 * The Ed25519 keys of a seed.
 *
 * @param seed 32 bytes, hex
 * @throws RangeError for any other length
 */
export const signingKeys = (seed: string): SigningKeys => {
  const bytes = Buffer.from(seed, 'hex');
  if (bytes.length !== SEED_BYTES) throw new RangeError('an Ed25519 seed has 32 bytes');
  const key = Buffer.concat([PKCS8_PREFIX, bytes]);
  const sign = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return { sign, verify: createPublicKey(sign) };
};
