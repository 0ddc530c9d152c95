import { createDigestClient, type DigestRequest, isStale } from './client.ts';

/** A response that may hold a challenge. `header` joins repeated lines by commas. */
type Challenging = { readonly status: number; header(name: string): string | undefined };

/** Credentials of one request that is tried again: `{ Authorization: … }` and, where a proxy asked too, both. */
export type CredentialHeaders = Readonly<Record<string, string>>;

const HEADERS = {
  401: { challenge: 'WWW-Authenticate', credentials: 'Authorization' },
  407: { challenge: 'Proxy-Authenticate', credentials: 'Proxy-Authorization' },
} as const;

/**
 * Answers the 401s and 407s to one request (RFC 3261 22.2, 22.3). A server and a proxy on the way may both ask; who asks
 * a second time without `stale` has refused the password, and gets no further answer.
 */
export const createAuthorizer = (account: { readonly username: string; readonly password: string }) => {
  const asked = new Map<'401' | '407', { client: ReturnType<typeof createDigestClient>; times: number }>();
  let given: CredentialHeaders = {};

  return {
    /** Headers for the next try; undefined when there is no use in one. */
    headersFor: (response: Challenging, request: DigestRequest): CredentialHeaders | undefined => {
      if (response.status !== 401 && response.status !== 407) return undefined;
      const names = HEADERS[response.status];
      const challenge = response.header(names.challenge);
      if (challenge === undefined) return undefined;
      const key = `${response.status}` as const;
      const before = asked.get(key) ?? { client: createDigestClient(account), times: 0 };
      if (before.times > 0 && (before.times > 2 || !isStale([challenge]))) return undefined;
      const answer = before.client.answer([challenge], request);
      if (answer === undefined) return undefined;
      asked.set(key, { client: before.client, times: before.times + 1 });
      // The other party's credentials travel along (RFC 3261 22.3), counted on: it takes no count twice.
      const other = key === '401' ? '407' : '401';
      const again = asked.get(other)?.client.again(request);
      given = {
        [names.credentials]: answer,
        ...(again !== undefined && { [HEADERS[other].credentials]: again }),
      };
      return given;
    },
    /** What the last try carried. */
    get given(): CredentialHeaders {
      return given;
    },
  };
};

export type Authorizer = ReturnType<typeof createAuthorizer>;
