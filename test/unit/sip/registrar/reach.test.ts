import { describe, expect, it } from 'vitest';
import { byPreference, survivesRestart, targetOf } from '../../../../src/sip/registrar/reach.ts';
import { bindingOf, bindingRow } from '../../../../src/sip/registrar/rows.ts';
import { binding } from './samples.ts';

const stream = (protocol: string, uri: string) =>
  binding({ uri, peer: { protocol, address: '192.0.2.1', port: 40_000 } });

describe('the way to a phone', () => {
  it('is its Contact when that is where it sits', () => {
    expect(targetOf(binding())).toMatchObject({
      uri: 'sip:alice@192.0.2.1:5060',
      proxy: undefined,
      nat: false,
    });
  });

  it('is the source of its REGISTER when the Contact is elsewhere, over UDP', () => {
    const behind = binding({
      uri: 'sip:alice@192.168.1.5:5060',
      peer: { protocol: 'udp', address: '2001:db8::1', port: 40_000 },
    });
    expect(targetOf(behind)).toMatchObject({ proxy: 'sip:[2001:db8::1]:40000', nat: true });
  });

  it('is left to the SIP server on a connection', () => {
    expect(targetOf(stream('wss', 'sip:a@x.invalid;transport=ws'))).toMatchObject({
      proxy: undefined,
      nat: true,
    });
  });

  it('goes over the nearest proxy of its path', () => {
    const path = ['<sip:edge.example;lr;ob>', '<sip:inner.example;lr>'];
    expect(targetOf(binding({ path }))).toMatchObject({ proxy: 'sip:edge.example;lr;ob', nat: false });
  });

  it.each([
    ['a datagram', binding(), true],
    ['a connection that can be made anew', stream('tcp', 'sip:a@192.0.2.1;transport=tcp'), true],
    ['a connection from behind NAT', stream('tcp', 'sip:a@10.0.0.1;transport=tcp'), false],
    ['a browser', stream('ws', 'sip:a@x.invalid;transport=ws'), false],
  ])('over %s outlives a restart or not', (_name, each, survives) => {
    expect(survivesRestart(each)).toBe(survives);
  });

  it('is tried by preference, then the latest first', () => {
    const all = [
      binding({ key: 'old' }),
      binding({ key: 'new', refreshedAt: Date.now() * 2 }),
      binding({ key: 'low', q: 0.1 }),
    ];
    expect(all.toSorted(byPreference).map(({ key }) => key)).toEqual(['new', 'old', 'low']);
  });

  it('comes out of the database as it went in', () => {
    const full = binding({ instance: 'urn:uuid:1', regId: 2, path: ['<sip:e;lr>'], flowLost: true, q: 0.25 });
    for (const each of [full, binding({ userAgent: undefined })])
      expect(bindingOf(bindingRow(each))).toEqual(each);
  });
});
