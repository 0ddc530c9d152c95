import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Header, hostPort, need, userOf } from '../support/sip-message.ts';
import { openSipPeer, type SipPeer } from '../support/sip-peer.ts';
import { BLOCKED, CALLER, CARRIER, DID, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';

/** Who calls, what was dialled and through which trunk; and that a caller's number stays sealed. */

const IMS = '127.0.0.4';
const DIVERTING = '127.0.0.5';
const BY_PORT = '127.0.0.6';

let stage: Stage;
let byPort: SipPeer;
let six: SipPeer;
const peers: SipPeer[] = [];

beforeAll(async () => {
  [byPort, six] = await Promise.all([openSipPeer({ address: BY_PORT }), openSipPeer({ address: '::1' })]);
  stage = await openStage({
    ipv6: true,
    trunks: [
      { id: 'carrier', sources: [CARRIER], region: 'DE' },
      { id: 'ims', sources: [IMS], region: 'DE', didFrom: ['p-called-party-id', 'request-uri'] },
      { id: 'diverting', sources: [DIVERTING], region: 'DE', didFrom: ['diversion', 'to'] },
      { id: 'by-port', sources: [hostPort(byPort)], region: 'DE' },
      { id: 'six', sources: [hostPort(six)], region: 'DE' },
    ],
    log: { level: 'trace' },
  });
});
afterAll(async () => {
  await Promise.all([byPort?.close(), six?.close()]);
  await stage?.close();
});
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

const peerAt = async (address: string, transport: 'udp' | 'tcp' = 'udp'): Promise<SipPeer> => {
  const peer = await openSipPeer({ address, transport, user: 'carrier' });
  peers.push(peer);
  return peer;
};

describe('the dialled number', () => {
  const gateway = (): string => hostPort(stage.gateway.sip);

  test.each([
    ['in E.164', DID.first],
    ['in national form', '03023125001'],
    ['with the international prefix', '00493023125001'],
    ['with parameters and marks', '+49-30-23125001;phone-context=+49'],
  ])('in the Request-URI, %s', async (_, user) => {
    const row = await stage.finish(await stage.answered({ uri: `sip:${user}@${gateway()}`, did: 'x' }), {
      talkMs: 50,
    });
    expect(row.call).toMatchObject({ status: 'answered', did: DID.first, did_header: 'request-uri' });
  });

  test('in To, when the Request-URI holds none', async () => {
    const row = await stage.finish(
      await stage.answered({
        did: 'x',
        uri: `sip:trunk@${gateway()}`,
        toHeader: `<sip:${DID.first}@carrier.example>`,
      }),
      { talkMs: 50 },
    );
    expect(row.call).toMatchObject({ did: DID.first, did_header: 'to' });
  });

  test.each([
    [
      'P-Called-Party-ID',
      IMS,
      'ims',
      'p-called-party-id',
      [['P-Called-Party-ID', `<sip:${DID.first}@ims.example;user=phone>`]],
    ],
    [
      'Diversion',
      DIVERTING,
      'diverting',
      'diversion',
      [['Diversion', `<sip:${DID.first}@pbx.example>;reason=unconditional`]],
    ],
    [
      'a tel URI in P-Called-Party-ID',
      IMS,
      'ims',
      'p-called-party-id',
      [['P-Called-Party-ID', `<tel:${DID.first}>`]],
    ],
  ] as const)('in %s', async (_, address, trunk, place, headers) => {
    const row = await stage.finish(
      await stage.answered({ through: await peerAt(address), did: DID.unknown, headers }),
      { talkMs: 50 },
    );
    expect(row.call).toMatchObject({
      did: DID.first,
      did_header: place,
      trunk_id: trunk,
      status: 'answered',
    });
  });
});

describe('the caller', () => {
  const reveal = async (options: { readonly from?: string; readonly headers?: readonly Header[] }) => {
    const answered = await stage.answered(options);
    return { row: await stage.finish(answered, { talkMs: 50 }), invite: answered.line.invite };
  };

  test.each([
    ['an anonymous From', { from: '"Anonymous" <sip:anonymous@anonymous.invalid>' }],
    [
      'Privacy: id beside an asserted number',
      {
        from: '"Anonymous" <sip:anonymous@anonymous.invalid>',
        headers: [
          ['P-Asserted-Identity', `<sip:${CALLER}@carrier.example>`],
          ['Privacy', 'id'],
        ] as const,
      },
    ],
    [
      'Privacy: id with a number in From',
      { from: `<sip:${CALLER}@carrier.example>`, headers: [['Privacy', 'id']] as const },
    ],
  ])('is anonymous with %s, for the line and in the record', async (_, options) => {
    const { row, invite } = await reveal(options);
    expect(row.call).toMatchObject({
      status: 'answered',
      anonymous: 1,
      caller_encrypted: null,
      caller_hmac: null,
      caller_masked: null,
      first_call: null,
    });
    expect(userOf(need(invite, 'from'))).toBe('anonymous');
    const wire = invite.headers.map(([name, value]) => `${name}: ${value}`).join('\n');
    expect(wire).not.toContain(CALLER.slice(4));
  });

  test('is the one that P-Asserted-Identity names, over From', async () => {
    const { row, invite } = await reveal({
      from: '<sip:switchboard@carrier.example>',
      headers: [['P-Asserted-Identity', `<sip:${CALLER}@carrier.example>`]],
    });
    expect(userOf(need(invite, 'from'))).toBe(CALLER);
    expect(row.call).toMatchObject({ anonymous: 0, caller_region: 'DE' });
    const plain = (await reveal({ from: `<sip:${CALLER}@carrier.example>` })).row;
    expect(row.call.caller_hmac).toBe(plain.call.caller_hmac);
  });

  test('is the same in national and in international form', async () => {
    const national = await reveal({ from: '<sip:03023125900@carrier.example>' });
    const international = await reveal({ from: `<sip:${CALLER}@carrier.example>` });
    expect(national.row.call.caller_hmac).toBe(international.row.call.caller_hmac);
    expect(userOf(need(national.invite, 'from'))).toBe(CALLER);
  });

  test('is blocked however the number is written', async () => {
    for (const from of [
      `<sip:${BLOCKED}@x.example>`,
      '<sip:03023125999@x.example>',
      '<sip:00493023125999@x.example>',
    ]) {
      const call = stage.dial({ did: DID.first, from, media: await stage.phone(CARRIER) });
      expect(statusOf(await call.final())).toBe(603);
    }
  });
});

describe('trunks', () => {
  test('over TCP', async () => {
    const answered = await stage.answered({ through: await peerAt(CARRIER, 'tcp') });
    const row = await stage.finish(answered, { talkMs: 300 });
    expect(row.call).toMatchObject({ status: 'answered', trunk_id: 'carrier' });
    expect(row.legs[0]?.peer).toMatch(/^tcp\/127\.0\.0\.2:/);
  });

  test('over IPv6', async () => {
    if (!stage.gateway.sip6) throw new Error('the gateway does not listen on IPv6');
    const answered = await stage.answered({ through: six, to: stage.gateway.sip6 });
    const row = await stage.finish(answered, { talkMs: 300 });
    expect(row.call).toMatchObject({ status: 'answered', trunk_id: 'six' });
    expect(row.legs[0]?.peer).toBe(`udp/[::1]:${six.port}`);
  });

  test('by address and port: the port next door is a stranger', async () => {
    const row = await stage.finish(await stage.answered({ through: byPort }), { talkMs: 50 });
    expect(row.call.trunk_id).toBe('by-port');
    const neighbour = await peerAt(BY_PORT);
    neighbour.invite({ to: stage.gateway.sip, did: DID.first });
    await sleep(1200);
    expect(neighbour.received).toEqual([]);
  });

  test('OPTIONS from a trunk is answered', async () => {
    expect(statusOf(await stage.carrier.request('OPTIONS', stage.gateway.sip))).toBe(200);
  });
});

/** Spellings under which a number would be found. */
const spellings = (number: string): Buffer[] => {
  const digits = number.replace('+', '');
  const national = digits.replace(/^49/, '');
  return [
    national,
    Buffer.from(national).toString('hex'),
    Buffer.from(digits).toString('base64').replace(/=+$/, ''),
  ].map((text) => Buffer.from(text));
};

const filesUnder = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("no caller's number stands in clear in the database, its log files, the recordings or the log", async () => {
  const secret = '+493023125838';
  const odd = 'seller-4711-x';
  const callers = [
    { from: `"Num ${secret}" <sip:${secret}@carrier.example>` },
    {
      from: `<sip:${secret}@carrier.example>`,
      headers: [['P-Asserted-Identity', `<tel:${secret}>`]] as const,
    },
    { from: `<sip:${odd}@carrier.example>` },
  ];
  for (const caller of callers) {
    const row = await stage.finish(await stage.answered(caller), { talkMs: 100 });
    expect(row.call.caller_encrypted).toBeInstanceOf(Buffer);
    expect(row.call.caller_masked).not.toBeNull();
  }
  const refused = stage.dial({ did: DID.unknown, from: `<sip:${secret}@carrier.example>` });
  await refused.final();
  await stage.record(refused);
  await stage.gateway.stop();
  const places = [
    ...filesUnder(join(stage.gateway.directory, 'data')).map((path) => [path, readFileSync(path)] as const),
    ['the log', Buffer.from(stage.gateway.log())] as const,
  ];
  expect(places.some(([path]) => path.endsWith('.db'))).toBe(true);
  for (const [place, bytes] of places) {
    for (const spelling of [...spellings(secret), Buffer.from(odd)]) {
      expect(bytes.includes(spelling), `${spelling} in ${place}`).toBe(false);
    }
  }
}, 60_000);
