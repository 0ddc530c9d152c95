import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const NONCE_LIFE_MS = 60_000;
const REMEMBERED_USES = 10_000;

export type DigestCredentials = {
  readonly realm: string;
  readonly username: string;
  readonly password: string;
};

export type DigestVerdict =
  | { readonly type: 'accepted' }
  /** Answer 401 with this WWW-Authenticate value. */
  | { readonly type: 'challenge'; readonly header: string }
  /** Wrong user or password. */
  | { readonly type: 'refused' };

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

const sameText = (a: string, b: string): boolean => {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
};

/** The parameters of an Authorization header, names in lower case; undefined when the scheme is not Digest. */
export const parseDigest = (header: string): ReadonlyMap<string, string> | undefined => {
  const scheme = /^\s*digest\s+/i.exec(header);
  if (!scheme || header.length > 4096) return undefined;
  const parameters = new Map<string, string>();
  const pattern = /([a-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/giy;
  pattern.lastIndex = scheme[0].length;
  for (let match = pattern.exec(header); match; match = pattern.exec(header)) {
    parameters.set((match[1] ?? '').toLowerCase(), match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
    const separator = /\s*,?\s*/y;
    separator.lastIndex = pattern.lastIndex;
    separator.exec(header);
    pattern.lastIndex = separator.lastIndex;
  }
  return parameters;
};

/**
 * Digest authentication as server: RFC 7616 with MD5 and qop=auth, as RFC 3261 22.4 has it for SIP. Nonces carry their
 * time and are signed, so that no state is kept for those never used; each nonce count is taken once.
 *
 * @param now milliseconds since the epoch
 */
export const createDigestVerifier = (now: () => number = Date.now) => {
  const key = randomBytes(32);
  const used = new Set<string>();

  const sign = (time: string): string => createHmac('sha256', key).update(time).digest('hex').slice(0, 32);
  const makeNonce = (): string => {
    const time = now().toString(36) + randomBytes(6).toString('hex');
    return `${time}-${sign(time)}`;
  };
  const nonceAge = (nonce: string): number | undefined => {
    const [time = '', signature = ''] = nonce.split('-');
    if (!sameText(signature, sign(time))) return undefined;
    return now() - Number.parseInt(time.slice(0, -12), 36);
  };
  const challenge = (realm: string, stale: boolean): DigestVerdict => ({
    type: 'challenge',
    header: `Digest realm="${realm}", nonce="${makeNonce()}", algorithm=MD5, qop="auth"${stale ? ', stale=true' : ''}`,
  });
  const takeOnce = (nonce: string, count: string): boolean => {
    const use = `${nonce} ${count}`;
    if (used.has(use)) return false;
    if (used.size >= REMEMBERED_USES)
      for (const oldest of [...used].slice(0, REMEMBERED_USES / 2)) used.delete(oldest);
    used.add(use);
    return true;
  };

  return {
    /**
     * @param header value of Authorization, if the request has one
     */
    verify: (method: string, header: string | undefined, credentials: DigestCredentials): DigestVerdict => {
      const given = header === undefined ? undefined : parseDigest(header);
      const get = (name: string): string => given?.get(name) ?? '';
      if (!given || get('realm') !== credentials.realm) return challenge(credentials.realm, false);
      const age = nonceAge(get('nonce'));
      if (age === undefined) return challenge(credentials.realm, false);

      const secret = md5(`${credentials.username}:${credentials.realm}:${credentials.password}`);
      const request = md5(`${method}:${get('uri')}`);
      const expected =
        get('qop') === 'auth'
          ? md5(`${secret}:${get('nonce')}:${get('nc')}:${get('cnonce')}:auth:${request}`)
          : md5(`${secret}:${get('nonce')}:${request}`);
      if (get('username') !== credentials.username || !sameText(get('response'), expected))
        return { type: 'refused' };
      if (age > NONCE_LIFE_MS || !takeOnce(get('nonce'), get('nc')))
        return challenge(credentials.realm, true);
      return { type: 'accepted' };
    },
  };
};
