import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ulid } from '../../../../src/base/ids.ts';
import { idsFrom, isId } from '../../../../src/tracking/dni/ids.ts';

const time = fc.integer({ min: 0, max: 2 ** 48 - 2 });

describe('ids', () => {
  it('stand after the prefix of their time, and before the one of the next', () => {
    fc.assert(
      fc.property(time, (at) => {
        const id = ulid(at);
        return isId(id) && id >= idsFrom(at) && id < idsFrom(at + 1);
      }),
    );
  });

  it('are told from anything else', () => {
    for (const text of ['', 'x', `${ulid(0)}0`, ulid(0).toLowerCase().replace('0', 'u'), '8'.repeat(26)])
      expect([text, isId(text)]).toEqual([text, false]);
  });
});
