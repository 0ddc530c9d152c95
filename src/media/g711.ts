import type { CodecName } from '../sdp/index.ts';

/**
 * G.711 by table: 16-bit linear samples, in which µ-law spans ±32124 and A-law ±32256 (ITU-T G.711, tables 1 and 2, scaled
 * from 14 and 13 bits to 16).
 */

const BIAS = 132;
const MU_LAW_MAX = 32_635;

/** Position of the highest set bit above bit 7, as segment number 0 to 7. */
const segment = (magnitude: number): number => 24 - Math.clz32(magnitude | 0x80);

const encodeMuLaw = (sample: number): number => {
  const magnitude = Math.min(Math.abs(sample), MU_LAW_MAX) + BIAS;
  const exponent = segment(magnitude);
  const code = (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f);
  return (sample < 0 ? 0x7f : 0xff) ^ code;
};

const decodeMuLaw = (byte: number): number => {
  const code = ~byte;
  const magnitude = ((((code & 0x0f) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
  return (code & 0x80) === 0 ? magnitude : -magnitude;
};

const encodeALaw = (sample: number): number => {
  // One's complement: the decision values of A-law lie symmetric around -0.5.
  const magnitude = sample < 0 ? ~sample : sample;
  const exponent = segment(magnitude);
  const code = exponent === 0 ? magnitude >> 4 : (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f);
  return (sample < 0 ? 0x55 : 0xd5) ^ code;
};

const decodeALaw = (byte: number): number => {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
};

type Law = { readonly decode: Int16Array; readonly encode: Uint8Array };

const law = (decode: (byte: number) => number, encode: (sample: number) => number): Law => ({
  decode: Int16Array.from({ length: 256 }, (_, byte) => decode(byte)),
  // Indexed by the sample's 16 bits as an unsigned number.
  encode: Uint8Array.from({ length: 65_536 }, (_, bits) => encode((bits << 16) >> 16)),
});

const LAWS: Readonly<Record<CodecName, Law>> = {
  PCMU: law(decodeMuLaw, encodeMuLaw),
  PCMA: law(decodeALaw, encodeALaw),
};

const translation = (from: Law, to: Law): Uint8Array =>
  Uint8Array.from(from.decode, (sample) => to.encode[sample & 0xffff] ?? 0);

/** The nearest level of the other law for each byte; keyed by the law that the bytes are in. */
const TRANSLATIONS: Readonly<Record<CodecName, Uint8Array>> = {
  PCMU: translation(LAWS.PCMU, LAWS.PCMA),
  PCMA: translation(LAWS.PCMA, LAWS.PCMU),
};

/** The byte of silence in each law: the level nearest to zero. */
export const G711_SILENCE: Readonly<Record<CodecName, number>> = { PCMU: 0xff, PCMA: 0xd5 };

/** The 16-bit sample of each byte of a law. Not to be written to. */
export const g711Levels = (codec: CodecName): Int16Array => LAWS[codec].decode;

/** Writes `payload` as 16-bit samples to `out` from `offset` on; what does not fit is left out. */
export const decodeG711 = (codec: CodecName, payload: Uint8Array, out: Int16Array, offset: number): void => {
  const table = LAWS[codec].decode;
  const count = Math.min(payload.length, out.length - offset);
  for (let i = 0; i < count; i += 1) out[offset + i] = table[payload[i] as number] as number;
};

/** Writes `samples` as G.711 bytes to the start of `out`; what does not fit is left out. */
export const encodeG711 = (codec: CodecName, samples: Int16Array, out: Uint8Array): void => {
  const table = LAWS[codec].encode;
  const count = Math.min(samples.length, out.length);
  for (let i = 0; i < count; i += 1) out[i] = table[(samples[i] as number) & 0xffff] as number;
};

/** Turns `payload` from one law into the other in place. */
export const convertG711 = (from: CodecName, to: CodecName, payload: Uint8Array): void => {
  if (from === to) return;
  const table = TRANSLATIONS[from];
  for (let i = 0; i < payload.length; i += 1) payload[i] = table[payload[i] as number] as number;
};
