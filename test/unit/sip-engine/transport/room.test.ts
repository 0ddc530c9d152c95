import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRoom } from '../../../../src/sip-engine/transport/room.ts';

const setUp = () => {
  const room = createRoom();
  const ended: string[] = [];
  const enter = (name: string, address: string, known = true, spoken = false) => {
    const seat = room.take(address, known, () => ended.push(name));
    seat.hasSpoken = () => spoken;
    return seat;
  };
  return { room, ended, enter };
};

describe('createRoom', () => {
  it('takes a place from the address that has most, a silent connection before one that has spoken', () => {
    const { room, ended, enter } = setUp();
    enter('a1', '192.0.2.1', true, true);
    enter('a2', '192.0.2.1');
    enter('a3', '192.0.2.1');
    enter('b1', '192.0.2.2');
    expect(room.makeFor('192.0.2.3', true)).toBe(true);
    expect(ended).toEqual(['a2']);
    expect(room.makeFor('192.0.2.3', true)).toBe(true);
    expect(ended).toEqual(['a2', 'a3']);
    expect(room.makeFor('192.0.2.3', true)).toBe(false);
  });

  it('gives nothing to the address that has most itself', () => {
    const { room, ended, enter } = setUp();
    for (const name of ['a1', 'a2', 'a3']) enter(name, '192.0.2.1');
    enter('b1', '192.0.2.2');
    expect(room.makeFor('192.0.2.1', true)).toBe(false);
    expect(ended).toEqual([]);
  });

  it('lets strangers go for a known peer, and no known peer for a stranger', () => {
    const { room, ended, enter } = setUp();
    for (const name of ['k1', 'k2', 'k3']) enter(name, '192.0.2.1');
    enter('s1', '198.51.100.1', false);
    expect(room.makeFor('198.51.100.2', false)).toBe(false);
    expect(room.makeFor('192.0.2.1', true)).toBe(true);
    expect(ended).toEqual(['s1']);
  });

  it('forgets those that have left', () => {
    const { room, ended, enter } = setUp();
    const seats = ['a1', 'a2', 'a3'].map((name) => enter(name, '192.0.2.1'));
    for (const seat of [...seats, ...seats]) seat.leave();
    expect(room.makeFor('192.0.2.2', true)).toBe(false);
    expect(ended).toEqual([]);
  });

  it('always has room for an address below its share, whatever the others do', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 40, maxLength: 200 });
    fc.assert(
      fc.property(arrivals, fc.boolean(), (addresses, known) => {
        const room = createRoom();
        const most = 16;
        const held = new Map<number, number>();
        const count = (): number => [...held.values()].reduce((sum, each) => sum + each, 0);
        for (const address of addresses) {
          if (count() >= most && !room.makeFor(`${address}`, known)) continue;
          room.take(`${address}`, known, () => held.set(address, (held.get(address) ?? 0) - 1));
          held.set(address, (held.get(address) ?? 0) + 1);
        }
        expect(count()).toBeLessThanOrEqual(most);
        if (count() >= most) expect(room.makeFor('newcomer', known)).toBe(true);
      }),
    );
  });
});
