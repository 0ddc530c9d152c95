import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { base64url, decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { signingKeys } from '../../../src/buttons/keys.ts';
import { createTokens } from '../../../src/buttons/tokens.ts';
import type { CallPass } from '../../../src/buttons/types.ts';

const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const NOW = Date.UTC(2026, 10, 23, 10) + 999;
const tokens = createTokens(SEED);

const PASS: Omit<CallPass, 'jti' | 'expiresAt'> = {
  buttonId: 'sales',
  siteId: 'main',
  origin: 'https://www.example.com',
  pressId: 'abcdefghijklmnopqrstuv',
  viewer: 'e-abcdefghijklmnopqrstuv',
  visitId: undefined,
  experimentId: 'colour',
  arm: 'red',
  intent: undefined,
  page: '/offer',
  device: 'desktop',
  pressedAt: NOW - 1200,
  verified: 'none',
  sealedNumber: undefined,
  language: 'en',
  network: 'abcdefghijklmnopqrstuv',
};

describe('signingKeys', () => {
  it('is the key of RFC 8032 7.1, test 1', () => {
    const { verify } = signingKeys(SEED);
    expect(verify.export({ format: 'jwk' }).x).toBe(
      Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString(
        'base64url',
      ),
    );
  });

  it('wants 32 bytes', () => {
    expect(() => signingKeys('00')).toThrow(RangeError);
  });
});

describe('tokens of calls', () => {
  it('say what they were given, for a minute', async () => {
    const token = await tokens.call(PASS, NOW);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'dialtrace-call+jwt' });
    const claims = decodeJwt(token);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
    expect(claims).not.toHaveProperty('visit');
    const reading = await tokens.readCall(token, NOW + 58_000);
    expect(reading).toMatchObject({ type: 'good', value: { ...PASS, expiresAt: claims.exp } });
    expect(await tokens.readCall(token, NOW + 61_000)).toEqual({ type: 'bad', why: 'expired' });
  });

  it('have an id each', async () => {
    const ids = await Promise.all([1, 2].map(async () => decodeJwt(await tokens.call(PASS, NOW)).jti));
    expect(ids[0]).toMatch(/^[\w-]{22}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('are good for one thing', async () => {
    const call = await tokens.call(PASS, NOW);
    const resume = await tokens.resume(PASS, 3600, NOW);
    const proof = await tokens.proof({ ...PASS, sealedNumber: 'x' }, NOW);
    const bad = { type: 'bad', why: 'forged' };
    expect(await tokens.readResume(call, NOW)).toEqual(bad);
    expect(await tokens.readProof(call, NOW)).toEqual(bad);
    expect(await tokens.readCall(resume, NOW)).toEqual(bad);
    expect(await tokens.readProof(resume, NOW)).toEqual(bad);
    expect(await tokens.readCall(proof, NOW)).toEqual(bad);
    expect(await tokens.readResume(resume, NOW + 3_599_000)).toMatchObject({ type: 'good' });
    expect(await tokens.readResume(resume, NOW + 3_600_000)).toEqual({ type: 'bad', why: 'expired' });
    expect(await tokens.readProof(proof, NOW + 599_000)).toMatchObject({ value: { sealedNumber: 'x' } });
    expect(await tokens.readProof(proof, NOW + 600_000)).toEqual({ type: 'bad', why: 'expired' });
  });
});

describe('forged tokens', () => {
  const BAD = { type: 'bad', why: 'forged' };
  const claims = async () => decodeJwt(await tokens.call(PASS, NOW));

  it('of another key', async () => {
    const other = createTokens(SEED.replace('9d', '9e'));
    expect(await tokens.readCall(await other.call(PASS, NOW), NOW)).toEqual(BAD);
  });

  it('without a signature', async () => {
    const unsigned = new UnsecuredJWT(await claims()).encode();
    expect(await tokens.readCall(unsigned, NOW)).toEqual(BAD);
  });

  it('by HMAC with the public key as its secret', async () => {
    const { verify } = signingKeys(SEED);
    const secret = verify.export({ format: 'der', type: 'spki' });
    const token = await new SignJWT(await claims())
      .setProtectedHeader({ alg: 'HS256', typ: 'dialtrace-call+jwt' })
      .sign(secret);
    expect(await tokens.readCall(token, NOW)).toEqual(BAD);
  });

  it('with a key of its own in the head', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const token = await new SignJWT(await claims())
      .setProtectedHeader({
        alg: 'EdDSA',
        typ: 'dialtrace-call+jwt',
        jwk: publicKey.export({ format: 'jwk' }),
      })
      .sign(privateKey);
    expect(await tokens.readCall(token, NOW)).toEqual(BAD);
  });

  it('with a claim altered', async () => {
    const [head, , signature] = (await tokens.call(PASS, NOW)).split('.');
    const altered = base64url.encode(JSON.stringify({ ...(await claims()), button: 'other' }));
    expect(await tokens.readCall(`${head}.${altered}.${signature}`, NOW)).toEqual(BAD);
  });

  it('with any character altered', async () => {
    const token = await tokens.call(PASS, NOW);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'b', '7', '_', '.'),
        async (at, other) => {
          const altered = token.slice(0, at) + other + token.slice(at + 1);
          const decodes = (part: number): string =>
            Buffer.from(altered.split('.')[part] ?? '', 'base64url').toString('hex');
          // The last character of a part has bits that mean nothing.
          const same = [0, 1, 2].every(
            (part) =>
              decodes(part) === Buffer.from(token.split('.')[part] ?? '', 'base64url').toString('hex'),
          );
          fc.pre(!same);
          expect((await tokens.readCall(altered, NOW)).type).toBe('bad');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('with claims of another shape, though signed', async () => {
    const { sign } = signingKeys(SEED);
    const token = await new SignJWT({ button: 5 })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'dialtrace-call+jwt' })
      .setIssuer('dialtrace')
      .setAudience('dialtrace:call')
      .setIssuedAt(Math.floor(NOW / 1000))
      .setExpirationTime(Math.floor(NOW / 1000) + 60)
      .setJti('x')
      .sign(sign);
    expect(await tokens.readCall(token, NOW)).toEqual(BAD);
  });

  it.each(['', 'x', 'a.b.c', '..', 'é.é.é', '{}'])('of no shape: %j', async (token) => {
    expect(await tokens.readCall(token, NOW)).toEqual(BAD);
  });
});
