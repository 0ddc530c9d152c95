import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordOf } from '../support/call-button-page.ts';
import { type ButtonStage, buttonOf, openButtonStage, TONE, TONES } from '../support/call-button-stage.ts';
import { type Firefox, openFirefox } from '../support/firefox.ts';
import { hearsOf, tonesIn } from '../support/hearing.ts';
import { LINE } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** A call button in Firefox, which takes no loopback address for a way to anywhere. */

const mediaAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const possible = existsSync('/usr/bin/firefox-esr') && mediaAddress !== undefined;

let stage: ButtonStage;
let firefox: Firefox;
beforeAll(async () => {
  if (!possible) return;
  [stage, firefox] = await Promise.all([openButtonStage({ mediaAddress }), openFirefox(TONE.visitor)]);
});
afterAll(async () => {
  await firefox?.close();
  await stage?.close();
});

/** The button of the page; of the panel, the one with this label. */
const BUTTON = `document.querySelector('dt-call-button').shadowRoot.querySelector('[part=button]')`;
const labelled = (label: string): string =>
  `[...document.querySelector('dt-call-panel').shadowRoot.querySelectorAll('button')].find(({ ariaLabel, textContent }) => (ariaLabel ?? textContent) === '${label}')`;

test.skipIf(!possible)('a press in Firefox rings the line, and both talk', async () => {
  const { page } = firefox;
  const does = <T>(expression: string): Promise<T> => page.evaluate<T>(expression);
  await page.goto(stage.page(buttonOf('sales')));
  await until('the button', () => does<boolean>(`${BUTTON} !== null`).catch(() => false));
  const far = await stage.phone(LINE, { frequency: TONE.line, telephoneEvent: 101 });
  const arriving = stage.nextCall();
  await does(`${BUTTON}.click()`);
  // Firefox asks each time, and a word comes before its question.
  await until('the call, or a word before it', () =>
    does<boolean>(`document.querySelector('dt-call-panel') !== null`),
  );
  await does(`${labelled('Continue')}?.click()`);
  const line = await arriving;
  line.respond(180, 'Ringing');
  line.accept(far);
  await line.acked();
  await until('both hear each other', async () => {
    const { shares } = await does<{ shares: number[] }>(`probe.listen(${JSON.stringify(TONES)}, 800)`);
    const heard = TONES.filter((_, index) => (shares[index] ?? 0) > 0.6);
    return heard.join() === String(TONE.line) && (await hearsOf(far, TONES)).join() === String(TONE.visitor);
  });
  await sleep(1000);
  await does(`${labelled('Hang up')}.click()`);
  await line.ended();
  far.stop();
  const { row } = await recordOf(stage, 'sales');
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
  expect(
    stage
      .recording(row)
      .channels.map((samples) => tonesIn(samples.subarray(8000, samples.length - 4000), TONES)),
  ).toEqual([[TONE.visitor], [TONE.line]]);
});
