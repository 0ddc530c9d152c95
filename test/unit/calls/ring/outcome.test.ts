import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, outcomeOfRefusal, q850For } from '../../../../src/calls/ring/outcome.ts';

describe('a refused leg', () => {
  it.each([
    [486, true, 'busy'],
    [600, false, 'busy'],
    [480, true, 'no_answer'],
    [408, true, 'no_answer'],
    [408, false, 'unreachable'],
    [603, false, 'rejected'],
    [403, false, 'rejected'],
    [407, false, 'rejected'],
    [404, false, 'unreachable'],
    [503, false, 'unreachable'],
    [488, false, 'failed'],
    [500, false, 'failed'],
    [302, false, 'failed'],
  ])('%i, rang %s: %s', (status, rang, outcome) => {
    expect(outcomeOfRefusal({ status, rang })).toBe(outcome);
  });

  it('keeps the cause that the peer gave', () => {
    expect(q850For(486, 34)).toBe(34);
    expect(q850For(486)).toBe(17);
    expect(q850For(699)).toBe(31);
  });
});

describe('a call that no line answered', () => {
  const leg = (outcome: Parameters<typeof failureOf>[0][number]['outcome'], status: number, q850 = 16) => ({
    outcome,
    status,
    q850,
  });

  it('is told by its most telling leg', () => {
    expect(failureOf([leg('unreachable', 503), leg('no_answer', 480, 19)])).toEqual({
      status: 'no_answer',
      sipCode: 480,
      q850: 19,
    });
    expect(failureOf([leg('unreachable', 503), leg('busy', 486, 17)])).toEqual({
      status: 'busy',
      sipCode: 486,
      q850: 17,
    });
    expect(failureOf([leg('rejected', 403, 21)])).toEqual({ status: 'rejected', sipCode: 403, q850: 21 });
    expect(failureOf([leg('failed', 488, 65)])).toMatchObject({ status: 'failed', sipCode: 488 });
    expect(failureOf([])).toMatchObject({ status: 'failed', sipCode: 500 });
  });

  it('always ends in a final response that refuses', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ status: fc.integer({ min: 300, max: 699 }), rang: fc.boolean() })),
        (refusals) => {
          const legs = refusals.map((refusal) => ({
            ...leg(outcomeOfRefusal(refusal), refusal.status),
            q850: q850For(refusal.status),
          }));
          const failure = failureOf(legs);
          expect(failure.sipCode).toBeGreaterThanOrEqual(400);
          expect(failure.sipCode).toBeLessThan(700);
          expect(failure.q850).toBeGreaterThanOrEqual(1);
          expect(failure.q850).toBeLessThanOrEqual(127);
        },
      ),
    );
  });
});
