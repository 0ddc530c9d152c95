import { describe, expect, it } from 'vitest';
import { createTrunkTable, parseSource, type Trunk } from '../../../../src/sip/index.ts';
import { makeTrunk } from '../../../support/trunk.ts';

const trunk = (id: string, fields: Partial<Trunk>): Trunk => makeTrunk({ id, ...fields });

const digest = { realm: 'Secret.example', username: 'u', password: 'p' };
const peer = (address: string, port = 5060, protocol = 'udp') => ({ protocol, address, port });

describe('trunks', () => {
  const table = createTrunkTable([
    trunk('network', { sources: ['203.0.113.0/24', '2001:db8::/32'] }),
    trunk('host', { sources: ['203.0.113.7'] }),
    trunk('port', { sources: ['203.0.113.7:5070', '[2001:db8::1]:5062'] }),
    trunk('digest', { digest }),
    trunk('both', { sources: ['198.51.100.1'], digest: { ...digest, realm: 'both.example' } }),
  ]);
  const find = (...args: Parameters<typeof table.match>) => table.match(...args)?.trunk.id;

  it('are found by the most specific source', () => {
    expect(find(peer('203.0.113.9'), undefined, 'sip:1@x')).toBe('network');
    expect(find(peer('203.0.113.7'), undefined, 'sip:1@x')).toBe('host');
    expect(find(peer('203.0.113.7', 5070), undefined, 'sip:1@x')).toBe('port');
    expect(find(peer('2001:db8::1', 5062), undefined, 'sip:1@x')).toBe('port');
    expect(find(peer('2001:db8::2'), undefined, 'sip:1@x')).toBe('network');
    expect(find(peer('::ffff:203.0.113.7'), undefined, 'sip:1@x')).toBe('host');
  });

  it('take a stream from any source port', () => {
    expect(find(peer('2001:db8::1', 49152, 'tcp'), undefined, 'sip:1@x')).toBe('port');
  });

  it('are found by the realm in From or the Request-URI when they have no sources', () => {
    const stranger = peer('192.0.2.200');
    expect(table.match(stranger, '<sip:100@secret.example>;tag=1', 'sip:1@x')).toMatchObject({
      trunk: { id: 'digest' },
      mustAuthenticate: true,
    });
    expect(find(stranger, undefined, 'sip:1@SECRET.example')).toBe('digest');
    expect(find(stranger, '<sip:100@192.0.2.1>', 'sip:1@192.0.2.1')).toBeUndefined();
    expect(find(stranger, '<sip:100@both.example>', 'sip:1@x')).toBeUndefined();
  });

  it('with sources and digest ask for both', () => {
    expect(table.match(peer('198.51.100.1'), undefined, 'sip:1@x')).toMatchObject({ mustAuthenticate: true });
    expect(table.match(peer('203.0.113.7'), undefined, 'sip:1@x')).toMatchObject({ mustAuthenticate: false });
  });

  it('have calls from where they are registered, as long as they are', () => {
    const register = {
      servers: ['sip:carrier.example'],
      username: 'alice',
      password: 'p',
      expires: 3600,
    };
    const own = createTrunkTable([
      trunk('fixed', { sources: ['192.0.2.9'] }),
      trunk('alice', { register }),
      trunk('bob', { register: { ...register, username: 'b', contactUser: 'bob' } }),
    ]);
    const who = (address: string, uri = 'sip:alice@gw') =>
      own.match(peer(address, 5077), undefined, uri)?.trunk.id;
    expect(who('192.0.2.1')).toBeUndefined();
    expect(own.learn('alice', '::ffff:192.0.2.1')).toBe(true);
    expect(own.learn('alice', '192.0.2.1')).toBe(false);
    expect(who('192.0.2.1')).toBe('alice');
    expect(own.admission().sources).toContainEqual({ cidr: '192.0.2.1/32' });
    own.learn('bob', '192.0.2.1');
    expect(who('192.0.2.1')).toBe('alice');
    expect(who('192.0.2.1', 'sip:bob@gw')).toBe('bob');
    expect(who('192.0.2.1', 'sip:+4930@gw')).toBe('alice');
    own.learn('alice', '192.0.2.9');
    expect(who('192.0.2.9')).toBe('fixed');
    own.learn('bob', undefined);
    expect(who('192.0.2.1', 'sip:bob@gw')).toBeUndefined();
    expect(own.learn('nobody', '192.0.2.1')).toBe(false);
  });

  it('tell the engine whom to let through', () => {
    expect(table.admission()).toEqual({
      sources: [
        { cidr: '203.0.113.0/24' },
        { cidr: '2001:db8::/32' },
        { cidr: '203.0.113.7/32' },
        { cidr: '203.0.113.7/32', port: 5070 },
        { cidr: '2001:db8::1/128', port: 5062 },
        { cidr: '198.51.100.1/32' },
      ],
      realms: ['secret.example'],
    });
  });

  it.each([
    ['203.0.113.7', { cidr: '203.0.113.7/32' }],
    ['203.0.113.7:5060', { cidr: '203.0.113.7/32', port: 5060 }],
    ['203.0.113.0/24:5060', { cidr: '203.0.113.0/24', port: 5060 }],
    ['2001:db8::1', { cidr: '2001:db8::1/128' }],
    ['[2001:db8::]/32:5060', { cidr: '2001:db8::/32', port: 5060 }],
    ['[2001:db8::1]:5060', { cidr: '2001:db8::1/128', port: 5060 }],
  ])('read %s', (text, expected) => {
    expect(parseSource(text)).toEqual(expected);
  });
});
