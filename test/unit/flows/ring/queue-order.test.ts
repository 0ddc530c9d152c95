import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expectedWait,
  inOrder,
  NO_TALLY,
  noteServed,
  positionOf,
  type QueueOutcome,
  serviceLevel,
  tallied,
  type Waiting,
} from '../../../../src/flows/ring/index.ts';

const waiting = (id: string, since: number, priority = 0): Waiting => ({ id, since, priority });

describe('a queue', () => {
  it('serves who came first first, a higher priority before all', () => {
    const all = [waiting('c', 3), waiting('a', 1), waiting('vip', 9, 1), waiting('b', 1)];
    expect(inOrder(all).map(({ id }) => id)).toEqual(['vip', 'a', 'b', 'c']);
  });

  it('tells each the place at which it is served', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ since: fc.nat(20), priority: fc.nat(2) }), { minLength: 1, maxLength: 20 }),
        (entries) => {
          const all = entries.map((entry, index) => ({ ...entry, id: `c${index}` }));
          const places = inOrder(all).map((each) => positionOf(all, each));
          expect(places).toEqual(all.map((_, index) => index + 1));
        },
      ),
    );
  });

  it('expects a wait as long as the last callers took', () => {
    let served: readonly number[] = [];
    expect(expectedWait(served, 1)).toBeUndefined();
    for (let call = 0; call < 30; call += 1) served = noteServed(served, call * 60_000);
    expect(served).toHaveLength(20);
    expect(expectedWait(served, 1)).toBe(60_000);
    expect(expectedWait(served, 4)).toBe(240_000);
  });

  it('counts every caller once, and only answers in time into the service level', () => {
    const outcomes = fc.array(
      fc.tuple(fc.constantFrom<QueueOutcome>('answered', 'abandoned', 'left', 'full'), fc.nat(60_000)),
    );
    fc.assert(
      fc.property(outcomes, (calls) => {
        const tally = calls.reduce((sum, [outcome, ms]) => tallied(sum, outcome, ms, 20_000), NO_TALLY);
        const of = (outcome: QueueOutcome) => calls.filter(([each]) => each === outcome).length;
        expect(tally).toMatchObject({
          offered: calls.length - of('full'),
          answered: of('answered'),
          abandoned: of('abandoned'),
          left: of('left'),
          full: of('full'),
          inTime: calls.filter(([outcome, ms]) => outcome === 'answered' && ms <= 20_000).length,
        });
        const level = serviceLevel(tally);
        expect(level).toBe(tally.offered === 0 ? undefined : tally.inTime / tally.offered);
      }),
    );
  });
});
