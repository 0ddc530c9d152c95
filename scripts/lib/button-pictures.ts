import type { Page } from 'playwright-core';
import { openVisitorBrowser, type VisitorOptions } from '../../test/support/call-button-browser.ts';
import { buttonIn, control, ended, ringing, sees, talking } from '../../test/support/call-button-page.ts';
import { type ButtonStage, buttonOf, openButtonStage, TONE } from '../../test/support/call-button-stage.ts';
import { LINE } from '../../test/support/stage.ts';

/** Pictures of call buttons, of a page at a gateway that really runs. */

type Scene = {
  readonly button: string;
  readonly options?: VisitorOptions;
  /** In place of the site's page. */
  readonly path?: string;
  /** What is done after the press, or in its place. */
  readonly act: (page: Page, stage: ButtonStage) => Promise<void>;
};

const STYLE = `<style>
  body { margin: 0; background: #f6f4f0; color: #22201c; font: 17px/1.5 Inter, system-ui, sans-serif; }
  main { max-width: 760px; margin: 0 auto; padding: 28px 32px; }
  h1 { font-size: 30px; margin: 0 0 12px; }
</style>`;
const BODY = (button: string): string =>
  `<p>Roofs, gutters and skylights since 1962. Somebody who knows your kind of roof answers.</p><p>${buttonOf(button)}</p><p>We look at it within two days, and tell you what it costs before anything is done.</p>`;

const press = async (page: Page, button: string): Promise<void> => {
  await buttonIn(page, button).click();
};

/** The line answers. */
const answer = async (page: Page, stage: ButtonStage, button: string): Promise<void> => {
  const far = await stage.phone(LINE, { frequency: TONE.line, telephoneEvent: 101 });
  const arriving = stage.nextCall();
  await press(page, button);
  const call = await arriving;
  call.accept(far);
  await talking(page);
  await page.waitForTimeout(2500);
};

const WIDE = { width: 900, height: 640 };
const TALL = { width: 900, height: 820 };

const SCENES: Readonly<Record<string, Scene>> = {
  button: { button: 'sales', act: async (page) => buttonIn(page, 'sales').hover() },
  confirm: {
    button: 'ask',
    act: async (page) => {
      await press(page, 'ask');
      await page.getByRole('radio').first().check();
    },
  },
  sms: {
    button: 'proven',
    act: async (page) => {
      await press(page, 'proven');
      await control(page, 'Next').click();
      await page.getByLabel('Mobile number').fill('+49 1512 3456789');
      await control(page, 'Send code').click();
      await page.getByLabel('Code of the SMS').waitFor();
    },
  },
  microphone: {
    button: 'sales',
    options: { microphone: 'denied' },
    act: async (page) => {
      await press(page, 'sales');
      await sees(page, /microphone/i);
    },
  },
  number: {
    button: 'sales',
    options: { microphone: 'denied', viewport: TALL },
    act: async (page) => {
      await press(page, 'sales');
      await control(page, 'Other ways to reach us').click();
      await page.waitForTimeout(500);
    },
  },
  closed: {
    button: 'night',
    options: { viewport: TALL },
    act: async (page) => {
      await press(page, 'night');
      await sees(page, 'We are closed at the moment');
      await page.waitForTimeout(500);
    },
  },
  ringing: {
    button: 'sales',
    act: async (page, stage) => {
      stage.first.onCall((call) => call.respond(180, 'Ringing'));
      await press(page, 'sales');
      await ringing(page);
    },
  },
  talking: { button: 'sales', act: (page, stage) => answer(page, stage, 'sales') },
  keypad: {
    button: 'sales',
    act: async (page, stage) => {
      await answer(page, stage, 'sales');
      await control(page, 'Keypad').click();
      for (const key of '42') await control(page, key).click();
    },
  },
  sound: {
    button: 'sales',
    options: { viewport: TALL },
    act: async (page, stage) => {
      await answer(page, stage, 'sales');
      await control(page, 'Sound').click();
      await page.waitForTimeout(300);
    },
  },
  ended: {
    button: 'sales',
    act: async (page, stage) => {
      await answer(page, stage, 'sales');
      await control(page, 'Hang up').click();
      await ended(page);
    },
  },
  page: {
    button: 'sales',
    path: '/c/sales',
    options: { viewport: TALL },
    act: async (page) => buttonIn(page, 'sales').waitFor(),
  },
  zh: {
    button: 'ask',
    options: { locale: 'zh-CN' },
    act: async (page) => {
      await press(page, 'ask');
      await page.getByRole('radio').last().check();
    },
  },
};

/** Makes those that are wanted, or all; `keep` takes each as a PNG. */
export const makeButtonPictures = async (
  wanted: readonly string[],
  keep: (name: string, png: Buffer) => Promise<void>,
): Promise<void> => {
  const scenes = Object.entries(SCENES).filter(
    ([name]) => wanted.length === 0 || wanted.includes(`click-to-call-${name}`),
  );
  if (scenes.length === 0) return;
  const [stage, browser] = await Promise.all([openButtonStage(), openVisitorBrowser(TONE.visitor)]);
  try {
    for (const [name, { button, options, path, act }] of scenes) {
      const language = options?.locale ?? 'en';
      const address = stage.page(BODY(button), { head: STYLE, language });
      const { page, close } = await browser.open({ viewport: WIDE, reducedMotion: 'reduce', ...options });
      await page.goto(path === undefined ? address : `${stage.origin}${path}`);
      await buttonIn(page, button).waitFor();
      await act(page, stage);
      await page.waitForTimeout(300);
      await keep(`click-to-call-${name}`, await page.screenshot());
      await close();
    }
  } finally {
    await browser.close();
    await stage.close();
  }
};
