import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatch } from '../../../../src/media/rtp/latch.ts';

const PEER = ['10.0.0.1', 4_000] as const;

describe('the latch without NAT', () => {
  it('takes the described address and port only, and follows signalling', () => {
    const latch = createLatch(false);
    expect(latch.accepts(...PEER, 0)).toBe(false);
    expect(latch.address).toBeUndefined();
    latch.aim(...PEER);
    expect(latch.accepts(...PEER, 0)).toBe(true);
    expect(latch.accepts('10.0.0.1', 4_001, 0)).toBe(false);
    expect(latch.accepts('10.0.0.2', 4_000, 0)).toBe(false);
    latch.aim('10.0.0.2', 5_000);
    expect(latch.accepts(...PEER, 0)).toBe(false);
    expect(latch.accepts('10.0.0.2', 5_000, 0)).toBe(true);
    expect([latch.address, latch.port]).toEqual(['10.0.0.2', 5_000]);
  });
});

describe('the latch behind NAT', () => {
  const aimed = (): ReturnType<typeof createLatch> => {
    const latch = createLatch(true);
    latch.aim(...PEER);
    return latch;
  };

  it('learns the first source, once', () => {
    const latch = aimed();
    expect(latch.accepts('9.9.9.9', 1, 0)).toBe(true);
    expect([latch.address, latch.port, latch.learned]).toEqual(['9.9.9.9', 1, true]);
    expect(latch.accepts('8.8.8.8', 2, 10)).toBe(false);
    expect(latch.accepts('9.9.9.9', 2, 10)).toBe(false);
    expect(latch.accepts('9.9.9.9', 1, 10)).toBe(true);
  });

  it('lets the described address win within 3 s, and nobody later', () => {
    const early = aimed();
    early.accepts('9.9.9.9', 1, 0);
    expect(early.accepts('10.0.0.1', 77, 1_000)).toBe(true);
    expect(early.accepts('9.9.9.9', 1, 1_100)).toBe(false);
    expect(early.accepts(...PEER, 2_999)).toBe(true);
    expect(early.accepts('10.0.0.1', 77, 2_999)).toBe(false);
    expect(early.learned).toBe(false);

    const late = aimed();
    late.accepts('9.9.9.9', 1, 0);
    expect(late.accepts(...PEER, 3_000)).toBe(false);
    expect(late.accepts('9.9.9.9', 1, 3_001)).toBe(true);
  });

  it('learns again when signalling names another address, and only then', () => {
    const latch = aimed();
    latch.accepts('9.9.9.9', 1, 0);
    latch.aim(...PEER);
    expect(latch.accepts('8.8.8.8', 2, 10_000)).toBe(false);
    latch.aim('10.0.0.1', 4_002);
    expect(latch.accepts('8.8.8.8', 2, 10_000)).toBe(true);
  });

  it('never takes a stranger once it is shut', () => {
    const source = fc.tuple(
      fc.constantFrom('10.0.0.1', '9.9.9.9', '8.8.8.8'),
      fc.integer({ min: 3_999, max: 4_001 }),
    );
    const packets = fc.array(fc.tuple(source, fc.integer({ min: 0, max: 500 })), { minLength: 1 });
    fc.assert(
      fc.property(packets, (sequence) => {
        const latch = aimed();
        let now = 0;
        let first: number | undefined;
        let shutFor: string | undefined;
        for (const [[address, port], passed] of sequence) {
          now += passed;
          const accepted = latch.accepts(address, port, now);
          first ??= now;
          expect(accepted).toBe(latch.holds(address, port));
          if (shutFor !== undefined) expect(`${latch.address}:${latch.port}`).toBe(shutFor);
          const exact = accepted && address === PEER[0] && port === PEER[1];
          if (exact || now - first >= 3_000) shutFor = `${latch.address}:${latch.port}`;
        }
      }),
    );
  });
});
