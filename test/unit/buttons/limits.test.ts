import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlaces, createWindow } from '../../../src/buttons/limits.ts';

describe('createWindow', () => {
  it('lets so many through within its time, and says how long to wait', () => {
    const window = createWindow(2, 1000);
    expect(window.take('a', 0)).toBe(true);
    expect(window.take('a', 400)).toBe(true);
    expect(window.wait('a', 500)).toBe(500);
    expect(window.take('a', 999)).toBe(false);
    expect(window.take('b', 999)).toBe(true);
    expect(window.take('a', 1000)).toBe(true);
    expect(window.count('a', 1000)).toBe(2);
  });

  it('never lets more through, and always says when', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(400), { maxLength: 80 }), (most, steps) => {
        const window = createWindow(most, 1000);
        const taken: number[] = [];
        let at = 0;
        for (const step of steps) {
          at += step;
          const wait = window.wait('k', at);
          expect(window.take('k', at)).toBe(wait === 0);
          if (wait === 0) taken.push(at);
          else expect(createWindowAt(taken, most, at + wait)).toBe(true);
          expect(taken.filter((time) => time > at - 1000).length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('forgets those heard of longest ago', () => {
    const window = createWindow(1, 1000, 2);
    window.take('a', 0);
    window.take('b', 1);
    window.take('c', 2);
    expect(window.take('a', 3)).toBe(true);
    expect(window.take('c', 4)).toBe(false);
  });
});

/** Whether there is room at a moment, by the times alone. */
const createWindowAt = (taken: readonly number[], most: number, at: number): boolean =>
  taken.filter((time) => time > at - 1000).length < most;

describe('createPlaces', () => {
  it('gives each place back once', () => {
    const places = createPlaces();
    const keys = [
      { key: 'address', most: 2 },
      { key: 'site', most: 3 },
    ];
    const first = places.enter(keys);
    places.enter(keys);
    expect(places.full(keys)).toBe(true);
    expect(places.enter(keys)).toBeUndefined();
    first?.();
    first?.();
    expect(places.enter(keys)).toBeTypeOf('function');
    expect(places.enter(keys)).toBeUndefined();
    // What was refused took no place of the site.
    expect(places.enter([{ key: 'site', most: 3 }])).toBeTypeOf('function');
  });
});
