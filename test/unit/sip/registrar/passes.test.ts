import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPasses } from '../../../../src/sip/registrar/passes.ts';

const NOW = 1_800_000_000_500;
const names = fc.stringMatching(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);

const user = (name: string, ha1 = 'a') => ({ name, ha1_sha256: ha1.repeat(64) });

describe('a pass', () => {
  it('is read again from its user name alone', () => {
    const passes = createPasses('secret', 300_000);
    fc.assert(
      fc.property(names, (name) => {
        const pass = passes.make(user(name), NOW);
        const { username, expiresAt } = pass;
        expect(passes.read(username)).toEqual({ username, expiresAt, name });
        expect(passes.passwordOf(username, user(name))).toBe(pass.password);
        expect(pass.expiresAt - NOW).toBeGreaterThanOrEqual(300_000);
        expect(pass.expiresAt - NOW).toBeLessThan(301_000);
      }),
    );
  });

  it('has another password for another name, end, secret or password of the user', () => {
    const passes = createPasses('secret', 300_000);
    const pass = passes.make(user('alice'), NOW);
    expect(passes.make(user('alicf'), NOW).password).not.toBe(pass.password);
    expect(passes.make(user('alice'), NOW + 1000).password).not.toBe(pass.password);
    expect(passes.make(user('alice', 'b'), NOW).password).not.toBe(pass.password);
    expect(createPasses('other', 300_000).make(user('alice'), NOW).password).not.toBe(pass.password);
  });

  it('is nothing without an end', () => {
    const passes = createPasses('secret', 300_000);
    for (const name of ['alice', '12.alice', '1800000000', '1800000000.', '.alice', '-1800000000.alice'])
      expect(passes.read(name)).toBeUndefined();
  });
});
