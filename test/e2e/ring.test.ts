import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentView, QueueStatus } from '../../src/reports/index.ts';
import { commandOf } from '../support/command.ts';
import { hearsOf } from '../support/hearing.ts';
import { createRegistration, type PhoneAccount } from '../support/phone.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import { header, hostPort, type SipMessage } from '../support/sip-message.ts';
import { openSipPeer, type PeerCall, type SipPeer } from '../support/sip-peer.ts';
import { CARRIER, LINE, openStage, SOURCE, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Who rings: several at once, press-1, whisper, the next target, queues. */

const DID = {
  together: '+493023125041',
  accepted: '+493023125042',
  whispered: '+493023125043',
  inTurn: '+493023125044',
  queue: '+493023125045',
  agent: '+493023125046',
} as const;

const ALICE: PhoneAccount = { user: 'alice', domain: 'phones.example', password: 'correct horse' };

/** Hz: of the caller, of whoever speaks for a line, and of what the gateway plays to lines alone. */
const CALLER_TONE = 400;
const LINE_TONE = 700;
const WHISPER_TONE = 1000;

const whisper = { tone: 'beep', seconds: 2 } as const;

let stage: Stage;
let third: SipPeer;
beforeAll(async () => {
  third = await openSipPeer({ address: LINE, user: 'line' });
  stage = await openStage({
    registrar: { domains: [ALICE.domain] },
    extend: ({ first, second }) => ({
      lines: [
        { id: 'a', type: 'sip', uri: first.uri('line'), ringTimeoutSeconds: 10 },
        { id: 'b', type: 'sip', uri: second.uri('line'), ringTimeoutSeconds: 10 },
        { id: 'c', type: 'sip', uri: third.uri('line'), ringTimeoutSeconds: 10 },
      ],
      groups: [
        { id: 'team', members: [{ line: 'a' }, { line: 'b' }, { line: 'c' }], strategy: 'simultaneous' },
        { id: 'turns', members: [{ line: 'a' }, { line: 'b' }], strategy: 'round-robin', ringSeconds: 1 },
        { id: 'desk', members: [{ line: 'a' }] },
        { id: 'agents', members: [{ user: ALICE.user }], ringSeconds: 1, maxMissed: 2 },
      ],
      flows: [
        { id: 'together', start: 'ring', steps: { ring: { do: 'dial', group: 'team' } } },
        {
          id: 'accepted',
          start: 'ring',
          steps: {
            ring: {
              do: 'dial',
              lines: ['a', 'b'],
              strategy: 'simultaneous',
              accept: { play: { tone: 'beep', seconds: 0.3 }, timeoutSeconds: 2 },
            },
          },
        },
        {
          id: 'whispered',
          start: 'pick-up',
          steps: {
            'pick-up': { do: 'answer', next: 'ring' },
            ring: { do: 'dial', lines: ['a'], whisper },
          },
        },
        { id: 'agents', start: 'ring', steps: { ring: { do: 'dial', group: 'agents' } } },
        { id: 'in-turn', start: 'ring', steps: { ring: { do: 'dial', group: 'turns' } } },
        {
          id: 'waiting',
          start: 'wait',
          steps: {
            wait: { do: 'queue', group: 'desk', announce: 'nothing', exitKey: '#', exit: 'out', max: 2 },
            out: { do: 'hangup', cause: 'busy' },
          },
        },
      ],
      numbers: [
        { number: DID.together, source: SOURCE.id, flow: 'together' },
        { number: DID.accepted, source: SOURCE.id, flow: 'accepted' },
        { number: DID.whispered, source: SOURCE.id, flow: 'whispered' },
        { number: DID.inTurn, source: SOURCE.id, flow: 'in-turn' },
        { number: DID.queue, source: SOURCE.id, flow: 'waiting' },
        { number: DID.agent, source: SOURCE.id, flow: 'agents' },
      ],
    }),
  });
});
afterAll(async () => {
  await stage?.close();
  await third?.close();
});
beforeEach(() => {
  for (const line of [stage.first, stage.second, third])
    line.onCall((call) => call.respond(480, 'Temporarily Unavailable'));
});

type Caller = { readonly call: PeerCall; readonly phone: RtpPeer };

const dial = async (did: string): Promise<Caller> => {
  const phone = await stage.phone(CARRIER, { frequency: CALLER_TONE, telephoneEvent: 101 });
  return { call: stage.dial({ did, media: phone }), phone };
};

const linePhone = (): Promise<RtpPeer> => stage.phone(LINE, { frequency: LINE_TONE, telephoneEvent: 101 });

const causeOf = (message: SipMessage): number =>
  Number(/cause=(\d+)/.exec(header(message, 'reason') ?? '')?.[1]);

const outcomes = (row: Awaited<ReturnType<Stage['record']>>) =>
  Object.fromEntries(row.legs.slice(1).map((leg) => [leg.line_id, leg.outcome]));

test('three lines ring at once: the second answers, the others are told that it did', async () => {
  const arriving = [stage.first, stage.second, third].map((line) => stage.nextCall(line));
  const { call, phone } = await dial(DID.together);
  const [one, two, three] = await Promise.all(arriving);
  if (!one || !two || !three) throw new Error('not all rang');
  for (const line of [one, two, three]) line.respond(180, 'Ringing');
  expect(statusOf((await call.ringing()).message)).toBe(180);
  two.accept(await linePhone());
  expect(statusOf(await call.final())).toBe(200);
  phone.start();
  for (const line of [one, three]) {
    const { message } = await line.ended();
    expect([message.method, causeOf(message)]).toEqual(['CANCEL', 26]);
  }
  expect(await hearsOf(phone, [LINE_TONE])).toEqual([LINE_TONE]);
  await call.bye();
  const row = await stage.record(call);
  expect(row.call).toMatchObject({ status: 'answered', line_id: 'b' });
  expect(outcomes(row)).toEqual({ a: 'cancelled', b: 'answered', c: 'cancelled' });
  expect(row.events.some(({ type }) => type === 'chosen')).toBe(true);
});

test('the caller hangs up while all ring: none goes on ringing', async () => {
  const arriving = [stage.first, stage.second, third].map((line) => stage.nextCall(line));
  const { call } = await dial(DID.together);
  const lines = await Promise.all(arriving);
  for (const line of lines) line.respond(180, 'Ringing');
  await call.ringing();
  expect(statusOf(await call.cancel())).toBe(200);
  for (const line of lines) expect((await line.ended()).message.method).toBe('CANCEL');
  expect((await stage.record(call)).call).toMatchObject({ status: 'cancelled', line_id: null });
});

describe('press 1 to take the call', () => {
  const both = async (): Promise<{ caller: Caller; mailbox: PeerCall; person: PeerCall; ear: RtpPeer }> => {
    const arriving = [stage.nextCall(stage.first), stage.nextCall(stage.second)];
    const caller = await dial(DID.accepted);
    const [mailbox, person] = await Promise.all(arriving);
    if (!mailbox || !person) throw new Error('not both rang');
    mailbox.respond(180, 'Ringing');
    person.respond(180, 'Ringing');
    mailbox.accept(await linePhone());
    await mailbox.acked();
    const ear = await linePhone();
    person.accept(ear);
    await person.acked();
    return { caller, mailbox, person, ear };
  };

  test.each([
    ['RFC 4733', (_: PeerCall, ear: RtpPeer) => ear.press('1')],
    [
      'INFO',
      (person: PeerCall) =>
        person.request('INFO', {
          contentType: 'application/dtmf-relay',
          sdp: 'Signal=1\r\nDuration=160\r\n',
        }),
    ],
  ])('a mailbox that picks up first loses to a person who presses the key (%s)', async (_, press) => {
    const { caller, mailbox, person, ear } = await both();
    await press(person, ear);
    expect(statusOf(await caller.call.final())).toBe(200);
    caller.phone.start();
    const { message } = await mailbox.ended();
    expect([message.method, causeOf(message)]).toEqual(['BYE', 26]);
    expect(await hearsOf(caller.phone, [LINE_TONE, WHISPER_TONE])).toEqual([LINE_TONE]);
    await caller.call.bye();
    const row = await stage.record(caller.call);
    expect(row.call).toMatchObject({ status: 'answered', line_id: 'b' });
    expect(outcomes(row)).toEqual({ a: 'cancelled', b: 'answered' });
  });

  test('nobody presses it: both are hung up, and the call was not answered', async () => {
    const { caller, mailbox, person, ear } = await both();
    await ear.press('2');
    for (const line of [mailbox, person]) expect((await line.ended()).message.method).toBe('BYE');
    expect(statusOf(await caller.call.final())).toBe(480);
    const row = await stage.record(caller.call);
    expect(row.call).toMatchObject({ status: 'no_answer', answered_at: null });
    expect(outcomes(row)).toEqual({ a: 'no_answer', b: 'no_answer' });
  });
});

test('a whisper is heard by the line alone, and nobody hears the other before it is over', async () => {
  const arriving = stage.nextCall();
  const { call, phone } = await dial(DID.whispered);
  expect(statusOf(await call.final())).toBe(200);
  phone.start();
  const line = await arriving;
  line.respond(180, 'Ringing');
  const ear = await linePhone();
  line.accept(ear);
  await line.acked();
  await sleep(300);
  const heard = [CALLER_TONE, LINE_TONE, WHISPER_TONE];
  const [atLine, atCaller] = await Promise.all([hearsOf(ear, heard, 1000), hearsOf(phone, heard, 1000)]);
  expect(atLine).toEqual([WHISPER_TONE]);
  expect(atCaller).not.toContain(WHISPER_TONE);
  expect(atCaller).not.toContain(LINE_TONE);
  await until('the whisper is over', async () => (await hearsOf(ear, heard, 300)).includes(CALLER_TONE));
  const talk = await Promise.all([hearsOf(ear, heard), hearsOf(phone, heard)]);
  expect(talk).toEqual([[CALLER_TONE], [LINE_TONE]]);
  await call.bye();
  expect((await stage.record(call)).call).toMatchObject({ status: 'answered', line_id: 'a' });
});

test('in turn: who lets it ring is followed by the next, and the next call begins after them', async () => {
  const [one, two] = [stage.nextCall(stage.first), stage.nextCall(stage.second)];
  const { call } = await dial(DID.inTurn);
  (await one).respond(180, 'Ringing');
  expect((await (await one).ended()).message.method).toBe('CANCEL');
  (await two).respond(486, 'Busy Here');
  expect(statusOf(await call.final())).toBe(480);
  expect(outcomes(await stage.record(call))).toEqual({ a: 'no_answer', b: 'busy' });

  const again = stage.nextCall(stage.first);
  const next = await dial(DID.inTurn);
  (await again).accept(await linePhone());
  expect(statusOf(await next.call.final())).toBe(200);
  await next.call.bye();
  const last = stage.nextCall(stage.second);
  const third = await dial(DID.inTurn);
  (await last).accept(await linePhone());
  expect(statusOf(await third.call.final())).toBe(200);
  await third.call.bye();
  expect((await stage.record(third.call)).call.line_id).toBe('b');
});

describe('a queue', () => {
  const queue = async (): Promise<QueueStatus | undefined> => {
    const response = await fetch(`http://${hostPort(stage.gateway.http)}/v1/queues`);
    const { queues } = (await response.json()) as { queues: QueueStatus[] };
    return queues.find(({ id }) => id === 'desk');
  };

  const enter = async (): Promise<Caller> => {
    const caller = await dial(DID.queue);
    expect(statusOf(await caller.call.final())).toBe(200);
    caller.phone.start();
    return caller;
  };

  const waiting = (count: number) => until(`${count} wait`, async () => (await queue())?.waiting === count);

  test('first come, first served, one at a time; music meanwhile; a key leads out, and too many are turned away', async () => {
    const arriving = stage.nextCall();
    const served = await enter();
    const line = await arriving;
    line.accept(await linePhone());
    await line.acked();
    await until('the first is served', async () => (await queue())?.today.answered === 1);
    expect(await hearsOf(served.phone, [LINE_TONE])).toEqual([LINE_TONE]);

    const second = await enter();
    await waiting(1);
    const other = await enter();
    await waiting(2);
    expect(second.phone.packets.length).toBeGreaterThan(0);

    // A third is one too many.
    const turnedAway = await dial(DID.queue);
    expect((await turnedAway.call.ended()).message.method).toBe('BYE');
    expect(await queue()).toMatchObject({ waiting: 2, today: { full: 1 } });

    await other.phone.press('#');
    expect((await other.call.ended()).message.method).toBe('BYE');
    await waiting(1);

    const next = stage.nextCall();
    await served.call.bye();
    const offered = await next;
    offered.accept(await linePhone());
    await offered.acked();
    await until('the second is served', async () => (await queue())?.today.answered === 2);
    await second.call.bye();
    expect(await queue()).toMatchObject({ waiting: 0, today: { offered: 3, answered: 2, left: 1 } });
    const row = await stage.record(second.call);
    expect(row.call).toMatchObject({ status: 'answered', line_id: 'a', queue: 'desk' });
    expect(row.call.queue_ms).toBeGreaterThan(0);
  });

  test('who hangs up leaves the queue, and the line is left alone', async () => {
    const arriving = stage.nextCall();
    const caller = await enter();
    const line = await arriving;
    line.respond(180, 'Ringing');
    await waiting(1);
    await caller.call.bye();
    expect((await line.ended()).message.method).toBe('CANCEL');
    await waiting(0);
    expect((await queue())?.today.abandoned).toBe(1);
  });
});

describe('an agent', () => {
  const agent = async (): Promise<AgentView | undefined> => {
    const response = await fetch(`http://${hostPort(stage.gateway.http)}/v1/agents`);
    const { agents } = (await response.json()) as { agents: AgentView[] };
    return agents.find(({ name }) => name === ALICE.user);
  };

  test('who misses calls is set away; after a call it gets none until its notes are written', async () => {
    const file = `${stage.gateway.directory}/password.txt`;
    writeFileSync(file, `${ALICE.password}\n`);
    expect(await commandOf(stage.gateway)('user', 'add', ALICE.user, '--password-file', file)).toMatchObject({
      code: 0,
    });
    const desk = await openSipPeer({ address: LINE, user: ALICE.user });
    const registration = createRegistration(
      {
        via: `SIP/2.0/UDP ${desk.address}:${desk.port};rport`,
        contact: `<${desk.uri(ALICE.user)}>`,
        received: desk.received,
        send: (text) => desk.raw(text, stage.gateway.sip),
      },
      ALICE,
    );
    expect(statusOf(await registration.register({ expires: 300 }))).toBe(200);
    await until('alice is ready', async () => (await agent())?.state === 'ready');

    for (const missed of [1, 2]) {
      const arriving = stage.nextCall(desk);
      const { call } = await dial(DID.agent);
      (await arriving).respond(180, 'Ringing');
      expect((await agent())?.state).toBe('busy');
      expect(statusOf(await call.final())).toBe(480);
      expect(await agent()).toMatchObject(
        missed === 1
          ? { state: 'ready', missed: 1, reason: null }
          : { state: 'away', missed: 0, reason: '2 calls in a row were not answered' },
      );
    }
    let rung = 0;
    desk.onCall((call) => {
      rung += 1;
      call.respond(480, 'Temporarily Unavailable');
    });
    const away = await dial(DID.agent);
    expect(statusOf(await away.call.final())).toBe(480);
    expect((await stage.record(away.call)).call.status).toBe('unreachable');

    const url = `http://${hostPort(stage.gateway.http)}/v1/agents/${ALICE.user}/ready`;
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', headers, body: '{"ready": true}' })).status).toBe(200);
    const arriving = stage.nextCall(desk);
    const { call } = await dial(DID.agent);
    (await arriving).accept(await linePhone());
    expect(statusOf(await call.final())).toBe(200);
    expect(await agent()).toMatchObject({ state: 'busy', calls: 1 });
    await call.bye();
    await until('alice writes notes', async () => (await agent())?.state === 'wrap-up');
    const waiting = await dial(DID.agent);
    expect(statusOf(await waiting.call.final())).toBe(486);
    expect(rung).toBe(0);
    await desk.close();
  });
});
