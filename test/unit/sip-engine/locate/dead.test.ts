import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeadPlaces } from '../../../../src/sip-engine/locate/dead.ts';
import type { Endpoint } from '../../../../src/sip-engine/transport/types.ts';

const place = (number: number): Endpoint => ({ protocol: 'udp', address: `192.0.2.${number}`, port: 5060 });
const numbers = (places: readonly Endpoint[]): number[] =>
  places.map(({ address }) => Number(address.split('.').at(-1)));

const setUp = () => {
  const clock = { now: 0 };
  return { clock, dead: createDeadPlaces(() => clock.now) };
};

const SECOND = 1000;

describe('dead places', () => {
  it('come last for a minute, and in order when all are dead', () => {
    const { clock, dead } = setUp();
    const all = [place(1), place(2), place(3)];
    dead.failed(place(1));
    expect(numbers(dead.last(all))).toEqual([2, 3, 1]);
    dead.failed(place(3));
    expect(numbers(dead.last(all))).toEqual([2, 1, 3]);
    dead.failed(place(2));
    expect(numbers(dead.last(all))).toEqual([1, 2, 3]);
    expect(dead.count).toBe(3);
    clock.now = 60 * SECOND;
    expect(dead.count).toBe(0);
    dead.failed(place(1));
    expect(numbers(dead.last(all))).toEqual([2, 3, 1]);
  });

  it('stay dead twice as long each time they fail again, up to ten minutes', () => {
    const { clock, dead } = setUp();
    const all = [place(1), place(2)];
    for (const seconds of [60, 120, 240, 480, 600, 600]) {
      dead.failed(place(1));
      dead.failed(place(1));
      clock.now += (seconds - 1) * SECOND;
      expect(numbers(dead.last(all))).toEqual([2, 1]);
      clock.now += SECOND;
      expect(numbers(dead.last(all))).toEqual([1, 2]);
    }
  });

  it('live again when they answer, and begin anew', () => {
    const { clock, dead } = setUp();
    dead.failed(place(1));
    dead.answered(place(1));
    expect(numbers(dead.last([place(1), place(2)]))).toEqual([1, 2]);
    dead.failed(place(1));
    clock.now = 61 * SECOND;
    expect(dead.count).toBe(0);
  });

  it('are told apart by protocol and port', () => {
    const { dead } = setUp();
    dead.failed({ ...place(1), protocol: 'tcp' });
    dead.failed({ ...place(1), port: 5062 });
    expect(numbers(dead.last([place(1), place(2)]))).toEqual([1, 2]);
  });

  it('are bounded, and never lose or make up a place', () => {
    const { dead } = setUp();
    for (let at = 0; at < 5000; at += 1) dead.failed({ protocol: 'udp', address: '192.0.2.1', port: at + 1 });
    expect(dead.count).toBe(1000);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 250 })),
        fc.array(fc.nat({ max: 250 })),
        (all, failed) => {
          const places = createDeadPlaces(() => 0);
          for (const number of failed) places.failed(place(number));
          const ordered = numbers(places.last(all.map(place)));
          const isDead = (number: number): boolean => failed.includes(number);
          expect(ordered).toEqual([...all.filter((n) => !isDead(n)), ...all.filter(isDead)]);
        },
      ),
    );
  });
});
