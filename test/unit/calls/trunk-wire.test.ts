import { describe, expect, it } from 'vitest';
import { wireOf } from '../../../src/calls/trunk-wire.ts';

describe('wireOf', () => {
  it.each([
    ['off', { type: 'rtp' }],
    ['optional', { type: 'sdes', suites: ['AEAD_AES_256_GCM'], required: false }],
    ['required', { type: 'sdes', suites: ['AEAD_AES_256_GCM'], required: true }],
  ] as const)('gives what `srtp: %s` asks for', (srtp, wire) => {
    expect(wireOf({ srtp, srtpSuites: ['AEAD_AES_256_GCM'] })).toEqual(wire);
  });
});
