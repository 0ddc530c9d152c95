import { describe, expect, it } from 'vitest';
import { createNonces } from '../../../../src/sip/digest/nonces.ts';

const LIFE = 300_000;

describe('nonces', () => {
  it('are good for their time and only where they were made', () => {
    let now = 1_000_000;
    const nonces = createNonces(LIFE, () => now);
    const nonce = nonces.make();
    expect(nonces.state(nonce)).toBe('good');
    expect(nonces.state(`${nonce}x`)).toBe('foreign');
    expect(nonces.state('')).toBe('foreign');
    expect(createNonces(LIFE, () => now).state(nonce)).toBe('foreign');
    now += LIFE;
    expect(nonces.state(nonce)).toBe('good');
    now += 1;
    expect(nonces.state(nonce)).toBe('old');
    now -= LIFE + 2000;
    expect(nonces.state(nonce), 'from the future').toBe('old');
  });

  it('that were forgotten to save room are old, so that nothing is taken twice', () => {
    let now = 1_000_000;
    const nonces = createNonces(LIFE, () => now, 10);
    const use = (): string => {
      now += 1;
      const nonce = nonces.make();
      expect(nonces.state(nonce)).toBe('good');
      expect(nonces.take(nonce, 1)).toBe(true);
      return nonce;
    };
    const all = Array.from({ length: 30 }, use);
    for (const nonce of all) {
      const again = nonces.state(nonce) === 'good' && nonces.take(nonce, 1);
      expect(again).toBe(false);
    }
    expect(nonces.state(all.at(-1) ?? '')).toBe('good');
    use();
  });
});
