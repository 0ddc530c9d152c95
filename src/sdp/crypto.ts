import type { CryptoLine, SrtpSuite } from './types.ts';

/** Bytes of master key and master salt (RFC 4568 6.2, RFC 7714 14.2). */
const KEY_BYTES: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 16 + 14,
  AES_CM_128_HMAC_SHA1_32: 16 + 14,
  AEAD_AES_128_GCM: 16 + 12,
  AEAD_AES_256_GCM: 32 + 12,
};

/** RFC 4568 9.2, with what phones do besides: more than one space. */
const CRYPTO_LINE = /^a=crypto:(\d{1,9})[ \t]+(\w+)[ \t]+(\S+)((?:[ \t]+\S+)*)$/;
/** One key, its lifetime, and an MKI. */
const KEY_PARAMETERS = /^inline:([A-Za-z0-9+/]+={0,2})(?:\|(2\^)?(\d{1,15}))?(\|\d+:\d+)?$/i;
/** RFC 3711 9.2: packets under one key. */
const LONGEST_LIFETIME = 2 ** 48;

const isSuite = (name: string): name is SrtpSuite => Object.hasOwn(KEY_BYTES, name);

/**
 * Session parameters that change nothing for us (RFC 4568 6.3): a hint about the replay window, a key derivation rate of
 * none, and whatever its writer marks as ignorable.
 */
const isHarmless = (parameter: string): boolean => /^(?:WSH=\d+|KDR=0|-\S+)$/i.test(parameter);

/** The key with its padding, when its length is the suite's. */
const readKey = (text: string, suite: SrtpSuite): string | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES[suite] ? bytes.toString('base64') : undefined;
};

/** @returns false when it is out of range, undefined when it is not said */
const readLifetime = (power: string | undefined, digits: string | undefined): number | undefined | false => {
  if (digits === undefined) return undefined;
  const packets = power === undefined ? Number(digits) : 2 ** Number(digits);
  return packets >= 1 && packets <= LONGEST_LIFETIME && packets;
};

const readLine = (text: string): CryptoLine | undefined => {
  const [, tag = '', name = '', parameters = '', session = ''] = CRYPTO_LINE.exec(text) ?? [];
  const suite = name.toUpperCase();
  if (Number(tag) === 0 || !isSuite(suite)) return undefined;
  if (!session.split(/[ \t]+/).every((each) => each === '' || isHarmless(each))) return undefined;
  const [, base64 = '', power, digits, mki] = KEY_PARAMETERS.exec(parameters) ?? [];
  // An MKI lengthens every packet (RFC 3711 3.1), which mediasoup's SRTP can't do.
  if (mki !== undefined) return undefined;
  const key = readKey(base64, suite);
  const lifetime = readLifetime(power, digits);
  return key === undefined || lifetime === false ? undefined : { tag: Number(tag), suite, key, lifetime };
};

/**
 * Reads the `a=crypto` lines of an audio stream. Lines that are malformed, of another suite, with a key of the wrong length, with
 * an MKI (and so with several keys) or with session parameters that weaken or change SRTP are passed over, as RFC 4568 7.1.2
 * wants it; so are lines whose tag came before.
 *
 * @param suites those that count
 */
export const readCrypto = (lines: readonly string[], suites: readonly SrtpSuite[]): readonly CryptoLine[] => {
  if (suites.length === 0) return [];
  const tags = new Set<number>();
  return lines.flatMap((text) => {
    const line = readLine(text);
    if (line === undefined || tags.has(line.tag) || !suites.includes(line.suite)) return [];
    tags.add(line.tag);
    return [line];
  });
};

/** An `a=crypto` line without its line end. */
export const writeCrypto = ({ tag, suite, key, lifetime }: CryptoLine): string =>
  `a=crypto:${tag} ${suite} inline:${key}${lifetime === undefined ? '' : `|${lifetime}`}`;

/** The offered line that comes first by our order of suites. */
export const chooseCrypto = (
  offered: readonly CryptoLine[],
  suites: readonly SrtpSuite[],
): CryptoLine | undefined =>
  suites.flatMap((suite) => offered.find((line) => line.suite === suite) ?? []).at(0);
