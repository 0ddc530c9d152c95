import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { hearsOf } from '../support/hearing.ts';
import { answer, answered, expectHearing, expectTalk, finish, ring } from '../support/phone-calls.ts';
import { openPhoneStage, type PhoneStage, RINGS, TONE, TONES } from '../support/phone-stage.ts';
import type { PageSoftphone } from '../support/softphone.ts';
import { LINE } from '../support/stage.ts';
import { sleep } from '../support/wait.ts';

/** Calls that more than one person has to do with: transfers, supervision, who rings and who doesn't. */

let stage: PhoneStage;
let alice: PageSoftphone;
let bob: PageSoftphone;
let carol: PageSoftphone;
beforeAll(async () => {
  stage = await openPhoneStage({ users: ['alice', 'bob', 'carol'] });
  [alice, bob, carol] = await Promise.all([
    stage.softphone('alice'),
    stage.softphone('bob'),
    stage.softphone('carol'),
  ]);
});
afterAll(() => stage?.close());
afterEach(async () => {
  for (const phone of [alice, bob, carol]) {
    for (const { key, phase } of (await phone.state()).calls)
      if (phase !== 'ended') await phone.act('hangUp', key).catch(() => {});
    await phone.idle();
    await phone.act('skipWrapUp');
  }
});

test('a blind transfer to another agent', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  const transferring = alice.act('transfer', call.key, 'bob');
  const { key } = await bob.call('ringing');
  await bob.act('answer', key);
  await bob.call('talking');
  await transferring;
  await alice.idle();
  await expectTalk({ near: call.near, phone: bob });
  const row = await finish(stage, { ...call, phone: bob });
  expect(row.call).toMatchObject({ status: 'answered', agent: 'bob' });
  expect(row.legs.map(({ role, user }) => [role, user])).toEqual([
    ['A', null],
    ['B', 'alice'],
    ['B', 'bob'],
  ]);
  expect(row.events.map(({ type }) => type)).toContain('transferred');
});

test('a blind transfer to a line', async () => {
  const call = await answered(stage, alice);
  const arriving = stage.nextCall();
  const transferring = alice.act('transfer', call.key, 'first');
  const line = await arriving;
  const far = await stage.phone(LINE, { frequency: TONE.line });
  line.accept(far);
  await transferring;
  await alice.idle();
  await expectHearing([
    [call.near, [TONE.line]],
    [far, [TONE.caller]],
  ]);
  await finish(stage, call);
  await line.ended();
});

test('a blind transfer that fails gives the call back', async () => {
  const call = await answered(stage, alice);
  const arriving = stage.nextCall();
  const transferring = alice.act('transfer', call.key, 'first').catch(() => {});
  (await arriving).respond(486, 'Busy Here');
  await transferring;
  await alice.when('the call is back', ({ calls }) =>
    calls.some(({ key, phase }) => key === call.key && (phase === 'talking' || phase === 'held')),
  );
  if ((await alice.call('talking', 'held')).phase === 'held') await alice.act('hold', call.key, false);
  await expectTalk(call);
  await finish(stage, call);
});

test('an attended transfer: first the agents talk, then caller and the other agent', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  await alice.act('consult', call.key, 'bob');
  const ringing = await bob.call('ringing');
  await bob.act('answer', ringing.key);
  const consult = await alice.when('the consultation', ({ calls }) =>
    calls.find(({ consultsFor, phase }) => consultsFor === call.key && phase === 'talking'),
  );
  await expectHearing([
    [alice, [TONE.bob]],
    [bob, [TONE.alice]],
    [call.near, []],
  ]);
  await alice.act('completeTransfer', consult.key);
  await alice.idle();
  await expectTalk({ near: call.near, phone: bob });
  const row = await finish(stage, { ...call, phone: bob });
  expect(row.call.agent).toBe('bob');
});

test('a consultation that is called off gives the caller back', async () => {
  const call = await answered(stage, alice);
  await alice.act('consult', call.key, 'bob');
  const ringing = await bob.call('ringing');
  await bob.act('answer', ringing.key);
  const consult = await alice.when('the consultation', ({ calls }) =>
    calls.find(({ consultsFor, phase }) => consultsFor === call.key && phase === 'talking'),
  );
  await alice.act('hangUp', consult.key);
  await bob.idle();
  await alice.act('hold', call.key, false);
  await alice.call('talking');
  await expectTalk(call);
  await finish(stage, call);
});

