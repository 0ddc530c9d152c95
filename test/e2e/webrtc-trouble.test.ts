import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { tonesIn } from '../support/hearing.ts';
import { mediaWorkers } from '../support/media-workers.ts';
import { createRegistration, openWebPhone } from '../support/phone.ts';
import { answered, expectHearing, expectTalk, finish, ring } from '../support/phone-calls.ts';
import { openPhoneStage, type PhoneStage, TONE, TONES } from '../support/phone-stage.ts';
import type { PageSoftphone } from '../support/softphone.ts';
import { sleep, until } from '../support/wait.ts';

/** What goes wrong around an agent's call: reloads, lost networks, dead workers, forgeries. */

/** How long a dead browser's call lasts, in seconds. Longer than the cuts. */
const TIMEOUT_S = 8;
const CREDENTIAL_S = 10;

let stage: PhoneStage;
let alice: PageSoftphone;
/** Taken at the start, so that it is over at the end. */
let stale: { readonly username: string; readonly password: string; readonly expiresAt: number };
beforeAll(async () => {
  stage = await openPhoneStage({
    media: { timeoutSeconds: { first: TIMEOUT_S, later: TIMEOUT_S } },
    phone: { credentialSeconds: CREDENTIAL_S },
  });
  alice = await stage.softphone('alice');
  stale = await alice.page.evaluate(
    "fetch('/phone/api/sip', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then((response) => response.json())",
  );
});
afterAll(() => stage?.close());
afterEach(async () => {
  stage.media.cut(false);
  stage.signalling.cut(false);
  await alice.ready();
  for (const { key, phase } of (await alice.state()).calls)
    if (phase !== 'ended') await alice.act('hangUp', key).catch(() => {});
  await alice.idle();
  await alice.act('skipWrapUp');
});

const workers = (): number[] => mediaWorkers(stage.gateway.pid());

test('a page that is reloaded takes its call up again', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  const { id } = await alice.call('talking');
  await alice.reload();
  const resumed = await alice.call('talking');
  expect(resumed).toMatchObject({ id, direction: 'in' });
  await expectTalk(call);
  const row = await finish(stage, call);
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller', agent: 'alice' });
  const [, right = new Int16Array()] = stage.recording(row).channels;
  // Of no more than what was surely said after the page was back.
  expect(tonesIn(right.subarray(-8000, -1600), TONES)).toEqual([TONE.alice]);
});

test('a page that is closed in a call ends it', async () => {
  const leaving = await stage.softphone('alice', alice);
  // Both tabs ring; the one that answers is closed.
  const call = await answered(stage, leaving);
  await expectTalk(call);
  await leaving.close();
  await call.call.ended();
  call.near.stop();
  expect((await stage.record(call.call)).call.status).toBe('answered');
}, 40_000);

test('the connection lost for 5 s: the call goes on, and can be ended afterwards', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  stage.signalling.cut(true);
  await alice.when('lost', ({ connection }) => connection === 'lost' || connection === 'connecting');
  await expectTalk(call);
  await sleep(4000);
  stage.signalling.cut(false);
  await alice.when('connected again', ({ connection }) => connection === 'ready');
  await expectTalk(call);
  await alice.act('hold', call.key, true);
  await alice.call('held');
  await alice.act('hangUp', call.key);
  await call.call.ended();
  call.near.stop();
  await alice.idle();
  // The next call finds the page.
  await finish(stage, await answered(stage, alice));
});

test('a carrier that hangs up while the connection is lost', async () => {
  const call = await answered(stage, alice);
  stage.signalling.cut(true);
  await alice.when('lost', ({ connection }) => connection !== 'ready');
  await call.call.bye();
  call.near.stop();
  await sleep(1000);
  stage.signalling.cut(false);
  await alice.when('connected again', ({ connection }) => connection === 'ready');
  await alice.when('the call is over', ({ calls }) => calls.every(({ phase }) => phase === 'ended'), 4000);
  expect((await stage.record(call.call)).call.status).toBe('answered');
}, 60_000);

test('audio lost for 5 s comes back', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  stage.media.cut(true);
  await sleep(1000);
  await expectHearing([
    [alice, []],
    [call.near, []],
  ]);
  await sleep(3000);
  stage.media.cut(false);
  await expectTalk(call, 12_000);
  const row = await finish(stage, call);
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
}, 60_000);

test('audio lost for good ends the call and says so', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  stage.media.cut(true);
  await call.call.ended();
  call.near.stop();
  await alice.idle();
  const row = await stage.record(call.call);
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'gateway' });
  expect(row.recordings[0]?.state).toBe('complete');
}, 60_000);

test('the worker killed in a call: another one takes it over', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  const before = workers();
  expect(before).toHaveLength(1);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until('another worker', () => workers().some((pid) => !before.includes(pid)), { timeoutMs: 10_000 });
  await expectTalk(call, 12_000);
  const row = await finish(stage, call);
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
  const [left = new Int16Array(), right = new Int16Array()] = stage.recording(row).channels;
  expect(tonesIn(left.subarray(-12_000, -1600), TONES)).toEqual([TONE.caller]);
  expect(tonesIn(right.subarray(-12_000, -1600), TONES)).toEqual([TONE.alice]);
  await finish(stage, await answered(stage, alice));
}, 60_000);

test('an answer with another fingerprint than the page has gets no audio', async () => {
  await alice.rewrite([['(a=fingerprint:sha-256 )[0-9A-F]{2}:[0-9A-F]{2}', '$100:FF']]);
  const { call, near } = await ring(stage);
  const { key } = await alice.call('ringing');
  await alice.act('answer', key);
  await call.final();
  near.start();
  await sleep(1500);
  await expectHearing([
    [near, []],
    [alice, []],
  ]);
  await call.ended();
  near.stop();
  const row = await stage.record(call);
  expect(row.call.hangup_by).toBe('gateway');
  await alice.rewrite([]);
  await alice.idle();
  await finish(stage, await answered(stage, alice));
}, 60_000);

test('credentials that are over are refused, and those of the page are new', async () => {
  await until('they are over', () => Date.now() > stale.expiresAt + 1000, { timeoutMs: 15_000 });
  const { ws } = stage.gateway;
  if (!ws) throw new Error('no WebSocket listener');
  const wire = await openWebPhone(ws, 'alice');
  try {
    const { username, password } = stale;
    const account = { user: 'alice', username, password, domain: stage.domain };
    const { status } = await createRegistration(wire, account).register();
    expect(status).toBe(403);
  } finally {
    wire.close();
  }
  // Its registration has been refreshed since, with others.
  await finish(stage, await answered(stage, alice));
});

const killWorkers = async (): Promise<void> => {
  const before = workers();
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until('another worker', () => workers().some((pid) => !before.includes(pid)), { timeoutMs: 10_000 });
};

test('the worker killed while it rings: whoever answers is heard', async () => {
  const ringing = await ring(stage);
  const { key } = await alice.call('ringing');
  await killWorkers();
  await alice.act('answer', key);
  await ringing.call.final();
  ringing.near.start();
  await alice.call('talking');
  const call = { ...ringing, phone: alice, key };
  await expectTalk(call, 15_000);
  await finish(stage, call);
}, 60_000);

test('the worker killed while the call is on hold: it comes back', async () => {
  const call = await answered(stage, alice);
  await alice.act('hold', call.key, true);
  await alice.call('held');
  await killWorkers();
  await sleep(500);
  await alice.act('hold', call.key, false);
  await alice.call('talking');
  await expectTalk(call, 15_000);
  await finish(stage, call);
}, 60_000);
