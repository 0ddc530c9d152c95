import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { parseAddress } from '../address.ts';
import {
  type DigestAlgorithm,
  digestResponse,
  hashedA1,
  type NamedAlgorithm,
  namedAlgorithm,
  sameText,
} from './algorithms.ts';
import { type DigestParameters, parseCredentials, writeDigest } from './header.ts';
import { createNonces } from './nonces.ts';

const NONCE_LIFE_MS = 300_000;

/** What proves an account: its password, or H(A1) for each algorithm that it can be asked for. */
export type DigestSecret =
  | { readonly password: string }
  | { readonly ha1: Readonly<Partial<Record<DigestAlgorithm, string>>> };

export type DigestAccount = { readonly username: string } & DigestSecret;

export type DigestVerdict =
  | { readonly type: 'accepted' }
  /**
   * Answer 401 with these WWW-Authenticate lines (407: Proxy-Authenticate), one for each algorithm. `stale`: the
   * credentials were right and only the nonce was too old or used before.
   */
  | { readonly type: 'challenge'; readonly headers: readonly string[]; readonly stale: boolean }
  /** Wrong user or password; which of them can't be told, nor by the time it took. */
  | { readonly type: 'refused' };

export type VerifiedRequest = {
  readonly method: string;
  /** Request-URI as received. */
  readonly uri: string;
  readonly body?: string | undefined;
  /** Value of Authorization (Proxy-Authorization), if the request has one. */
  readonly credentials: string | undefined;
};

export type DigestVerifierOptions = {
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** Offered algorithms, preferred first; MD5 alone by default, since many user agents fail when another is offered, be it second. A client takes the first it knows (RFC 8760 2.4). */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
  /** How long a nonce is good, in milliseconds; 300,000 by default. */
  readonly nonceLifeMs?: number | undefined;
};

/**
 * Whether the credentials are for us: their URI names the host of the Request-URI, the realm, or some address. Many user
 * agents write the address they send to, without the user; proxies change ports and parameters (RFC 7616 3.4.6).
 */
const isForUs = (claimed: string, requestUri: string, realm: string): boolean => {
  if (claimed === requestUri) return true;
  const host = parseAddress(claimed)?.host.toLowerCase();
  if (host === undefined) return false;
  return (
    isIP(host.replace(/^\[|\]$/g, '')) !== 0 ||
    host === realm.toLowerCase() ||
    host === parseAddress(requestUri)?.host.toLowerCase()
  );
};

type Claim = {
  readonly username: string;
  readonly named: NamedAlgorithm;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly nc: string;
  readonly cnonce: string;
};

const claimOf = (parameters: DigestParameters): Claim | undefined => {
  const get = (name: string): string => parameters.get(name) ?? '';
  const named = namedAlgorithm(parameters.get('algorithm'));
  const qop = parameters.get('qop')?.toLowerCase();
  if (!named || (qop !== undefined && qop !== 'auth' && qop !== 'auth-int')) return undefined;
  // Without a count the answer can't be told from its repetition.
  if (qop && (!/^[0-9a-f]{8}$/i.test(get('nc')) || get('cnonce') === '')) return undefined;
  return {
    username: get('username'),
    named,
    nonce: get('nonce'),
    uri: get('uri'),
    response: get('response').toLowerCase(),
    qop,
    nc: get('nc'),
    cnonce: get('cnonce'),
  };
};

/** The user that credentials name, to look an account up by; undefined without credentials for this realm. */
export const claimedUsername = (credentials: string | undefined, realm: string): string | undefined => {
  const parameters = credentials === undefined ? undefined : parseCredentials(credentials, realm);
  return parameters?.get('realm') === realm ? parameters.get('username') : undefined;
};

/**
 * Digest authentication as server: RFC 7616 with the algorithms of RFC 8760, as RFC 3261 22.4 has it for SIP. Nonces are
 * signed and die by age; each nonce count is taken once, in whatever order UDP brings them.
 */
export const createDigestVerifier = (options: DigestVerifierOptions = {}) => {
  const { now = Date.now, algorithms = ['MD5'], nonceLifeMs = NONCE_LIFE_MS } = options;
  const nonces = createNonces(nonceLifeMs, now);
  /** Stands in for the secret of accounts that don't exist, so that they take as long. */
  const nobody = randomBytes(32).toString('hex');

  const challenge = (realm: string, stale: boolean): DigestVerdict => {
    const nonce = nonces.make();
    const headers = algorithms.map((algorithm) =>
      writeDigest({ realm, nonce, algorithm, qop: 'auth,auth-int', stale: stale ? 'true' : undefined }),
    );
    return { type: 'challenge', headers, stale };
  };

  const secretOf = (
    algorithm: DigestAlgorithm,
    realm: string,
    claim: Claim,
    account?: DigestAccount,
  ): string => {
    const stranger = hashedA1(algorithm, claim.username, realm, nobody);
    if (!account) return stranger;
    if ('password' in account) return hashedA1(algorithm, account.username, realm, account.password);
    return account.ha1[algorithm] ?? stranger;
  };

  const proves = (
    request: VerifiedRequest,
    realm: string,
    claim: Claim,
    account?: DigestAccount,
  ): boolean => {
    const { algorithm } = claim.named;
    const expected = digestResponse({
      ...claim,
      ha1: secretOf(algorithm, realm, claim, account),
      method: request.method,
      body: request.body ?? '',
    });
    // Each is looked at whatever the others say, so that time tells nothing.
    const right = sameText(claim.response, expected);
    const named = sameText(claim.username, account?.username ?? '');
    return right && named && account !== undefined && isForUs(claim.uri, request.uri, realm);
  };

  return {
    /**
     * @param realm as challenged
     * @param account the account that the credentials name (`claimedUsername`); undefined when there is none
     */
    verify: (request: VerifiedRequest, realm: string, account: DigestAccount | undefined): DigestVerdict => {
      const parameters =
        request.credentials === undefined ? undefined : parseCredentials(request.credentials, realm);
      if (parameters?.get('realm') !== realm) return challenge(realm, false);
      const claim = claimOf(parameters);
      if (!claim || claim.named.session || !algorithms.includes(claim.named.algorithm))
        return challenge(realm, false);
      if (!proves(request, realm, claim, account)) return { type: 'refused' };
      // Right credentials under a nonce that is not ours come after a restart of ours: no fault of theirs.
      const fresh = nonces.state(claim.nonce) === 'good';
      if (!fresh || !nonces.take(claim.nonce, claim.qop ? Number.parseInt(claim.nc, 16) : 0))
        return challenge(realm, true);
      return { type: 'accepted' };
    },
  };
};

export type DigestVerifier = ReturnType<typeof createDigestVerifier>;
