import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dtmfKeyIn } from '../../../src/media/dtmf-tones.ts';
import { encodeG711 } from '../../../src/media/g711.ts';
import { createToneListener } from '../../../src/media/rtp/tone-listener.ts';
import { joined, keyTone, mixed, noise, silence, voice } from '../../support/dtmf.ts';

const KEYS = [...'0123456789*#ABCD'];
const anyKey = fc.constantFrom(...KEYS);

/** What a listener is told of `samples`, as packets of 20 ms after `shift` samples of silence. */
const told = (samples: Int16Array, shift = 0): [string, number][] => {
  const keys: [string, number][] = [];
  const listener = createToneListener((digit, ms) => keys.push([digit, ms]));
  const all = joined(new Int16Array(shift), samples);
  const payload = new Uint8Array(160);
  for (let at = 0; at < all.length; at += 160) {
    const piece = all.subarray(at, at + 160);
    encodeG711('PCMA', piece, payload);
    listener.packet('PCMA', payload, 0, piece.length, at / 8);
  }
  listener.expire(all.length / 8 + 1_000);
  return keys;
};

const digits = (samples: Int16Array, shift = 0): string =>
  told(samples, shift)
    .map(([key]) => key)
    .join('');

describe('dtmfKeyIn', () => {
  it.each(KEYS)('knows %s', (key) => {
    expect(dtmfKeyIn(keyTone(key).subarray(0, 102))).toBe(key);
    expect(dtmfKeyIn(keyTone(key).subarray(0, 160))).toBe(key);
  });

  it('takes no single tone, no silence, and no tones too unlike', () => {
    expect(dtmfKeyIn(silence(20))).toBeUndefined();
    expect(dtmfKeyIn(keyTone('5', { high: -60 }).subarray(0, 160))).toBeUndefined();
    expect(dtmfKeyIn(keyTone('5', { low: -20, high: -8 }).subarray(0, 160))).toBeUndefined();
    expect(dtmfKeyIn(keyTone('5', { low: -6, high: -18 }).subarray(0, 160))).toBeUndefined();
  });
});

describe('keys in audio', () => {
  it('are each told once, wherever they begin, by 40 ms of tone and of pause', () => {
    fc.assert(
      fc.property(
        fc.array(anyKey, { minLength: 1, maxLength: 6 }),
        fc.nat(400),
        fc.integer({ min: 40, max: 300 }),
        fc.integer({ min: 40, max: 200 }),
        (keys, shift, ms, pause) => {
          const samples = joined(...keys.flatMap((key) => [keyTone(key, { ms }), silence(pause)]));
          expect(digits(samples, shift)).toBe(keys.join(''));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('may be soft and unlike in level, in noise', () => {
    const how = fc.record({ low: fc.integer({ min: -20, max: -9 }), twist: fc.integer({ min: -7, max: 3 }) });
    fc.assert(
      fc.property(anyKey, how, fc.nat(1_000), (key, { low, twist }, seed) => {
        const samples = joined(silence(50), keyTone(key, { low, high: low + twist }), silence(50));
        expect(digits(mixed(samples, noise(200, low - 26, seed)))).toBe(key);
      }),
      { numRuns: 60 },
    );
  });

  it('may be out of tune by 1.5 %', () => {
    const how = fc.record({
      high: fc.integer({ min: -12, max: -9 }),
      detune: fc.double({ min: 0.985, max: 1.015, noNaN: true }),
    });
    fc.assert(
      fc.property(anyKey, fc.nat(102), how, (key, shift, tone) => {
        expect(digits(joined(keyTone(key, tone), silence(80)), shift)).toBe(key);
      }),
      { numRuns: 60 },
    );
  });

  it('say how long they were', () => {
    for (const ms of [60, 100, 250, 1_000]) {
      const [first] = told(joined(silence(100), keyTone('7', { ms }), silence(100)));
      expect(first?.[0]).toBe('7');
      expect(Math.abs((first?.[1] ?? 0) - ms)).toBeLessThanOrEqual(26);
    }
  });

  it('are none when too short, and one when they break for 10 ms', () => {
    for (let shift = 0; shift < 102; shift += 7)
      expect(digits(joined(silence(50), keyTone('4', { ms: 12 }), silence(80)), shift)).toBe('');
    for (let shift = 0; shift < 102; shift += 7) {
      const broken = joined(keyTone('4', { ms: 80 }), silence(10), keyTone('4', { ms: 80 }), silence(80));
      expect(digits(broken, shift)).toBe('4');
    }
  });

  it('end when nothing comes any more', () => {
    const keys: string[] = [];
    const listener = createToneListener((digit) => keys.push(digit));
    const payload = new Uint8Array(800);
    encodeG711('PCMU', keyTone('9'), payload);
    listener.packet('PCMU', payload, 0, 800, 0);
    listener.expire(200);
    expect(keys).toEqual([]);
    listener.expire(300);
    listener.expire(400);
    expect(keys).toEqual(['9']);
  });

  it('are not found in voices, noise, or the tones of the telephone network', () => {
    for (const pitch of [90, 110, 140, 175, 210, 260]) {
      for (const formants of [
        [700, 1220, 2600],
        [300, 2300, 3000],
        [450, 1030, 2380],
        [640, 1190, 2390],
        [750, 1350, 2600],
      ])
        expect(digits(voice(1_600, { pitch, formants }))).toBe('');
    }
    expect(digits(noise(5_000, -12))).toBe('');
    for (const [low, high] of [
      [440, 480],
      [480, 620],
      [350, 440],
      [1_400, 2_060],
    ]) {
      const wave = (hz: number, i: number) => Math.sin((2 * Math.PI * hz * i) / 8_000);
      const tone = Int16Array.from(
        { length: 8_000 },
        (_, i) => 6_000 * (wave(low ?? 0, i) + wave(high ?? 0, i)),
      );
      expect(digits(tone)).toBe('');
    }
  });
});
