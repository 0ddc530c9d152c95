import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  openVisitorBrowser,
  type Visitor,
  type VisitorBrowser,
  type VisitorOptions,
} from '../support/call-button-browser.ts';
import {
  answering,
  buttonIn,
  control,
  ended,
  pressButton,
  ringing,
  sees,
  talking,
} from '../support/call-button-page.ts';
import {
  type ButtonStage,
  buttonOf,
  openButtonStage,
  SHOWN_NUMBER,
  TONE,
} from '../support/call-button-stage.ts';

/** Whom call buttons shut out: nobody, as far as a program can tell. */

let stage: ButtonStage;
let browser: VisitorBrowser;
let address: string;
const open: Visitor[] = [];

beforeAll(async () => {
  [stage, browser] = await Promise.all([openButtonStage(), openVisitorBrowser(TONE.visitor)]);
  address = stage.page(['sales', 'ask', 'proven', 'night'].map((id) => `<p>${buttonOf(id)}</p>`).join(''));
});
afterEach(async () => {
  for (const visitor of open.splice(0)) await visitor.close();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const visit = async (options: VisitorOptions = {}): Promise<Page> => {
  const visitor = await browser.open(options);
  open.push(visitor);
  await visitor.page.goto(address);
  return visitor.page;
};

describe('axe-core', () => {
  const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const violations = (page: Page): Promise<readonly string[]> =>
    page.evaluate<string[]>(
      `axe.run({ runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + JSON.stringify(target) + ' ' + failureSummary)))`,
    );
  const states: Readonly<Record<string, readonly [button: string, reach: (page: Page) => Promise<void>]>> = {
    button: ['sales', async () => undefined],
    sheet: ['ask', (page) => sees(page, 'Call now')],
    'code by SMS': [
      'proven',
      async (page) => {
        await control(page, 'Next').click();
        await sees(page, 'Send code');
      },
    ],
    'out of hours': ['night', (page) => sees(page, 'We are closed at the moment')],
    ringing: ['sales', ringing],
    'a blocked microphone': ['sales', (page) => sees(page, /microphone is blocked/)],
    'other ways': [
      'sales',
      async (page) => {
        await control(page, 'Other ways to reach us').click();
        await sees(page, SHOWN_NUMBER);
      },
    ],
  };
  const BLOCKED = new Set(['a blocked microphone', 'other ways']);

  test.each(Object.keys(states))('finds nothing: %s', async (state) => {
    stage.first.onCall((call) => call.respond(180, 'Ringing'));
    const [button, reach] = states[state] ?? ['', async () => undefined];
    const microphone = BLOCKED.has(state) ? 'denied' : 'granted';
    const page = await visit({ reducedMotion: 'reduce', microphone });
    await buttonIn(page, button).waitFor();
    if (state !== 'button') await pressButton(page, button);
    await reach(page);
    await page.evaluate(axe.source);
    expect(await violations(page)).toEqual([]);
  });

  test('finds nothing: talking with the keypad, the end, the page of the button', async () => {
    const page = await visit({ reducedMotion: 'reduce' });
    await page.evaluate(axe.source);
    const { far, line } = await answering(stage);
    await pressButton(page, 'sales');
    const call = await line;
    await talking(page);
    await control(page, 'Keypad').click();
    expect(await violations(page)).toEqual([]);
    await call.bye();
    far.stop();
    await ended(page);
    expect(await violations(page)).toEqual([]);
    // It looks into the panel: a button without a name there is found.
    await page.evaluate(
      `document.querySelector('dt-call-panel').shadowRoot.querySelector('.panel').append(document.createElement('button'))`,
    );
    expect((await violations(page)).join()).toContain('button-name');
    const context = await browser.open({ reducedMotion: 'reduce', bypassCSP: true });
    open.push(context);
    await context.page.goto(`${stage.origin}/c/sales`);
    await buttonIn(context.page, 'sales').waitFor();
    await context.page.evaluate(axe.source);
    expect(await violations(context.page)).toEqual([]);
  });
});
