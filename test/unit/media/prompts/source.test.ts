import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../../../src/base/errors.ts';
import { goertzel, rms } from '../../../../src/media/analysis.ts';
import { createSampleSource, renderTone, type SampleSource } from '../../../../src/media/prompts/index.ts';

/** Pulls `count` samples as the player does, 160 at a time. */
const pull = (source: SampleSource, count: number): Int16Array => {
  const all = new Int16Array(count);
  let done = 0;
  while (done < count) {
    const got = source.read(all.subarray(done, Math.min(count, done + 160)));
    if (got === 0) return all.subarray(0, done);
    done += got;
  }
  return all;
};

/** Lengths of tone and silence in turn, in milliseconds. */
const cadence = (samples: Int16Array): number[] => {
  const runs: { loud: boolean; ms: number }[] = [];
  for (let at = 0; at < samples.length; at += 80) {
    const loud = rms(samples.subarray(at, at + 80)) > 100;
    const last = runs.at(-1);
    if (last?.loud === loud) last.ms += 10;
    else runs.push({ loud, ms: 10 });
  }
  return runs.map(({ ms }) => ms);
};

describe('music', () => {
  it('is about -20 dBm0 all the time, and its end joins its beginning', () => {
    const length = 153_600;
    const twice = pull(createSampleSource({ type: 'music' }), 2 * length);
    const once = twice.subarray(0, length);
    expect(twice.findIndex((sample, i) => sample !== once[i % length])).toBe(-1);
    // 0 dBm0 is 3.17 dB below the sine that reaches the last level of µ-law.
    const level = 20 * Math.log10(rms(once) / (32_124 / Math.SQRT2)) + 3.17;
    expect(level).toBeGreaterThan(-21);
    expect(level).toBeLessThan(-19);
    for (let from = 0; from < length; from += 8_000) {
      const second = rms(once.subarray(from, from + 8_000));
      expect(second).toBeGreaterThan(rms(once) / 3);
      expect(second).toBeLessThan(rms(once) * 2);
    }
    const loudest = once.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeLessThan(16_000);
    expect(Math.abs((twice[length] ?? 0) - (twice[length - 1] ?? 0))).toBeLessThan(1_500);
  });
});

describe('ringback', () => {
  it.each([
    ['US', [440, 480], [2000, 4000]],
    ['ca', [440, 480], [2000, 4000]],
    ['GB', [400, 450], [400, 200, 400, 2000]],
    ['DE', [425], [1000, 4000]],
    ['FR', [440], [1500, 3500]],
    ['CN', [450], [1000, 4000]],
    ['JP', [384, 416], [1000, 2000]],
    ['XX', [425], [1000, 4000]],
    [undefined, [425], [1000, 4000]],
  ])('of %s is %j Hz, %j ms, again and again', (region, frequencies, times) => {
    const source = createSampleSource({ type: 'ringback', ...(region && { region }) });
    const period = times.reduce((sum, ms) => sum + ms, 0) * 8;
    const samples = pull(source, period * 2);
    expect(cadence(samples)).toEqual([...times, ...times]);
    expect(samples.slice(period)).toEqual(samples.slice(0, period));
    const tone = samples.subarray(0, (times[0] ?? 0) * 8);
    const share = frequencies.map((frequency) => goertzel(tone, frequency));
    for (const each of share) expect(each).toBeGreaterThan(0.9 / frequencies.length);
  });
});

