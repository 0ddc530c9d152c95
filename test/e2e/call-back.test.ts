import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CallBackTable, WebCallTable } from '../../src/store/button-schema.ts';
import { hearsOf, tonesIn } from '../support/hearing.ts';
import type { CallRow } from '../support/records.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import { header, hostPort } from '../support/sip-message.ts';
import { openSipPeer, type PeerCall, type SipPeer } from '../support/sip-peer.ts';
import { CARRIER, DID, LINE, openStage, SOURCE, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Call backs: the business first, then the visitor; in order, once, and what is kept of it. */

const ORIGIN = 'https://www.example.com';
/** Hz: of the visitor, of whoever answers for the business. */
const VISITOR_TONE = 400;
const LINE_TONE = 700;
const ANY_TIME = { hours: '00:00-24:00' } as const;
const QUICK = { ...ANY_TIME, retryMinutes: 1, tries: 2 } as const;

let stage: Stage;
/** The telephone network that visitors are called through. */
let network: SipPeer;

beforeAll(async () => {
  network = await openSipPeer({ address: CARRIER, user: 'network' });
  stage = await openStage({
    phone: { outbound: { trunk: 'network', regions: ['DE'] } },
    buttons: { proofOfWork: { score: 100 }, limits: { callbacksPerDay: 2, callbacksPerAddress: 1000 } },
    extend: () => ({
      trunks: [
        {
          id: 'network',
          region: 'DE',
          gateways: [{ uri: `sip:${hostPort(network)}` }],
          health: { optionsSeconds: 0 },
        },
        // Nothing is there.
        {
          id: 'dead',
          region: 'DE',
          gateways: [{ uri: `sip:${CARRIER}:9` }],
          health: { optionsSeconds: 5, downAfter: 1 },
        },
      ],
      lines: [
        { id: 'mobile', type: 'trunk', number: '+493023125777', trunk: 'network', ringTimeoutSeconds: 10 },
      ],
      groups: [{ id: 'team', members: [{ line: 'first' }, { line: 'second' }], strategy: 'simultaneous' }],
      flows: [
        {
          id: 'menu',
          start: 'hello',
          steps: {
            hello: { do: 'play', play: 'please-wait', next: 'ask' },
            ask: { do: 'menu', play: 'extension-code', keys: { 1: 'other' }, tries: 1, otherwise: 'ring' },
            ring: { do: 'queue', group: 'team' },
            other: { do: 'hangup' },
          },
        },
      ],
      sites: [{ id: 'main', hosts: ['www.example.com'], targets: [{ number: DID.first }] }],
      buttons: [
        {
          id: 'sales',
          site: 'main',
          number: DID.first,
          source: SOURCE.id,
          lines: ['first-brief', 'second'],
          intents: [{ id: 'service', text: 'Service', lines: ['second'] }],
          callback: QUICK,
        },
        { id: 'flowing', site: 'main', number: DID.first, flow: 'menu', callback: QUICK },
        {
          id: 'cut',
          site: 'main',
          number: DID.first,
          lines: ['first'],
          callback: { ...QUICK, trunk: 'dead' },
        },
        { id: 'away', site: 'main', number: DID.first, lines: ['mobile'], callback: QUICK },
        {
          id: 'unrecorded',
          site: 'main',
          number: DID.second,
          lines: ['first'],
          record: false,
          callback: QUICK,
        },
      ],
    }),
  });
});
afterAll(async () => {
  await stage?.close();
  await network?.close();
});
beforeEach(() => {
  for (const line of [stage.first, stage.second, network])
    line.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
});

let numbers = 0;
/** Of the block that is kept for fiction; another one for each test. */
const newNumber = (): string => {
  numbers += 1;
  return `+4930231253${String(numbers).padStart(2, '0')}`;
};

type Asked = { readonly id: string; readonly state: 'now' | 'later'; readonly dueAt: number };

const ask = async (
  number: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly status: number; readonly body: Asked & { readonly code?: string } }> => {
  const response = await fetch(`http://${hostPort(stage.gateway.http)}/v1/button/callback`, {
    method: 'POST',
    headers: { origin: ORIGIN, 'content-type': 'text/plain' },
    body: JSON.stringify({
      site: 'main',
      button: 'sales',
      press: randomBytes(16).toString('base64url'),
      viewer: `e-${randomBytes(16).toString('base64url')}`,
      page: `${ORIGIN}/offer`,
      lang: 'en',
      number,
      consent: true,
      ...more,
    }),
  });
  return { status: response.status, body: (await response.json()) as Asked };
};

const row = (id: string): CallBackTable | undefined =>
  stage.gateway.records.query<CallBackTable>('SELECT * FROM call_back WHERE id = ?', id)[0];

const settled = (id: string): Promise<CallBackTable> =>
  until(`call back ${id} is settled`, () => {
    const found = row(id);
    return found && found.state !== 'waiting' && found.state !== 'calling' ? found : undefined;
  });

/** It waits again, after an attempt. */
const putOff = (id: string): Promise<CallBackTable> =>
  until(`call back ${id} waits again`, () => {
    const found = row(id);
    return found?.state === 'waiting' && found.reason !== null ? found : undefined;
  });

const recordOf = (callId: string | null): Promise<CallRow> =>
  until(`the record of ${callId}`, () =>
    stage.gateway.records.calls().find(({ call }) => call.id === callId && call.ended_at !== null),
  );

const phone = (address: string, frequency: number): Promise<RtpPeer> =>
  stage.phone(address, { frequency, telephoneEvent: 101 });

const userOf = (call: PeerCall): string | undefined => /sip:([^@]*)@/.exec(call.invite.startLine)?.[1];
const fromOf = (call: PeerCall): string | undefined =>
  /sip:([^@]*)@/.exec(header(call.invite, 'from') ?? '')?.[1];

const types = ({ events }: CallRow): readonly string[] => events.map(({ type }) => type);

type Talking = {
  readonly asked: Asked;
  readonly number: string;
  readonly line: PeerCall;
  readonly visitor: PeerCall;
  readonly ear: RtpPeer;
  readonly phoneOfVisitor: RtpPeer;
};

/** Somebody asks, the second line answers, then the visitor. */
const talking = async (more: Readonly<Record<string, unknown>> = {}): Promise<Talking> => {
  const number = newNumber();
  const arriving = stage.nextCall(stage.second);
  const called = stage.nextCall(network);
  const { body: asked } = await ask(number, { intent: 'service', ...more });
  const line = await arriving;
  const ear = await phone(LINE, LINE_TONE);
  line.respond(180, 'Ringing');
  line.accept(ear);
  const visitor = await called;
  visitor.respond(180, 'Ringing');
  const phoneOfVisitor = await phone(CARRIER, VISITOR_TONE);
  visitor.accept(phoneOfVisitor);
  await visitor.acked();
  return { asked, number, line, visitor, ear, phoneOfVisitor };
};

describe('a call back', () => {
  test('rings the business first, then the visitor, and both talk: recorded, with its source', async () => {
    const number = newNumber();
    const arriving = [stage.nextCall(stage.first), stage.nextCall(stage.second)] as const;
    const called = stage.nextCall(network);
    let visitorCalled = false;
    void called.then(() => {
      visitorCalled = true;
    });
    const { status, body: asked } = await ask(number);
    expect([status, asked.state]).toEqual([200, 'now']);

    // The first line does not pick up; the second one does.
    const one = await arriving[0];
    one.respond(180, 'Ringing');
    expect((await one.ended()).message.method).toBe('CANCEL');
    const line = await arriving[1];
    expect(fromOf(line)).toBe(number);
    const ear = await phone(LINE, LINE_TONE);
    line.respond(180, 'Ringing');
    await sleep(200);
    expect(visitorCalled).toBe(false);
    line.accept(ear);
    await line.acked();
    // Words are heard before the visitor is called.
    await until('the whisper', () => ear.packets.length > 25);
    expect(visitorCalled).toBe(false);

    const visitor = await called;
    expect([userOf(visitor), fromOf(visitor)]).toEqual([number, DID.first]);
    expect(row(asked.id)).toMatchObject({ state: 'calling', tries: 1 });
    visitor.respond(180, 'Ringing');
    // Germany's ringback.
    await until('ringback', async () => (await hearsOf(ear, [425], 1000)).length > 0);
    const phoneOfVisitor = await phone(CARRIER, VISITOR_TONE);
    visitor.accept(phoneOfVisitor);
    await visitor.acked();
    await sleep(300);
    const heard = [VISITOR_TONE, LINE_TONE, 1000];
    const both = await Promise.all([hearsOf(ear, heard), hearsOf(phoneOfVisitor, heard)]);
    expect(both).toEqual([[VISITOR_TONE], [LINE_TONE]]);
    const live = (await (await fetch(`http://${hostPort(stage.gateway.http)}/healthz`)).json()) as object;
    expect(live).toMatchObject({ callsInProgress: 1 });
    await visitor.bye();
    expect((await line.ended()).message.method).toBe('BYE');

    const done = await settled(asked.id);
    expect(done).toMatchObject({ state: 'done', tries: 1, reason: null });
    const record = await recordOf(done.call_id);
    expect(record.call).toMatchObject({
      direction: 'inbound',
      status: 'answered',
      line_id: 'second',
      did: DID.first,
      source_id: SOURCE.id,
      caller_masked: `${number.slice(0, 4)}*******${number.slice(-2)}`,
      hangup_by: 'caller',
    });
    expect(record.legs.map(({ role, position, outcome }) => [role, position, outcome])).toEqual([
      ['A', 0, 'answered'],
      ['B', 1, 'no_answer'],
      ['B', 2, 'answered'],
    ]);
    expect(record.legs[0]).toMatchObject({ trunk_id: 'network', line_id: null });
    const order = types(record);
    const places = ['received', 'line-failed', 'business-answered', 'answered', 'ended'].map((type) =>
      order.indexOf(type),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    // The number stands nowhere in clear.
    const { events, legs } = record;
    expect(JSON.stringify([events, legs, done.reason])).not.toContain(number.slice(1));
    expect(stage.gateway.log()).not.toContain(number.slice(1));
    const [web] = stage.gateway.records.query<WebCallTable>(
      'SELECT * FROM web_call WHERE call_id = ?',
      record.call.id,
    );
    expect(web).toMatchObject({ kind: 'callback', button_id: 'sales', site_id: 'main', origin: null });
    const sides = stage.recording(record).channels.map((side) => tonesIn(side, heard));
    expect(sides).toEqual([[VISITOR_TONE], [LINE_TONE]]);
  });

  test('an intent has its own lines; keys of the line are obeyed, and whoever hangs up ends it', async () => {
    const { asked, line, ear, visitor } = await talking();
    await ear.press('*9');
    await sleep(500);
    await line.bye();
    expect((await visitor.ended()).message.method).toBe('BYE');
    const done = await settled(asked.id);
    const record = await recordOf(done.call_id);
    expect(record.call).toMatchObject({ status: 'answered', hangup_by: 'line' });
    expect(types(record)).toContain('recording-paused');
  });

  test('a flow rings whom it rings for a caller who presses nothing', async () => {
    const arriving = stage.nextCall(stage.second);
    const called = stage.nextCall(network);
    const { body: asked } = await ask(newNumber(), { button: 'flowing' });
    const line = await arriving;
    line.accept(await phone(LINE, LINE_TONE));
    const visitor = await called;
    visitor.accept(await phone(CARRIER, VISITOR_TONE));
    await visitor.acked();
    await sleep(300);
    await visitor.bye();
    const done = await settled(asked.id);
    const record = await recordOf(done.call_id);
    expect(record.call).toMatchObject({ status: 'answered', line_id: 'second', flow_id: 'menu' });
  });

  test('a telephone number of the business has to press 1: a mailbox gets no visitor', async () => {
    const called = stage.nextCall(network);
    const { body: asked } = await ask(newNumber(), { button: 'away' });
    const mobile = await called;
    // Nobody called from the visitor's number.
    expect([userOf(mobile), fromOf(mobile)]).toEqual(['+493023125777', DID.first]);
    const ear = await phone(CARRIER, LINE_TONE);
    mobile.accept(ear);
    await mobile.acked();
    const next = stage.nextCall(network);
    await sleep(500);
    await ear.press('1');
    const visitor = await next;
    visitor.respond(603, 'Decline');
    expect((await mobile.ended()).message.method).toBe('BYE');
    expect(await settled(asked.id)).toMatchObject({
      state: 'failed',
      tries: 1,
      reason: 'the visitor declined the call',
    });
  });
});

describe('who is not reached', () => {
  test('nobody of the business answers: the visitor is not called, and it is tried again later', async () => {
    let visitorCalled = false;
    network.onCall((call) => {
      visitorCalled = true;
      call.respond(486, 'Busy Here');
    });
    const { body: asked } = await ask(newNumber(), { intent: 'service' });
    const waiting = await putOff(asked.id);
    expect(waiting).toMatchObject({ tries: 0 });
    expect(waiting.reason).toContain('nobody of the business');
    expect(waiting.due_at - asked.dueAt).toBeGreaterThanOrEqual(60_000);
    expect(visitorCalled).toBe(false);
    const record = await recordOf(waiting.call_id);
    expect(record.call).toMatchObject({ status: 'no_answer', answered_at: null, hangup_by: 'line' });

    const url = `http://${hostPort(stage.gateway.http)}/v1/call-backs/${asked.id}/cancel`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(200);
    expect(row(asked.id)).toMatchObject({ state: 'cancelled' });
  });

  test('the trunk is down: nobody of the business is rung for it, and no try is used', async () => {
    await until('the trunk is down', () => stage.gateway.log().includes('a gateway is down'));
    let rung = false;
    stage.first.onCall((call) => {
      rung = true;
      call.respond(486, 'Busy Here');
    });
    const { body: asked } = await ask(newNumber(), { button: 'cut' });
    expect(await putOff(asked.id)).toMatchObject({ tries: 0, call_id: null, reason: 'trunk dead is down' });
    expect(rung).toBe(false);
  });

  test('the visitor is busy: the business hears so and is let go; a retry begins anew', async () => {
    const arriving = stage.nextCall(stage.second);
    const called = stage.nextCall(network);
    const number = newNumber();
    const { body: asked } = await ask(number, { intent: 'service' });
    const line = await arriving;
    const ear = await phone(LINE, LINE_TONE);
    line.accept(ear);
    const visitor = await called;
    const before = ear.packets.length;
    visitor.respond(486, 'Busy Here');
    expect((await line.ended()).message.method).toBe('BYE');
    // More than a second of words.
    expect(ear.packets.length - before).toBeGreaterThan(50);
    const waiting = await putOff(asked.id);
    expect(waiting).toMatchObject({ tries: 1, reason: 'the visitor was not reached: busy' });
    const record = await recordOf(waiting.call_id);
    expect(record.call).toMatchObject({ status: 'cancelled', hangup_by: 'caller', answered_at: null });
    expect(record.legs[0]).toMatchObject({ role: 'A', outcome: 'busy' });

    // One request at a time for a number, whoever asks.
    const again = await ask(number);
    expect([again.status, again.body.code]).toEqual([429, 'too-many']);

    const ringing = stage.nextCall(stage.second);
    const url = `http://${hostPort(stage.gateway.http)}/v1/call-backs/${asked.id}/retry`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(200);
    (await ringing).respond(486, 'Busy Here');
    expect(await putOff(asked.id)).toMatchObject({ tries: 0 });
  });

  test('the business hangs up while the visitor rings: the visitor is rung no longer', async () => {
    const arriving = stage.nextCall(stage.second);
    const called = stage.nextCall(network);
    const { body: asked } = await ask(newNumber(), { intent: 'service' });
    const line = await arriving;
    line.accept(await phone(LINE, LINE_TONE));
    const visitor = await called;
    visitor.respond(180, 'Ringing');
    await sleep(200);
    await line.bye();
    expect((await visitor.ended()).message.method).toBe('CANCEL');
    expect(await putOff(asked.id)).toMatchObject({ tries: 1 });
  });
});

describe('whom nobody calls', () => {
  test.each([
    ['an emergency number', '110', 403, 'emergency'],
    ['a number of ours', DID.first, 403, 'not-allowed'],
    ['a number of another country', '+12025550143', 403, 'not-allowed'],
    ['no number', '12', 403, 'emergency'],
    ['words', 'call me', 400, 'number'],
    ['a blocked number', '+493023125999', 403, 'blocked'],
  ])('%s', async (_, number, status, code) => {
    const { status: answered, body } = await ask(number);
    expect([answered, body.code]).toEqual([status, code]);
  });

  test('who has not agreed', async () => {
    const { status, body } = await ask(newNumber(), { consent: false });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.id).toBeUndefined();
  });
});

test('a gateway that dies calls nobody twice: who was being rung is called later, and who talked is not', async () => {
  const { asked: talked } = await talking();
  const arriving = stage.nextCall(stage.first);
  const called = stage.nextCall(network);
  const { body: rung } = await ask(newNumber(), { button: 'unrecorded' });
  (await arriving).accept(await phone(LINE, LINE_TONE));
  (await called).respond(180, 'Ringing');
  await until('all is noted', () => {
    const [call] = stage.gateway.records.query<{ answered_at: number | null }>(
      'SELECT answered_at FROM call WHERE id = ?',
      row(talked.id)?.call_id,
    );
    return call?.answered_at && row(rung.id)?.call_id;
  });
  await stage.gateway.kill9();
  await stage.gateway.restart();
  const waiting = await putOff(rung.id);
  expect(waiting).toMatchObject({ tries: 1, reason: 'the gateway was started again' });
  expect(waiting.due_at).toBeGreaterThan(Date.now() + 30_000);
  expect(await settled(talked.id)).toMatchObject({ state: 'done', tries: 1 });
});
