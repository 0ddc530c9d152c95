import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSpeechDetector, SPEECH_FRAME } from '../../../src/media/recording/speech.ts';
import { joined, keyTone, mixed, noise, silence, voice } from '../../support/dtmf.ts';

const detect = (samples: Int16Array) => {
  const detector = createSpeechDetector();
  for (let at = 0; at + SPEECH_FRAME <= samples.length; at += SPEECH_FRAME)
    detector.frame(samples.subarray(at, at + SPEECH_FRAME));
  return {
    until: detector.spokenUntil / 8,
    keep: detector.keepUntil / 8,
    spoken: detector.spoken / 8,
  };
};

describe('speech', () => {
  it('ends with its last word, in silence and in noise', () => {
    for (const hiss of [-70, -55, -45, -40]) {
      const quiet = noise(9_000, hiss);
      const samples = mixed(quiet, joined(silence(3_000), voice(2_000, { level: -18 }), silence(4_000)));
      const { until, keep } = detect(samples);
      expect(until).toBeGreaterThan(4_800);
      expect(until).toBeLessThan(5_100);
      expect(keep).toBe(until + 300);
    }
  });

  it('is none where there is silence, or a click', () => {
    expect(detect(silence(3_000))).toEqual({ until: 0, keep: 0, spoken: 0 });
    expect(detect(noise(3_000, -52))).toEqual({ until: 0, keep: 0, spoken: 0 });
    const click = joined(silence(1_000), noise(25, -6), silence(1_000));
    expect(detect(click)).toEqual({ until: 0, keep: 0, spoken: 0 });
  });

  it('is told from noise that never stops, once that is known', () => {
    const { until } = detect(noise(12_000, -42));
    expect(until).toBeLessThan(3_100);
  });

  it('is what is loud, however even', () => {
    const { until, spoken } = detect(noise(6_000, -15));
    expect([until, spoken]).toEqual([6_000, 6_000]);
  });

  it('is counted with its short gaps, and without its long ones', () => {
    const samples = joined(
      noise(1_000, -15),
      silence(160),
      noise(1_000, -15),
      silence(1_000),
      noise(1_000, -15),
      silence(500),
    );
    expect(detect(samples).spoken).toBe(3_160);
  });

  it('leaves out the key that ends it, wherever it begins', () => {
    fc.assert(
      fc.property(fc.constantFrom('#', '*', '0', '5'), fc.integer({ min: 0, max: 400 }), (key, gap) => {
        const samples = joined(noise(2_000, -15), silence(gap), keyTone(key, { ms: 180 }), silence(200));
        const { until, keep } = detect(samples);
        expect(keep).toBeLessThanOrEqual(2_000 + gap);
        expect(until).toBeLessThanOrEqual(2_000);
        expect(keep).toBeGreaterThanOrEqual(1_950);
      }),
      { numRuns: 40 },
    );
  });
});
