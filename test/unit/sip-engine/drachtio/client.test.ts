import { expect, it } from 'vitest';
import { parseTags } from '../../../../src/sip-engine/drachtio/client.ts';

it('tags are at most twenty, of at most 32 characters each', () => {
  expect(parseTags('')).toEqual([]);
  expect(parseTags('a,B-9_+@:')).toEqual(['a', 'B-9_+@:']);
  const twenty = Array.from({ length: 20 }, (_, index) => `tag${index}`);
  expect(parseTags(twenty.join())).toEqual(twenty);
  expect(parseTags([...twenty, 'one-more'].join())).toBeUndefined();
  expect(parseTags('x'.repeat(32))).toHaveLength(1);
  for (const wrong of ['x'.repeat(33), 'a b', 'a,', ',', 'é']) expect(parseTags(wrong)).toBeUndefined();
});
