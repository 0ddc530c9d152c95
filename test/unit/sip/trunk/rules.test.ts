import { describe, expect, it } from 'vitest';
import { applyHeaderRules } from '../../../../src/sip/trunk/header-rules.ts';
import { trunkTlsPeers } from '../../../../src/sip/trunk/tls-peers.ts';
import { makeGateway, makeTrunk } from '../../../support/trunk.ts';

describe('header rules', () => {
  it('compare names without case', () => {
    const headers = { From: 'a', Diversion: 'b', 'X-One': 'c' };
    expect(
      applyHeaderRules(headers, { add: { 'x-one': 'new', 'X-Two': 'd' }, remove: ['DIVERSION'] }),
    ).toEqual({
      From: 'a',
      'x-one': 'new',
      'X-Two': 'd',
    });
  });
});

describe('TLS rules', () => {
  const read = (path: string): string => `text of ${path}`;

  it('hold for each host of a trunk that has some', () => {
    const trunk = makeTrunk({
      gateways: [makeGateway('sips:SBC1.example:5061'), makeGateway('sip:u@sbc1.example;transport=tls')],
      register: {
        servers: ['sip:reg.example;transport=tls'],
        domain: 'Carrier.example',
        outboundProxy: 'sip:[2001:db8::1];transport=tls',
        username: 'u',
        password: 'p',
        expires: 60,
      },
      tls: { verify: true, caFile: 'ca', certFile: 'cert', keyFile: 'key' },
    });
    const rules = { verify: true, ca: 'text of ca', cert: 'text of cert', key: 'text of key' };
    expect(trunkTlsPeers([trunk, makeTrunk({ gateways: [makeGateway('sips:other')] })], read)).toEqual(
      ['sbc1.example', 'reg.example', '2001:db8::1', 'carrier.example'].map((host) => ({ host, ...rules })),
    );
  });

  it('leave out what is not given', () => {
    const trunk = makeTrunk({ gateways: [makeGateway('sips:a.example')], tls: { verify: false } });
    expect(trunkTlsPeers([trunk], read)).toEqual([{ host: 'a.example', verify: false }]);
  });
});
