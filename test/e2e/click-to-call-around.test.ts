import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openVisitorBrowser, type Visitor, type VisitorBrowser } from '../support/call-button-browser.ts';
import {
  answering,
  buttonIn,
  control,
  ended,
  expectTalk,
  pressButton,
  ringing,
  sees,
  talking,
} from '../support/call-button-page.ts';
import { type ButtonStage, buttonOf, NUMBER, openButtonStage, TONE } from '../support/call-button-stage.ts';
import { until } from '../support/wait.ts';

/** What the page around a call does to it: styles, dialogues, shortcuts, other bodies, and "back". */

let stage: ButtonStage;
let browser: VisitorBrowser;
const open: Visitor[] = [];

beforeAll(async () => {
  [stage, browser] = await Promise.all([openButtonStage(), openVisitorBrowser(TONE.visitor)]);
  stage.first.onCall((call) => call.respond(180, 'Ringing'));
});
afterEach(async () => {
  for (const visitor of open.splice(0)) await visitor.close();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const visit = async (body: string, head = ''): Promise<Page> => {
  const visitor = await browser.open();
  open.push(visitor);
  await visitor.page.goto(stage.page(body, { path: '/around', visits: false, head }));
  return visitor.page;
};

/** The words of what has the focus, or of what it stands in. */
const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    let at = document.activeElement;
    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === document.body ? '' : at.getAttribute('aria-label') || at.textContent;
  })()`);

const RESET =
  '*{all:unset;letter-spacing:9px;text-transform:uppercase;pointer-events:none;opacity:.2}body>*{position:relative;z-index:1;display:none}';

test('styles of the page for everything, and for all that stands in its body, leave the call alone', async () => {
  const page = await visit('', `<style>${RESET}</style>`);
  await page.evaluate(
    `document.documentElement.append(Object.assign(document.createElement('dt-call-button'), { id: 'bare' })); bare.setAttribute('button', 'sales')`,
  );
  await buttonIn(page, 'sales').dispatchEvent('click');
  await ringing(page);
  const looks = await page.evaluate(`(() => {
    const host = document.querySelector('dt-call-panel');
    const { letterSpacing, textTransform } = getComputedStyle(host.shadowRoot.querySelector('h2'));
    return [letterSpacing, textTransform, getComputedStyle(host).opacity, getComputedStyle(host).zIndex];
  })()`);
  expect(looks).toEqual(['normal', 'none', '1', 'auto']);
  await control(page, 'Hang up').click();
});

describe('a dialogue of the page', () => {
  const press = async (): Promise<Page> => {
    const page = await visit(
      `<dialog id="contact" style="transform:translateX(9px)">${buttonOf('sales')}</dialog>`,
    );
    await page.evaluate('contact.showModal()');
    await pressButton(page, 'sales');
    await ringing(page);
    return page;
  };

  test('has the call in it, and the call goes on when it is closed', async () => {
    const page = await press();
    await control(page, 'Make small').click();
    await pressButton(page, 'sales');
    await page.evaluate('contact.close()');
    await control(page, 'Hang up').click();
    await expect.poll(() => page.locator('dt-call-panel').count()).toBe(0);
  });

  test('that is taken away leaves the call', async () => {
    const page = await press();
    await page.evaluate('contact.remove()');
    await control(page, 'Hang up').click();
  });

  test('that was opened in mid-call gets the call when its button is pressed', async () => {
    const page = await visit(`${buttonOf('sales')}<dialog id="contact">${buttonOf('agent')}</dialog>`);
    await pressButton(page, 'sales');
    await ringing(page);
    await page.evaluate('contact.showModal()');
    await pressButton(page, 'agent');
    await control(page, 'Hang up').click();
    await page.evaluate('contact.close()');
    expect(await page.locator('dt-call-panel').count()).toBe(0);
  });
});

test('another body leaves the sheet above the page, with the focus', async () => {
  const page = await visit(buttonOf('ask'));
  await pressButton(page, 'ask');
  await sees(page, 'Call now');
  await page.evaluate(`(() => {
    const next = document.createElement('body');
    next.innerHTML = '<main><h1>Doors</h1></main>';
    document.body.replaceWith(next);
  })()`);
  await page.waitForFunction(`document.querySelector('dt-call-panel')?.shadowRoot.querySelector(':modal')`);
  await page.keyboard.press('Space');
  expect(await page.getByRole('radio').first().isChecked()).toBe(true);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('dt-call-panel').count()).toBe(0);
});

test('what is typed is no shortcut of the page', async () => {
  const page = await visit(buttonOf('proven'));
  await page.evaluate(`addEventListener('keydown', (event) => {
    if (event.target.tagName !== 'INPUT') event.preventDefault();
  })`);
  await pressButton(page, 'proven');
  await control(page, 'Next').click();
  const field = page.getByLabel('Mobile number');
  await field.pressSequentially('+49 1512');
  expect(await field.inputValue()).toBe('+49 1512');
});

describe('the part that makes calls', () => {
  const SECOND = '**/dt-call-phone.js*';

  test('is asked for by another name when it could not be had', async () => {
    const page = await visit(buttonOf('sales'));
    const asked: string[] = [];
    // Firefox would not ask for the same address again.
    await page.route(SECOND, (route) => {
      asked.push(route.request().url());
      return asked.length === 1 ? route.fulfill({ status: 503 }) : route.continue();
    });
    await buttonIn(page, 'sales').waitFor();
    const failed = page.waitForResponse(SECOND);
    await page.locator('dt-call-button').dispatchEvent('pointerenter');
    await failed;
    await pressButton(page, 'sales');
    await ringing(page);
    expect(new Set(asked).size).toBe(2);
  });

  test('can not be had: without a link the number is dialled, and the button stays', async () => {
    const page = await visit(`<dt-call-button button="sales" target="${NUMBER}"></dt-call-button>`);
    await page.route(SECOND, (route) => route.abort());
    const went: string[] = [];
    const session = await page.context().newCDPSession(page);
    await session.send('Page.enable');
    session.on('Page.frameRequestedNavigation', ({ url }) => went.push(url));
    await pressButton(page, 'sales');
    await until('the dialler', () => went.includes(`tel:${NUMBER}`));
    expect(await buttonIn(page, 'sales').isVisible()).toBe(true);
  });
});

test('the focus stays in the call whatever goes away, and goes back to the button that was drawn anew', async () => {
  const page = await visit(buttonOf('sales'));
  const { far, line } = await answering(stage);
  await pressButton(page, 'sales');
  const call = await line;
  await talking(page);
  await control(page, 'Sound').click();
  await control(page, 'Test my microphone').press('Enter');
  await sees(page, 'Speak now …');
  expect(await focused(page)).toBe('Test my microphone');
  await sees(page, 'You can be heard well.');
  expect(await focused(page)).toBe('Test my microphone');
  await page.evaluate(`document.querySelector('dt-call-button').setAttribute('lang', 'en')`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await ended(page);
  await call.ended();
  far.stop();
  await control(page, '4 stars').press('Enter');
  await sees(page, 'Thank you.');
  expect(await focused(page)).toBe('4 stars');
  await page.getByRole('button', { name: 'Close' }).last().press('Enter');
  expect(await focused(page)).toBe('Call us');
});

test('"back" to a page that the browser has put aside takes the call along, as small as it was', async () => {
  const page = await visit(buttonOf('sales'));
  await buttonIn(page, 'sales').waitFor();
  await page.evaluate('window.kept = true');
  await page.goto(stage.page(buttonOf('sales'), { path: '/next', visits: false }));
  const { far, line } = await answering(stage);
  await pressButton(page, 'sales');
  const call = await line;
  await talking(page);
  await control(page, 'Make small').click();
  // No load follows where the browser has the page still.
  await page.goBack({ waitUntil: 'commit', timeout: 1000 }).catch(() => undefined);
  const bubble = control(page, /^Show call: Connected/);
  await bubble.waitFor();
  expect(await page.evaluate('window.kept')).toBe(true);
  await expectTalk(page, far, TONE.line, { patienceMs: 12_000 });
  await bubble.click();
  await control(page, 'Hang up').click();
  await call.ended();
  far.stop();
});
