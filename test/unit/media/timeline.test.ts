import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeline, type Timeline } from '../../../src/media/recording/timeline.ts';

/** `count` packets of 20 ms in a row; returns their positions. */
const run = (
  timeline: Timeline,
  first: { arrival: number; timestamp: number; ssrc?: number },
  count: number,
  every = 160,
) =>
  Array.from({ length: count }, (_, i) =>
    timeline.place(first.arrival + i * every, first.ssrc ?? 1, (first.timestamp + i * 160) >>> 0, 160),
  );

describe('timeline', () => {
  it('anchors at the first arrival and goes by timestamps then', () => {
    const timeline = createTimeline();
    expect(timeline.place(1000, 1, 5000, 160)).toBe(1000);
    expect(timeline.place(1250, 1, 5160, 160)).toBe(1160);
    expect(timeline.place(1250, 1, 5480, 160)).toBe(1480);
    expect(timeline.end()).toBe(1640);
  });

  it('counts across the wrap of timestamps', () => {
    const timeline = createTimeline();
    expect(run(timeline, { arrival: 0, timestamp: 0xffff_ff60 }, 3)).toEqual([0, 160, 320]);
  });

  it('puts reordered packets in their place, and leaves out those over 400 ms late', () => {
    const timeline = createTimeline();
    run(timeline, { arrival: 0, timestamp: 0 }, 50);
    expect(timeline.place(8000, 1, 8000 - 3200, 160)).toBe(4800);
    expect(timeline.place(8000, 1, 8000 - 3201, 160)).toBeUndefined();
  });

  it('joins a new source without a seam, or anchors it anew after a pause', () => {
    const timeline = createTimeline();
    run(timeline, { arrival: 0, timestamp: 0 }, 50);
    expect(timeline.place(8100, 2, 77, 160)).toBe(8000);
    expect(timeline.place(20_000, 3, 99, 160)).toBe(20_000);
  });

  it('anchors anew when timestamps jump ahead', () => {
    const timeline = createTimeline();
    run(timeline, { arrival: 0, timestamp: 0 }, 10);
    expect(run(timeline, { arrival: 1600, timestamp: 1_000_000 }, 3)).toEqual([1600, 1760, 1920]);
  });

  it('anchors anew within 200 ms when timestamps jump back', () => {
    const timeline = createTimeline();
    run(timeline, { arrival: 0, timestamp: 1_000_000 }, 10);
    const places = run(timeline, { arrival: 1600, timestamp: 0 }, 20);
    expect(places.slice(0, 10).every((place) => place === undefined)).toBe(true);
    expect(places[10]).toBe(3200);
    expect(places[19]).toBe(4640);
  });

  it('anchors anew at once when timestamps stood still during a pause', () => {
    const timeline = createTimeline();
    run(timeline, { arrival: 0, timestamp: 0 }, 10);
    expect(timeline.place(81_600, 1, 1600, 160)).toBe(81_600);
  });

  it('keeps its place through a stall of the network', () => {
    const timeline = createTimeline();
    run(timeline, { arrival: 0, timestamp: 0 }, 50);
    // 300 ms of packets in one go, then on time again.
    expect(run(timeline, { arrival: 10_400, timestamp: 8000 }, 15, 0)[0]).toBe(8000);
    expect(timeline.place(10_400, 1, 10_400, 160)).toBe(10_400);
  });

  it.each([
    ['slower', 160.2],
    ['faster', 159.8],
  ])('follows a sender whose clock is %s', (_name, every) => {
    const timeline = createTimeline();
    for (let i = 0; i < 30_000; i += 1) {
      const arrival = Math.round(i * every);
      const position = timeline.place(arrival, 1, (i * 160) >>> 0, 160) ?? Number.NaN;
      if (!(Math.abs(arrival - position) <= 980)) expect.fail(`${arrival - position} samples behind`);
    }
  });

  it('never leaves its window, whatever comes', () => {
    const packet = fc.record({
      wait: fc.nat(20_000),
      ssrc: fc.nat(2),
      timestamp: fc.oneof(fc.nat(20_000), fc.integer({ min: 0, max: 0xffff_ffff })),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 200 }), (packets) => {
        const timeline = createTimeline();
        let arrival = 0;
        for (const { wait, ssrc, timestamp } of packets) {
          arrival += wait;
          const position = timeline.place(arrival, ssrc, timestamp, 160);
          const lead = (position ?? arrival) - arrival;
          if (lead > 960 || lead < -3200) expect.fail(`${lead} samples beside its arrival`);
        }
      }),
      { numRuns: 500 },
    );
  });
});
