import { expect, it } from 'vitest';
import { createLimit } from '../../../../src/tracking/leases/limits.ts';

it('allows so many within any minute, by key', () => {
  const limit = createLimit(2);
  for (const at of [0, 30_000]) {
    expect(limit.allows('a', at)).toBe(true);
    limit.note('a', at);
  }
  expect(limit.allows('a', 59_999)).toBe(false);
  expect(limit.allows('b', 59_999)).toBe(true);
  expect(limit.allows('a', 60_000)).toBe(true);
});

it('stays within its room when keys never end', () => {
  const limit = createLimit(1);
  for (let n = 0; n < 45_000; n += 1) limit.note(`key ${n}`, 1000 + Math.floor(n / 20_000));
  expect(limit.allows('key 44999', 1003)).toBe(false);
  expect(limit.allows('key 0', 1003)).toBe(true);
});
