import { PROMPT_RATE } from './convert.ts';

const BYTES = 44;

/** Header of a WAV file of one channel and 16 bits; `size` bytes of samples follow. */
export const wavHeader = (rate: number, size: number): Buffer => {
  const header = Buffer.alloc(BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(size + BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(size, 40);
  return header;
};

/** A WAV file of one channel, 8 kHz, 16 bits. */
export const writeWav = (samples: Int16Array): Buffer => {
  const data = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, i) => void data.writeInt16LE(sample, i * 2));
  return Buffer.concat([wavHeader(PROMPT_RATE, data.length), data]);
};
