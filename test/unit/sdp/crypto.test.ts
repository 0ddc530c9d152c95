import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCrypto, writeCrypto } from '../../../src/sdp/crypto.ts';
import {
  type CryptoLine,
  chooseCrypto,
  negotiateAnswer,
  parseSdp,
  SdpError,
  type SrtpSuite,
  writeAnswer,
  writeOffer,
} from '../../../src/sdp/index.ts';
import { local, sdp } from './samples.ts';

const ALL: readonly SrtpSuite[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
];
const BYTES: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
};
const SECURE = { suites: ALL, required: true };
const OPTIONAL = { suites: ALL, required: false };

const key = (suite: SrtpSuite, fill = 7): string => Buffer.alloc(BYTES[suite], fill).toString('base64');
const line = (tag: number, suite: SrtpSuite, rest = ''): string =>
  `a=crypto:${tag} ${suite} inline:${key(suite)}${rest}`;

const cryptoLine: fc.Arbitrary<CryptoLine> = fc.constantFrom(...ALL).chain((suite) =>
  fc.record({
    tag: fc.integer({ min: 1, max: 999_999_999 }),
    suite: fc.constant(suite),
    key: fc
      .uint8Array({ minLength: BYTES[suite], maxLength: BYTES[suite] })
      .map((bytes) => Buffer.from(bytes).toString('base64')),
    lifetime: fc.option(fc.integer({ min: 1, max: 2 ** 48 }), { nil: undefined }),
  }),
);
const cryptoLines = fc.uniqueArray(cryptoLine, { selector: ({ tag }) => tag, maxLength: 5 });

