import { describe, expect, it } from 'vitest';
import { createNetworks } from '../../../../src/base/networks.ts';
import {
  advertisedAddress,
  type ConfiguredPoint,
  isOwnPlace,
  type LocalAddress,
  selectPoint,
} from '../../../../src/sip-engine/transport/addresses.ts';
import type { Endpoint } from '../../../../src/sip-engine/transport/types.ts';

const local = (address: string, prefix: string, loopback = false): LocalAddress => ({
  address,
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  loopback,
  contains: (other) => other.startsWith(prefix),
});

const table = [
  local('127.0.0.1', '127.', true),
  local('10.1.0.5', '10.1.'),
  local('192.168.7.2', '192.168.7.'),
  local('2001:db8::5', '2001:db8:'),
];

const point = (address: string, external?: string, protocol: 'udp' | 'tcp' = 'udp'): ConfiguredPoint => ({
  point: { protocol, address, port: 5060, advertised: { address, port: 5060 } },
  external,
});

const to = (address: string, protocol: 'udp' | 'tcp' = 'udp'): Endpoint => ({
  protocol,
  address,
  port: 5060,
});

describe('selectPoint', () => {
  const points = [
    point('127.0.0.1'),
    point('10.1.0.5'),
    point('192.168.7.2'),
    point('2001:db8::5'),
    point('10.1.0.5', undefined, 'tcp'),
  ];
  const chosen = (remote: Endpoint, from = points): string | undefined =>
    selectPoint(from, remote, table)?.address;

  it('prefers the network of the peer, and keeps loopback to itself', () => {
    expect(chosen(to('192.168.7.9'))).toBe('192.168.7.2');
    expect(chosen(to('127.0.0.9'))).toBe('127.0.0.1');
    expect(chosen(to('10.9.9.9'))).toBe('10.1.0.5');
    expect(chosen(to('203.0.113.1'))).not.toBe('127.0.0.1');
    expect(chosen(to('203.0.113.1'), [point('127.0.0.1')])).toBeUndefined();
  });

  it('keeps to family and protocol', () => {
    expect(chosen(to('2001:db8::9'))).toBe('2001:db8::5');
    expect(chosen(to('2001:db8::9', 'tcp'))).toBeUndefined();
    expect(selectPoint(points, to('192.168.7.9', 'tcp'), table)?.protocol).toBe('tcp');
  });

  it('prefers an external address for public peers', () => {
    const both = [point('192.168.7.2'), point('10.1.0.5', '198.51.100.1')];
    expect(chosen(to('203.0.113.1'), both)).toBe('10.1.0.5');
  });
});

describe('advertisedAddress', () => {
  const told = (configured: ConfiguredPoint, remote?: string): string =>
    advertisedAddress(configured, remote, table);

  it('tells the bound address, and of a wildcard one that the peer can reach', () => {
    expect(told(point('10.1.0.5'), '203.0.113.1')).toBe('10.1.0.5');
    expect(told(point('0.0.0.0'))).toBe('10.1.0.5');
    expect(told(point('0.0.0.0'), '192.168.7.9')).toBe('192.168.7.2');
    expect(told(point('0.0.0.0'), '127.0.0.3')).toBe('127.0.0.1');
    expect(told(point('::'), '2001:db8::9')).toBe('2001:db8::5');
    expect(told(point('::'), '::1')).toBe('::1');
  });

  it('tells the external address to the outside', () => {
    expect(told(point('10.1.0.5', '198.51.100.1'), '10.1.0.9')).toBe('198.51.100.1');
    expect(told(point('0.0.0.0', '198.51.100.1'), '203.0.113.1')).toBe('198.51.100.1');
    expect(told(point('0.0.0.0', '198.51.100.1'), '192.168.7.9')).toBe('192.168.7.2');
    expect(told(point('0.0.0.0', '198.51.100.1'), '127.0.0.1')).toBe('127.0.0.1');
  });
});

describe('local networks', () => {
  const told = (configured: ConfiguredPoint, remote: string): string =>
    advertisedAddress(configured, remote, table);
  const localNetworks = createNetworks(['203.0.113.0/24']);

  it('are told the bound address, or of a wildcard the one that leads there', () => {
    const bound = { ...point('10.1.0.5', '198.51.100.1'), localNetworks };
    expect(told(bound, '203.0.113.9')).toBe('10.1.0.5');
    expect(told(bound, '203.0.114.9')).toBe('198.51.100.1');
    const wildcard = { ...point('0.0.0.0', '198.51.100.1'), localNetworks };
    expect(told(wildcard, '203.0.113.9')).toBe('10.1.0.5');
    expect(told(wildcard, '127.0.0.1')).toBe('127.0.0.1');
  });

  it('take the place of those this machine is part of', () => {
    const guessed = point('0.0.0.0', '198.51.100.1');
    expect(told(guessed, '192.168.7.9')).toBe('192.168.7.2');
    expect(told({ ...guessed, localNetworks }, '192.168.7.9')).toBe('198.51.100.1');
  });
});

describe('isOwnPlace', () => {
  const isOwn = (configured: ConfiguredPoint, host: string, port?: number): boolean =>
    isOwnPlace(configured, host, port, () => table);

  it('is the bound, the external or an own address with the port, or the default port of the protocol', () => {
    const udp = point('0.0.0.0', '198.51.100.1');
    for (const host of ['198.51.100.1', '10.1.0.5', '127.0.0.1']) {
      expect(isOwn(udp, host)).toBe(true);
      expect(isOwn(udp, host, 5060)).toBe(true);
      expect(isOwn(udp, host, 5070)).toBe(false);
    }
    expect(isOwn(udp, '203.0.113.1')).toBe(false);
    const secured: ConfiguredPoint = {
      point: { ...udp.point, protocol: 'wss', address: '10.1.0.5', port: 443 },
      external: undefined,
    };
    expect(isOwn(secured, '10.1.0.5')).toBe(true);
    expect(isOwn(secured, '10.1.0.5', 443)).toBe(true);
  });

  it('is a name of the point, at any port that name service may give', () => {
    const named = { ...point('10.1.0.5'), names: ['sip.example.com'] };
    expect(isOwn(named, 'SIP.example.com')).toBe(true);
    expect(isOwn(named, 'sip.example.com', 5060)).toBe(true);
    expect(isOwn(named, 'sip.example.com', 5070)).toBe(false);
    expect(isOwn(named, 'example.com')).toBe(false);
  });
});
