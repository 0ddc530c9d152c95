import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimedUsername,
  createDigestClient,
  createDigestVerifier,
  DIGEST_ALGORITHMS,
  hashedA1,
} from '../../../../src/sip/index.ts';
import { authorization } from '../../../support/digest.ts';
import { ACCOUNT, challengeOf, linesOf, REALM, REQUEST } from './samples.ts';

const algorithms = fc.constantFrom(...DIGEST_ALGORITHMS);
const text = fc.string({ minLength: 1, maxLength: 40 });

describe('digest as server', () => {
  it('takes what the client makes of its challenge, with a password and with stored hashes', () => {
    fc.assert(
      fc.property(text, text, text, algorithms, fc.string(), (realm, username, password, algorithm, body) => {
        const request = { method: 'MESSAGE', uri: 'sip:bob@example.com', body };
        const verifier = createDigestVerifier({ algorithms: [algorithm] });
        const lines = linesOf(verifier.verify({ ...request, credentials: undefined }, realm, undefined));
        const client = createDigestClient({ username, password });
        const credentials = client.answer(lines, request);
        expect(claimedUsername(credentials, realm)).toBe(username);
        const verify = (account: Parameters<typeof verifier.verify>[2]): string =>
          verifier.verify({ ...request, credentials }, realm, account).type;
        expect(verify({ username, password: `${password}x` })).toBe('refused');
        expect(verify({ username, password })).toBe('accepted');
        const ha1 = { [algorithm]: hashedA1(algorithm, username, realm, password) };
        const again = { ...request, credentials: client.again(request) };
        expect(verifier.verify(again, realm, { username, ha1 }).type).toBe('accepted');
      }),
    );
  });

  it('covers the body with auth-int', () => {
    const verifier = createDigestVerifier();
    const lines = challengeOf(verifier).map((line) => line.replace('auth,auth-int', 'auth-int'));
    const credentials = createDigestClient(ACCOUNT).answer(lines, REQUEST);
    const verify = (body: string): string =>
      verifier.verify({ ...REQUEST, body, credentials }, REALM, ACCOUNT).type;
    expect(verify(`${REQUEST.body}x`)).toBe('refused');
    expect(verify(REQUEST.body)).toBe('accepted');
  });

  it('offers a line for each algorithm, in the order asked for', () => {
    const offered = (lines: readonly string[]) => lines.map((line) => /algorithm=([^,]+)/.exec(line)?.[1]);
    expect(offered(challengeOf(createDigestVerifier()))).toEqual(['MD5']);
    const verifier = createDigestVerifier({ algorithms: ['MD5', 'SHA-512-256'] });
    expect(offered(challengeOf(verifier))).toEqual(['MD5', 'SHA-512-256']);
  });

  it('takes the MD5 that drachtio-srf and other old clients give, with several challenges on the table', () => {
    const verifier = createDigestVerifier({ algorithms: ['SHA-256', 'MD5'] });
    const [, line = ''] = challengeOf(verifier);
    const credentials = authorization(line, { username: 'trunk1', password: 'plain' }, 'INVITE', REQUEST.uri);
    const account = { username: 'trunk1', password: 'plain' };
    expect(verifier.verify({ ...REQUEST, credentials }, REALM, account).type).toBe('accepted');

    const DigestClient = createRequire(import.meta.url)('drachtio-srf/lib/digest-client.js');
    let sent = '';
    const options = { method: 'INVITE', uri: REQUEST.uri, headers: {}, auth: account };
    const response = {
      statusCode: 401,
      has: () => true,
      get: () => challengeOf(verifier).join(','),
      source_address: '192.0.2.1',
      source_port: 5060,
      agent: {
        request: ({ headers }: { headers: Record<string, string> }) => {
          sent = headers['Authorization'] ?? '';
        },
      },
      req: {
        _originalParams: { options },
        method: 'INVITE',
        getParsedHeader: () => ({ seq: 1 }),
        get: () => 'x',
      },
    };
    new DigestClient(response).authenticate(() => undefined);
    expect(verifier.verify({ ...REQUEST, credentials: sent }, REALM, account).type).toBe('accepted');
  });

  it('takes each count once, in any order within a window', () => {
    const verifier = createDigestVerifier();
    const client = createDigestClient(ACCOUNT);
    const all = [
      client.answer(challengeOf(verifier), REQUEST),
      ...Array.from({ length: 60 }, () => client.again(REQUEST)),
    ];
    const verify = (at: number) => verifier.verify({ ...REQUEST, credentials: all[at] }, REALM, ACCOUNT);
    for (const at of [2, 0, 1, 5, 3, 4]) expect(verify(at).type).toBe('accepted');
    for (const at of [0, 1, 2, 3, 4, 5]) expect(verify(at)).toMatchObject({ type: 'challenge', stale: true });
    expect(verify(60).type).toBe('accepted');
    expect(verify(6), 'too far behind').toMatchObject({ type: 'challenge', stale: true });
    expect(verify(30).type).toBe('accepted');
  });

  it('accepts exactly the first use of each count, whatever the order of a short burst', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 60 }), (uses) => {
        const verifier = createDigestVerifier();
        const client = createDigestClient(ACCOUNT);
        const all = [
          client.answer(challengeOf(verifier), REQUEST),
          ...Array.from({ length: 15 }, () => client.again(REQUEST)),
        ];
        const seen = new Set<number>();
        for (const at of uses) {
          const verdict = verifier.verify({ ...REQUEST, credentials: all[at] }, REALM, ACCOUNT).type;
          expect(verdict).toBe(seen.has(at) ? 'challenge' : 'accepted');
          seen.add(at);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('asks again, as stale, when the nonce is old or of another run, and only then', () => {
    let now = 1_000_000;
    const verifier = createDigestVerifier({ now: () => now });
    const credentials = createDigestClient(ACCOUNT).answer(challengeOf(verifier), REQUEST);
    const wrong = createDigestClient({ ...ACCOUNT, password: 'x' }).answer(challengeOf(verifier), REQUEST);
    now += 299_000;
    expect(verifier.verify({ ...REQUEST, credentials }, REALM, ACCOUNT).type).toBe('accepted');
    now += 2_000;
    const late = verifier.verify({ ...REQUEST, credentials }, REALM, ACCOUNT);
    expect(late).toMatchObject({ type: 'challenge', stale: true });
    expect(linesOf(late).every((line) => line.includes('stale=true'))).toBe(true);
    expect(verifier.verify({ ...REQUEST, credentials: wrong }, REALM, ACCOUNT).type).toBe('refused');

    const foreign = createDigestClient(ACCOUNT).answer(challengeOf(createDigestVerifier()), REQUEST);
    expect(verifier.verify({ ...REQUEST, credentials: foreign }, REALM, ACCOUNT)).toMatchObject({
      stale: true,
    });
  });

  it.each(['sip:192.0.2.7:5060', 'sip:[2001:db8::7]', 'sip:gw.example', `sip:${REALM}`])(
    'takes credentials that name %s instead of the whole Request-URI, as many user agents do',
    (uri) => {
      const verifier = createDigestVerifier();
      const credentials = createDigestClient(ACCOUNT).answer(challengeOf(verifier), { ...REQUEST, uri });
      expect(verifier.verify({ ...REQUEST, credentials }, REALM, ACCOUNT).type).toBe('accepted');
    },
  );

  it.each([
    ['a wrong user', { credentials: { ...ACCOUNT, username: 'admin' } }],
    ['an unknown user', { account: undefined }],
    ['another method', { method: 'BYE' }],
    ['another host in the URI', { uri: 'sip:+491@elsewhere.example' }],
  ])(
    'refuses %s',
    (_name, changes: {
      credentials?: typeof ACCOUNT;
      account?: undefined;
      method?: string;
      uri?: string;
    }) => {
      const verifier = createDigestVerifier();
      const client = createDigestClient(changes.credentials ?? ACCOUNT);
      const credentials = client.answer(challengeOf(verifier), REQUEST);
      const { method = REQUEST.method, uri = REQUEST.uri } = changes;
      const account = 'account' in changes ? undefined : ACCOUNT;
      expect(verifier.verify({ ...REQUEST, method, uri, credentials }, REALM, account).type).toBe('refused');
    },
  );

  it('lets a proxy change port and parameters of the Request-URI', () => {
    const verifier = createDigestVerifier();
    const credentials = createDigestClient(ACCOUNT).answer(challengeOf(verifier), REQUEST);
    const uri = 'sip:+491@GW.example:5080;transport=tcp';
    expect(verifier.verify({ ...REQUEST, uri, credentials }, REALM, ACCOUNT).type).toBe('accepted');
  });

  it('asks again for another realm, for an algorithm it did not offer and for a count that is none', () => {
    const verifier = createDigestVerifier({ algorithms: ['SHA-256'] });
    const lines = challengeOf(verifier);
    const answer = (challenge: string): string =>
      createDigestClient(ACCOUNT).answer([challenge], REQUEST) ?? '';
    for (const credentials of [
      answer((lines[0] ?? '').replace(REALM, 'other.example')),
      answer((lines[0] ?? '').replace('SHA-256', 'MD5')),
      answer((lines[0] ?? '').replace('SHA-256', 'SHA-256-sess')),
      answer(lines[0] ?? '').replace('nc=00000001', 'nc=1'),
    ])
      expect(verifier.verify({ ...REQUEST, credentials }, REALM, ACCOUNT)).toMatchObject({
        type: 'challenge',
        stale: false,
      });
  });

  it('never throws on what strangers send, and lets none of it in', () => {
    const verifier = createDigestVerifier();
    const anything = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `Digest realm="${REALM}", ${rest}`),
      fc
        .record({ nonce: fc.string(), nc: fc.string(), response: fc.string() })
        .map(
          ({ nonce, nc, response }) =>
            `Digest username="trunk1", realm="${REALM}", nonce="${nonce}", uri="sip:a", qop=auth, nc=${nc}, cnonce="c", response="${response}"`,
        ),
    );
    fc.assert(
      fc.property(anything, (credentials) => {
        expect(verifier.verify({ ...REQUEST, credentials }, REALM, ACCOUNT).type).not.toBe('accepted');
        claimedUsername(credentials, REALM);
      }),
    );
  });
});
