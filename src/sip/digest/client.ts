import { randomBytes } from 'node:crypto';
import {
  DIGEST_ALGORITHMS,
  digestResponse,
  hashedA1,
  type NamedAlgorithm,
  namedAlgorithm,
} from './algorithms.ts';
import { type DigestParameters, parseChallenges, writeDigest } from './header.ts';

export type DigestClientOptions = {
  readonly username: string;
  readonly password: string;
  /** Source of cnonces; random by default. */
  readonly cnonce?: () => string;
};

/** The request that is to carry credentials: `uri` is the Request-URI that goes on the wire. */
export type DigestRequest = {
  readonly method: string;
  readonly uri: string;
  readonly body?: string | undefined;
};

type Challenge = {
  readonly named: NamedAlgorithm;
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithmText: string | undefined;
  readonly qop: 'auth' | 'auth-int' | undefined;
};

const qopOf = (parameters: DigestParameters): Challenge['qop'] | 'unknown' => {
  const offered = parameters.get('qop');
  if (offered === undefined) return undefined;
  const options = offered.split(',').map((option) => option.trim().toLowerCase());
  // `auth` survives a proxy that rewrites SDP, so it is preferred.
  return options.includes('auth') ? 'auth' : options.includes('auth-int') ? 'auth-int' : 'unknown';
};

const usable = (parameters: DigestParameters): readonly Challenge[] => {
  const named = namedAlgorithm(parameters.get('algorithm'));
  const qop = qopOf(parameters);
  const [realm, nonce] = [parameters.get('realm'), parameters.get('nonce')];
  if (!named || qop === 'unknown' || realm === undefined || nonce === undefined) return [];
  return [
    {
      named,
      realm,
      nonce,
      qop,
      opaque: parameters.get('opaque'),
      algorithmText: parameters.get('algorithm'),
    },
  ];
};

const strength = ({ named }: Challenge): number => DIGEST_ALGORITHMS.indexOf(named.algorithm);

/** The strongest challenge that we can answer, of the realm that comes first; RFC 8760 2.4. */
const strongest = (headers: readonly string[]): Challenge | undefined => {
  const challenges = parseChallenges(headers).flatMap(usable);
  const realm = challenges[0]?.realm;
  return challenges.filter((each) => each.realm === realm).sort((a, b) => strength(a) - strength(b))[0];
};

/** Whether a challenge says that only the nonce was too old, not the password wrong (RFC 7616 3.3). */
export const isStale = (headers: readonly string[]): boolean =>
  parseChallenges(headers).some((parameters) => parameters.get('stale')?.toLowerCase() === 'true');

/**
 * Digest authentication as client: RFC 7616 with the algorithms of RFC 8760, for one account. It remembers the last
 * challenge, so that later requests can carry credentials at once.
 */
export const createDigestClient = (options: DigestClientOptions) => {
  const { username, password, cnonce: nextCnonce = () => randomBytes(12).toString('hex') } = options;
  let last: { challenge: Challenge; count: number } | undefined;

  const credentials = (current: { challenge: Challenge; count: number }, request: DigestRequest): string => {
    const { named, realm, nonce, qop, opaque, algorithmText } = current.challenge;
    current.count += 1;
    const nc = current.count.toString(16).padStart(8, '0');
    const cnonce = nextCnonce();
    const response = digestResponse({
      named,
      ha1: hashedA1(named.algorithm, username, realm, password),
      nonce,
      method: request.method,
      uri: request.uri,
      body: request.body ?? '',
      qop,
      nc,
      cnonce,
    });
    const counted = qop ? { qop, nc } : {};
    const withCnonce = qop || named.session ? { cnonce } : {};
    return writeDigest(
      {
        username,
        realm,
        nonce,
        uri: request.uri,
        response,
        algorithm: algorithmText,
        ...withCnonce,
        ...counted,
        opaque,
      },
      'qop',
    );
  };

  return {
    /**
     * The Authorization (or Proxy-Authorization) value that answers a response's challenges; undefined when none of
     * them is Digest with an algorithm and a qop that we know.
     */
    answer: (challenges: readonly string[], request: DigestRequest): string | undefined => {
      const challenge = strongest(challenges);
      if (!challenge) return undefined;
      // The count goes on under one nonce and starts again with a new one (RFC 7616 3.4).
      last =
        last?.challenge.nonce === challenge.nonce
          ? { challenge, count: last.count }
          : { challenge, count: 0 };
      return credentials(last, request);
    },
    /** Credentials for a further request under the last challenge; undefined before the first. */
    again: (request: DigestRequest): string | undefined => last && credentials(last, request),
  };
};

export type DigestClient = ReturnType<typeof createDigestClient>;
