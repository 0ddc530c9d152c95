import { describe, expect, it } from 'vitest';
import {
  advertisedAddress,
  type ConfiguredPoint,
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
