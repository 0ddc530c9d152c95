import { describe, expect, it } from 'vitest';
import { createKeyGate } from '../../../../src/media/rtp/key-gate.ts';

describe('a key', () => {
  it('goes through or is kept back whole', () => {
    const gate = createKeyGate();
    expect(gate.passes(100)).toBe(true);
    gate.hold(true);
    expect(gate.passes(100)).toBe(true);
    expect(gate.passes(2_000)).toBe(false);
    gate.hold(false);
    expect(gate.passes(2_000)).toBe(false);
    expect(gate.passes(5_000)).toBe(true);
  });
});
