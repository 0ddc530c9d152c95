import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AT_ONCE,
  type Candidate,
  chooseRound,
  NO_TURNS,
  nextRounds,
  type Strategy,
  type Turns,
} from '../../../../src/flows/ring/index.ts';

const member = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  weight: 1,
  priority: 1,
  available: true,
  idleSince: undefined,
  ...more,
});

const members = (...ids: string[]): Candidate[] => ids.map((id) => member(id));

/** Who is rung first by so many calls, one after the other, each answered at once. */
const firsts = (strategy: Strategy, all: readonly Candidate[], calls: number): string[] => {
  let turns: Turns = NO_TURNS;
  return Array.from({ length: calls }, () => {
    const choice = chooseRound({ strategy, members: all, turns, tried: new Set() });
    turns = choice?.turns ?? turns;
    return choice?.round[0] ?? '';
  });
};

const rounds = (
  strategy: Strategy,
  all: readonly Candidate[],
  more: { turns?: Turns; first?: string } = {},
) => nextRounds({ strategy, members: all, turns: NO_TURNS, ...more }).rounds;

const STRATEGIES = ['simultaneous', 'sequential', 'round-robin', 'weighted', 'longest-idle'] as const;

const groups = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 9 }),
      priority: fc.integer({ min: 1, max: 3 }),
      available: fc.boolean(),
      idleSince: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  .map((all) => all.map((each, index) => member(`m${index}`, each)));

describe('who rings', () => {
  it('rings each who is available exactly once, the first priority before the second, whatever the strategy', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STRATEGIES), groups, (strategy, all) => {
        const order = rounds(strategy, all).flat();
        const priorities = order.map((id) => all.find((each) => each.id === id)?.priority ?? 0);
        expect([...order].sort()).toEqual(
          all
            .filter(({ available }) => available)
            .map(({ id }) => id)
            .sort(),
        );
        expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
      }),
    );
  });

  it('answers the same question the same way, and changes nothing that it was given', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STRATEGIES), groups, (strategy, all) => {
        const turns: Turns = Object.freeze({
          last: 'm1',
          credits: new Map([
            ['m0', 2],
            ['m1', -2],
          ]),
        });
        const asking = Object.freeze({
          strategy,
          members: Object.freeze(all),
          turns,
          tried: new Set(['m2']),
        });
        expect(chooseRound(asking)).toEqual(chooseRound(asking));
      }),
    );
  });

  it('rings all at once, ten at most', () => {
    const all = members(...Array.from({ length: 23 }, (_, index) => `m${index}`));
    expect(rounds('simultaneous', all).map((round) => round.length)).toEqual([AT_ONCE, AT_ONCE, 3]);
    const two = [member('a'), member('b', { priority: 2 }), member('c')];
    expect(rounds('simultaneous', two)).toEqual([['a', 'c'], ['b']]);
  });

  it('goes on after the last, also when the last can take none now or is gone', () => {
    const [a, b, c] = [member('a'), member('b'), member('c')];
    expect(firsts('round-robin', [a, b, c], 4)).toEqual(['a', 'b', 'c', 'a']);
    const next = (last: string, all: readonly Candidate[]) =>
      rounds('round-robin', all, { turns: { ...NO_TURNS, last } }).flat();
    expect(next('a', [a, b, c])).toEqual(['b', 'c', 'a']);
    expect(next('b', [a, { ...b, available: false }, c])).toEqual(['c', 'a']);
    expect(next('gone', [a, b, c])).toEqual(['a', 'b', 'c']);
  });

  it('begins with the one after whoever was rung in vain', () => {
    const { turns } = nextRounds({
      strategy: 'round-robin',
      members: members('a', 'b', 'c'),
      turns: NO_TURNS,
    });
    expect(turns.last).toBe('c');
  });

  it('rings who has not talked for longest first', () => {
    const all = [
      member('talked-late', { idleSince: 300 }),
      member('talked-early', { idleSince: 100 }),
      member('never'),
      member('talked', { idleSince: 200 }),
    ];
    expect(rounds('longest-idle', all).flat()).toEqual(['never', 'talked-early', 'talked', 'talked-late']);
  });

  it('rings who answered this caller before first and alone, if it can take the call', () => {
    const all = [member('a'), member('b'), member('c', { priority: 2 })];
    expect(rounds('simultaneous', all, { first: 'c' })).toEqual([['c'], ['a', 'b']]);
    expect(rounds('sequential', [member('a'), member('b', { available: false })], { first: 'b' })).toEqual([
      ['a'],
    ]);
    expect(rounds('sequential', members('a', 'b'), { first: 'stranger' })).toEqual([['a'], ['b']]);
  });

  it('has nobody for an empty group', () => {
    for (const strategy of STRATEGIES)
      expect(chooseRound({ strategy, members: [], turns: NO_TURNS, tried: new Set() })).toBeUndefined();
  });
});

