import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { tonesIn } from '../support/hearing.ts';
import { mediaWorkers } from '../support/media-workers.ts';
import { answered, expectHearing, expectTalk, finish } from '../support/phone-calls.ts';
import { openPhoneStage, type PhoneStage, TONE, TONES } from '../support/phone-stage.ts';
import type { CallRow } from '../support/records.ts';
import type { PageSoftphone } from '../support/softphone.ts';
import { LINE } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Two browsers talk Opus with each other, and whoever else joins, listens or takes over hears them all the same. */

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
  stage.media.lose(0);
  for (const phone of [alice, bob, carol]) {
    for (const { key, phase } of (await phone.state()).calls)
      if (phase !== 'ended') await phone.act('hangUp', key).catch(() => {});
    await phone.idle();
    await phone.act('skipWrapUp');
  }
});

type Stats = Readonly<Record<string, unknown>>;

/** The page's own figures of one kind. */
const statOf = async (phone: PageSoftphone, type: string): Promise<Stats> =>
  (await phone.stats()).flat().find((stat) => stat['type'] === type) ?? {};

/** What the page sends, and what it gets. */
const codecsOf = async (phone: PageSoftphone): Promise<readonly unknown[]> => {
  const all = (await phone.stats()).flat();
  const codecs = new Map(all.map((stat) => [stat['id'], stat['mimeType']]));
  return ['outbound-rtp', 'inbound-rtp'].map((type) =>
    codecs.get(all.find((stat) => stat['type'] === type)?.['codecId']),
  );
};

const talks = async (codec: string, ...phones: readonly PageSoftphone[]): Promise<void> => {
  for (const phone of phones)
    await until(`${codec} at ${phone.user}`, async () =>
      (await codecsOf(phone)).every((each) => each === codec),
    );
};

/** Alice calls Bob; both keys. */
const overOpus = async (): Promise<{ readonly alices: string; readonly bobs: string }> => {
  await alice.act('dial', 'bob', undefined);
  const ringing = await bob.call('ringing');
  await bob.act('answer', ringing.key);
  const { key } = await alice.call('talking');
  await bob.call('talking');
  await talks('audio/opus', alice, bob);
  return { alices: key, bobs: ringing.key };
};

const hearEachOther = (): Promise<void> =>
  expectHearing([
    [alice, [TONE.bob]],
    [bob, [TONE.alice]],
  ]);

const recordAfter = async (end: () => Promise<unknown>): Promise<CallRow> => {
  const known = stage.gateway.records.calls().length;
  await end();
  const row = (await stage.gateway.records.wait(known, { ended: true })).at(-1);
  if (!row) throw new Error('no record');
  return row;
};

const hangUp = (key: string): Promise<CallRow> =>
  recordAfter(async () => {
    await alice.act('hangUp', key);
    await bob.idle();
  });

const recorded = (row: CallRow): number[][] =>
  stage
    .recording(row)
    .channels.map((samples) => tonesIn(samples.subarray(8000, samples.length - 1600), TONES));

const codecs = ({ legs }: CallRow) => legs.map(({ user, codec }) => [user, codec]);

test('two browsers talk Opus and are recorded as ever; keys pass, a hold has its music', async () => {
  const { alices, bobs } = await overOpus();
  await hearEachOther();
  for (const phone of [alice, bob])
    expect((await statOf(phone, 'inbound-rtp'))['packetsLost']).toBeLessThan(5);
  // The key 5 is 770 and 1336 Hz (ITU-T Q.23), which the browser makes of the event.
  const [heard] = await Promise.all([bob.hears([770, 1336], 1500, 0.1), alice.act('press', alices, '55555')]);
  expect(heard).toEqual([770, 1336]);
  await bob.act('hold', bobs, true);
  await bob.call('held');
  await sleep(300);
  expect(await alice.hears(TONES)).toEqual([]);
  expect(await alice.loudest(1500)).toBeGreaterThan(-45);
  await bob.act('hold', bobs, false);
  await bob.call('talking');
  await hearEachOther();
  await talks('audio/opus', alice, bob);
  await sleep(2000);
  const row = await hangUp(alices);
  expect(recorded(row)).toEqual([[TONE.alice], [TONE.bob]]);
  expect(codecs(row)).toEqual([
    ['alice', 'opus'],
    ['bob', 'opus'],
  ]);
});

test('a call with a telephone stays with G.711', async () => {
  const call = await answered(stage, alice);
  await expectTalk(call);
  await sleep(1000);
  expect(await codecsOf(alice)).toEqual(['audio/PCMU', 'audio/PCMU']);
  expect(codecs(await finish(stage, call))).toEqual([
    [null, 'PCMU'],
    ['alice', 'PCMU'],
  ]);
});

test('a supervisor joins in; then a telephone takes the call over', async () => {
  const { bobs } = await overOpus();
  const id = (await alice.call('talking')).id ?? '';
  await carol.act('watchLive', true);
  await carol.when('the call is live', ({ live }) => live.some((each) => each.id === id));
  await carol.act('supervise', id, 'barge');
  const own = await carol.call('talking');
  await expectHearing([
    [carol, [TONE.alice, TONE.bob]],
    [alice, [TONE.bob, TONE.carol]],
    [bob, [TONE.alice, TONE.carol]],
  ]);
  await carol.act('hangUp', own.key);
  await carol.idle();
  await carol.act('watchLive', false);
  await hearEachOther();
  await talks('audio/opus', alice, bob);
  const arriving = stage.nextCall();
  const transferring = bob.act('transfer', bobs, 'first');
  const line = await arriving;
  const far = await stage.phone(LINE, { frequency: TONE.line });
  line.accept(far);
  // Alice's browser talks Opus still, or G.711 already.
  const both = [[alice, [TONE.line]] as const, [far, [TONE.alice]] as const];
  await expectHearing(both);
  await transferring;
  await bob.idle();
  await talks('audio/PCMU', alice);
  await expectHearing(both);
  const row = await recordAfter(() => line.bye());
  far.stop();
  await alice.idle();
  expect(row.legs.filter(({ role }) => role !== 'S').map(({ codec }) => codec)).toEqual([
    'PCMU',
    'opus',
    'PCMU',
  ]);
});

test('the worker dies: they hear each other again, and talk Opus again', async () => {
  const { alices } = await overOpus();
  for (const pid of mediaWorkers(stage.gateway.pid())) process.kill(pid, 'SIGKILL');
  await expectHearing(
    [
      [alice, [TONE.bob]],
      [bob, [TONE.alice]],
    ],
    10_000,
  );
  await talks('audio/opus', alice, bob);
  await hearEachOther();
  await hangUp(alices);
});

test('what is lost on the way to one browser is known to the other, which sends less', async () => {
  const { alices } = await overOpus();
  stage.media.lose(0.08);
  const fec = await until(
    'the loss is told, and less is sent',
    async () => {
      const [told, got, sent] = await Promise.all([
        statOf(alice, 'remote-inbound-rtp'),
        statOf(bob, 'inbound-rtp'),
        statOf(alice, 'outbound-rtp'),
      ]);
      const known = Number(told['fractionLost']) > 0.04 && Number(sent['targetBitrate']) <= 20_000;
      return known && [got['fecPacketsReceived']];
    },
    { timeoutMs: 45_000 },
  );
  // A tone is not always sent in the mode of Opus that has FEC.
  process.stdout.write(`${fec[0]} packets with FEC meanwhile\n`);
  await hearEachOther();
  await hangUp(alices);
});
