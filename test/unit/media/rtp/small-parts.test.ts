import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPacer } from '../../../../src/media/rtp/pacer.ts';
import { createPayloadTypes } from '../../../../src/media/rtp/payload-types.ts';
import { createPortPool } from '../../../../src/media/rtp/ports.ts';
import { createQuality } from '../../../../src/media/rtp/quality.ts';
import { createSilenceWatch } from '../../../../src/media/rtp/silence-watch.ts';
import { createReception } from '../../../../src/media/rtp/statistics.ts';

describe('the port pool', () => {
  it('gives even ports within the range, each to one at a time, and never before their rest is over', () => {
    const act = fc.record({
      give: fc.boolean(),
      pick: fc.nat(100),
      passed: fc.integer({ min: 0, max: 4_000 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1_024, max: 1_030 }), fc.nat(20), fc.array(act), (from, size, acts) => {
        const pool = createPortPool({ from, to: from + size });
        const taken: number[] = [];
        const restUntil = new Map<number, number>();
        let now = 0;
        const pairs = Math.floor((size + 1 - (from % 2)) / 2);
        for (const { give, pick, passed } of acts) {
          now += passed;
          if (give && taken.length > 0) {
            const [port = 0] = taken.splice(pick % taken.length, 1);
            pool.release(port, now);
            restUntil.set(port, now + 5_000);
            continue;
          }
          const resting = [...restUntil.values()].filter((until) => until > now).length;
          expect(pool.quarantined(now)).toBe(resting * 2);
          const port = pool.take(now);
          expect(port === undefined).toBe(taken.length + resting >= pairs);
          if (port === undefined) continue;
          expect(port % 2).toBe(0);
          expect(port).toBeGreaterThanOrEqual(from);
          expect(port + 1).toBeLessThanOrEqual(from + size);
          expect(taken).not.toContain(port);
          expect(restUntil.get(port) ?? 0).toBeLessThanOrEqual(now);
          taken.push(port);
        }
      }),
    );
  });

  it('picks at random', () => {
    const orders = new Set(
      Array.from({ length: 20 }, () => {
        const pool = createPortPool({ from: 2_000, to: 2_099 });
        return [1, 2, 3].map(() => pool.take(0)).join();
      }),
    );
    expect(orders.size).toBeGreaterThan(15);
  });
});

describe('payload types', () => {
  it('mean what was agreed; static ones keep their meaning; a codec goes before telephone-event', () => {
    const types = createPayloadTypes();
    types.set([{ name: 'PCMA', payloadType: 98 }], { send: 101, receive: 98 });
    expect([98, 101, 0, 8, 13, 200].map(types.kindOf)).toEqual([
      'PCMA',
      'telephone-event',
      'PCMU',
      'PCMA',
      'unknown',
      'unknown',
    ]);
    types.set([{ name: 'PCMU', payloadType: 0 }], { send: 0, receive: 96 });
    expect([98, 101, 96, 0].map(types.kindOf)).toEqual(['unknown', 'unknown', 'telephone-event', 'PCMU']);
    types.set([{ name: 'PCMU', payloadType: 8 }], undefined);
    expect([8, 96].map(types.kindOf)).toEqual(['PCMU', 'unknown']);
  });
});

describe('the silence watch', () => {
  const limits = { first: 30_000, later: 15_000 };

  it('tells once that a peer that spoke is quiet, and once that it is back', () => {
    const watch = createSilenceWatch({ first: 30_000, later: 15_000 });
    watch.expect(true, 0);
    watch.start(0);
    expect(watch.turned(5_000)).toBeUndefined(); // never heard
    watch.heard(6_000);
    expect([7_999, 8_000, 8_050, 9_000].map(watch.turned)).toEqual([undefined, true, undefined, undefined]);
    watch.heard(9_100);
    expect([9_150, 9_200].map(watch.turned)).toEqual([false, undefined]);
    watch.expect(false, 10_000); // held
    expect(watch.turned(20_000)).toBeUndefined();
  });

  it('waits for the first packet longer than for later ones, and tells once', () => {
    const never = createSilenceWatch(limits);
    never.expect(true, 0);
    never.start(1_000);
    expect([30_999, 31_000, 99_000].map(never.passed)).toEqual([false, true, false]);

    const spoke = createSilenceWatch(limits);
    spoke.expect(true, 0);
    spoke.start(1_000);
    spoke.heard(2_000);
    expect([16_999, 17_000].map(spoke.passed)).toEqual([false, true]);
  });

  it('does not run before the call is answered, and counts from then', () => {
    const watch = createSilenceWatch(limits);
    watch.expect(true, 0);
    watch.heard(10);
    expect(watch.passed(1e6)).toBe(false);
    watch.start(1e6);
    watch.start(2e6);
    expect([1e6 + 14_999, 1e6 + 15_000].map(watch.passed)).toEqual([false, true]);
  });

  it('rests during a hold and counts from its end', () => {
    const watch = createSilenceWatch(limits);
    watch.expect(true, 0);
    watch.start(0);
    watch.heard(100);
    watch.expect(false, 1_000);
    expect(watch.passed(1e6)).toBe(false);
    watch.expect(true, 1e6);
    watch.expect(true, 1e6 + 10_000);
    expect([1e6 + 14_999, 1e6 + 15_000].map(watch.passed)).toEqual([false, true]);
  });
});

