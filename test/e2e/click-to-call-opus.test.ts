import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, type ToneBrowser } from '../support/browser.ts';
import { openVisitorBrowser, type VisitorBrowser } from '../support/call-button-browser.ts';
import { control, expectTalk, pressButton, recordOf, talking } from '../support/call-button-page.ts';
import { type ButtonStage, buttonOf, openButtonStage, TONE, TONES } from '../support/call-button-stage.ts';
import { tonesIn } from '../support/hearing.ts';
import { openSoftphone, type PageSoftphone } from '../support/softphone.ts';
import { until } from '../support/wait.ts';

/** A visitor's page and an agent's talk Opus, as much of it as the network can bear. */

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

/** What a page sends: codec, and the bits a second that its encoder aims at. */
const sendingOf = (stats: readonly Stat[]): { readonly codec: unknown; readonly bitrate: number } => {
  const sent = stats.find(({ type }) => type === 'outbound-rtp');
  const codec = stats.find(({ id }) => id === sent?.['codecId'])?.['mimeType'];
  return { codec, bitrate: Number(sent?.['targetBitrate']) };
};
const sending = async (page: Page) => sendingOf((await page.evaluate<Stat[][]>('probe.stats()')).flat());

test('Opus both ways; where packets are lost both pages send less, and all is recorded', async () => {
  const { page } = await browser.open();
  await page.goto(address);
  await pressButton(page, 'agent');
  const { key } = await alice.call('ringing');
  await alice.act('answer', key);
  await alice.call('talking');
  await talking(page);
  await until('Opus from the page', async () => (await sending(page)).codec === 'audio/opus');
  await expectTalk(page, alice, TONE.alice);
  const both = async () =>
    [await sending(page), sendingOf((await alice.stats()).flat() as readonly Stat[])] as const;
  const before = await both();
  stage.media.lose(0.09);
  const adapted = await until(
    'both pages send less',
    async () => {
      const now = await both();
      return now.every(({ bitrate }) => bitrate <= 20_000) && now;
    },
    { timeoutMs: 40_000 },
  );
  for (const [index, { codec, bitrate }] of adapted.entries()) {
    process.stdout.write(`${before[index]?.bitrate} bit/s, with 9 % loss ${bitrate} bit/s\n`);
    expect(codec).toBe('audio/opus');
    expect(before[index]?.bitrate).toBeGreaterThan(bitrate);
  }
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
