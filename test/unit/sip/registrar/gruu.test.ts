import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGruus } from '../../../../src/sip/registrar/gruu.ts';
import { parseUri } from '../../../../src/sip-engine/index.ts';
import { binding } from './samples.ts';

const gruus = createGruus('secret');
const device = binding({ instance: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6' });

describe('GRUUs (RFC 5627)', () => {
  it('give a device one public address that lasts', () => {
    const uri = gruus.public('alice', 'example.com', device) ?? '';
    expect(uri).toBe('sip:alice@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6');
    expect(gruus.isPublicOf(parseUri(uri)?.parameters.get('gr') ?? '', device)).toBe(true);
    expect(gruus.isPublicOf('urn:uuid:2', device)).toBe(false);
    expect(gruus.public('alice', 'example.com', binding())).toBeUndefined();
  });

  it('can be read back from a URI whatever the instance holds', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        const odd = binding({ instance: `urn:${text}` });
        const uri = parseUri(gruus.public('alice', 'example.com', odd) ?? '');
        expect(gruus.isPublicOf(uri?.parameters.get('gr') ?? '', odd)).toBe(true);
      }),
    );
  });

  it('give temporary addresses that differ, tell nothing, and all lead to the device', () => {
    const first = parseUri(gruus.temporary('alice', 'example.com', device));
    const second = parseUri(gruus.temporary('alice', 'example.com', device));
    expect(first?.user).not.toBe(second?.user);
    expect(first?.raw).not.toContain('alice');
    expect(first?.parameters.get('gr')).toBe('');
    for (const uri of [first, second]) {
      expect(gruus.isTemporary(uri?.user ?? '')).toBe(true);
      expect(gruus.isTemporaryOf(uri?.user ?? '', 'alice', device)).toBe(true);
    }
  });

  it('end with the registration, and can not be made up', () => {
    const user = parseUri(gruus.temporary('alice', 'example.com', device))?.user ?? '';
    expect(gruus.isTemporaryOf(user, 'alice', { ...device, callId: 'another' })).toBe(false);
    expect(gruus.isTemporaryOf(user, 'bob', device)).toBe(false);
    expect(createGruus('other').isTemporaryOf(user, 'alice', device)).toBe(false);
    expect(gruus.isTemporaryOf('tgruu.é', 'alice', device)).toBe(false);
  });

  it('outlive a restart of the gateway', () => {
    const user = parseUri(gruus.temporary('alice', 'example.com', device))?.user ?? '';
    expect(createGruus('secret').isTemporaryOf(user, 'alice', device)).toBe(true);
  });
});
