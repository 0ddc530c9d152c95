import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Number } from '../../../../src/base/networks.ts';
import { createBanTable } from '../../../../src/sip-engine/wall/ban-table.ts';
import { createBuckets } from '../../../../src/sip-engine/wall/buckets.ts';
import { readNetwork, sixParts } from '../../../../src/sip-engine/wall/cidr.ts';
import { createGenerations } from '../../../../src/sip-engine/wall/generations.ts';
import { createOffenceBook } from '../../../../src/sip-engine/wall/offences.ts';

describe('generations', () => {
  it('never hold more than they may, and always the latest half', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.nat({ max: 60 })), (most, keys) => {
        const map = createGenerations<number, number>(most);
        for (const [at, key] of keys.entries()) {
          map.set(key, at);
          expect(map.size).toBeLessThanOrEqual(most);
        }
        const latest = [...new Set([...keys].reverse())].slice(0, Math.floor(most / 2));
        for (const key of latest) expect(map.get(key)).toBe(keys.lastIndexOf(key));
      }),
    );
  });

  it('keep what is asked for, and nothing that was deleted', () => {
    const map = createGenerations<number, string>(10);
    map.set(-1, 'kept');
    map.set(-2, 'deleted');
    for (let at = 0; at < 4; at += 1) map.set(at, 'x');
    map.delete(-2);
    for (let at = 4; at < 100; at += 1) {
      expect(map.get(-1)).toBe('kept');
      map.set(at, 'x');
    }
    expect(map.get(-2)).toBeUndefined();
    expect(map.get(4)).toBeUndefined();
  });
});

describe('memory', () => {
  it('is bounded for buckets and offences, whatever number of addresses comes', () => {
    const buckets = createBuckets<number>(10);
    const book = createOffenceBook<number>(10, 60_000);
    for (let at = 0; at < 100_000; at += 1) {
      buckets.take(at, 0);
      book.note(at, 0);
    }
    expect(buckets.size).toBeLessThanOrEqual(20_000);
    expect(book.size).toBeLessThanOrEqual(10_000);
  });
});

const entryOf = (cidr: string, by: 'hand' | 'wall' = 'wall') => {
  const network = readNetwork(cidr);
  if (network === undefined) throw new Error(cidr);
  return {
    network,
    dropped: 0,
    ban: { cidr: network.cidr, reason: '', by, since: 0, until: undefined, count: 1 },
  };
};

describe('the table of bans', () => {
  const four = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
  // IPv4 written as IPv6 counts as IPv4.
  const sixAddress = fc.ipV6().filter((address) => !address.includes('.'));
  const six = fc.tuple(sixAddress, fc.integer({ min: 0, max: 128 }));

  it('finds what the block list of Node.js finds', () => {
    fc.assert(
      fc.property(
        fc.array(four, { maxLength: 5 }),
        fc.array(six, { maxLength: 5 }),
        fc.array(fc.ipV4(), { maxLength: 5 }),
        fc.array(sixAddress, { maxLength: 5 }),
        (fours, sixes, otherFours, otherSixes) => {
          const table = createBanTable();
          const list = { ipv4: new BlockList(), ipv6: new BlockList() };
          for (const [address, bits] of [...fours, ...sixes]) table.add(entryOf(`${address}/${bits}`));
          for (const [address, bits] of fours) list.ipv4.addSubnet(address, bits, 'ipv4');
          for (const [address, bits] of sixes) list.ipv6.addSubnet(address, bits, 'ipv6');
          for (const address of [...otherFours, ...fours.map(([each]) => each)])
            expect(table.findFour(ipv4Number(address)) !== undefined).toBe(list.ipv4.check(address, 'ipv4'));
          for (const address of [...otherSixes, ...sixes.map(([each]) => each)])
            expect(table.findSix(sixParts(address) ?? []) !== undefined).toBe(
              list.ipv6.check(address, 'ipv6'),
            );
        },
      ),
    );
  });

  it('is empty again when all are removed', () => {
    const table = createBanTable();
    const entries = ['203.0.113.7', '203.0.113.0/24', '2001:db8::/64'].map((cidr) => entryOf(cidr));
    for (const entry of entries) table.add(entry);
    for (const entry of entries) table.remove(entry);
    expect(table.size).toBe(0);
    expect(table.findFour(ipv4Number('203.0.113.7'))).toBeUndefined();
  });

  it('prefers a ban by hand', () => {
    const table = createBanTable();
    table.add(entryOf('203.0.113.7'));
    table.add(entryOf('203.0.0.0/16', 'hand'));
    expect(table.findFour(ipv4Number('203.0.113.7'))?.ban.by).toBe('hand');
  });
});

describe('readNetwork', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    [' 203.0.113.7/32 ', '203.0.113.7'],
    ['203.0.113.7/24', '203.0.113.0/24'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['2001:db8::1/64', '2001:db8::/64'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7/120', '203.0.113.0/24'],
  ])('%s is %s', (text, cidr) => {
    expect(readNetwork(text)?.cidr).toBe(cidr);
  });

  it.each(['', 'host', '203.0.113', '203.0.113.7/33', '203.0.113.7/', '::/129', 'fe80::1%eth0', '1.2.3.4/x'])(
    'refuses “%s”',
    (text) => {
      expect(readNetwork(text)).toBeUndefined();
    },
  );
});
