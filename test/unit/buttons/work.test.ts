import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWork, isDone, leadingZeros } from '../../../src/buttons/work.ts';
import { solve } from '../../support/proof-of-work.ts';

const NOW = Date.UTC(2026, 10, 23, 10);
const work = createWork('ab'.repeat(32), 8);

describe('leadingZeros', () => {
  it('counts bits as their text does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 6 }), (bytes) => {
        const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        expect(leadingZeros(bytes)).toBe(/^0*/.exec(bits)?.[0].length);
      }),
    );
  });

  it('is of SHA-256 over challenge, colon and nonce', () => {
    const challenge = 'c';
    const nonce = solve({ challenge, bits: 10 });
    expect(isDone({ challenge, nonce }, 10)).toBe(true);
    const hash = createHash('sha256').update(`c:${nonce}`).digest();
    expect(isDone({ challenge, nonce }, leadingZeros(hash) + 1)).toBe(false);
  });
});

describe('createWork', () => {
  const order = work.order('main press', NOW);
  const done = { challenge: order.challenge, nonce: solve(order) };

  it('takes what was done in time, for its purpose', () => {
    expect(order.bits).toBe(8);
    expect(work.check(done, 'main press', NOW + 120_000)).toMatchObject({ until: NOW + 120_000 });
    expect(work.check(done, 'main press', NOW + 120_001)).toBeUndefined();
    expect(work.check(done, 'main other', NOW)).toBeUndefined();
    expect(work.check(done, 'main press', NOW)?.id).not.toBe(
      work.check({ ...done, nonce: 'x' }, 'main press', NOW)?.id,
    );
  });

  it('takes no order that it did not give', () => {
    const [until, , ...rest] = done.challenge.split('.');
    const easier = [until, '0', ...rest].join('.');
    expect(work.check({ challenge: easier, nonce: '0' }, 'main press', NOW)).toBeUndefined();
    const later = [NOW + 900_000, '8', ...rest].join('.');
    expect(
      work.check({ challenge: later, nonce: solve({ challenge: later, bits: 8 }) }, 'main press', NOW),
    ).toBeUndefined();
    expect(createWork('cd'.repeat(32), 8).check(done, 'main press', NOW)).toBeUndefined();
    for (const challenge of ['', '....', `${done.challenge}.x`, 'x'.repeat(300)])
      expect(work.check({ challenge, nonce: '0' }, 'main press', NOW)).toBeUndefined();
  });
});
