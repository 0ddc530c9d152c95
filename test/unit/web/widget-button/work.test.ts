import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256, solveWork } from '../../../../src/web/widget/panel/work.ts';

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const digest = async (bytes: Uint8Array): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))));

describe('sha256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    [
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('has the vectors of FIPS 180-4: %#', (text, expected) => {
    expect(hex(sha256(bytesOf(text)))).toBe(expected);
  });

  it('is what the platform computes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(hex(sha256(bytes))).toBe(await digest(bytes));
      }),
    );
  });
});

describe('solveWork', () => {
  it.each([
    ['short', 8],
    // The gateway's are of this length; with `:` and the nonce they cross the end of a block.
    ['1790000000000.12.AbCdEfGhIjKlMnOp.0123456789abcdefghijABCDEFGHIJ0123456789ab', 12],
    ['x'.repeat(63), 12],
    ['Grüße', 10],
  ])('finds the first nonce whose hash begins with so many zero bits: %s', async (challenge, bits) => {
    const nonce = await solveWork(challenge, bits);
    const zeros = async (candidate: string): Promise<number> => {
      const word = parseInt((await digest(bytesOf(`${challenge}:${candidate}`))).slice(0, 8), 16);
      return Math.clz32(word);
    };
    expect(nonce).toMatch(/^\d+$/);
    expect(await zeros(nonce ?? '')).toBeGreaterThanOrEqual(bits);
    for (let before = 0; before < Math.min(50, Number(nonce)); before += 1)
      expect(await zeros(String(before))).toBeLessThan(bits);
  });

  it('gives others their turn, and ends when it is not wanted any more', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const begun = performance.now();
    // More than could ever be found.
    const nonce = await solveWork('challenge', 200, () => performance.now() - begun < 200);
    clearInterval(timer);
    expect(nonce).toBeUndefined();
    expect(turns).toBeGreaterThan(2);
  });
});
