import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLimit, networkOf } from '../../../../src/tracking/dni/limits.ts';

describe('a limit', () => {
  it('gives its number at once, then as many a minute', () => {
    const limit = createLimit(3);
    const taken = (at: number, tries: number): number =>
      Array.from({ length: tries }, () => limit.take('a', at)).filter(Boolean).length;
    expect([taken(0, 5), taken(19_999, 5), taken(20_000, 5), taken(600_000, 9)]).toEqual([3, 0, 1, 3]);
    expect(limit.take('b', 0)).toBe(true);
  });

  it('never gives more than twice its number within any minute, whatever is asked when', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (gaps, perMinute) => {
        const limit = createLimit(perMinute);
        let at = 0;
        const times = gaps.flatMap((gap) => {
          at += gap;
          return limit.take('a', at) ? [at] : [];
        });
        return times.every(
          (from) => times.filter((time) => time >= from && time < from + 60_000).length <= 2 * perMinute,
        );
      }),
    );
  });

  it('forgets whom it heard of longest ago when there are too many', () => {
    const limit = createLimit(1, 2);
    for (const key of ['a', 'b']) expect(limit.take(key, 0)).toBe(true);
    expect(limit.take('c', 0)).toBe(true);
    expect(limit.take('b', 0)).toBe(false);
    expect(limit.take('a', 0)).toBe(true);
  });
});

describe('the place of an address', () => {
  it('is an IPv4 address, and the /64 of an IPv6 one', () => {
    expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
    expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(networkOf('2001:db8:0:1::1')).toBe('2001:db8:0:1::/64');
    expect(networkOf('2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe('2001:db8:0:1::/64');
    expect(networkOf('2001:db8:0:2::1')).not.toBe('2001:db8:0:1::/64');
    expect(networkOf('no address')).toBe('no address');
  });

  it('is one whatever way an IPv4 address is written', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        const plain = [a, b, c, d].join('.');
        expect(networkOf(plain)).toBe(plain);
        expect(networkOf(`::ffff:${plain}`)).toBe(plain);
        expect(networkOf(`0${a.toString(8)}.${b}.${c}.${d}`)).toBe(plain);
      }),
    );
    expect(networkOf('203.0.113.256')).toBe('203.0.113.256');
    expect(networkOf('203.0.113.7.')).toBe('203.0.113.7.');
  });
});