test('a supervisor listens, whispers and joins in; the agent sees it and it is audited', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  const id = (await alice.call('talking')).id ?? '';
  await carol.act('watchLive', true);
  await carol.when('the call is live', ({ live }) => live.some((each) => each.id === id));
  await carol.act('supervise', id, 'listen');
  await carol.call('talking');
  await expectHearing([
    [carol, [TONE.caller, TONE.alice]],
    [call.near, [TONE.alice]],
    [alice, [TONE.caller]],
  ]);
  await alice.when('who listens', ({ calls }) =>
    calls.some(({ context }) => context?.supervision?.mode === 'listen'),
  );
  await carol.act('supervise', id, 'whisper');
  await expectHearing([
    [carol, [TONE.caller, TONE.alice]],
    [call.near, [TONE.alice]],
    [alice, [TONE.caller, TONE.carol]],
  ]);
  await carol.act('supervise', id, 'barge');
  await expectHearing([
    [carol, [TONE.caller, TONE.alice]],
    [call.near, [TONE.alice, TONE.carol]],
    [alice, [TONE.caller, TONE.carol]],
  ]);
  const own = await carol.call('talking');
  await carol.act('hangUp', own.key);
  await carol.idle();
  await expectTalk(call);
  const row = await finish(stage, call);
  expect(row.legs.map(({ role, user }) => [role, user])).toContainEqual(['S', 'carol']);
  expect(row.call.agent).toBe('alice');
  const audited = stage.gateway.records.query<{ user: string; detail: string }>(
    "SELECT user, detail FROM audit WHERE call_id = ? AND action = 'supervise' ORDER BY at, id",
    row.call.id,
  );
  expect(audited.map(({ user, detail }) => [user, JSON.parse(detail).mode])).toEqual([
    ['carol', 'listen'],
    ['carol', 'whisper'],
    ['carol', 'barge'],
  ]);
  await carol.act('watchLive', false);
});

test('an agent may not supervise', async () => {
  const call = await answered(stage, alice);
  const { id = '' } = await alice.call('talking');
  const listed = await bob.page.evaluate("fetch('/phone/api/live').then(({ status }) => status)");
  expect(listed).toBe(403);
  await bob.act('supervise', id, 'listen').catch(() => {});
  await sleep(1000);
  expect(await bob.hears(TONES)).toEqual([]);
  await bob.idle();
  const row = await finish(stage, call);
  expect(row.legs.map(({ role }) => role)).toEqual(['A', 'B']);
});

test('both of two tabs ring, and the one that answers has the call', async () => {
  const tab = await stage.softphone('alice', alice);
  try {
    const ringing = await ring(stage);
    await Promise.all([alice.call('ringing'), tab.call('ringing')]);
    const call = await answer(tab, ringing);
    await alice.idle();
    await expectTalk({ near: call.near, phone: tab });
    expect(await alice.hears(TONES, 400)).toEqual([]);
    const row = await finish(stage, { ...call, phone: tab });
    expect(row.call).toMatchObject({ status: 'answered', agent: 'alice' });
  } finally {
    await tab.close();
  }
});

test('an agent who does not answer: the next one is rung, and the first stops ringing', async () => {
  const ringing = await ring(stage, RINGS.aliceThenBob);
  await alice.call('ringing');
  const call = await answer(bob, ringing);
  await alice.idle();
  await expectTalk({ near: call.near, phone: bob });
  const row = await finish(stage, { ...call, phone: bob });
  expect(row.call.agent).toBe('bob');
  expect(row.legs.map(({ user, outcome }) => [user, outcome])).toMatchObject([
    [null, 'answered'],
    ['alice', 'no_answer'],
    ['bob', 'answered'],
  ]);
});

test('an agent who is away is not rung', async () => {
  await alice.act('setReady', false);
  try {
    const arriving = stage.nextCall();
    const { call, near } = await ring(stage, RINGS.aliceThenFirst);
    const line = await arriving;
    const far = await stage.phone(LINE, { frequency: TONE.line });
    line.accept(far);
    await call.final();
    near.start();
    expect(await hearsOf(near, TONES)).toEqual([TONE.line]);
    expect((await alice.state()).calls.filter(({ phase }) => phase !== 'ended')).toEqual([]);
    await call.bye();
    near.stop();
    await stage.record(call);
  } finally {
    await alice.act('setReady', true);
  }
  await finish(stage, await answered(stage, alice));
});

test('the pages did nothing that their policy forbids', () => {
  for (const { errors } of [alice, bob, carol])
    expect(errors.filter((text) => /content.security.policy|refused to|violates/i.test(text))).toEqual([]);
});
