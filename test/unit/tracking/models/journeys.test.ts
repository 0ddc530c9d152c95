import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKOV, removalEffects } from '../../../../src/tracking/models/markov.ts';
import { PATH_MODELS } from '../../../../src/tracking/models/path-models.ts';
import type { Journeys, Path } from '../../../../src/tracking/models/types.ts';

const pathOf = (keys: readonly string[]): Path => ({
  touches: keys.map((key, index) => ({ key, at: index, direct: false, paid: false })),
  at: keys.length,
  lead: undefined,
  qualified: undefined,
});

const journeys = (converted: readonly string[], lost: readonly string[]): Journeys => ({
  converted: converted.map((text) => ({ path: pathOf(text.split(' ')), micros: 1_000_000 })),
  lost: lost.map((text) => ({ keys: text.split(' '), micros: 1_000_000 })),
});

const effects = (given: Journeys): Record<string, number> =>
  Object.fromEntries(removalEffects(given).effects);

describe('removal effects', () => {
  it('of the chain in every textbook: three paths over three channels', () => {
    const given = journeys(['c1 c2 c3'], ['c1', 'c2 c3']);
    expect(removalEffects(given).conversion).toBeCloseTo(1 / 3, 12);
    expect(effects(given)).toEqual({
      c1: expect.closeTo(0.5, 12),
      c2: expect.closeTo(1, 12),
      c3: expect.closeTo(1, 12),
    });
  });

  it('of channels that stand alone are their parts of the conversions', () => {
    const given = journeys(['a', 'a', 'a', 'b'], ['a', 'b', 'b']);
    expect(effects(given)).toEqual({ a: expect.closeTo(0.75, 12), b: expect.closeTo(0.25, 12) });
  });

  it('of a channel with loops count whoever comes to it at all', () => {
    // From a: half to a again, a quarter converts, a quarter goes to b, which converts.
    const given = journeys(['a a', 'a a b'], []);
    const { conversion, effects: found } = removalEffects(given);
    expect(conversion).toBeCloseTo(1, 12);
    // Without b: a → a 1/2, a → conversion 1/4, so 1/4 / (1 − 1/2) = 1/2 convert.
    expect(found.get('b')).toBeCloseTo(0.5, 12);
    expect(found.get('a')).toBeCloseTo(1, 12);
  });

  it('of a channel that never leads to a conversion are nothing', () => {
    expect(effects(journeys(['a'], ['b', 'b a']))['b']).toBeGreaterThan(0);
    expect(effects(journeys(['a'], ['b', 'a b']))['b']).toBe(0);
  });

  it('say nothing where nobody converts', () => {
    expect(effects(journeys([], ['a b']))).toEqual({ a: 0, b: 0 });
    expect(effects(journeys([], []))).toEqual({});
  });

  it('put the least of more than a hundred sources together', () => {
    const names = Array.from({ length: 130 }, (_, index) => `s${String(index).padStart(3, '0')}`);
    const found = removalEffects(journeys([...names, ...names.slice(0, 20)], []));
    expect(found.effects.size).toBe(100);
    expect(found.effects.get('(other)')).toBeCloseTo(31 / 150, 10);
    expect(found.effects.get('s000')).toBeCloseTo(2 / 150, 10);
  });

  const walks = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 6 });
  const drawn = fc.record({
    converted: fc.array(walks, { minLength: 1, maxLength: 12 }),
    lost: fc.array(walks, { maxLength: 12 }),
  });

  type Drawn = { readonly converted: string[][]; readonly lost: string[][] };
  type Moves = ReadonlyMap<string, readonly string[]>;

  /** Where each state went, once for each time. */
  const movesOf = ({ converted, lost }: Drawn): Moves => {
    const moves = new Map<string, string[]>();
    const all = [...converted.map((keys) => [...keys, 'END']), ...lost.map((keys) => [...keys, 'LOST'])];
    for (const [index, key, keys] of all.flatMap((keys) => keys.map((key, at) => [at, key, keys] as const))) {
      const from = keys[index - 1] ?? 'START';
      moves.set(from, [...(moves.get(from) ?? []), key]);
    }
    return moves;
  };

  /** Follows the chain step by step, with one state sent to nowhere. */
  const walked = (given: Drawn, without: string | undefined): number => {
    const moves = movesOf(given);
    let at = new Map([['START', 1]]);
    let ended = 0;
    for (let steps = 0; steps < 800; steps += 1) {
      const next = new Map<string, number>();
      for (const [state, mass] of at) {
        const row = (moves.get(state) ?? []).filter((to) => to !== 'LOST');
        const each = mass / (moves.get(state)?.length ?? 1);
        ended += each * row.filter((to) => to === 'END').length;
        for (const to of row) if (to !== 'END' && to !== without) next.set(to, (next.get(to) ?? 0) + each);
      }
      at = next;
    }
    return ended;
  };

  it('lie from 0 to 1 and are what walking the chain without the source loses', () => {
    fc.assert(
      fc.property(drawn, (given) => {
        const found = removalEffects({
          converted: given.converted.map((keys) => ({ path: pathOf(keys), micros: 1_000_000 })),
          lost: given.lost.map((keys) => ({ keys, micros: 1_000_000 })),
        });
        const whole = walked(given, undefined);
        expect(found.conversion).toBeCloseTo(whole, 6);
        for (const [key, effect] of found.effects) {
          expect(effect).toBeGreaterThanOrEqual(0);
          expect(effect).toBeLessThanOrEqual(1);
          expect(effect).toBeCloseTo(1 - walked(given, key) / whole, 6);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('are what the model shares by', () => {
    if (MARKOV.type !== 'journeys') throw new Error('it learns from all paths');
    const given = journeys(['c1 c2 c3'], ['c1', 'c2 c3']);
    expect(MARKOV.weighKeys(given)).toEqual(removalEffects(given).effects);
  });
});

describe('the Shapley value', () => {
  const model = PATH_MODELS.find(({ id }) => id === 'shapley');
  const credit = (paths: readonly (readonly string[])[]): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const keys of paths) {
      const weights = model?.weigh(pathOf(keys)) ?? [];
      for (const [index, key] of keys.entries()) sums.set(key, (sums.get(key) ?? 0) + (weights[index] ?? 0));
    }
    return sums;
  };

  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

  /** By its definition: over all coalitions without the source. */
  const defined = (
    paths: readonly (readonly string[])[],
    players: readonly string[],
    source: string,
  ): number => {
    const worth = (coalition: ReadonlySet<string>): number =>
      paths.filter((keys) => keys.every((key) => coalition.has(key))).length;
    const others = players.filter((key) => key !== source);
    let value = 0;
    for (let mask = 0; mask < 1 << others.length; mask += 1) {
      const without = new Set(others.filter((_, index) => (mask >> index) & 1));
      const orders = factorial(without.size) * factorial(players.length - without.size - 1);
      value += (orders / factorial(players.length)) * (worth(new Set([...without, source])) - worth(without));
    }
    return value;
  };

  it('of three channels, worked by hand', () => {
    // v(a) = 1, v(ab) = 1 + 1, v(abc) = 3: a 1 + 1/2 + 1/3, b 1/2 + 1/3, c 1/3.
    const found = credit([['a'], ['a', 'b', 'a'], ['c', 'b', 'a']]);
    expect(found.get('a')).toBeCloseTo(11 / 6, 12);
    expect(found.get('b')).toBeCloseTo(5 / 6, 12);
    expect(found.get('c')).toBeCloseTo(1 / 3, 12);
  });

  const PLAYERS = ['a', 'b', 'c', 'd', 'e', 'f'];
  const drawn = fc.array(fc.array(fc.constantFrom(...PLAYERS.slice(0, 5)), { minLength: 1, maxLength: 7 }), {
    minLength: 1,
    maxLength: 12,
  });

  it('is that of the definition, and a source that is in no path has none', () => {
    fc.assert(
      fc.property(drawn, (paths) => {
        const found = credit(paths);
        for (const player of PLAYERS)
          expect(found.get(player) ?? 0).toBeCloseTo(defined(paths, PLAYERS, player), 9);
        expect(found.has('f')).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('does not ask for the order of touches, nor for names', () => {
    const renamed = (key: string): string => PLAYERS[(PLAYERS.indexOf(key) + 1) % 5] ?? key;
    fc.assert(
      fc.property(drawn, (paths) => {
        const found = credit(paths);
        const reversed = credit(paths.map((keys) => [...keys].reverse()));
        const other = credit(paths.map((keys) => keys.map(renamed)));
        for (const [key, value] of found) {
          expect(reversed.get(key)).toBeCloseTo(value, 12);
          expect(other.get(renamed(key))).toBeCloseTo(value, 12);
        }
      }),
    );
  });
});
