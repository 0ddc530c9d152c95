import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bucket, createTrunkLoad, takeToken } from '../../../../src/sip/trunk/load.ts';

describe('the calls of a trunk', () => {
  it('are counted both ways together, and given back once', () => {
    const load = createTrunkLoad({ id: 'a', maxCalls: 2 }, () => 0);
    const first = load.enter('in');
    load.enter('out');
    expect(load.up).toEqual({ in: 1, out: 1 });
    expect(load.enter('in')).toMatchObject({
      type: 'full',
      reason: 'trunk a has its 2 calls up already',
      retryAfterSeconds: 10,
    });
    if (first.type === 'admitted') {
      first.leave();
      first.leave();
    }
    expect(load.up).toEqual({ in: 0, out: 1 });
    expect(load.enter('out').type).toBe('admitted');
    expect(load.enter('out').type).toBe('full');
    expect(load.admitted).toEqual({ in: 1, out: 2 });
    expect(load.refused).toBe(2);
  });

  it('have no limit where none is set', () => {
    const load = createTrunkLoad({ id: 'a' }, () => 0);
    for (let i = 0; i < 1000; i += 1) expect(load.enter('in').type).toBe('admitted');
  });

  it('come so many a second, both ways together', () => {
    let now = 0;
    const load = createTrunkLoad({ id: 'a', maxCallsPerSecond: 2 }, () => now);
    expect([load.enter('in'), load.enter('out'), load.enter('in')].map(({ type }) => type)).toEqual([
      'admitted',
      'admitted',
      'full',
    ]);
    expect(load.enter('in')).toMatchObject({ retryAfterSeconds: 1 });
    now += 500;
    expect(load.enter('in').type).toBe('admitted');
    expect(load.enter('in').type).toBe('full');
  });

  it('never exceed the rate over any span by more than one burst', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 800 }), { maxLength: 200 }),
        (perSecond, gaps) => {
          let bucket: Bucket | undefined;
          let now = 0;
          const taken: number[] = [];
          for (const gap of gaps) {
            now += gap;
            const left = takeToken(bucket, perSecond, now);
            if (!left) continue;
            bucket = left;
            taken.push(now);
          }
          const burst = Math.max(1, perSecond);
          taken.forEach((from, i) => {
            taken.slice(i).forEach((to, more) => {
              expect(more + 1).toBeLessThanOrEqual(burst + ((to - from) * perSecond) / 1000 + 1e-6);
            });
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
