/** G.711 both ways, written from the Recommendation and independent of the gateway's own tables. */
export type Law = 'PCMU' | 'PCMA';

/** Samples a second. */
export const RATE = 8000;

const decodeUlaw = (byte: number): number => {
  const value = ~byte & 0xff;
  const magnitude = ((((value & 0x0f) << 3) + 0x84) << ((value & 0x70) >> 4)) - 0x84;
  return value & 0x80 ? -magnitude : magnitude;
};

const decodeAlaw = (byte: number): number => {
  const value = byte ^ 0x55;
  const segment = (value & 0x70) >> 4;
  const mantissa = (value & 0x0f) << 4;
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
  return value & 0x80 ? magnitude : -magnitude;
};

const DECODE: Readonly<Record<Law, Int16Array>> = {
  PCMU: Int16Array.from({ length: 256 }, (_, byte) => decodeUlaw(byte)),
  PCMA: Int16Array.from({ length: 256 }, (_, byte) => decodeAlaw(byte)),
};

/** For each 14-bit sample (16-bit >> 2), the byte whose decoded value lies nearest. */
const encodeTable = (law: Law): Uint8Array => {
  const table = new Uint8Array(1 << 14);
  const values = [...DECODE[law]].map((value, byte) => ({ value, byte })).sort((a, b) => a.value - b.value);
  let nearest = 0;
  for (let index = 0; index < table.length; index += 1) {
    const sample = (index - (1 << 13)) * 4;
    const distance = (at: number): number =>
      Math.abs((values[at]?.value ?? Number.POSITIVE_INFINITY) - sample);
    // Not `<`: zero is there twice.
    while (distance(nearest + 1) <= distance(nearest)) nearest += 1;
    table[index] = values[nearest]?.byte ?? 0;
  }
  return table;
};

const ENCODE: Readonly<Record<Law, Uint8Array>> = { PCMU: encodeTable('PCMU'), PCMA: encodeTable('PCMA') };

/** 16-bit samples as G.711 bytes. */
export const encode = (law: Law, samples: Int16Array): Buffer => {
  const table = ENCODE[law];
  const bytes = Buffer.alloc(samples.length);
  for (let i = 0; i < samples.length; i += 1) bytes[i] = table[((samples[i] ?? 0) >> 2) + (1 << 13)] ?? 0;
  return bytes;
};

/** G.711 bytes as 16-bit samples. */
export const decode = (law: Law, bytes: Uint8Array): Int16Array => {
  const table = DECODE[law];
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) samples[i] = table[bytes[i] ?? 0] ?? 0;
  return samples;
};
