import { headerValues, parseNameAddress } from '../message/index.ts';
import type { HeaderField, SipResponse, SipUri } from '../message/types.ts';

/** A final response that a branch ended with. `destination` is what it was for. */
export type Candidate = {
  readonly response: Pick<SipResponse, 'status' | 'reason' | 'headers' | 'body'>;
  readonly destination: string;
  /** Made here, since nothing came. */
  readonly local: boolean;
};

/** They tell the caller what to change, in the order of RFC 3261 16.7, 6. */
const TELLING: readonly number[] = [401, 407, 415, 420, 484];

/** The lower, the better. */
const rank = ({ response: { status } }: Candidate, cancelled: boolean): number => {
  if (cancelled && status === 487) return 0;
  if (status >= 600) return 1;
  if (status < 400) return 2;
  const telling = TELLING.indexOf(status);
  if (telling >= 0) return 3 + telling / 10;
  if (status < 500) return status === 408 || status === 487 ? 5 : 4;
  return status === 503 ? 7 : 6;
};

/**
 * The response that stands for all (RFC 3261 16.7, 6): 6xx, then the lowest class, in it those that tell the caller what to
 * change, and the first of equals. For a caller who has withdrawn it is 487.
 */
export const chooseBest = (candidates: readonly Candidate[], cancelled: boolean): Candidate | undefined => {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined || rank(candidate, cancelled) < rank(best, cancelled)) best = candidate;
  }
  return best;
};

export const isChallenge = (status: number): boolean => status === 401 || status === 407;

const CHALLENGES: ReadonlySet<string> = new Set(['www-authenticate', 'proxy-authenticate']);

/** Challenges of all the other branches, for the best response when it is one itself (RFC 3261 16.7, 7). */
export const otherChallenges = (best: Candidate, candidates: readonly Candidate[]): HeaderField[] =>
  isChallenge(best.response.status)
    ? candidates
        .filter((other) => other !== best && isChallenge(other.response.status))
        .flatMap(({ response }) => response.headers.filter(({ key }) => CHALLENGES.has(key)))
    : [];

const quality = (text: string | undefined): number => {
  const value = Number(text ?? '1');
  return Number.isNaN(value) ? 0 : value;
};

/** The SIP URIs that a redirection names, the preferred first (RFC 3261 8.1.3.4, 20.10). */
export const redirectTargets = (response: Pick<SipResponse, 'headers'>): SipUri[] =>
  headerValues(response, 'contact')
    .map((value) => parseNameAddress(value))
    .filter((address) => address !== undefined)
    .filter(({ uri }) => uri.scheme === 'sip' || uri.scheme === 'sips')
    .map(({ uri, parameters }) => ({ uri, q: quality(parameters.get('q')) }))
    .sort((a, b) => b.q - a.q)
    .map(({ uri }) => uri);
