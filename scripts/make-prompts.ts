import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encodeG711 } from '../src/media/g711.ts';
import { convertWav } from '../src/prompts/audio/convert.ts';
import { writeWav } from '../src/prompts/audio/write-wav.ts';
import { createSpeechEngine } from '../src/prompts/engine.ts';
import { SHIPPED_PROMPTS } from '../src/prompts/shipped.ts';

/**
 * Speaks the prompts that come with Dialtrace again, config/prompts/*.wav, with espeak-ng (Debian's package of that name):
 * `npx tsx scripts/make-prompts.ts`, or some of them by their ids. Their words stand in src/prompts/shipped.ts. µ-law takes half the room and is what most
 * carriers send anyway.
 */

const RATE = 8000;
const MU_LAW = 7;

/** A µ-law file has a fact chunk and a format with an empty extension (RFC 2361, appendix). */
const muLawWav = (samples: Int16Array): Buffer => {
  const header = Buffer.alloc(58);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(50 + samples.length + (samples.length & 1), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(18, 16);
  header.writeUInt16LE(MU_LAW, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('fact', 38, 'latin1');
  header.writeUInt32LE(4, 42);
  header.writeUInt32LE(samples.length, 46);
  header.write('data', 50, 'latin1');
  header.writeUInt32LE(samples.length, 54);
  const data = Buffer.alloc(samples.length + (samples.length & 1));
  encodeG711('PCMU', samples, data.subarray(0, samples.length));
  return Buffer.concat([header, data]);
};

const engine = createSpeechEngine({ voices: {}, timeoutSeconds: 20 });
const folder = new URL('../config/prompts/', import.meta.url);

/** Single words are spoken more slowly than sentences. */
const slowly = createSpeechEngine({
  command: ['espeak-ng', '-v', '{voice}', '-b', '1', '-s', '150', '--stdin', '--stdout'],
  voices: { en: 'en-us', zh: 'cmn' },
  timeoutSeconds: 20,
});

/** Words that stand in the middle of a sentence follow one another closely, and none begins or ends with a click. */
const SILENCE = 40;
const FADE = RATE * 0.005;
const closely = (samples: Int16Array): Int16Array => {
  const loud = (sample: number): boolean => Math.abs(sample) > SILENCE;
  const first = samples.findIndex(loud);
  const last = samples.length - [...samples].reverse().findIndex(loud);
  const piece = samples.slice(Math.max(0, first - RATE * 0.02), Math.min(samples.length, last + RATE * 0.06));
  return piece.map((sample, i) => sample * Math.min(1, i / FADE, (piece.length - 1 - i) / FADE));
};

const write = (name: string, bytes: Buffer): void => {
  const path = new URL(name, folder);
  writeFileSync(path, bytes);
  process.stdout.write(`${fileURLToPath(path)}: ${bytes.length} bytes\n`);
};

const speak = async (words: string, language: string, speaker = engine): Promise<Int16Array> =>
  closely(convertWav(await speaker.speak(words, language)));

if (!(await engine.isInstalled())) throw new Error(engine.mend);
const wanted = process.argv.slice(2);
const isWanted = (id: string): boolean => wanted.length === 0 || wanted.includes(id);
for (const { id, language, words } of SHIPPED_PROMPTS.filter((prompt) => isWanted(prompt.id))) {
  const speaker = id.startsWith('number-') ? slowly : engine;
  write(`${id}.${language}.wav`, muLawWav(await speak(words, language, speaker)));
}
// Tools that know 16-bit PCM alone play it too.
if (isWanted('test-call'))
  write('test-call.wav', writeWav(await speak('This is a Dialtrace test call.', 'en')));
