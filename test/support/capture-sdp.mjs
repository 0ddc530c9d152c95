// Writes test/fixtures/browser-sdp/ anew from the browsers of this machine: npx tsx test/support/capture-sdp.mjs
// Safari's are written by hand after what it sends, and stay.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeBrowserOffer } from '../../src/sdp/index.ts';
import { openBarePage } from './bare-page.ts';
import { openBrowser } from './browser.ts';
import { openFirefox } from './firefox.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/browser-sdp/', import.meta.url));

const ourOffer = writeBrowserOffer({
  address: '192.0.2.10',
  ice: { usernameFragment: 'ourufrag', password: 'ourpasswordourpassword' },
  candidates: [
    {
      foundation: 'udp',
      priority: 1_076_558_079,
      address: '192.0.2.10',
      port: 40_000,
      protocol: 'udp',
      type: 'host',
    },
  ],
  fingerprint: { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') },
  codecs: ['PCMU', 'PCMA'],
  telephoneEvent: 126,
  ssrc: 123_456_789,
  cname: 'ours',
  ptime: 20,
  origin: { id: '1', version: 1 },
});

const capture = async (name, browser) => {
  const page = await openBarePage(browser);
  const save = (what, sdp) => writeFileSync(`${FOLDER}${name}-${what}.sdp`, sdp);
  save('offer', await page.offer({ video: false }));
  await page.renew();
  save('offer-with-video', await page.offer({ video: true }));
  await page.renew();
  save('answer', await page.answer(ourOffer));
  await page.direct('sendonly');
  save('offer-on-hold', await page.offer());
  await page.close();
};

mkdirSync(FOLDER, { recursive: true });
for (const [name, open] of [
  ['chromium', openBrowser],
  ['firefox', openFirefox],
]) {
  const browser = await open(700);
  await capture(name, browser).finally(() => browser.close());
}
