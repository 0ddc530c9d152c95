import type { Audio } from './types.ts';

const FRAME_S = 0.01;
/** Frames below are silence, where speech lies at -20 dB. */
const SILENCE_DB = -50;
/** Silence that is longer is cut, down to what stays. */
const LONG_S = 0.5;
const KEPT_S = 0.1;
/** A cut end fades so that it does not click. */
const FADE_S = 0.005;

const firstLoud = ({ samples, rate }: Audio, order: 'forwards' | 'backwards'): number => {
  const size = Math.max(1, Math.round(FRAME_S * rate));
  const floor = 10 ** (SILENCE_DB / 10) * size;
  const count = samples.length;
  for (let start = 0; start < count; start += size) {
    let sum = 0;
    for (let i = start; i < Math.min(count, start + size); i += 1) {
      sum += (samples[order === 'forwards' ? i : count - 1 - i] as number) ** 2;
    }
    if (sum > floor) return start;
  }
  return count;
};

/** How many samples to cut off an end that begins with `silent` samples of silence. */
const cutOf = (silent: number, rate: number): number =>
  silent > LONG_S * rate ? silent - Math.round(KEPT_S * rate) : 0;

/** Cuts silence of more than half a second at the beginning and the end down to 0.1 s. */
export const trim = (audio: Audio): Audio => {
  const { samples, rate } = audio;
  const head = cutOf(firstLoud(audio, 'forwards'), rate);
  const tail = cutOf(firstLoud(audio, 'backwards'), rate);
  if (head + tail === 0 || head + tail >= samples.length) return audio;
  const kept = samples.slice(head, samples.length - tail);
  const fade = Math.min(Math.round(FADE_S * rate), kept.length >> 1);
  for (let i = 0; i < fade; i += 1) {
    const last = kept.length - 1 - i;
    if (head > 0) kept[i] = ((kept[i] as number) * i) / fade;
    if (tail > 0) kept[last] = ((kept[last] as number) * i) / fade;
  }
  return { rate, samples: kept };
};
