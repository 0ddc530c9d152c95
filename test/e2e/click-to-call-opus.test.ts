import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type ToneBrowser } from '../support/browser.ts';
import { openVisitorBrowser, type VisitorBrowser } from '../support/call-button-browser.ts';
import { control, expectTalk, pressButton, recordOf, talking } from '../support/call-button-page.ts';
import { type ButtonStage, buttonOf, openButtonStage, TONE, TONES } from '../support/call-button-stage.ts';
import { tonesIn } from '../support/hearing.ts';
import { openSoftphone, type PageSoftphone } from '../support/softphone.ts';
import { until } from '../support/wait.ts';

/** A visitor's page and an agent's talk Opus, and the page speaks as the network can bear. */

let stage: ButtonStage;
let browser: VisitorBrowser;
let office: ToneBrowser;
let alice: PageSoftphone;
let address: string;

beforeAll(async () => {
  [stage, browser, office] = await Promise.all([
    openButtonStage({ users: ['alice'] }),
    openVisitorBrowser(TONE.visitor),
    openBrowser(TONE.alice),
  ]);
  alice = await openSoftphone(office, stage.login('alice'));
  address = stage.page(buttonOf('agent'));
});
afterAll(async () => {
  await Promise.all([browser?.close(), office?.close()]);
  await stage?.close();
});

type Stat = Readonly<Record<string, unknown>>;

const statsOf = async (page: Page): Promise<readonly Stat[]> =>
  (await page.evaluate<Stat[][]>('probe.stats()')).flat();

/** What the page sends: codec, and the bits a second that its encoder aims at. */
const sending = async (page: Page): Promise<{ readonly codec: unknown; readonly bitrate: number }> => {
  const stats = await statsOf(page);
  const sent = stats.find(({ type }) => type === 'outbound-rtp');
  const codec = stats.find(({ id }) => id === sent?.['codecId'])?.['mimeType'];
  return { codec, bitrate: Number(sent?.['targetBitrate']) };
};

test('Opus both ways; where packets are lost the page sends less and protects it, and all is recorded', async () => {
  const { page } = await browser.open();
  await page.goto(address);
  await pressButton(page, 'agent');
  const { key } = await alice.call('ringing');
  await alice.act('answer', key);
  await alice.call('talking');
  await talking(page);
  await until('Opus from the page', async () => (await sending(page)).codec === 'audio/opus');
  await expectTalk(page, alice, TONE.alice);
  const before = (await sending(page)).bitrate;
  stage.media.lose(0.09);
  const adapted = await until(
    'the page sends less',
    async () => {
      const now = await sending(page);
      return now.bitrate <= 20_000 && now;
    },
    { timeoutMs: 40_000 },
  );
  process.stdout.write(`${before} bit/s, with 9 % loss ${adapted.bitrate} bit/s\n`);
  expect(adapted.codec).toBe('audio/opus');
  expect(before).toBeGreaterThan(adapted.bitrate);
  stage.media.lose(0);
  await expectTalk(page, alice, TONE.alice);
  await control(page, 'Hang up').click();
  await alice.idle();
  const { row } = await recordOf(stage, 'agent');
  expect(row.legs.map(({ codec }) => codec)).toEqual(['opus', 'opus']);
  const recorded = stage
    .recording(row)
    .channels.map((samples) => tonesIn(samples.subarray(8000, samples.length - 4000), TONES));
  expect(recorded).toEqual([[TONE.visitor], [TONE.alice]]);
});
