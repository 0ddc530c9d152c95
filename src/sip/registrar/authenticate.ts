import type { Store, UserTable } from '../../store/index.ts';
import {
  claimedUsername,
  createDigestVerifier,
  type DigestAccount,
  type DigestAlgorithm,
} from '../digest/index.ts';
import type { SipPeer } from '../types.ts';
import type { Passes } from './passes.ts';

/** A request whose sender is to prove which user it is. */
export type UserRequest = {
  readonly method: string;
  /** Request-URI as received. */
  readonly uri: string;
  readonly body: string | undefined;
  /** Value of Authorization. */
  readonly credentials: string | undefined;
  readonly peer: SipPeer;
};

export type UserVerdict =
  | { readonly type: 'accepted'; readonly user: UserTable }
  /** Answer 401 with these WWW-Authenticate lines. */
  | { readonly type: 'challenge'; readonly headers: readonly string[] }
  /** Answer 403. */
  | { readonly type: 'refused'; readonly reason: string };

export type AuthenticatorOptions = {
  readonly realm: string;
  /** Offered, preferred first; over WebSocket MD5 alone where it is one of them. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly users: Pick<Store['users'], 'find'>;
  readonly passes: Passes;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Whose credentials they claim to be, and what would prove them. */
type Claim = {
  readonly user: UserTable;
  readonly account: DigestAccount | undefined;
  readonly expired: boolean;
};

const accountOf = (user: UserTable, realm: string): DigestAccount | undefined => {
  // Hashes of another realm prove nothing: the password has to be set again.
  if (user.disabled === 1 || user.realm !== realm) return undefined;
  const ha1 = { MD5: user.ha1_md5, 'SHA-256': user.ha1_sha256, 'SHA-512-256': user.ha1_sha512_256 };
  return { username: user.name, ha1 };
};

/** Their libraries read one challenge and know MD5 alone (JsSIP 3.13, SIP.js 0.21). */
const isBrowser = ({ protocol }: SipPeer): boolean => protocol === 'ws' || protocol === 'wss';

const REFUSED: UserVerdict = { type: 'refused', reason: 'Forbidden' };

/** Tells by digest credentials which user sends a request: with the user's password, or with a pass that has not ended. */
export const createAuthenticator = (options: AuthenticatorOptions) => {
  const { realm, algorithms, users, passes, now } = options;
  const digest = createDigestVerifier({ now, algorithms });
  const webDigest = algorithms.includes('MD5') ? createDigestVerifier({ now, algorithms: ['MD5'] }) : digest;

  const claimOf = async (username: string): Promise<Claim | undefined> => {
    const own = await users.find(username);
    if (own) return { user: own, account: accountOf(own, realm), expired: false };
    const pass = passes.read(username);
    const user = pass && (await users.find(pass.name));
    if (!user) return undefined;
    const account =
      user.disabled === 1 ? undefined : { username, password: passes.passwordOf(username, user) };
    return { user, account, expired: pass.expiresAt <= now() };
  };

  return async (request: UserRequest): Promise<UserVerdict> => {
    const username = claimedUsername(request.credentials, realm);
    const claim = username === undefined ? undefined : await claimOf(username);
    const verifier = isBrowser(request.peer) ? webDigest : digest;
    const verdict = verifier.verify(request, realm, claim?.account);
    if (verdict.type === 'challenge') return { type: 'challenge', headers: verdict.headers };
    if (verdict.type === 'refused' || claim === undefined) return REFUSED;
    if (claim.expired) return { type: 'refused', reason: 'Credentials Expired' };
    return { type: 'accepted', user: claim.user };
  };
};
