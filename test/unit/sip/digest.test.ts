import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../../src/sip/digest.ts';
import { createDigestVerifier } from '../../../src/sip/index.ts';

const credentials = { realm: 'carrier.example', username: 'trunk1', password: 's3cret "quoted"' };
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

const nonceOf = (header: string): string => parseDigest(header)?.get('nonce') ?? '';

const authorization = (
  nonce: string,
  changes: Partial<Record<'username' | 'password' | 'nc' | 'uri', string>> = {},
): string => {
  const {
    username = 'trunk1',
    password = credentials.password,
    nc = '00000001',
    uri = 'sip:+491@gw',
  } = changes;
  const ha1 = md5(`${username}:${credentials.realm}:${password}`);
  const ha2 = md5(`INVITE:${uri}`);
  const response = md5(`${ha1}:${nonce}:${nc}:abc:auth:${ha2}`);
  return `Digest username="${username}", realm="${credentials.realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=MD5, qop=auth, nc=${nc}, cnonce="abc"`;
};

const challenge = (verifier: ReturnType<typeof createDigestVerifier>): string => {
  const verdict = verifier.verify('INVITE', undefined, credentials);
  if (verdict.type !== 'challenge') throw new Error(`expected a challenge, got ${verdict.type}`);
  return verdict.header;
};

describe('digest as server', () => {
  it('challenges, accepts the answer once, and never again', () => {
    const verifier = createDigestVerifier();
    const nonce = nonceOf(challenge(verifier));
    const header = authorization(nonce);
    expect(verifier.verify('INVITE', header, credentials).type).toBe('accepted');
    const replay = verifier.verify('INVITE', header, credentials);
    expect(replay).toMatchObject({ type: 'challenge', header: expect.stringContaining('stale=true') });
    expect(verifier.verify('INVITE', authorization(nonce, { nc: '00000002' }), credentials).type).toBe(
      'accepted',
    );
  });

  it('refuses a wrong password and a wrong user', () => {
    const verifier = createDigestVerifier();
    const nonce = nonceOf(challenge(verifier));
    expect(verifier.verify('INVITE', authorization(nonce, { password: 'guess' }), credentials).type).toBe(
      'refused',
    );
    expect(verifier.verify('INVITE', authorization(nonce, { username: 'admin' }), credentials).type).toBe(
      'refused',
    );
    expect(verifier.verify('BYE', authorization(nonce), credentials).type).toBe('refused');
  });

  it('asks again when the nonce is old, and does not take one it never made', () => {
    let now = 1_000_000;
    const verifier = createDigestVerifier(() => now);
    const nonce = nonceOf(challenge(verifier));
    now += 61_000;
    expect(verifier.verify('INVITE', authorization(nonce), credentials)).toMatchObject({ type: 'challenge' });
    const stranger = nonceOf(challenge(createDigestVerifier(() => now)));
    expect(verifier.verify('INVITE', authorization(stranger), credentials).type).toBe('challenge');
  });

  it('never throws on what strangers send', () => {
    const verifier = createDigestVerifier();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `Digest ${text}`),
        ),
        (header) => {
          expect(verifier.verify('INVITE', header, credentials).type).not.toBe('accepted');
        },
      ),
    );
  });
});
