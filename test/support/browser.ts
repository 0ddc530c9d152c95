import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Real Chromium without a window, whose microphone hears one tone for ever. */
export type ToneBrowser = {
  /** Hz. */
  readonly tone: number;
  /** A page with cookies and storage of its own, unless it shares those of `beside`. */
  open(beside?: Page): Promise<Page>;
  /** Of the browser's own process. */
  close(): Promise<void>;
};

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
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Machines without a network have nothing else.
  '--allow-loopback-in-peer-connection',
];

const MICROPHONE_RATE = 48_000;
const PROBE = fileURLToPath(new URL('page-probe.mjs', import.meta.url));

/** A mono 16-bit WAV file of whole waves, so that it loops without a click. */
export const toneFile = (frequency: number): Buffer => {
  const data = Buffer.alloc(MICROPHONE_RATE * 2);
  for (let i = 0; i < MICROPHONE_RATE; i += 1)
    data.writeInt16LE(Math.round(8231 * Math.sin((2 * Math.PI * frequency * i) / MICROPHONE_RATE)), i * 2);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(MICROPHONE_RATE, 24);
  head.writeUInt32LE(MICROPHONE_RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
};

const running = new Set<() => void>();
process.on('exit', () => {
  for (const kill of running) kill();
});

/** Starts a browser whose microphone hears `tone` Hz, a whole number, at -12 dB of full scale. */
export const openBrowser = async (tone: number): Promise<ToneBrowser> => {
  const folder = mkdtempSync(join(tmpdir(), 'dialtrace-tone-'));
  const file = join(folder, `${tone}.wav`);
  writeFileSync(file, toneFile(tone));
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Not Playwright's own set: it would open the old headless mode and mute the audio.
    ignoreDefaultArgs: ['--headless', '--mute-audio', '--hide-scrollbars'],
    args: [...FLAGS, `--use-file-for-fake-audio-capture=${file}`],
  });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  running.add(remove);

  const newContext = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1100, height: 800 } });
    await context.grantPermissions(['microphone', 'notifications']);
    await context.addInitScript({ path: PROBE });
    return context;
  };

  return {
    tone,
    open: async (beside) => {
      const context = beside?.context() ?? (await newContext());
      return context.newPage();
    },
    close: async () => {
      await browser.close();
      running.delete(remove);
      remove();
    },
  };
};