describe('shares by weight', () => {
  it('gives each exactly its weight over any window as long as all weights together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 7 }),
        fc.nat({ max: 60 }),
        (weights, start) => {
          const all = weights.map((weight, index) => member(`m${index}`, { weight }));
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const window = firsts('weighted', all, start + total).slice(start);
          expect(all.map(({ id }) => window.filter((each) => each === id).length)).toEqual(weights);
        },
      ),
    );
  });

  it('spreads them: five to one to one', () => {
    const all = [member('a', { weight: 5 }), member('b'), member('c')];
    expect(firsts('weighted', all, 7).join('')).toBe('aabacaa');
  });

  it('counts one turn a call, however many are rung in vain', () => {
    const all = [member('a', { weight: 2 }), member('b')];
    const { rounds: order, turns } = nextRounds({ strategy: 'weighted', members: all, turns: NO_TURNS });
    expect(order).toEqual([['a'], ['b']]);
    expect([...turns.credits]).toEqual([
      ['a', -1],
      ['b', 1],
    ]);
  });

  it('counts a turn of the second priority when the first is rung in vain', () => {
    const all = [member('a'), member('x', { priority: 2 }), member('y', { priority: 2 })];
    let turns: Turns = NO_TURNS;
    const second = Array.from({ length: 4 }, () => {
      const next = nextRounds({ strategy: 'weighted', members: all, turns });
      turns = next.turns;
      return next.rounds[1]?.[0];
    });
    expect(second).toEqual(['x', 'y', 'x', 'y']);
  });

  it('owes nothing to who could take none: a busy one does not get a bunch of calls afterwards', () => {
    const all = [member('a'), member('b')];
    let turns: Turns = NO_TURNS;
    for (let call = 0; call < 50; call += 1) {
      const busy = [member('a'), member('b', { available: false })];
      turns = chooseRound({ strategy: 'weighted', members: busy, turns, tried: new Set() })?.turns ?? turns;
    }
    const next = Array.from({ length: 6 }, () => {
      const choice = chooseRound({ strategy: 'weighted', members: all, turns, tried: new Set() });
      turns = choice?.turns ?? turns;
      return choice?.round[0];
    });
    expect(next.filter((id) => id === 'b')).toHaveLength(3);
  });
});

describe('a group of a thousand', () => {
  it('is looked at a few times a member, and no member twice as often for twice as many', () => {
    const looks = (strategy: Strategy, size: number): number => {
      let count = 0;
      const all = Array.from({ length: size }, (_, index) => {
        const plain = member(`m${index}`, { weight: 1 + (index % 7), idleSince: (index * 7919) % size });
        return new Proxy(plain, {
          get: (target, key) => {
            count += 1;
            return Reflect.get(target, key);
          },
        });
      });
      const turns = { last: `m${size - 2}`, credits: new Map<string, number>() };
      chooseRound({ strategy, members: all, turns, tried: new Set(['m3']) });
      return count;
    };
    for (const strategy of STRATEGIES) {
      expect([strategy, looks(strategy, 1000) <= 12_000]).toEqual([strategy, true]);
      expect([strategy, looks(strategy, 2000) <= 2.1 * looks(strategy, 1000)]).toEqual([strategy, true]);
    }
  });
});
