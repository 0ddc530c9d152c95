import { describe, expect, it } from 'vitest';
import { parseUri, type SipUri } from '../../../../src/sip-engine/message/index.ts';
import {
  createNextHopResolver,
  literalNextHop,
  type NameSource,
  orderServices,
  type ServiceRecord,
} from '../../../../src/sip-engine/locate/resolve.ts';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

const names = (hosts: Record<string, string[]>, services: Record<string, ServiceRecord[]> = {}) => {
  const asked: string[] = [];
  const find = async <T>(table: Record<string, T[]>, name: string): Promise<T[]> => {
    asked.push(name);
    const found = table[name];
    if (!found) throw new Error('ENOTFOUND');
    return found;
  };
  const source: NameSource = {
    addresses: (host) => find(hosts, host),
    services: (name) => find(services, name),
  };
  return { source, asked };
};

const show = async (source: NameSource, text: string): Promise<string[]> =>
  (await createNextHopResolver(source, 200).resolve(uri(text))).map(
    (end) => `${end.protocol} ${end.address} ${end.port}`,
  );

describe('literalNextHop', () => {
  it.each([
    ['sip:a@192.0.2.1', 'udp', '192.0.2.1', 5060],
    ['sip:a@192.0.2.1:5070;transport=TCP', 'tcp', '192.0.2.1', 5070],
    ['sip:a@[2001:db8::1]', 'udp', '2001:db8::1', 5060],
    ['sip:a@example.com;maddr=192.0.2.9', 'udp', '192.0.2.9', 5060],
  ])('%s', (text, protocol, address, port) => {
    expect(literalNextHop(uri(text))).toEqual([{ protocol, address, port }]);
  });

  it('has nothing for transports that are not ours, and waits for names', () => {
    expect(literalNextHop(uri('sips:a@192.0.2.1'))).toEqual([]);
    expect(literalNextHop(uri('sip:a@192.0.2.1;transport=ws'))).toEqual([]);
    expect(literalNextHop(uri('tel:+123'))).toEqual([]);
    expect(literalNextHop(uri('sip:a@example.com'))).toBeUndefined();
    expect(literalNextHop(uri('sip:a@192.0.2.1'), 'tcp')).toMatchObject([{ protocol: 'tcp' }]);
  });
});

describe('createNextHopResolver', () => {
  const record = (name: string, priority: number, port = 5080): ServiceRecord => ({
    name,
    port,
    priority,
    weight: 1,
  });

  it('asks for addresses only where a port is given', async () => {
    const { source, asked } = names({ 'pbx.example': ['192.0.2.1', '2001:db8::1'] });
    expect(await show(source, 'sip:a@PBX.example:5070')).toEqual([
      'udp 192.0.2.1 5070',
      'udp 2001:db8::1 5070',
    ]);
    expect(asked).toEqual(['pbx.example']);
  });

  it('takes SRV records in order, UDP before TCP', async () => {
    const { source } = names(
      { 'a.example': ['192.0.2.1'], 'b.example': ['192.0.2.2'] },
      {
        '_sip._udp.example': [record('b.example', 20), record('a.example', 10)],
        '_sip._tcp.example': [record('a.example', 1, 5090)],
      },
    );
    expect(await show(source, 'sip:a@example')).toEqual([
      'udp 192.0.2.1 5080',
      'udp 192.0.2.2 5080',
      'tcp 192.0.2.1 5090',
    ]);
    expect(await show(source, 'sip:a@example;transport=tcp')).toEqual(['tcp 192.0.2.1 5090']);
  });

  it('falls back on addresses, and on nothing', async () => {
    const { source } = names({ example: ['192.0.2.3'] });
    expect(await show(source, 'sip:a@example')).toEqual(['udp 192.0.2.3 5060']);
    expect(await show(source, 'sip:a@nowhere.example')).toEqual([]);
  });

  it('asks once for many, and remembers', async () => {
    const { source, asked } = names({ 'pbx.example': ['192.0.2.1'] });
    const resolver = createNextHopResolver(source);
    await Promise.all(Array.from({ length: 20 }, () => resolver.resolve(uri('sip:a@pbx.example:1'))));
    expect(await resolver.resolve(uri('sip:b@pbx.example:2'))).toHaveLength(1);
    expect(asked).toEqual(['pbx.example']);
  });

  it('gives up on a silent name service', async () => {
    const silent: NameSource = {
      addresses: () => new Promise(() => {}),
      services: () => new Promise(() => {}),
    };
    expect(await createNextHopResolver(silent, 20).resolve(uri('sip:a@example'))).toEqual([]);
  });
});

describe('orderServices', () => {
  it('draws among equals by weight', () => {
    const records = [
      { name: 'light', port: 1, priority: 1, weight: 1 },
      { name: 'heavy', port: 1, priority: 1, weight: 9 },
      { name: 'first', port: 1, priority: 0, weight: 0 },
      { name: '.', port: 1, priority: 0, weight: 0 },
    ];
    const order = (random: number): string[] => orderServices(records, () => random).map(({ name }) => name);
    expect(order(0.05)).toEqual(['first', 'light', 'heavy']);
    expect(order(0.5)).toEqual(['first', 'heavy', 'light']);
  });
});
