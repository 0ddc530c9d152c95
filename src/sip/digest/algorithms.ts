import { createHash, timingSafeEqual } from 'node:crypto';

/** Digest algorithms of RFC 8760, strongest first. */
export const DIGEST_ALGORITHMS = ['SHA-512-256', 'SHA-256', 'MD5'] as const;

export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/** An algorithm as a header names it: with `-sess`, H(A1) holds nonce and cnonce too (RFC 7616 3.4.2). */
export type NamedAlgorithm = { readonly algorithm: DigestAlgorithm; readonly session: boolean };

const HASHES: Readonly<Record<DigestAlgorithm, string>> = {
  'SHA-512-256': 'sha512-256',
  'SHA-256': 'sha256',
  MD5: 'md5',
};

/** Hash of UTF-8 text, in lower-case hex. */
export const hashWith = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(HASHES[algorithm]).update(text).digest('hex');

/** The algorithm of an `algorithm` parameter; MD5 when it is missing (RFC 7616 3.3), undefined when we can't do it. */
export const namedAlgorithm = (name: string | undefined): NamedAlgorithm | undefined => {
  if (name === undefined || name === '') return { algorithm: 'MD5', session: false };
  const upper = name.toUpperCase();
  const session = upper.endsWith('-SESS');
  const plain = session ? upper.slice(0, -'-SESS'.length) : upper;
  const algorithm = DIGEST_ALGORITHMS.find((known) => known === plain);
  return algorithm && { algorithm, session };
};

/** H(A1): what a server may keep in place of the password (RFC 7616 3.4.2). */
export const hashedA1 = (
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string => hashWith(algorithm, `${username}:${realm}:${password}`);

export type DigestInput = {
  readonly named: NamedAlgorithm;
  /** H(A1) without session. */
  readonly ha1: string;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  /** Undefined as in RFC 2069: no count and no cnonce in the response. */
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly nc: string;
  readonly cnonce: string;
};

/** The `response` parameter (RFC 7616 3.4.1). */
export const digestResponse = (input: DigestInput): string => {
  const { named, nonce, nc, cnonce, qop } = input;
  const hash = (text: string): string => hashWith(named.algorithm, text);
  const ha1 = named.session ? hash(`${input.ha1}:${nonce}:${cnonce}`) : input.ha1;
  const a2 = `${input.method}:${input.uri}`;
  const ha2 = hash(qop === 'auth-int' ? `${a2}:${hash(input.body)}` : a2);
  return hash(qop ? `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}` : `${ha1}:${nonce}:${ha2}`);
};

/** Compares in a time that tells nothing about where texts of one length differ. */
export const sameText = (a: string, b: string): boolean => {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
};