describe('tone', () => {
  it('has 0 dBm0 3.17 dB below the peak of µ-law', () => {
    const samples = pull(createSampleSource({ type: 'tone', frequencies: [1000], level: 0 }), 8000);
    expect(20 * Math.log10((rms(samples) * Math.SQRT2) / 32_124)).toBeCloseTo(-3.17, 2);
    expect(goertzel(samples, 1000)).toBeGreaterThan(0.999);
  });

  it('is 12 dB lower unless said otherwise', () => {
    const samples = pull(createSampleSource({ type: 'tone', frequencies: [1000] }), 8000);
    expect(20 * Math.log10((rms(samples) * Math.SQRT2) / 32_124)).toBeCloseTo(-15.17, 1);
  });

  it('ends after its seconds to the sample, and stays ended', () => {
    const source = createSampleSource({ type: 'tone', frequencies: [440], seconds: 0.025 });
    const out = new Int16Array(160);
    expect([source.read(out), source.read(out), source.read(out)]).toEqual([160, 40, 0]);
  });

  it('never clips', () => {
    const frequency = fc.integer({ min: 1, max: 3999 });
    fc.assert(
      fc.property(
        fc.array(frequency, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: -60, max: 20 }),
        (frequencies, level) => {
          const steps = pull(createSampleSource({ type: 'tone', frequencies, level }), 1600);
          // Overflow would turn a rising wave's sign around.
          const exact = frequencies.map((each) => (2 * Math.PI * each) / 8000);
          const sum = (i: number) => exact.reduce((total, step) => total + Math.sin(step * i), 0);
          expect(steps.findIndex((sample, i) => sample * sum(i) < -1)).toBe(-1);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([[[0]], [[4000]], [[Number.NaN]], [[]]])('refuses %j Hz', (frequencies) => {
    expect(() => createSampleSource({ type: 'tone', frequencies })).toThrow(FailureError);
  });
});

describe('renderTone', () => {
  it('starts and stops without a click', () => {
    const samples = renderTone([
      { frequencies: [1000], seconds: 0.1 },
      { frequencies: [], seconds: 0.1 },
    ]);
    expect(samples.length).toBe(1600);
    const steps = samples.map((sample, i) => Math.abs(sample - (samples[i - 1] ?? 0)));
    const loudest = Math.max(...samples);
    expect(Math.max(...steps.subarray(0, 5))).toBeLessThan(loudest / 8);
    expect(Math.max(...steps.subarray(795, 805))).toBeLessThan(loudest / 8);
  });
});

describe('busy, congestion and dial tone', () => {
  it.each([
    ['busy', 'US', [480, 620], [500, 500]],
    ['busy', 'DE', [425], [480, 480]],
    ['busy', undefined, [425], [500, 500]],
    ['congestion', 'cn', [450], [700, 700]],
    ['congestion', 'XX', [425], [250, 250]],
  ] as const)('%s of %s is %j Hz, %j ms', (type, region, frequencies, times) => {
    const source = createSampleSource({ type, ...(region && { region }) });
    const period = (times[0] + times[1]) * 8;
    const samples = pull(source, period * 2);
    expect(cadence(samples)).toEqual([...times, ...times]);
    for (const frequency of frequencies)
      expect(goertzel(samples.subarray(0, times[0] * 8), frequency)).toBeGreaterThan(
        0.9 / frequencies.length,
      );
  });

  it('ends after its seconds, where it has some', () => {
    const samples = pull(createSampleSource({ type: 'busy', seconds: 1.2 }), 80_000);
    expect(samples.length).toBe(9_600);
    expect(cadence(samples)).toEqual([500, 500, 200]);
  });

  it('has no seam in a dial tone', () => {
    const samples = pull(createSampleSource({ type: 'dial', region: 'US' }), 32_000);
    expect(goertzel(samples, 350)).toBeGreaterThan(0.49);
    expect(goertzel(samples, 440)).toBeGreaterThan(0.49);
  });
});

describe('a sequence', () => {
  const tone = (frequency: number, seconds: number) =>
    ({ type: 'tone', frequencies: [frequency], seconds }) as const;

  it('plays one after another without a gap, and again', () => {
    const items = [tone(500, 0.105), { type: 'silence', seconds: 0.05 }, tone(700, 0.1)] as const;
    const samples = pull(createSampleSource({ type: 'sequence', items, times: 2 }), 100_000);
    const round = [840, 400, 800];
    expect(samples.length).toBe(2 * 2_040);
    const pieces = round.map((count, i) => {
      const from = round.slice(0, i).reduce((sum, each) => sum + each, 0);
      return samples.subarray(from, from + count);
    });
    expect(goertzel(pieces[0] ?? samples, 500)).toBeGreaterThan(0.99);
    expect(rms(pieces[1] ?? samples)).toBe(0);
    expect(goertzel(pieces[2] ?? samples, 700)).toBeGreaterThan(0.99);
    expect(samples.slice(2_040)).toEqual(samples.slice(0, 2_040));
  });

  it('leaves out what is not there, and tells so once', () => {
    const told: string[] = [];
    const items = [{ type: 'file', path: '/none/such.wav' } as const, tone(500, 0.1)];
    const source = createSampleSource({ type: 'sequence', items, times: 3 }, (reason) => told.push(reason));
    expect(pull(source, 100_000).length).toBe(2_400);
    expect(told).toEqual([expect.stringContaining('/none/such.wav')]);
  });

  it('ends when nothing of it can be heard, however often it is to be played', () => {
    const items = [{ type: 'file', path: '/none/such.wav' }] as const;
    for (const sequence of [items, []]) {
      const what = { type: 'sequence', items: sequence, times: Number.POSITIVE_INFINITY } as const;
      expect(createSampleSource(what).read(new Int16Array(160))).toBe(0);
    }
  });

  it('goes on with an item that has no end', () => {
    const items = [{ type: 'beep' }, { type: 'busy' }, tone(2_000, 1)] as const;
    const samples = pull(createSampleSource({ type: 'sequence', items }), 80_000);
    expect(samples.length).toBe(80_000);
    expect(goertzel(samples.subarray(0, 3_200), 1_000)).toBeGreaterThan(0.9);
    expect(goertzel(samples.subarray(40_000), 2_000)).toBeLessThan(0.01);
  });
});
