import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyFloor, type KeyFloor } from '../../../../src/media/rtp/key-floor.ts';

/** A key of 100 ms: five reports and three ends, `at` milliseconds. */
const press = (floor: KeyFloor, source: number, timestamp: number, at: number): boolean[] =>
  [0, 20, 40, 60, 80, 82, 84].map((after, i) => floor.packet(source, timestamp, i >= 4, at + after));

describe('who presses', () => {
  it('has the floor until the key is up: three ends, or 60 ms after the first', () => {
    const floor = createKeyFloor();
    expect(floor.taken(0)).toBe(false);
    expect(press(floor, 1, 800, 0)).toEqual(Array(7).fill(true));
    expect(floor.taken(84)).toBe(false);
    // A straggler of it begins no new key.
    expect(floor.packet(1, 800, true, 90)).toBe(false);
    expect(floor.packet(1, 2_400, false, 300)).toBe(true);
    expect(floor.packet(1, 2_400, true, 320)).toBe(true);
    expect([floor.taken(379), floor.taken(380)]).toEqual([true, false]);
  });

  it('gives it up when all ends are lost', () => {
    const floor = createKeyFloor();
    floor.packet(1, 800, false, 0);
    expect([floor.taken(249), floor.taken(250)]).toEqual([true, false]);
    expect(floor.packet(2, 9, false, 251)).toBe(true);
  });

  it('keeps it over a key of several segments, and from key to key', () => {
    const floor = createKeyFloor();
    expect(floor.packet(1, 800, false, 0)).toBe(true);
    expect(floor.packet(1, 800 + 0xffff, false, 20)).toBe(true);
    expect(floor.packet(1, 800, false, 30)).toBe(false);
    expect(floor.packet(1, 800 + 0xffff, true, 40)).toBe(true);
  });

  it('is one at a time: what others press meanwhile is left out whole', () => {
    const event = fc.record({
      source: fc.integer({ min: 1, max: 3 }),
      at: fc.integer({ min: 0, max: 3_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const floor = createKeyFloor();
        // Each source presses one key after the other.
        const apart = events.filter(
          ({ source, at }, i) =>
            !events.slice(0, i).some((before) => before.source === source && Math.abs(before.at - at) < 200),
        );
        const packets = apart
          .flatMap(({ source, at }) =>
            [0, 20, 40, 60, 80, 82, 84].map((after, i) => ({
              source,
              event: at * 8,
              end: i >= 4,
              at: at + after,
            })),
          )
          .sort((a, b) => a.at - b.at);
        const passed = new Map<string, number>();
        let holder: { key: string; since: number } | undefined;
        for (const { source, event, end, at } of packets) {
          const key = `${source} ${event}`;
          const sent = floor.packet(source, event, end, at);
          passed.set(key, (passed.get(key) ?? 0) + Number(sent));
          if (!sent) continue;
          if (holder !== undefined && holder.key !== key)
            expect(at - holder.since).toBeGreaterThanOrEqual(80);
          if (holder?.key !== key) holder = { key, since: at };
        }
        for (const count of passed.values()) expect([0, 7]).toContain(count);
      }),
    );
  });
});
