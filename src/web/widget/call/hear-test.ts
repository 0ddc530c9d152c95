import type { Sound } from '../../call/sound.ts';
import type { HearTest } from './contract.ts';

type Verdict = NonNullable<HearTest['verdict']>;

const HEAR_TEST_MS = 3000;

/** Levels of the loudest fifth of a second, in dB of full scale. Speech into a good microphone is at -30 to -10. */
const SILENT_DB = -60;
const QUIET_DB = -38;
/** Share of samples at full scale that is heard as distortion. */
const CLIPPED = 0.985;
const CLIPPED_SHARE = 0.002;
const WINDOW_S = 0.2;

const decibels = (meanSquare: number): number => 10 * Math.log10(meanSquare + 1e-12);

/** Mean square of the loudest window. */
const loudest = (samples: Float32Array, size: number): number => {
  let sum = 0;
  let most = 0;
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index] ?? 0;
    const leaving = samples[index - size] ?? 0;
    sum = Math.max(0, sum + sample * sample - leaving * leaving);
    if (sum > most) most = sum;
  }
  return most / Math.max(1, Math.min(size, samples.length));
};

/** How well a recorded voice can be heard. */
export const verdictOf = (samples: Float32Array, sampleRate: number): Verdict => {
  const level = decibels(loudest(samples, Math.max(1, Math.round(sampleRate * WINDOW_S))));
  if (level < SILENT_DB) return 'silent';
  let clipped = 0;
  for (const sample of samples) if (Math.abs(sample) >= CLIPPED) clipped += 1;
  if (clipped / samples.length > CLIPPED_SHARE) return 'loud';
  return level < QUIET_DB ? 'quiet' : 'good';
};

/** Records a track for a while; the recording never leaves the browser. */
const record = (track: MediaStreamTrack, ms: number): Promise<ArrayBuffer> =>
  new Promise((resolve, reject) => {
    const recorder = new MediaRecorder(new MediaStream([track]));
    const pieces: Blob[] = [];
    recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data));
    recorder.addEventListener('error', () => reject(new Error('nothing was recorded')));
    recorder.addEventListener('stop', () => resolve(new Blob(pieces).arrayBuffer()));
    recorder.start();
    setTimeout(() => {
      if (recorder.state !== 'inactive') recorder.stop();
    }, ms);
  });

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export type HearTestParts = {
  /** Of the microphone, ours to stop; the caller sees to it that the call hears nothing meanwhile. */
  readonly track: MediaStreamTrack;
  readonly sound: Sound;
  readonly speaker: string | undefined;
  tell(test: HearTest): void;
  /** Whether the test is of no use any more. */
  stopped(): boolean;
};

/** Records 3 s of the microphone and plays them back. Never rejects. */
export const runHearTest = async ({ track, sound, speaker, tell, stopped }: HearTestParts): Promise<void> => {
  const lengthMs = HEAR_TEST_MS;
  let verdict: Verdict | undefined;
  track.enabled = true;
  try {
    tell({ phase: 'recording', lengthMs, verdict });
    const recorded = await sound.decode(await record(track, lengthMs));
    if (stopped()) return;
    verdict = verdictOf(recorded.getChannelData(0), recorded.sampleRate);
    tell({ phase: 'playing', lengthMs, verdict });
    const stop = sound.replay(recorded, speaker);
    await wait(recorded.duration * 1000);
    stop();
    if (!stopped()) tell({ phase: 'done', lengthMs, verdict });
  } catch {
    if (!stopped()) tell({ phase: 'failed', lengthMs, verdict });
  } finally {
    track.stop();
  }
};
