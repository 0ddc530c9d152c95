import type { Sound } from '../../config/index.ts';
import type { Known } from './types.ts';

/** A prompt whose length is not known. */
const PROMPT_MS = 3000;
/** Spoken words: characters of alphabets, and of Chinese, Japanese and Korean, a second. */
const LETTERS_PER_SECOND = 15;
const IDEOGRAMS_PER_SECOND = 4;
const IDEOGRAM = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

const speechMs = (text: string): number => {
  const ideograms = text.match(IDEOGRAM)?.length ?? 0;
  const letters = text.length - ideograms;
  return (letters / LETTERS_PER_SECOND + ideograms / IDEOGRAMS_PER_SECOND) * 1000;
};

const soundMs = (sound: Sound, language: string, promptMs: Known<number>): number => {
  if (typeof sound === 'string') return promptMs.get(sound) ?? PROMPT_MS;
  if ('silence' in sound) return sound.silence * 1000;
  if ('tone' in sound) return (sound.seconds ?? (sound.tone === 'beep' ? 0.4 : 2)) * 1000;
  return speechMs(typeof sound.say === 'string' ? sound.say : (sound.say[language] ?? ''));
};

/** About how long sounds take, in milliseconds: speech by the number of its characters, unknown prompts 3 s. */
export const soundsMs = (sounds: readonly Sound[], language: string, promptMs: Known<number>): number => {
  let total = 0;
  for (const sound of sounds) total += soundMs(sound, language, promptMs);
  return Math.round(total);
};