describe('quality', () => {
  it('is judged by interval: the average weighs packets, the minimum shows the worst', () => {
    const reception = createReception();
    const quality = createQuality();
    quality.judge(reception, undefined, 0);
    expect([quality.average, quality.minimum]).toEqual([undefined, undefined]);
    for (let i = 0; i < 250; i += 1) reception.packet(1, i, i * 160, i * 20, true);
    quality.judge(reception, 20, 5_000);
    const good = quality.average ?? 0;
    expect(good).toBeGreaterThan(4);
    expect(quality.minimum).toBe(good);
    for (let i = 250; i < 500; i += 1) if (i % 10 !== 5) reception.packet(1, i, i * 160, i * 20, true);
    quality.judge(reception, 20, 5_000);
    const bad = quality.minimum ?? 0;
    expect(bad).toBeLessThan(good - 0.5);
    expect(quality.average).toBeCloseTo((good + bad) / 2, 2);
    // A pause is no bad quality.
    quality.judge(reception, 20, 5_000);
    expect(quality.minimum).toBe(bad);
    expect(quality.samples).toEqual([
      { at: 5_000, rttMs: 20, jitterMs: 0, lossPercent: 0, mos: good },
      { at: 5_000, rttMs: 20, jitterMs: 0, lossPercent: 10, mos: bad },
    ]);
  });

  it('has a sample for each interval in which enough came, those of the last day', () => {
    const reception = createReception();
    const quality = createQuality();
    let sequence = 0;
    const hear = (packets: number): void => {
      for (let i = 0; i < packets; i += 1, sequence += 1)
        reception.packet(1, sequence & 0xffff, sequence * 160, sequence * 20, true);
    };
    hear(10);
    quality.judge(reception, undefined, 1);
    hear(10);
    // Too few to be judged by themselves: they are judged with the next.
    quality.judge(reception, undefined, 2);
    hear(30);
    quality.judge(reception, undefined, 3);
    quality.judge(reception, undefined, 4);
    expect(quality.samples.map(({ at }) => at)).toEqual([1, 3]);
    for (let i = 0; i < 17_300; i += 1) {
      hear(25);
      quality.judge(reception, 7, 100 + i);
    }
    expect(quality.samples).toHaveLength(17_280);
    expect(quality.samples[0]?.at).toBe(120);
    expect(quality.samples.at(-1)).toMatchObject({ at: 17_399, rttMs: 7, lossPercent: 0 });
  });
});

describe('the pacer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('makes a frame each 20 ms without drift, for as long as somebody wants them', () => {
    const pacer = createPacer();
    let frames = 0;
    const frame = (): void => {
      frames += 1;
    };
    pacer.add(frame);
    vi.advanceTimersByTime(10_000);
    expect(Math.abs(frames - 500)).toBeLessThanOrEqual(1);
    pacer.remove(frame);
    expect(pacer.running).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(Math.abs(frames - 500)).toBeLessThanOrEqual(1);
  });

  it('stops when the last frame takes itself out', () => {
    const pacer = createPacer();
    let frames = 0;
    const frame = (): void => {
      frames += 1;
      if (frames === 3) pacer.remove(frame);
    };
    pacer.add(frame);
    vi.advanceTimersByTime(1_000);
    expect([frames, pacer.running, vi.getTimerCount()]).toEqual([3, false, 0]);
  });
});
