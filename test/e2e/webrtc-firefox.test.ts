import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Firefox, openFirefox } from '../support/firefox.ts';
import { tonesIn } from '../support/hearing.ts';
import { answered, expectTalk, finish } from '../support/phone-calls.ts';
import { openPhoneStage, type PhoneStage, TONE, TONES } from '../support/phone-stage.ts';
import { openFirefoxPhone, type Softphone } from '../support/softphone.ts';
import { until } from '../support/wait.ts';

/** The main job in Firefox, which takes no loopback address for a way to anywhere. */

const mediaAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const possible = existsSync('/usr/bin/firefox-esr') && mediaAddress !== undefined;

let stage: PhoneStage;
let firefox: Firefox;
let alice: Softphone;
beforeAll(async () => {
  if (!possible) return;
  stage = await openPhoneStage({ mediaAddress });
  firefox = await openFirefox(TONE.alice);
  alice = await openFirefoxPhone(firefox, stage.login('alice'));
});
afterAll(async () => {
  await firefox?.close();
  await stage?.close();
});

test.skipIf(!possible)(
  'a carrier and an agent in Firefox hear each other, on hold they do not, and a reload takes the call up again',
  async () => {
    const call = await answered(stage, alice);
    await expectTalk(call);
    await alice.act('press', call.key, '19');
    await until('the keys at the carrier', () => call.near.digitsHeard(101) === '19');
    await alice.act('hold', call.key, true);
    await alice.call('held');
    await alice.act('hold', call.key, false);
    await alice.call('talking');
    await expectTalk(call);
    await alice.reload();
    await alice.call('talking');
    await expectTalk(call, 8000);
    const row = await finish(stage, call);
    expect(row.call).toMatchObject({ status: 'answered', agent: 'alice' });
    expect(row.legs.at(-1)).toMatchObject({ media_security: 'dtls', user: 'alice' });
    const [left, right] = stage.recording(row).channels.map((samples) => samples.subarray(4000, 12_000));
    expect(tonesIn(left ?? new Int16Array(), TONES)).toEqual([TONE.caller]);
    expect(tonesIn(right ?? new Int16Array(), TONES)).toEqual([TONE.alice]);
  },
  90_000,
);
