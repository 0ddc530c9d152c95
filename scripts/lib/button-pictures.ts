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
  /** On a machine without a microphone. */
  readonly isDeaf?: boolean;
  /** Runs in the page before everything else. */
  readonly script?: string;
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

/** Everything between the page and the gateway. */
const cutAll = ({ media, mediaByTcp, signalling }: ButtonStage, on: boolean): void => {
  for (const way of [media, mediaByTcp, signalling]) way.cut(on);
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
const TELEPHONE: VisitorOptions = {
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  hints: false,
  isMobile: true,
  hasTouch: true,
  viewport: { width: 390, height: 520 },
};
/** Nobody has answered the browser's question yet. */
const UNASKED = `Permissions.prototype.query = async () => Object.assign(new EventTarget(), { state: 'prompt' });`;

const SCENES: Readonly<Record<string, Scene>> = {
  button: { button: 'sales', act: async (page) => buttonIn(page, 'sales').hover() },
  telephone: {
    button: 'sales',
    options: TELEPHONE,
    act: async (page) => page.getByRole('button', { name: 'Call in the browser' }).waitFor(),
  },
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
  explained: {
    button: 'sales',
    script: UNASKED,
    act: async (page) => {
      await press(page, 'sales');
      await sees(page, 'May we use your microphone?');
    },
  },
  'no-microphone': {
    button: 'sales',
    isDeaf: true,
    act: async (page) => {
      await press(page, 'sales');
      await sees(page, /no microphone on this device/);
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
  asked: {
    button: 'night',
    act: async (page) => {
      await press(page, 'night');
      await page.getByLabel('Your number').fill('+49 1512 3456789');
      await page.getByRole('checkbox').check();
      await control(page, 'Call me back').click();
      await sees(page, /^We call you: /);
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
  small: {
    button: 'sales',
    act: async (page, stage) => {
      await answer(page, stage, 'sales');
      await page.keyboard.press('m');
      await control(page, 'Make small').click();
    },
  },
  broken: {
    button: 'sales',
    act: async (page, stage) => {
      await answer(page, stage, 'sales');
      cutAll(stage, true);
      await sees(page, /^The connection broke/, 20_000);
    },
  },
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
  busy: {
    button: 'sales',
    act: async (page, stage) => {
      stage.first.onCall((call) => call.respond(486, 'Busy Here'));
      await press(page, 'sales');
      await ended(page);
    },
  },
  page: {
    button: 'sales',
    path: '/c/sales',
    options: { viewport: { width: 900, height: 980 } },
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
  const [stage, browser, deaf] = await Promise.all([
    openButtonStage(),
    openVisitorBrowser(TONE.visitor),
    openVisitorBrowser(undefined),
  ]);
  try {
    for (const [name, { button, options, path, isDeaf, script, act }] of scenes) {
      const language = options?.locale ?? 'en';
      const address = stage.page(BODY(button), { head: STYLE, language });
      const { page, close } = await (isDeaf ? deaf : browser).open({
        viewport: WIDE,
        reducedMotion: 'reduce',
        ...options,
      });
      if (script !== undefined) await page.addInitScript(script);
      await page.goto(path === undefined ? address : `${stage.origin}${path}`);
      await page.locator(`dt-call-button[button="${button}"] [part="button"]`).waitFor();
      await act(page, stage);
      await page.waitForTimeout(300);
      await keep(`click-to-call-${name}`, await page.screenshot());
      cutAll(stage, false);
      await close();
    }
  } finally {
    await browser.close();
    await deaf.close();
    await stage.close();
  }
};
