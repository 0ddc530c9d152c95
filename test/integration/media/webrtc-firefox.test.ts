import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BarePage, openBarePage } from '../../support/bare-page.ts';
import { type Firefox, openFirefox } from '../../support/firefox.ts';
import { hears } from '../../support/hearing.ts';
import { until } from '../../support/wait.ts';
import { openScene, type Scene } from './rtp-scene.ts';

/** What the browser's microphone hears, and what the line says. */
const BROWSER_TONE = 700;
const LINE_TONE = 400;

/** Firefox makes no connection over loopback. */
const address = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

let scene: Scene;
let firefox: Firefox;
let page: BarePage;

beforeAll(async () => {
  if (address === undefined) return;
  [scene, firefox] = await Promise.all([
    openScene({ webrtc: { workers: 1, port: 0, listen: [{ address }] } }),
    openFirefox(BROWSER_TONE),
  ]);
  page = await openBarePage(firefox);
});
afterAll(async () => {
  await page?.close();
  await Promise.all([scene?.end(), firefox?.close()]);
});

it.skipIf(address === undefined)('Firefox talks, presses keys and holds, whoever offers', async () => {
  const session = scene.engine.createSession('call');
  const pressed: string[] = [];
  session.on('dtmf', (of, digit) => pressed.push(`${of.label} ${digit}`));
  const leg = await session.addLeg({
    label: 'agent',
    nat: false,
    codecs: ['PCMU', 'PCMA'],
    wire: { type: 'webrtc' },
  });
  const line = await scene.line(session, { frequency: LINE_TONE });
  session.bridge(leg, line.leg);
  line.peer.start();
  const bothHear = () =>
    until('both hear', async () => {
      const before = await page.received();
      const seconds = await hears(line.peer, BROWSER_TONE, 400);
      return seconds > 0.25 && (await page.received()) - before > 10;
    });

  // Its keys are of payload type 101, where ours would be of 126.
  await page.takeAnswer(await leg.acceptOffer(await page.offer()));
  await bothHear();
  expect(leg.security).toEqual({ type: 'dtls', suite: expect.stringMatching(/^A/) });
  await page.press('4');
  await until('the key is heard', () => pressed.includes('agent 4'));
  await page.direct('sendonly');
  await page.takeAnswer(await leg.acceptOffer(await page.offer()));
  expect(leg.held).toBe(true);
  await page.direct('sendrecv');
  await leg.acceptAnswer(await page.answer(leg.createOffer()));
  expect(leg.held).toBe(false);
  await bothHear();
  await leg.acceptAnswer(await page.answer(leg.createOffer({ iceRestart: true })));
  await bothHear();
  await page.press('7');
  await until('the key is heard', () => pressed.includes('agent 7'));
  expect(pressed).toEqual(['agent 4', 'agent 7']);
  await session.close();
});
