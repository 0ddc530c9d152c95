import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVault } from '../../../src/store/vault.ts';

const vault = createVault(Buffer.alloc(32, 1));
const other = createVault(Buffer.alloc(32, 2));
const sealed = (number: string): Buffer => vault.seal(number).caller_encrypted ?? Buffer.alloc(0);

describe('the vault', () => {
  it('gives back any text that it sealed, and never seals it twice alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(vault.reveal(sealed(text))).toBe(text);
        expect(sealed(text).equals(sealed(text))).toBe(false);
      }),
    );
  });

  it('notices any changed byte, a cut end and another key', () => {
    const box = sealed('+4930123456');
    fc.assert(
      fc.property(fc.nat(box.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = Buffer.from(box);
        changed[index] = (changed[index] ?? 0) ^ change;
        expect(() => vault.reveal(changed)).toThrow(/not sealed with this key file/);
      }),
    );
    for (const length of [0, 1, 12, 20, box.length - 1])
      expect(() => vault.reveal(box.subarray(0, length))).toThrow();
    expect(() => other.reveal(box)).toThrow();
  });

  it('looks a number up by a keyed hash of its digits', () => {
    expect(vault.hmac('+49 (30) 123-456')).toBe(vault.hmac('+4930123456'));
    expect(vault.hmac('+4930123456')).toMatch(/^[0-9a-f]{64}$/);
    expect(vault.hmac('+4930123456')).not.toBe(vault.hmac('4930123456'));
    expect(vault.hmac('+4930123456')).not.toBe(other.hmac('+4930123456'));
    expect(vault.seal('+4930123456')).toMatchObject({
      caller_hmac: vault.hmac('+4930123456'),
      caller_masked: '+493*****56',
    });
  });

  it('derives other secrets that are the same at every start and differ by purpose', () => {
    expect(vault.derive('self-test')).toBe(createVault(Buffer.alloc(32, 1)).derive('self-test'));
    expect(vault.derive('self-test')).not.toBe(vault.derive('other'));
    expect(vault.derive('self-test')).not.toBe(other.derive('self-test'));
  });
});