describe('readCrypto', () => {
  it('reads the examples of RFC 4568, but for those with an MKI', () => {
    const first = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';
    const second = 'NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj';
    const third = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
    expect(
      readCrypto(
        [
          `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${third}|2^20|1:4 FEC_ORDER=FEC_SRTP`,
          `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${second}|2^20`,
          `a=crypto:2 F8_128_HMAC_SHA1_80 inline:${first}|2^20|1:4`,
          `a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${first}|2^20|1:4`,
          `a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:${first}`,
        ],
        ALL,
      ),
    ).toEqual([
      { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: second, lifetime: 2 ** 20 },
      { tag: 4, suite: 'AES_CM_128_HMAC_SHA1_32', key: first, lifetime: undefined },
    ]);
  });

  it.each([
    ['another suite', 'a=crypto:1 AES_192_CM_HMAC_SHA1_80 inline:AAAA'],
    ['a key that is too short', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key('AEAD_AES_128_GCM')}`],
    ['a key that is too long', `a=crypto:1 AEAD_AES_128_GCM inline:${key('AES_CM_128_HMAC_SHA1_80')}`],
    ['no key', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80'],
    ['two keys', `${line(1, 'AEAD_AES_128_GCM', `;inline:${key('AEAD_AES_128_GCM')}`)}`],
    ['an MKI', line(1, 'AEAD_AES_128_GCM', '|1:4')],
    ['tag 0', line(0, 'AEAD_AES_128_GCM')],
    ['a lifetime of nothing', line(1, 'AEAD_AES_128_GCM', '|0')],
    ['a lifetime beyond the counter', line(1, 'AEAD_AES_128_GCM', '|2^49')],
    ['no encryption', line(1, 'AEAD_AES_128_GCM', ' UNENCRYPTED_SRTP')],
    ['no authentication', line(1, 'AEAD_AES_128_GCM', ' WSH=64 UNAUTHENTICATED_SRTP')],
    ['key derivation', line(1, 'AEAD_AES_128_GCM', ' KDR=24')],
  ])('passes over %s', (_, text) => {
    expect(readCrypto([text, line(2, 'AEAD_AES_256_GCM')], ALL).map(({ tag }) => tag)).toEqual([2]);
  });

  it.each([
    ['a window size', line(1, 'AEAD_AES_128_GCM', ' WSH=128')],
    ['a parameter that may be ignored', line(1, 'AEAD_AES_128_GCM', ' -X-SOMETHING=1')],
    ['a lifetime', line(1, 'AEAD_AES_128_GCM', '|2^31')],
    ['no padding', line(1, 'AEAD_AES_128_GCM').replace(/=+$/, '')],
    ['small letters', line(1, 'AEAD_AES_128_GCM').replace('AEAD_AES_128_GCM', 'aead_aes_128_gcm')],
  ])('takes %s', (_, text) => {
    expect(readCrypto([text], ALL)).toMatchObject([
      { suite: 'AEAD_AES_128_GCM', key: key('AEAD_AES_128_GCM') },
    ]);
  });

  it('reads what was written', () => {
    fc.assert(
      fc.property(cryptoLines, (lines) => {
        expect(readCrypto(lines.map(writeCrypto), ALL)).toEqual(lines);
      }),
    );
  });

  it('never gives a line of another suite, or two of a tag', () => {
    const text = fc.oneof(
      fc.string(),
      cryptoLine.map(writeCrypto),
      fc.string().map((rest) => `a=crypto:1 ${rest}`),
    );
    fc.assert(
      fc.property(fc.array(text), fc.subarray([...ALL]), (lines, suites) => {
        const read = readCrypto(lines, suites);
        expect(read.every(({ suite }) => suites.includes(suite))).toBe(true);
        expect(new Set(read.map(({ tag }) => tag)).size).toBe(read.length);
      }),
    );
  });
});

describe('chooseCrypto', () => {
  it('goes by our order, and within a suite by theirs', () => {
    const offered = readCrypto(
      [line(5, 'AES_CM_128_HMAC_SHA1_32'), line(6, 'AEAD_AES_128_GCM'), line(7, 'AEAD_AES_128_GCM')],
      ALL,
    );
    expect(
      chooseCrypto(offered, ['AEAD_AES_256_GCM', 'AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_32'])?.tag,
    ).toBe(6);
    expect(chooseCrypto(offered, ['AEAD_AES_256_GCM'])).toBeUndefined();
  });
});

describe('parseSdp with protection', () => {
  const savp = ['m=audio 4000 RTP/SAVP 0', line(1, 'AES_CM_128_HMAC_SHA1_80')];
  const avp = ['m=audio 4002 RTP/AVP 0'];
  const tried = (media: readonly string[], protection?: Parameters<typeof parseSdp>[1]) => {
    try {
      const { port, protocol, crypto } = parseSdp(sdp(media), protection);
      return [port, protocol, crypto.length];
    } catch (error) {
      if (error instanceof SdpError) return error.sipStatus;
      throw error;
    }
  };

  it.each([
    ['SAVP', savp, 488, [4000, 'RTP/SAVP', 1], [4000, 'RTP/SAVP', 1]],
    ['AVP', avp, [4002, 'RTP/AVP', 0], [4002, 'RTP/AVP', 0], 488],
    [
      'SAVP, or else AVP',
      [...savp, ...avp],
      [4002, 'RTP/AVP', 0],
      [4000, 'RTP/SAVP', 1],
      [4000, 'RTP/SAVP', 1],
    ],
    [
      'AVP, or else SAVP',
      [...avp, ...savp],
      [4002, 'RTP/AVP', 0],
      [4000, 'RTP/SAVP', 1],
      [4000, 'RTP/SAVP', 1],
    ],
    [
      'AVP with keys',
      [...avp, line(1, 'AEAD_AES_256_GCM')],
      [4002, 'RTP/AVP', 0],
      [4002, 'RTP/AVP', 1],
      [4002, 'RTP/AVP', 1],
    ],
    ['SAVP without keys', ['m=audio 4000 RTP/SAVP 0'], 488, 488, 488],
    ['SAVP with DTLS', ['m=audio 4000 UDP/TLS/RTP/SAVPF 0'], 488, 488, 488],
    [
      'SAVPF',
      ['m=audio 4000 RTP/SAVPF 0', line(1, 'AEAD_AES_256_GCM')],
      488,
      [4000, 'RTP/SAVPF', 1],
      [4000, 'RTP/SAVPF', 1],
    ],
  ])('offered %s', (_, media, plain, optional, required) => {
    expect([tried(media), tried(media, OPTIONAL), tried(media, SECURE)]).toEqual([plain, optional, required]);
  });

  it('says in words why it refuses', () => {
    expect(() => parseSdp(sdp(savp))).toThrow('SDP has encrypted audio only, and plain RTP is wanted');
    expect(() => parseSdp(sdp(avp), SECURE)).toThrow(
      'SDP has no keys for encrypted audio, and it is required',
    );
    expect(() => parseSdp(sdp(savp), { suites: ['AEAD_AES_256_GCM'], required: false })).toThrow(
      'SDP has encrypted audio in no suite of ours (AEAD_AES_256_GCM)',
    );
  });

  it('takes keys of their own stream only', () => {
    const read = parseSdp(
      sdp([line(9, 'AEAD_AES_128_GCM'), ...avp, 'm=video 5000 RTP/SAVP 96', line(1, 'AEAD_AES_256_GCM')]),
      OPTIONAL,
    );
    expect(read).toMatchObject({ port: 4002, crypto: [] });
  });
});

describe('writing', () => {
  it('offers RTP/SAVP with a line for each key, which comes back as it went in', () => {
    fc.assert(
      fc.property(cryptoLines, (crypto) => {
        const read = parseSdp(writeOffer({ ...local, crypto }), OPTIONAL);
        expect(read.protocol).toBe(crypto.length > 0 ? 'RTP/SAVP' : 'RTP/AVP');
        expect(read.crypto).toEqual(crypto);
      }),
    );
  });

  it("answers under the offer's profile with the one key", () => {
    const offer = parseSdp(
      sdp([
        'm=audio 4002 RTP/AVP 0',
        'm=audio 4000 RTP/SAVPF 0',
        line(3, 'AEAD_AES_256_GCM'),
        line(4, 'AEAD_AES_128_GCM'),
      ]),
      SECURE,
    );
    const crypto: CryptoLine[] = [{ tag: 3, suite: 'AEAD_AES_256_GCM', key: key('AEAD_AES_256_GCM', 9) }];
    const answer = writeAnswer({ ...local, crypto }, offer, negotiateAnswer(local, offer));
    expect(answer).toContain('m=audio 0 RTP/AVP 0\r\n');
    expect(answer).toContain(
      `m=audio ${local.port} RTP/SAVPF 0\r\na=crypto:3 AEAD_AES_256_GCM inline:${key('AEAD_AES_256_GCM', 9)}\r\n`,
    );
    expect(answer.match(/a=crypto/g)).toHaveLength(1);
    expect(parseSdp(answer, SECURE).crypto).toEqual(crypto);
  });
});
