import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { toneFile } from './browser.ts';

/** Chromium of a visitor: a microphone that hears one tone, or none at all; no word of automation. */
export type VisitorBrowser = {
  /** Hz. */
  readonly tone: number;
  open(options?: VisitorOptions): Promise<Visitor>;
  close(): Promise<void>;
};

export type VisitorOptions = BrowserContextOptions & {
  /** What the visitor says to the question for the microphone. Default `granted`. */
  readonly microphone?: 'granted' | 'denied';
  /** False: no client hints, as in Safari and Firefox. */
  readonly hints?: boolean;
};

export type Visitor = {
  readonly page: Page;
  /** What the page wrote to its console as errors, and what nothing caught. */
  readonly errors: readonly string[];
  close(): Promise<void>;
};

const PROBE = fileURLToPath(new URL('page-probe.mjs', import.meta.url));
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--disable-blink-features=AutomationControlled',
  // Machines without a network have nothing else.
  '--allow-loopback-in-peer-connection',
];

/** @param tone Hz, a whole number; undefined: the machine has no microphone */
export const openVisitorBrowser = async (tone: number | undefined): Promise<VisitorBrowser> => {
  const folder = mkdtempSync(join(tmpdir(), 'dialtrace-visitor-'));
  const file = join(folder, 'tone.wav');
  if (tone !== undefined) writeFileSync(file, toneFile(tone));
  const devices =
    tone === undefined
      ? []
      : ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${file}`];
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const browser: Browser = await chromium
    .launch({
      executablePath: '/usr/bin/chromium',
      // Not Playwright's own set: it would open the old headless mode and mute the audio.
      ignoreDefaultArgs: ['--headless', '--mute-audio', '--hide-scrollbars', '--disable-back-forward-cache'],
      args: [...FLAGS, ...devices],
    })
    .catch((error: unknown) => {
      remove();
      throw error;
    });
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;

  return {
    tone: tone ?? 0,
    open: async ({ microphone = 'granted', hints = true, ...options } = {}) => {
      const context = await browser.newContext({
        locale: 'en-GB',
        viewport: { width: 1000, height: 760 },
        userAgent,
        ...options,
      });
      // What is not granted here is refused without a question.
      await context.grantPermissions(microphone === 'granted' ? ['microphone'] : []);
      await context.addInitScript({ path: PROBE });
      if (!hints) await context.addInitScript('delete Navigator.prototype.userAgentData');
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      return { page, errors, close: () => context.close() };
    },
    close: async () => {
      await browser.close();
      remove();
    },
  };
};
