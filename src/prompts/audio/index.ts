export { type Converter, createConverter } from './converter.ts';
export { checkSize, MOST_BYTES, MOST_SECONDS } from './limits.ts';
export { isWav, wavSeconds } from './read-wav.ts';
export { wavHeader, writeWav } from './write-wav.ts';
