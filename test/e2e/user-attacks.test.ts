import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { commandOf } from '../support/command.ts';
import { addPhoneUser, type DeskPhone, openDeskPhone } from '../support/desk-phone.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import { type Header, need, type SipMessage, tagOf, token, writeSip } from '../support/sip-message.ts';
import type { PeerCall, SipPeer } from '../support/sip-peer.ts';
import { CARRIER, DID, LINE, openStage, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Users who ask for more than is theirs, and transfers that meet what else happens in a call. */

const DOMAIN = 'phones.example';
const HOMES = { alice: '127.0.0.21', bob: '127.0.0.22', carol: '127.0.0.23' } as const;
const NETWORK = '127.0.0.24';
const RINGS_ALICE = '+493023125051';
const CALLABLE = '+493023125900';
const MAX_CALLS = 2;

type Name = keyof typeof HOMES;

let stage: Stage;
const phones = {} as Record<Name, DeskPhone>;
const ended: (() => Promise<unknown>)[] = [];

const account = (user: string) => ({ user, domain: DOMAIN, password: 'staple' });

const gaugeOf = async (name: string): Promise<number | undefined> =>
  (await stage.gateway.metrics()).value(name);

beforeAll(async () => {
  stage = await openStage({
    registrar: { domains: [DOMAIN], algorithms: ['MD5'] },
    phone: { outbound: { maxCalls: MAX_CALLS } },
    websocket: true,
    extend: ({ second }) => ({
      lines: [{ id: 'alice', type: 'user', user: 'alice', ringTimeoutSeconds: 8 }],
      numbers: [{ number: RINGS_ALICE, source: 'summer-ads', lines: ['alice'] }],
      trunks: [
        { id: 'out', gateway: second.uri('trunk').replace('trunk@', ''), region: 'DE' },
        { id: 'network', sources: [NETWORK], region: 'DE' },
      ],
    }),
  });
  for (const name of ['alice', 'bob', 'carol'] as const) {
    await addPhoneUser(stage.gateway, account(name), ...(name === 'carol' ? ['--role', 'supervisor'] : []));
    phones[name] = await openDeskPhone(stage.gateway, account(name), HOMES[name]);
  }
});
afterEach(async () => {
  for (const end of ended.splice(0)) await end().catch(() => undefined);
  for (const { peer } of Object.values(phones))
    peer.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
  await until('no call is up', async () => (await gaugeOf('dialtrace_calls_active')) === 0);
});
afterAll(async () => {
  for (const phone of Object.values(phones)) await phone.close();
  await stage?.close();
});

const media = (address: string): Promise<RtpPeer> => stage.phone(address, { frequency: 500 });

/** The next call that reaches a peer. */
const next = (peer: SipPeer): Promise<PeerCall> => new Promise((resolve) => peer.onCall(resolve));

type Talk = {
  /** The carrier's end. */
  readonly outside: PeerCall;
  /** The user's end. */
  readonly inside: PeerCall;
};

/** A call from the carrier that a user has answered. */
const answered = async (): Promise<Talk> => {
  const { peer } = phones.alice;
  const arriving = next(peer);
  const outside = stage.dial({ did: RINGS_ALICE, media: await media(CARRIER) });
  const inside = await arriving;
  inside.accept(await media(HOMES.alice));
  await outside.final();
  await inside.acked();
  ended.push(() => outside.bye());
  return { outside, inside };
};

const place = async (name: Name, target: string, headers: readonly Header[] = []): Promise<PeerCall> => {
  const call = await phones[name].call(target, { media: await media(HOMES[name]), headers });
  ended.push(() => call.bye());
  return call;
};

const statusOf = async (call: PeerCall): Promise<number> => (await call.final()).status ?? 0;

const refer = (call: PeerCall, target: string): Promise<SipMessage> =>
  call.request('REFER', {
    headers: [['Refer-To', `<${target.includes(':') ? target : `sip:${target}@${DOMAIN}`}>`]],
  });

/** A dialog as the phone that has it would name it in Replaces: its peer's tag first. */
const nameOf = (
  call: PeerCall,
  { to, from }: { readonly to?: string; readonly from?: string } = {},
): string => {
  const theirs = tagOf(need(call.invite, 'from')) ?? '';
  const mine = tagOf(ownTo(call)) ?? '';
  return `${call.callId};to-tag=${to ?? theirs};from-tag=${from ?? mine}`;
};

/** To of the ACK that came has the tag that we gave. */
const ownTo = (call: PeerCall): string => {
  const ack = call.requests.find(({ message }) => message.method === 'ACK');
  if (!ack) throw new Error('no ACK');
  return need(ack.message, 'to');
};

const replacing = (value: string): readonly Header[] => [['Replaces', value]];

const callIdOf = async (outside: PeerCall): Promise<string> =>
  need(await outside.final(), 'x-dialtrace-call');

describe('the place of a dialog', () => {
  test('is given to its own user alone, by its right name, while it lives', async () => {
    const { outside, inside } = await answered();
    const name = nameOf(inside);
    expect(await statusOf(await place('bob', 'resume', replacing(name)))).toBe(481);
    expect(await statusOf(await place('alice', 'resume', replacing(nameOf(inside, { to: 'x' }))))).toBe(481);
    expect(await statusOf(await place('alice', 'resume', replacing(nameOf(inside, { from: 'x' }))))).toBe(
      481,
    );
    expect(await statusOf(await place('alice', 'resume', replacing('nonsense')))).toBe(404);
    const back = await place('alice', 'resume', replacing(name));
    expect(await statusOf(back)).toBe(200);
    await inside.ended();
    expect(await statusOf(await place('alice', 'resume', replacing(name)))).toBe(481);
    await outside.bye();
    await back.ended();
    expect(await statusOf(await place('alice', 'resume', replacing(nameOf(inside))))).toBe(481);
  });

  test('is given once to two who come at once', async () => {
    const { outside, inside } = await answered();
    const both = await Promise.all([1, 2].map(() => place('alice', 'resume', replacing(nameOf(inside)))));
    const statuses = await Promise.all(both.map(statusOf));
    expect(statuses).toContain(200);
    await inside.ended();
    await outside.bye();
    await Promise.all(both.filter((_, index) => statuses[index] === 200).map((call) => call.ended()));
  });
});

describe('a transfer', () => {
  test.each([
    ['an emergency number', '112', 403],
    ['one of them as it is written abroad', '0112', 403],
    ['another country', '+12025550123', 403],
    ['a premium-rate number', '09001234567', 403],
    ['a number that nobody has', '11833', 403],
    ['nobody', 'nobody', 404],
    ['its own user', 'alice', 486],
    ['what is no URI', 'http://example.com/', 400],
  ])('to %s is refused, and the call goes on', async (_what, target, status) => {
    const { outside, inside } = await answered();
    expect((await refer(inside, target)).status).toBe(status);
    expect((await inside.reinvite()).status).toBe(200);
    expect(outside.requests.filter(({ message }) => message.method === 'BYE')).toEqual([]);
  });

  test('is for users alone', async () => {
    const { outside } = await answered();
    expect((await refer(outside, 'bob')).status).toBe(403);
  });

  test('is one at a time', async () => {
    const { outside, inside } = await answered();
    const ringing = next(stage.first);
    const both = await Promise.all([refer(inside, 'first'), refer(inside, 'second')]);
    expect(both.map(({ status }) => status).sort()).toEqual([202, 491]);
    const line = await ringing;
    line.accept(await media(LINE));
    await inside.ended();
    expect((await line.reinvite()).status).toBe(200);
    await outside.bye();
    await line.ended();
  });

  test('goes on when who asked for it comes back over another connection: both of its dialogs end', async () => {
    const { outside, inside } = await answered();
    const ringing = next(stage.first);
    expect((await refer(inside, 'first')).status).toBe(202);
    const line = await ringing;
    line.respond(180, 'Ringing');
    const back = await place('alice', 'resume', replacing(nameOf(inside)));
    expect(await statusOf(back)).toBe(200);
    await inside.ended();
    line.accept(await media(LINE));
    await back.ended();
    await outside.bye();
    await line.ended();
  });

  test('goes on when who asked for it hangs up, also after coming back', async () => {
    const { outside, inside } = await answered();
    const ringing = next(stage.first);
    await refer(inside, 'first');
    const line = await ringing;
    line.respond(180, 'Ringing');
    const back = await place('alice', 'resume', replacing(nameOf(inside)));
    await back.final();
    await back.bye();
    await sleep(100);
    line.accept(await media(LINE));
    await line.acked();
    expect((await outside.reinvite()).status).toBe(200);
    await line.bye();
    await outside.ended();
  });

  test('stops with the call', async () => {
    const { outside, inside } = await answered();
    const ringing = next(stage.first);
    await refer(inside, 'first');
    const line = await ringing;
    line.respond(180, 'Ringing');
    await outside.bye();
    expect((await line.ended()).message.method).toBe('CANCEL');
    await inside.ended();
  });

  test('leaves nobody behind when the caller hangs up as the line answers', async () => {
    for (const wait of [0, 1, 3, 8]) {
      const { outside, inside } = await answered();
      const ringing = next(stage.first);
      await refer(inside, 'first');
      const line = await ringing;
      const bye = outside.bye();
      if (wait > 0) await sleep(wait);
      line.accept(await media(LINE));
      await bye;
      await line.ended();
      await inside.ended();
    }
  });

  test('that fails gives back a caller who was on hold', async () => {
    const { outside, inside } = await answered();
    const mine = inside.media;
    expect((await inside.reinvite({ sdp: mine?.sdp({ direction: 'sendonly' }) ?? '' })).status).toBe(200);
    const ringing = next(stage.first);
    await refer(inside, 'first');
    (await ringing).respond(486, 'Busy Here');
    await until('the failure is told', () =>
      inside.requests.some(({ message }) => message.method === 'NOTIFY' && message.body.includes('486')),
    );
    const near = outside.media;
    const before = near?.packets.length ?? 0;
    await until('music', () => (near?.packets.length ?? 0) > before + 20);
    expect((await inside.reinvite()).status).toBe(200);
  });

  test('of two calls at once, asked for from both sides, joins them once', async () => {
    const { outside, inside } = await answered();
    const ringing = next(stage.first);
    const consult = await place('alice', 'first');
    const line = await ringing;
    line.accept(await media(LINE));
    const { status } = await consult.final();
    expect(status).toBe(200);
    await line.acked();
    const consultation = await consult.final();
    const named = encodeURIComponent(
      `${consult.callId};to-tag=${tagOf(need(consultation, 'to'))};from-tag=${tagOf(need(consult.invite, 'from'))}`,
    );
    const answers = await Promise.all([
      refer(inside, `sip:first@${DOMAIN}?Replaces=${named}`),
      refer(consult, `sip:x@${DOMAIN}?Replaces=${encodeURIComponent(nameOf(inside))}`),
    ]);
    // One joins them; the other meets a transfer under way, or comes when its dialog is gone already.
    const [taken, refused] = answers.map((answer) => answer.status ?? 0).sort();
    expect(taken).toBe(202);
    expect([481, 491]).toContain(refused);
    await Promise.all([inside.ended(), consult.ended()]);
    expect((await line.reinvite()).status).toBe(200);
    await outside.bye();
    await line.ended();
  });
});

describe('calls at once', () => {
  test('are limited, those too that were handed to somebody outside', async () => {
    const accept = async (call: PeerCall): Promise<void> => call.accept(await media(LINE));
    stage.second.onCall((call) => void accept(call));
    const calls = [await place('bob', CALLABLE), await place('bob', CALLABLE)];
    expect(await Promise.all(calls.map(statusOf))).toEqual([200, 200]);
    expect(await statusOf(await place('bob', CALLABLE))).toBe(503);
    await calls[0]?.bye();
    await until('there is room', async () => (await statusOf(await place('bob', CALLABLE))) === 200);

    const { inside } = await answered();
    const own = [await place('alice', CALLABLE), await place('alice', CALLABLE)];
    await Promise.all(own.map(statusOf));
    expect((await refer(inside, CALLABLE)).status).toBe(503);
    stage.second.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
  });

  test('are all counted when they come at once', async () => {
    stage.first.onCall((call) => call.respond(180, 'Ringing'));
    const calls = await Promise.all([1, 2, 3, 4, 5, 6].map(() => place('bob', 'first')));
    const statusesOf = (wanted: number): readonly PeerCall[] =>
      calls.filter(({ responses }) => responses.some(({ message }) => message.status === wanted));
    await until('two ring', () => statusesOf(180).length === MAX_CALLS);
    await until('the others are refused', () => statusesOf(503).length === 6 - MAX_CALLS);
    await Promise.all(statusesOf(180).map((call) => call.cancel()));
  });
});

describe('a supervisor', () => {
  test('is let into a call that is up, once, and not into an own one', async () => {
    const { outside } = await answered();
    const id = await callIdOf(outside);
    const listen = (who: Name, call = id) =>
      place(who, 'supervise', [['X-Dialtrace-Supervise', `${call};mode=listen`]]);
    expect(await statusOf(await listen('bob'))).toBe(403);
    const both = await Promise.all([listen('carol'), listen('carol')]);
    const statuses = await Promise.all(both.map(statusOf));
    expect(statuses).toContain(200);
    expect(await statusOf(await listen('carol'))).toBe(486);
    expect(await statusOf(await listen('carol', '0'.repeat(26)))).toBe(404);
    expect(
      await statusOf(
        await place('carol', 'supervise', [['X-Dialtrace-Supervise', `${id};mode=listen\u0001`]]),
      ),
    ).toBeGreaterThanOrEqual(400);
    await outside.bye();
    await Promise.all(both.filter((_, index) => statuses[index] === 200).map((call) => call.ended()));
    expect(await statusOf(await listen('carol'))).toBe(404);
  });
});

describe('a page', () => {
  test('in the network of a trunk is not taken for the trunk', async () => {
    const { ws } = stage.gateway;
    if (!ws) throw new Error('no WebSocket listener');
    const socket = new WebSocket(`ws://${ws.address}:${ws.port}`, ['sip'], { localAddress: NETWORK });
    const received: string[] = [];
    socket.on('message', (data) => received.push(String(data)));
    await new Promise((resolve) => socket.once('open', resolve));
    const called: PeerCall[] = [];
    stage.first.onCall((call) => called.push(call));
    const first = DID.first;
    socket.send(
      writeSip(
        `INVITE sip:${first}@${DOMAIN} SIP/2.0`,
        [
          ['Via', `SIP/2.0/WS x.invalid;branch=z9hG4bK${token()}`],
          ['Max-Forwards', '70'],
          ['From', `<sip:+493023125900@x.invalid>;tag=${token()}`],
          ['To', `<sip:${first}@${DOMAIN}>`],
          ['Call-ID', token()],
          ['CSeq', '1 INVITE'],
          ['Contact', '<sip:x@x.invalid;transport=ws>'],
        ],
        (await media(CARRIER)).sdp(),
      ),
    );
    await sleep(500);
    expect(called).toEqual([]);
    expect(received.filter((text) => /^SIP\/2\.0 (?:18|2)/.test(text))).toEqual([]);
    socket.terminate();
  });
});

test('phones that answer as the caller gives up are all hung up on', async () => {
  const other = await openDeskPhone(stage.gateway, account('alice'), '127.0.0.25');
  try {
    for (const wait of [0, 2, 6]) {
      const rung = Promise.all([next(phones.alice.peer), next(other.peer)]);
      const outside = stage.dial({ did: RINGS_ALICE, media: await media(CARRIER) });
      const calls = await rung;
      for (const call of calls) call.respond(180, 'Ringing');
      const ends = [await media(HOMES.alice), await media('127.0.0.25')];
      await outside.ringing();
      const given = outside.cancel();
      await sleep(wait);
      for (const [index, call] of calls.entries()) {
        const end = ends[index];
        if (end) call.accept(end);
      }
      await given;
      if ((await statusOf(outside)) === 200) await outside.bye();
      await Promise.all(calls.map((call) => call.ended()));
    }
  } finally {
    await other.close();
  }
});

test('a user who is disabled in a call hands it to nobody', async () => {
  const { inside } = await answered();
  expect((await commandOf(stage.gateway)('user', 'set', 'alice', '--enabled', 'no')).code).toBe(0);
  expect((await refer(inside, 'bob')).status).toBe(403);
}, 30_000);

test('nothing of all that is left', async () => {
  for (const name of ['dialtrace_media_legs', 'dialtrace_media_sessions', 'dialtrace_sip_dialogs'])
    await until(`${name} is back to nothing`, async () => (await gaugeOf(name)) === 0);
});
