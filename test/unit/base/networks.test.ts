import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetworks, ipv4Number } from '../../../src/base/networks.ts';

const address = fc.ipV4();
const prefix = fc.integer({ min: 0, max: 32 });

describe('networks', () => {
  it('hold what the block list of Node.js holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, prefix), { maxLength: 4 }),
        fc.array(address, { minLength: 1, maxLength: 8 }),
        (entries, others) => {
          const networks = createNetworks(entries.map(([base, bits]) => `${base}/${bits}`));
          const list = new BlockList();
          for (const [base, bits] of entries) list.addSubnet(base, bits, 'ipv4');
          for (const each of [...others, ...entries.map(([base]) => base)])
            expect(networks.contains(each)).toBe(list.check(each, 'ipv4'));
        },
      ),
    );
  });

  it('of one address hold that address, of IPv6 as well; entries that are neither hold nothing', () => {
    const networks = createNetworks([
      '192.0.2.7',
      '2001:db8::/32',
      '::1',
      'nonsense',
      '10.0.0.0/33',
      '1.2.3.4/x',
    ]);
    expect(['192.0.2.7', '2001:db8:1::9', '::1'].map(networks.contains)).toEqual([true, true, true]);
    expect(
      ['192.0.2.8', '2001:db9::1', '10.0.0.1', '1.2.3.4', '', 'nonsense'].map(networks.contains),
    ).toEqual(Array(6).fill(false));
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '1..2.3', '1.2.3.256', '1.2.3.x', '::1', '1.2.3.'])(
    '%j is no IPv4',
    (text) => {
      expect(ipv4Number(text)).toBe(-1);
    },
  );
});
