import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NaptrRecord, SrvRecord } from '../../../../src/sip-engine/locate/names.ts';
import { orderPointers, orderServices } from '../../../../src/sip-engine/locate/order.ts';

const record = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  port: fc.integer({ min: 1, max: 65_535 }),
  priority: fc.integer({ min: 0, max: 3 }),
  weight: fc.integer({ min: 0, max: 65_535 }),
});

describe('orderServices', () => {
  it('puts every record once, lower priorities first, whatever is drawn', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 8 }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
          minLength: 8,
          maxLength: 8,
        }),
        (records, draws) => {
          const left = [...draws];
          const ordered = orderServices(records, () => left.pop() ?? 0);
          expect(new Set(ordered)).toEqual(new Set(records));
          expect(ordered).toHaveLength(records.length);
          const priorities = ordered.map(({ priority }) => priority);
          expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
        },
      ),
    );
  });

  it('draws the first of equals as often as its weight says', () => {
    const weights = [10, 20, 70, 0];
    const records: SrvRecord[] = weights.map((weight, at) => ({
      name: `host-${at}`,
      port: 1,
      priority: 1,
      weight,
    }));
    const steps = 1000;
    const first = new Map<string, number>();
    for (let step = 0; step < steps; step += 1) {
      const [winner] = orderServices(records, () => (step + 0.5) / steps);
      first.set(winner?.name ?? '', (first.get(winner?.name ?? '') ?? 0) + 1);
    }
    expect([...first].sort()).toEqual([
      ['host-0', 100],
      ['host-1', 200],
      ['host-2', 700],
    ]);
  });

  it('leaves out what is not offered, and stops at eight', () => {
    const many = Array.from(
      { length: 20 },
      (_, at): SrvRecord => ({
        name: `h${at}`,
        port: 1,
        priority: at,
        weight: 0,
      }),
    );
    expect(
      orderServices([{ name: '.', port: 0, priority: 0, weight: 0 }, ...many]).map(({ name }) => name),
    ).toEqual(['h0', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7']);
  });
});

describe('orderPointers', () => {
  const pointer = (service: string, order: number, preference: number, extra: Partial<NaptrRecord> = {}) => ({
    flags: 's',
    service,
    regexp: '',
    replacement: `${service}.example`,
    order,
    preference,
    ...extra,
  });

  it('goes by order, then preference, and keeps to protocols that may be used', () => {
    const records = [
      pointer('SIP+D2U', 20, 10),
      pointer('SIP+D2T', 10, 20),
      pointer('SIPS+D2T', 10, 10),
      pointer('sips+d2w', 5, 5),
      pointer('SIP+D2S', 1, 1),
      pointer('E2U+sip', 1, 1),
    ];
    const of = (...protocols: Parameters<typeof orderPointers>[1]) =>
      orderPointers(records, protocols).map(({ protocol }) => protocol);
    expect(of('udp', 'tcp', 'tls', 'wss')).toEqual(['wss', 'tls', 'tcp', 'udp']);
    expect(of('udp', 'tcp')).toEqual(['tcp', 'udp']);
    expect(of('tls')).toEqual(['tls']);
  });

  it('leaves out records that lead to no SRV name', () => {
    const odd = [
      pointer('SIP+D2U', 1, 1, { flags: 'u' }),
      pointer('SIP+D2U', 1, 1, { regexp: '!x!y!' }),
      pointer('SIP+D2U', 1, 1, { replacement: '' }),
    ];
    expect(orderPointers(odd, ['udp'])).toEqual([]);
  });
});
