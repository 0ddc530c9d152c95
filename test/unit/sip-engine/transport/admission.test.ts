import { describe, expect, it } from 'vitest';
import { createGate } from '../../../../src/sip-engine/transport/admission.ts';
import { createStrangerBudget } from '../../../../src/sip-engine/transport/budget.ts';

describe('createGate', () => {
  const gate = createGate({
    sources: [
      { cidr: '192.0.2.0/24' },
      { cidr: '198.51.100.7', port: 5060 },
      { cidr: '2001:db8::/32' },
      { cidr: 'nonsense' },
    ],
    realms: ['Calls.Example'],
  });

  it.each([
    ['192.0.2.200', 1, false, true],
    ['192.0.3.1', 5060, false, false],
    ['198.51.100.7', 5060, false, true],
    ['198.51.100.7', 5061, false, false],
    // The port of a stream's far end is any.
    ['198.51.100.7', 5061, true, true],
    ['2001:db8::1', 9, false, true],
    ['2001:db9::1', 9, false, false],
    ['fe80::1%eth0', 9, false, false],
    ['nonsense', 9, false, false],
  ])('%s:%d stream=%s: %s', (address, port, stream, known) => {
    expect(gate.isKnown(address, port, stream)).toBe(known);
    expect(gate.isKnown(address, port, stream)).toBe(known);
  });

  it('knows realms in any case', () => {
    expect(gate.isRealm('CALLS.example')).toBe(true);
    expect(gate.isRealm('example')).toBe(false);
    expect(gate.hasRealms).toBe(true);
  });

  it('knows everybody without an admission and nobody with an empty one', () => {
    expect(createGate(undefined).isKnown('203.0.113.1', 1, false)).toBe(true);
    const empty = createGate({ sources: [], realms: [] });
    expect(empty.isKnown('203.0.113.1', 1, false)).toBe(false);
    expect(empty.hasRealms).toBe(false);
  });
});

describe('createStrangerBudget', () => {
  const taken = (count: number, take: (turn: number) => boolean): number =>
    Array.from({ length: count }, (_, turn) => take(turn)).filter(Boolean).length;

  it('gives each address its share and a burst of twice that', () => {
    const budget = createStrangerBudget(50);
    expect(taken(500, () => budget.take('a', 1000))).toBe(100);
    expect(budget.take('b', 1000)).toBe(true);
    expect(taken(500, () => budget.take('a', 2000))).toBe(50);
  });

  it('bounds what forged addresses take together', () => {
    const budget = createStrangerBudget(50, 100);
    expect(taken(50_000, (turn) => budget.take(String(turn), 1000))).toBe(2000);
  });
});
