import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  type ButtonGateway,
  buildCallScripts,
  callPageOf,
  openButtonGateway,
  playedPhoneScript,
  SALES,
  strictPolicy,
} from './call-page.ts';
import { openWebSite, type WebSite } from './dni-pages.ts';
import { until } from './wait.ts';

export const BUTTON =
  '<dt-call-button button="sales"><a href="tel:+493023125000">030 23125000</a></dt-call-button>';

const ARGUMENTS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];

/** Trouble that a page sees: broken policies and errors. */
const WATCH = `
  window.problems = [];
  addEventListener('error', (event) => window.problems.push(String(event.message)));
  addEventListener('unhandledrejection', (event) => window.problems.push(String(event.reason)));
  document.addEventListener('securitypolicyviolation', (event) => window.problems.push(event.violatedDirective + ' ' + event.blockedURI));
`;

export const PHONE_CONTEXT: BrowserContextOptions = {
  viewport: { width: 412, height: 800 },
  screen: { width: 412, height: 915 },
  isMobile: true,
  hasTouch: true,
  userAgent:
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
};

/** Call buttons in a real browser, on a played gateway and a played call. */
export type CallBench = {
  readonly gateway: ButtonGateway;
  readonly site: WebSite;
  /** Puts a page on the site, under a strict policy. */
  serve(body: string, options?: { readonly path?: string; readonly lang?: string }): void;
  /** Opens the site's first page in a browser of its own. */
  visit(options?: BrowserContextOptions, permissions?: string[]): Promise<Page>;
  /** What the button is from now on. */
  use(button: object): void;
  /** Bodies of what was asked at a path below /v1/button/. */
  questions(path: string): Record<string, unknown>[];
  /** Waits for the first event of a kind. */
  event(type: string): Promise<Record<string, unknown>>;
  /** Everything but the browser, for the next test. */
  renew(): Promise<void>;
  close(): Promise<void>;
};

export const openCallBench = async (): Promise<CallBench> => {
  await buildCallScripts();
  const [browser, phone] = await Promise.all([
    chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS }) as Promise<Browser>,
    playedPhoneScript(),
  ]);
  const open: Page[] = [];
  let gateway = await openButtonGateway(phone);
  let site = await openWebSite();
  const clear = async (): Promise<void> => {
    for (const page of open.splice(0)) await page.context().close();
    gateway.close();
    site.close();
  };
  return {
    get gateway() {
      return gateway;
    },
    get site() {
      return site;
    },
    serve: (body, { path = '/', lang = 'en' } = {}) => {
      site.pages.set(path, {
        body: callPageOf(gateway.origin, body, lang),
        headers: { 'content-security-policy': strictPolicy(gateway.origin) },
      });
    },
    visit: async (options = {}, permissions = ['microphone']) => {
      const context = await browser.newContext({
        locale: 'en-GB',
        viewport: { width: 1000, height: 760 },
        reducedMotion: 'reduce',
        ...options,
      });
      if (permissions.length > 0) await context.grantPermissions(permissions);
      await context.addInitScript(WATCH);
      const page = await context.newPage();
      open.push(page);
      await page.goto(`${site.origin}/`);
      return page;
    },
    use: (button) => {
      gateway.buttons = { sales: { ...SALES, ...button } };
    },
    questions: (path) => gateway.asked.filter((each) => each.path === path).map(({ body }) => body),
    event: (type) => until(`an event ${type}`, () => gateway.eventsOf(type)[0]),
    renew: async () => {
      await clear();
      gateway = await openButtonGateway(phone);
      site = await openWebSite();
    },
    close: async () => {
      await clear();
      await browser.close();
    },
  };
};

export const ask = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression);

/** What the element that has the focus is called, also in shadow roots. */
export const focused = (page: Page): Promise<string> =>
  ask(
    page,
    `(() => { let at = document.activeElement; while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement; return at.getAttribute('aria-label') || at.textContent.trim() || at.name || at.localName; })()`,
  );

export const press = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Talk to sales' }).click();

export const shown = (page: Page, text: string): Promise<void> =>
  page.getByText(text, { exact: false }).first().waitFor({ timeout: 5000 });

/** Waits for the n-th call of a page. */
export const called = async (page: Page, count = 1): Promise<void> => {
  await until('a call', async () => (await ask<number>(page, 'window.playedCount || 0')) === count);
};

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
type Violation = {
  readonly id: string;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
};
const violationsOf = async (page: Page): Promise<string[]> => {
  // By the debugger: the page's own policy lets no such script in.
  if (!(await ask<boolean>(page, `'axe' in window`))) await page.evaluate(axe.source);
  const found = await ask<readonly Violation[]>(
    page,
    `axe.run({ runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)}: ${failureSummary ?? ''}`),
  );
};

/** A state that is worth a look of its own: nothing is wrong with it for anybody. */
export const isFine = async (page: Page, state: string): Promise<void> => {
  expect(await violationsOf(page), state).toEqual([]);
  expect(await ask(page, 'window.problems'), state).toEqual([]);
  const beyond = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await ask(page, beyond), `${state} scrolls sideways`).toBe(0);
};
