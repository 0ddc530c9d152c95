import type { createDigestVerifier, DigestVerdict } from '../../../../src/sip/index.ts';

export const REALM = 'carrier.example';
export const ACCOUNT = { username: 'trunk1', password: 's3cret "quoted" \\ pässword' };
export const REQUEST = {
  method: 'INVITE',
  uri: 'sip:+491@gw.example',
  body: 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n',
};

type Verifier = ReturnType<typeof createDigestVerifier>;

/** The WWW-Authenticate lines of a challenge; throws when the verdict is another. */
export const linesOf = (verdict: DigestVerdict): readonly string[] => {
  if (verdict.type !== 'challenge') throw new Error(`expected a challenge, got ${verdict.type}`);
  return verdict.headers;
};

export const challengeOf = (verifier: Verifier, request = REQUEST): readonly string[] =>
  linesOf(verifier.verify({ ...request, credentials: undefined }, REALM, ACCOUNT));
