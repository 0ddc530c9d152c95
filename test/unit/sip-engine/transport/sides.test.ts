import { expect, it } from 'vitest';
import type { ConfiguredPoint, LocalAddress } from '../../../../src/sip-engine/transport/addresses.ts';
import { createSides } from '../../../../src/sip-engine/transport/sides.ts';

const point = (address: string, external?: string): ConfiguredPoint => ({
  point: { protocol: 'udp', address, port: 5060, advertised: { address, port: 5060 } },
  external,
});

const local = (address: string): LocalAddress => ({
  address,
  family: 'ipv4',
  loopback: false,
  contains: (other) => other.startsWith(address.slice(0, address.lastIndexOf('.') + 1)),
});

it('a peer keeps its point and what it is told, until the addresses of the machine change', () => {
  const wildcard = point('0.0.0.0');
  let table = [local('10.1.0.5')];
  const sides = createSides([wildcard], () => table);
  const remote = { protocol: 'udp', address: '10.1.0.9', port: 5060 } as const;
  expect(sides.select(remote)).toBe(wildcard.point);
  expect(sides.select({ ...remote, protocol: 'tcp' })).toBeUndefined();
  expect(sides.select({ ...remote, protocol: 'tcp' })).toBeUndefined();
  const told = sides.advertisedTo(wildcard.point, '10.1.0.9');
  expect(told).toEqual({ address: '10.1.0.5', port: 5060 });
  expect(sides.advertisedTo(wildcard.point, '10.1.0.9')).toBe(told);
  table = [local('10.2.0.5')];
  expect(sides.advertisedTo(wildcard.point, '10.1.0.9').address).toBe('10.2.0.5');
  expect(sides.localAddress(wildcard.point, '10.1.0.9')).toBe('10.2.0.5');
});

it('tells the external address, and the bound one as that where packets arrive', () => {
  const bound = point('10.1.0.5', '198.51.100.1');
  const sides = createSides([bound], () => [local('10.1.0.5')]);
  expect(sides.advertisedTo(bound.point, '203.0.113.1').address).toBe('198.51.100.1');
  expect(sides.localAddress(bound.point, '203.0.113.1')).toBe('10.1.0.5');
});
