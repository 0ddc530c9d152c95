import { gzipSync } from 'node:zlib';
import { devices, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  openVisitorBrowser,
  type Visitor,
  type VisitorBrowser,
  type VisitorOptions,
} from '../support/call-button-browser.ts';
import { buttonIn, control, pressButton, recordOf, sees, talkOnce } from '../support/call-button-page.ts';
import {
  type ButtonStage,
  buttonOf,
  NUMBER,
  openButtonStage,
  POOL,
  SHOWN_NUMBER,
  TONE,
} from '../support/call-button-stage.ts';
import { until } from '../support/wait.ts';

/** Where buttons stand: telephones, pages without scripts, frames, pages of their own; what they cost, and whom they shut out. */

/** What an iPad says. */
const MACINTOSH =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';

let stage: ButtonStage;
let browser: VisitorBrowser;
let address: string;
const open: Visitor[] = [];

beforeAll(async () => {
  [stage, browser] = await Promise.all([openButtonStage(), openVisitorBrowser(TONE.visitor)]);
  const all = ['sales', 'ask', 'proven', 'night'].map((id) => `<p>${buttonOf(id)}</p>`);
  address = stage.page(
    `${all.join('')}<p><span data-dt-call="sales">Talk</span></p><p id="shown">${SHOWN_NUMBER}</p>`,
  );
});
afterEach(async () => {
  for (const visitor of open.splice(0)) await visitor.close();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const visit = async (options: VisitorOptions = {}, url = address): Promise<Page> => {
  const visitor = await browser.open(options);
  open.push(visitor);
  await visitor.page.goto(url);
  return visitor.page;
};

describe('on a telephone', () => {
  const deviceOf = (name: string): VisitorOptions => {
    const options: VisitorOptions & { defaultBrowserType?: string } = { ...devices[name] };
    delete options.defaultBrowserType;
    return options;
  };

  /** Addresses that the page's own links went to, told by the browser itself. */
  const navigations = async (page: Page): Promise<{ url: string; reason: string }[]> => {
    const seen: { url: string; reason: string }[] = [];
    const session = await page.context().newCDPSession(page);
    await session.send('Page.enable');
    session.on('Page.frameRequestedNavigation', ({ url, reason }) => seen.push({ url, reason }));
    return seen;
  };

  test.each(['Pixel 7', 'iPhone 15'])(
    '%s: the dialler opens within the press, with the number that was lent',
    async (name) => {
      const hints = name !== 'iPhone 15';
      const page = await visit({ ...deviceOf(name), hints }, `${address}?gclid=${name.slice(0, 2)}`);
      await page.waitForFunction('window.dt?.ready?.then(() => true)');
      const lent = await page.evaluate<string>(`dt.number('${NUMBER}').e164`);
      expect(POOL).toContain(lent);
      const link = page.locator('dt-call-button[button="sales"]').getByRole('link').first();
      await link.waitFor();
      const went = await navigations(page);
      await page.evaluate(`
      addEventListener('click', (event) => {
        const { isActive } = navigator.userActivation;
        window.pressed = { prevented: event.defaultPrevented, isActive, tag: event.composedPath().find(({ href }) => href)?.href };
      });
    `);
      await link.tap();
      expect(await page.evaluate('window.pressed')).toEqual({
        prevented: false,
        isActive: true,
        tag: `tel:${lent}`,
      });
      await until('the dialler', () => went.find(({ url }) => url === `tel:${lent}`));
      expect(went).toEqual([{ url: `tel:${lent}`, reason: 'anchorClick' }]);
      const visitId = await page.evaluate<string>('dt.debug().visit');
      await until('it is noted', () => {
        const [row] = stage.gateway.records.query<{ device: string }>(
          "SELECT device FROM button_event WHERE type = 'tel_open' AND visit_id = ?",
          visitId,
        );
        return row?.device === 'phone';
      });
    },
  );

  test('the call in the browser is offered beside, and an iPad is no telephone', async () => {
    const page = await visit(deviceOf('Pixel 7'));
    await control(page, 'Call in the browser').waitFor();
    const ipad = await visit({ ...deviceOf('iPad Pro 11'), hints: false, userAgent: MACINTOSH });
    await buttonIn(ipad, 'sales').waitFor();
    expect(await ipad.locator('dt-call-button[button="sales"]').getByRole('link').count()).toBe(0);
  });
});

describe('without scripts', () => {
  test('the page shows the number, and so does the page of the button', async () => {
    const page = await visit({ javaScriptEnabled: false });
    await page.getByRole('link', { name: SHOWN_NUMBER }).first().waitFor({ state: 'visible' });
    const response = await page.goto(`${stage.origin}/c/sales`);
    expect(response?.status()).toBe(200);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toMatch(/script-src[^;]*'self'/);
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*/);
    const link = page.locator('a.number[href^="tel:"]').first();
    await link.waitFor({ state: 'visible' });
    expect((await link.textContent())?.replace(/\D/g, '')).toContain('23125100');
    await page.locator('img[src*="qr.svg"], svg').first().waitFor({ state: 'visible' });
    await page.locator('input[type="tel"]').fill('+49 1512 3456781');
    await page.locator('input[type="checkbox"]').check();
    await page.locator('form button, form input[type="submit"]').first().click();
    await until('the request', () => stage.gateway.records.query('SELECT 1 FROM call_back')[0]);
    expect(await page.locator('body').textContent()).not.toMatch(/error|wrong/i);
  });

  test('in Chinese where the browser is, and where the address says so', async () => {
    const page = await visit({ locale: 'zh-CN' }, `${stage.origin}/c/sales`);
    expect(await page.locator('html').getAttribute('lang')).toMatch(/^zh/);
    const other = await visit({}, `${stage.origin}/c/sales?lang=zh`);
    expect(await other.locator('html').getAttribute('lang')).toMatch(/^zh/);
  });
});

test("the button's own page calls, and the visit is that of its link", async () => {
  const page = await visit({}, `${stage.origin}/c/sales?utm_source=poster&utm_medium=qr&utm_campaign=expo`);
  await talkOnce(stage, page, () => pressButton(page, 'sales'));
  const { row, web } = await recordOf(stage, 'sales');
  expect(row.call).toMatchObject({ status: 'answered', source: 'poster', campaign: 'expo' });
  expect(web).toMatchObject({ origin: stage.origin, page: '/c/sales' });
});

test('a frame calls, if it is allowed the microphone, and says so if it is not', async () => {
  const framed = (allow: string): string =>
    `<iframe src="${stage.origin}/c/sales/frame" ${allow} title="Call us" width="400" height="620"></iframe>`;
  const page = await visit({}, stage.page(framed('allow="microphone; autoplay"'), { path: '/frame' }));
  const frame = await until('the frame', () => page.frames()[1]);
  await talkOnce(stage, frame, () => pressButton(frame, 'sales'));
  const denied = await visit({}, stage.page(framed(''), { path: '/unframed' }));
  const poor = await until('the frame', () => denied.frames()[1]);
  await pressButton(poor, 'sales');
  await sees(poor, /page around this one does not allow/);
  await sees(poor, /23125100/);
});

test('any element is a button, for the keyboard too', async () => {
  const page = await visit();
  const mark = page.getByRole('button', { name: 'Talk', exact: true });
  await mark.waitFor();
  // Described together with the others.
  await buttonIn(page, 'sales').waitFor();
  await mark.focus();
  await talkOnce(stage, page, () => page.keyboard.press('Enter'));
});

test('a strict page with a nonce', async () => {
  const { origin, signalling } = stage;
  const policy = [
    "default-src 'none'",
    `script-src ${origin}`,
    `connect-src ${origin} ws://${signalling.place.address}:${signalling.place.port}`,
    "style-src 'self'",
    'media-src blob:',
    `img-src ${origin} data:`,
    "require-trusted-types-for 'script'",
  ].join('; ');
  const strict = stage.page(buttonOf('sales'), {
    path: '/strict',
    headers: { 'content-security-policy': policy },
  });
  const visitor = await browser.open();
  open.push(visitor);
  const { page, errors } = visitor;
  await page.goto(strict);
  await talkOnce(stage, page, () => pressButton(page, 'sales'));
  expect(errors).toEqual([]);
});

test('what a page pays: no request that holds it up, and little before the press', async () => {
  const page = await visit();
  await buttonIn(page, 'sales').waitFor();
  type Resource = { name: string; renderBlockingStatus: string };
  const loaded = await page.evaluate<Resource[]>(
    'performance.getEntriesByType("resource").map(({ name, renderBlockingStatus }) => ({ name, renderBlockingStatus }))',
  );
  const own = loaded.filter(({ name }) => name.startsWith(stage.origin));
  const names = own.map(({ name }) => new URL(name).pathname);
  expect(own.filter(({ renderBlockingStatus }) => renderBlockingStatus === 'blocking')).toEqual([]);
  expect(names).toContain('/dt-call.js');
  expect(names).not.toContain('/dt-call-phone.js');
  const sizes: Record<string, number> = {};
  for (const name of ['dt-call.js', 'dt-call-phone.js']) {
    const response = await fetch(`${stage.origin}/${name}`, { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    sizes[name] = gzipSync(Buffer.from(await response.arrayBuffer()), { level: 9 }).length;
  }
  process.stdout.write(`bytes, gzip: ${JSON.stringify(sizes)}; before the press: ${names.join(' ')}\n`);
  expect(sizes['dt-call.js']).toBeLessThanOrEqual(8000);
  // Fetched when somebody goes for the button.
  await buttonIn(page, 'sales').hover();
  await page
    .waitForResponse((response) => response.url().endsWith('/dt-call-phone.js'), { timeout: 3000 })
    .catch(async () => {
      const now = await page.evaluate<string>(
        'performance.getEntriesByType("resource").map(({ name }) => name).join(" ")',
      );
      expect(now).toContain('/dt-call-phone.js');
    });
  const shift = await page.evaluate<number>(
    `new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 200);
    })`,
  );
  process.stdout.write(`layout shift: ${shift.toFixed(4)}\n`);
  expect(shift).toBeLessThan(0.1);
});
