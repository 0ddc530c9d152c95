import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareTail } from '../../../../src/tracking/experiments/special.ts';
import {
  armOfBucket,
  bucketOf,
  dealBuckets,
  isEphemeral,
  plannedShares,
} from '../../../../src/tracking/experiments/split.ts';

const arm = (id: string, weight: number) => ({ id, weight });
const someArms = fc.uniqueArray(
  fc.record({ id: fc.stringMatching(/^[a-z]{1,4}$/), weight: fc.integer({ min: 1, max: 100 }) }),
  { minLength: 2, maxLength: 10, selector: ({ id }) => id },
);

describe('the bucket of a viewer', () => {
  it('is SHA-256 of experiment and viewer, mod 10,000', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (experiment, viewer) => {
        const digest = createHash('sha256').update(`${experiment}${viewer}`).digest('hex');
        expect(bucketOf(experiment, viewer)).toBe(Number(BigInt(`0x${digest}`) % 10_000n));
      }),
    );
  });

  it('is as likely each, and of two experiments independent', () => {
    const counts = Array.from({ length: 100 }, () => 0);
    for (let viewer = 0; viewer < 20_000; viewer += 1) {
      const one = bucketOf('hero', `viewer ${viewer}`) < 5000 ? 0 : 1;
      const cell = Math.floor(bucketOf('footer', `viewer ${viewer}`) / 200) * 2 + one;
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const statistic = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquareTail(statistic, 99)).toBeGreaterThan(0.001);
  });
});

describe('dealing buckets out', () => {
  it('gives each arm its share and each bucket to one, however arms are ordered', () => {
    fc.assert(
      fc.property(someArms, fc.integer({ min: 0, max: 9999 }), (arms, bucket) => {
        const deal = dealBuckets(arms);
        expect(dealBuckets([...arms].reverse())).toEqual(deal);
        expect([deal[0]?.from, deal.at(-1)?.to]).toEqual([0, 10_000]);
        const total = arms.reduce((sum, { weight }) => sum + weight, 0);
        for (const { id, weight } of arms) {
          const own = deal.find((each) => each.arm === id);
          expect(Math.abs(((own?.to ?? 0) - (own?.from ?? 0)) / 10_000 - weight / total)).toBeLessThan(
            1.01e-4,
          );
        }
        const shares = [...plannedShares({ arms }).values()];
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        const drawn = armOfBucket(deal, bucket);
        expect(drawn.probability).toBeCloseTo(plannedShares({ arms }).get(drawn.arm) ?? 0, 12);
      }),
    );
  });

  it('comes to the planned shares over many viewers', () => {
    const deal = dealBuckets([arm('b', 3), arm('a', 1)]);
    let first = 0;
    for (let viewer = 0; viewer < 20_000; viewer += 1)
      if (armOfBucket(deal, bucketOf('hero', `v${viewer}`)).arm === 'a') first += 1;
    expect(Math.abs(first / 20_000 - 0.25)).toBeLessThan(3.3 * Math.sqrt((0.25 * 0.75) / 20_000));
  });

  it('changes as few viewers as it can when a weight grows at the end', () => {
    const before = dealBuckets([arm('a', 50), arm('b', 50)]);
    const after = dealBuckets([arm('a', 40), arm('b', 60)]);
    let moved = 0;
    for (let bucket = 0; bucket < 10_000; bucket += 1)
      if (armOfBucket(before, bucket).arm !== armOfBucket(after, bucket).arm) moved += 1;
    expect(moved).toBe(1000);
  });

  it('knows who may not be followed', () => {
    expect(isEphemeral('e-abcdefghijklmnopqrstuv')).toBe(true);
    expect(isEphemeral('01K9ZJ3V8Q4N7M2T5B6C8D9EFG')).toBe(false);
  });
});
