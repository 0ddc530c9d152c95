/**
 * Makes the pictures of the softphone and of call buttons in docs/images again: `npx tsx scripts/make-screenshots.ts [name ...]`,
 * names of call buttons' being `click-to-call-…`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { serveDemo } from '../test/support/demo-pages.ts';
import { makeButtonPictures } from './lib/button-pictures.ts';
import { smallPng } from './lib/small-png.ts';

/** Chinese needs a font of its own (Debian: fonts-noto-cjk); fonts-inter is nice to have. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const MAXIMUM_BYTES = 120_000;
const NOW = new Date('2026-03-17T10:24:00+01:00');
const WIDE = { width: 1240, height: 780 };
const NARROW = { width: 390, height: 780 };

type Picture = {
  readonly scene: string;
  readonly options?: BrowserContextOptions;
  /** What is done before the picture. */
  readonly prepare?: (page: Page) => Promise<void>;
};

const PICTURES: Readonly<Record<string, Picture>> = {
  login: { scene: 'login', options: { viewport: { width: 760, height: 560 } } },
  ready: { scene: 'ready' },
  incoming: { scene: 'incoming' },
  waiting: { scene: 'waiting' },
  talking: { scene: 'talking' },
  transfer: {
    scene: 'talking',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Transfer' }).click();
      await page.keyboard.press('ArrowDown');
    },
  },
  consult: { scene: 'consult' },
  'wrap-up': { scene: 'wrap-up' },
  history: {
    scene: 'ready',
    options: { viewport: NARROW },
    prepare: (page) => page.getByRole('tab', { name: 'Recent' }).click(),
  },
  supervisor: { scene: 'supervisor', prepare: (page) => page.getByRole('tab', { name: 'Live' }).click() },
  supervising: { scene: 'supervising', prepare: (page) => page.getByRole('tab', { name: 'Live' }).click() },
  problem: { scene: 'problem' },
  settings: {
    scene: 'ready',
    prepare: (page) => page.getByRole('button', { name: 'Settings' }).click(),
  },
  narrow: { scene: 'incoming', options: { viewport: NARROW } },
  dark: { scene: 'poor', options: { colorScheme: 'dark' } },
  zh: { scene: 'incoming', options: { locale: 'zh-CN' } },
};

const root = new URL('../', import.meta.url);
const wanted = process.argv.slice(2);

const keep = async (name: string, png: Buffer): Promise<void> => {
  const path = `docs/images/${name}.png`;
  const picture = smallPng(png);
  if (picture.length > MAXIMUM_BYTES) throw new Error(`${path} would take ${picture.length} bytes`);
  await writeFile(new URL(path, root), picture);
  process.stdout.write(`${path}: ${picture.length} bytes\n`);
};

await mkdir(new URL('docs/images/', root), { recursive: true });
await makeButtonPictures(wanted, keep);

const demo = await serveDemo();
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--font-render-hinting=none',
    '--disable-lcd-text',
    '--hide-scrollbars',
  ],
});
try {
  for (const [name, { scene, options, prepare }] of Object.entries(PICTURES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const context = await browser.newContext({
      viewport: WIDE,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await context.newPage();
    await page.clock.setFixedTime(NOW);
    await page.goto(`${demo.url}?scene=${scene}`);
    await prepare?.(page);
    await page.waitForTimeout(500);
    await keep(`softphone-${name}`, await page.screenshot());
    await context.close();
  }
} finally {
  await browser.close();
  await demo.close();
}
