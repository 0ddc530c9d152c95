import { describe, expect, it } from 'vitest';
import { clearKeys } from '../../../src/config/index.ts';

type Config = Parameters<typeof clearKeys>[0];
type Trunk = Config['trunks'][number];

const config = (
  trunk: Partial<Trunk>,
  listen: readonly string[] = ['udp', 'tls'],
  engine = 'embedded',
): Config => {
  const trunks = [{ id: 'carrier', srtp: 'required', gateways: [], ...trunk }];
  return { sip: { engine, listen: listen.map((transport) => ({ transport })) }, trunks } as unknown as Config;
};
const gateway = (uri: string): Pick<Trunk, 'gateways'> => ({ gateways: [{ uri, weight: 1, priority: 1 }] });

describe('clearKeys', () => {
  it.each([
    ['TLS by parameter', config(gateway('sip:sbc.carrier.example;transport=tls'))],
    ['TLS by scheme', config(gateway('sips:sbc.carrier.example'))],
    ['calls in only, with a TLS listener', config({})],
    ['calls in only, through a drachtio-server', config({}, [], 'drachtio')],
    ['no SRTP', config({ ...gateway('sip:sbc.carrier.example'), srtp: 'off' }, ['udp'])],
  ])('says nothing of %s', (_, given) => {
    expect(clearKeys(given)).toEqual([]);
  });

  it.each([
    [
      'a gateway over UDP',
      config(gateway('sip:sbc.carrier.example')),
      /sip:sbc\.carrier\.example is not reached/,
    ],
    [
      'one gateway of two over TCP',
      config({
        gateways: [
          { uri: 'sips:a.example', weight: 1, priority: 1 },
          { uri: 'sip:b.example;transport=tcp', weight: 1, priority: 2 },
        ],
      }),
      /sip:b\.example/,
    ],
    [
      'a registrar over UDP',
      config({ register: { servers: ['sip:reg.example'] } as unknown as NonNullable<Trunk['register']> }),
      /sip:reg\.example/,
    ],
    [
      'no listener with TLS',
      config({ srtp: 'optional' }, ['udp', 'tcp']),
      /srtp is optional, and no entry of sip\.listen/,
    ],
  ])('warns of %s', (_, given, text) => {
    expect(clearKeys(given)).toEqual([
      { trunk: 'carrier', text: expect.stringMatching(text), mend: expect.stringContaining('srtp: off') },
    ]);
  });
});
