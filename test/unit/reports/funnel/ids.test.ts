import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIds } from '../../../../src/reports/funnel/ids.ts';

describe('numbers for texts', () => {
  it('are the same for the same text, and another for another', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), (texts) => {
        const ids = createIds();
        const numbers = texts.map(ids.of);
        const distinct = [...new Set(texts)];
        expect(numbers).toEqual(texts.map((text) => distinct.indexOf(text)));
        expect(ids.size()).toBe(distinct.length);
        expect(distinct.map((_, id) => ids.text(id))).toEqual(distinct);
      }),
    );
  });
});
