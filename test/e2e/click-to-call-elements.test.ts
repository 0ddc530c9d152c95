import { devices, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  openVisitorBrowser,
  type Visitor,
  type VisitorBrowser,
  type VisitorOptions,
} from '../support/call-button-browser.ts';
import { buttonIn, control, ringing, sees } from '../support/call-button-page.ts';
import {
  type ButtonStage,
  buttonOf,
  NUMBER,
  openButtonStage,
  SHOWN_NUMBER,
  TONE,
} from '../support/call-button-stage.ts';
import { until } from '../support/wait.ts';

/** What pages make of buttons: elements of every kind, markup that changes or is wrong, gateways that fail. */

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

const PHONE: VisitorOptions & { defaultBrowserType?: string } = { ...devices['Pixel 7'] };
delete PHONE.defaultBrowserType;

const visit = async (
  body: string,
  options: VisitorOptions = {},
  before: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<Visitor> => {
  const visitor = await browser.open(options);
  open.push(visitor);
  await before(visitor.page);
  await visitor.page.goto(stage.page(body, { path: '/elements', visits: false }));
  return visitor;
};

/** The button beside it is there, and so are the facts of all. */
const described = (page: Page): Promise<void> => buttonIn(page, 'sales').waitFor();

const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const ELEMENTS = `
  <p><svg id="drawing" data-dt-call="sales" width="50" height="50"><circle cx="25" cy="25" r="20"/></svg></p>
  <p><a id="anchor" data-dt-call="sales">Call</a></p>
  <p><a id="around" href="tel:${NUMBER}"><img id="picture" data-dt-call="sales" alt="Call" src="${PIXEL}" width="40" height="40"></a></p>
  <div id="box" data-dt-call="sales"><p id="inside">Ring us</p><p><a href="tel:${NUMBER}">${SHOWN_NUMBER}</a></p></div>
  <p><a id="contact" href="/contact" data-dt-call="sales">Contact</a></p>
  <form action="/sent"><button id="submit" data-dt-call="sales">Call</button></form>
  <p><button id="other" type="button" data-dt-call="sales" data-dt-call-target="+49 (30) 231-25199">Call</button></p>
  <p id="item" role="menuitem" data-dt-call="sales">Call</p>
  ${buttonOf('sales')}`;

test.each(['drawing', 'anchor', 'around', 'box', 'item'])('the keyboard presses it: %s', async (id) => {
  const { page } = await visit(ELEMENTS);
  await described(page);
  await page.evaluate(`document.getElementById('${id}').focus()`);
  await page.keyboard.press('Enter');
  await ringing(page);
});

test('no element is a button within a link, and each keeps the role that it has', async () => {
  const { page } = await visit(ELEMENTS);
  await described(page);
  expect(await page.locator('#picture').getAttribute('role')).toBeNull();
  expect(await page.locator('#item').getAttribute('role')).toBe('menuitem');
});

test.each([
  ['picture', NUMBER],
  ['inside', NUMBER],
  ['contact', NUMBER],
  ['submit', NUMBER],
  ['other', '+493023125199'],
])('on a telephone it dials, and does nothing else: %s', async (id, dialled) => {
  const { page } = await visit(ELEMENTS, PHONE);
  await described(page);
  const went: string[] = [];
  const session = await page.context().newCDPSession(page);
  await session.send('Page.enable');
  session.on('Page.frameRequestedNavigation', ({ url }) => went.push(url));
  const address = page.url();
  await page.locator(`#${id}`).tap();
  await until('the dialler', () => went.length > 0);
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 200))');
  expect(went).toEqual([`tel:${dialled}`]);
  expect(page.url()).toBe(address);
});

