import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReception } from '../../../../src/media/rtp/statistics.ts';

/** One packet every 20 ms from sequence number `first`, those of `missing` lost. */
const receive = (first: number, count: number, missing: ReadonlySet<number> = new Set()) => {
  const reception = createReception();
  for (let i = 0; i < count; i += 1) {
    if (!missing.has(i)) reception.packet(9, (first + i) & 0xffff, (i * 160) >>> 0, i * 20, true);
  }
  return reception;
};

describe('reception', () => {
  it('counts loss over the wrap (RFC 3550 A.3)', () => {
    fc.assert(
      fc.property(
        fc.nat(65_535),
        fc.integer({ min: 3, max: 400 }),
        fc.array(fc.nat(400)),
        (first, count, lost) => {
          // What is lost at the ends can't be known.
          const missing = new Set(lost.filter((i) => i > 0 && i < count - 1));
          const reception = receive(first, count, missing);
          expect(reception.expected).toBe(count);
          expect(reception.received).toBe(count - missing.size);
          expect(reception.lost).toBe(missing.size);
          expect(reception.jitterMaxMs).toBe(0);
          const report = reception.report();
          expect(report?.cumulativeLost).toBe(missing.size);
          expect(report?.fractionLost).toBe(Math.min(255, Math.floor((256 * missing.size) / count)));
          expect((report?.highestSequence ?? 0) & 0xffff).toBe((first + count - 1) & 0xffff);
          expect((report?.highestSequence ?? 0) >>> 16).toBe(first + count - 1 > 65_535 ? 1 : 0);
        },
      ),
    );
  });

  it('sees no loss in any order within a window, and counts duplicates apart', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 60, maxLength: 60 }), (keys) => {
        const reception = createReception();
        // Packets move by less than 30 places from where they belong.
        const order = keys.map((key, i) => ({ i, at: i + (key % 30) })).sort((a, b) => a.at - b.at);
        for (const { i } of order) expect(reception.packet(9, i + 65_500, i, i, false)).toBe(true);
        for (const { i } of order.slice(-20))
          expect(reception.packet(9, i + 65_500, i, i, false)).toBe(false);
        expect([reception.expected, reception.received, reception.lost, reception.duplicates]).toEqual([
          60, 60, 0, 20,
        ]);
      }),
    );
  });

  it('computes jitter as RFC 3550 A.8 does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 300 }), (delays) => {
        const reception = createReception();
        let jitter = 0;
        let transit = 0;
        delays.forEach((delay, i) => {
          const arrival = 1_000_000 + i * 160 + delay;
          // From a wrapping timestamp.
          const timestamp = (0xffff_f000 + i * 160) >>> 0;
          reception.packet(9, i, timestamp, arrival / 8, true);
          const now = arrival - (0xffff_f000 + i * 160);
          if (i > 0) jitter += (Math.abs(now - transit) - jitter) / 16;
          transit = now;
        });
        expect(reception.jitterMs).toBeCloseTo(jitter / 8, 6);
        expect(reception.report()?.jitter).toBe(Math.floor(jitter));
      }),
    );
  });

  it('goes on over a new SSRC and over a restart that two packets confirm', () => {
    const reception = receive(0, 100);
    reception.packet(10, 5_000, 0, 2_000, true);
    reception.packet(10, 5_001, 160, 2_020, true);
    expect([reception.expected, reception.received]).toEqual([102, 102]);
    expect(reception.report()).toMatchObject({ ssrc: 10, cumulativeLost: 0 });
    reception.packet(10, 40_000, 99, 2_040, true);
    expect(reception.expected).toBe(102);
    reception.packet(10, 40_001, 259, 2_060, true);
    reception.packet(10, 40_002, 419, 2_080, true);
    expect(reception.lost).toBe(0);
    expect(reception.expected).toBe(105);
    expect(reception.jitterMaxMs).toBe(0);
  });

  it('reports the loss since the last report', () => {
    const reception = createReception();
    for (let i = 0; i < 100; i += 1) if (i % 4 !== 1) reception.packet(1, i, i * 160, i * 20, true);
    expect(reception.report()?.fractionLost).toBe(64);
    for (let i = 100; i < 200; i += 1) reception.packet(1, i, i * 160, i * 20, true);
    expect(reception.report()).toMatchObject({ fractionLost: 0, cumulativeLost: 25 });
    expect(createReception().report()).toBeUndefined();
  });
});