describe('markup that changes', () => {
  test('another id is another button; one that there is not leaves the link', async () => {
    const { page } = await visit(buttonOf('sales'));
    await described(page);
    const become = (name: string, value: string): Promise<unknown> =>
      page.evaluate(`document.querySelector('dt-call-button').setAttribute('${name}', '${value}')`);
    await become('button', 'ask');
    await control(page, 'Talk to us').waitFor();
    await become('button', 'nothing');
    await page.getByRole('link', { name: SHOWN_NUMBER }).waitFor();
    await become('button', 'sales');
    await control(page, 'Call us').waitFor();
    expect(await page.getByRole('link').count()).toBe(0);
  });

  test('a page that changes its language changes its buttons', async () => {
    const { page } = await visit(buttonOf('sales'));
    await described(page);
    await page.evaluate(`document.documentElement.lang = 'zh'`);
    await control(page, '联系我们').waitFor();
  });

  test('an intent that came later is heeded; one that the button has not is asked for', async () => {
    const { page } = await visit(
      `<button id="mark" type="button" data-dt-call="ask">Ask</button>${buttonOf('ask', ' intent="nonsense"')}`,
    );
    await buttonIn(page, 'ask').click();
    await sees(page, 'What is it about?');
    await page.keyboard.press('Escape');
    await page.evaluate(`document.getElementById('mark').setAttribute('data-dt-call-intent', 'presale')`);
    await page.locator('#mark').click();
    await control(page, 'Call now').waitFor();
    expect(await page.getByText('What is it about?').count()).toBe(0);
  });
});

test('a page has more buttons than are described at once, and ids that are none', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `none-${index}`);
  const { page, errors } = await visit([...ids, 'x'.repeat(300), 'sales'].map((id) => buttonOf(id)).join(''));
  await described(page);
  expect(await page.getByRole('link', { name: SHOWN_NUMBER }).count()).toBe(61);
  expect(errors).toEqual([]);
});

test('the number is on paper, and the button is not', async () => {
  const { page } = await visit(buttonOf('sales') + buttonOf('corner'));
  await described(page);
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByRole('link', { name: SHOWN_NUMBER }).count()).toBe(2);
  expect(await page.getByRole('button').count()).toBe(0);
});

test('a word that is longer than the window breaks', async () => {
  const { page } = await visit(buttonOf('sales'), { viewport: { width: 320, height: 640 } }, (fresh) =>
    fresh.route('**/v1/button/config', async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      answer.buttons.sales.text = 'Donaudampfschifffahrtsgesellschaftskapitänswitwe';
      await route.fulfill({ response, json: answer });
    }),
  );
  await described(page);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
});

describe('a gateway that fails', () => {
  test.each(['null', '[]', '{"buttons":{"sales":{}}}', '<html>'])('says %s: the link stays', async (body) => {
    const { page, errors } = await visit(buttonOf('sales'), {}, (fresh) =>
      fresh.route('**/v1/button/config', (route) =>
        route.fulfill({ headers: { 'access-control-allow-origin': '*' }, body }),
      ),
    );
    await page.waitForResponse('**/v1/button/config').catch(() => undefined);
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 300))');
    expect(await page.getByRole('link', { name: SHOWN_NUMBER }).isVisible()).toBe(true);
    expect(errors).toEqual([]);
  });

  test('is slow: a press is kept until it answers', async () => {
    const { page } = await visit(
      '<button id="mark" type="button" data-dt-call="sales">Call</button>',
      {},
      (fresh) =>
        fresh.route('**/v1/button/config', async (route) => {
          await new Promise((resolve) => setTimeout(resolve, 1500));
          await route.continue();
        }),
    );
    await page.waitForFunction(`customElements.get('dt-call-button')`);
    await page.locator('#mark').click();
    await ringing(page);
  });

  test('is down: a button that knows a number dials it', async () => {
    const { page } = await visit(
      `<button id="mark" type="button" data-dt-call="sales" data-dt-call-target="${NUMBER}">Call</button>`,
      {},
      (fresh) => fresh.route('**/v1/button/config', (route) => route.abort()),
    );
    await page.waitForFunction(`customElements.get('dt-call-button')`);
    const went: string[] = [];
    const session = await page.context().newCDPSession(page);
    await session.send('Page.enable');
    session.on('Page.frameRequestedNavigation', ({ url }) => went.push(url));
    await page.locator('#mark').click();
    await until('the dialler', () => went.includes(`tel:${NUMBER}`), { timeoutMs: 10_000 });
  });
});
