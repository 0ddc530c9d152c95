import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answerOf,
  buildScript,
  type FakeGateway,
  htmlOf,
  openFakeGateway,
  openPageBrowser,
  openWebSite,
  type PageBrowser,
  SHOWN,
  TARGET,
  textOf,
  type WebSite,
  whenReady,
} from '../support/dni-pages.ts';
import { sleep, until } from '../support/wait.ts';

/** What a page tells of its visitor, and what it keeps to itself. */

const CANONICAL = '030 23125031';
const OURS = '030 55512345';
const OTHERS = '030 66612345';
const OTHER = { [TARGET]: { e164: '+493066612345', display: OTHERS, tel: '+493066612345' } };

let browser: PageBrowser;
let gateway: FakeGateway;
let site: WebSite;
const open: Page[] = [];

beforeAll(async () => {
  await buildScript();
  browser = await openPageBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  gateway = await openFakeGateway();
  site = await openWebSite();
});
afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close();
  gateway.close();
  site.close();
});

const TEXT = `<p id="text">${CANONICAL}</p>`;
const serve = (body: string, options?: Parameters<typeof htmlOf>[2]): void => {
  site.pages.set('/', { body: htmlOf(gateway.origin, body, options) });
};
const visit = async (path = '/', before = ''): Promise<Page> => {
  const page = await browser.open();
  open.push(page);
  if (before) await page.addInitScript(before);
  await page.goto(site.origin + path);
  await whenReady(page);
  return page;
};
const get = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression);
const swaps = async (page: Page, text: string): Promise<void> => {
  await until(`the page shows ${text}`, async () => (await textOf(page, '#text')) === text);
};
const eventsOf = (type: string) => gateway.events.filter((event) => event['type'] === type);
/** A browser that is looked away from. */
const look = (page: Page, state: 'hidden' | 'visible'): Promise<void> =>
  get(
    page,
    `Object.defineProperty(document, 'visibilityState', { get: () => '${state}', configurable: true });
     document.dispatchEvent(new Event('visibilitychange'));`,
  );
const kept = (page: Page) => get<string | null>(page, `localStorage.getItem('dt:main')`);

describe('consent', () => {
  const strict = (): void => {
    gateway.answer = ({ consent }) => {
      if (consent === 'granted') return answerOf();
      const { visitor, visit: _, ...rest } = answerOf({ mode: 'static', numbers: OTHER });
      return rest;
    };
  };

  it('keeps nothing and reports nothing of a visitor before consent, and begins when it is given', async () => {
    strict();
    serve(TEXT);
    const page = await visit();
    expect(gateway.sessions[0]).toMatchObject({ consent: 'unknown' });
    expect(await textOf(page, '#text')).toBe(OTHERS);
    expect(await kept(page)).toBeNull();
    await look(page, 'hidden');
    await look(page, 'visible');
    await get(page, `dt.consent('granted')`);
    await swaps(page, OURS);
    expect(gateway.sessions[1]).toMatchObject({ consent: 'granted' });
    expect(gateway.sessions[1]).not.toHaveProperty('visitor');
    expect(JSON.parse((await kept(page)) ?? '')).toMatchObject({ visitor: 'visitor-1', granted: true });
    expect(eventsOf('idle')).toEqual([]);
    // Known on the next page.
    await page.reload();
    await whenReady(page);
    expect(gateway.sessions[2]).toMatchObject({ consent: 'granted', visitor: 'visitor-1' });
  });

  it('takes everything back when consent is withdrawn', async () => {
    gateway.answer = ({ consent }) => {
      const { visitor, visit: _, ...rest } = answerOf({ mode: 'canonical', numbers: {} });
      return consent === 'denied' ? rest : answerOf();
    };
    serve(TEXT);
    const page = await visit();
    expect(await textOf(page, '#text')).toBe(OURS);
    await get(page, `dt.consent('denied')`);
    expect(await textOf(page, '#text')).toBe(CANONICAL);
    await until('the gateway knows', () => eventsOf('consent').length === 1 && gateway.sessions.length === 2);
    expect(eventsOf('consent')[0]).toMatchObject({ consent: 'denied', visit: 'visit-1' });
    expect(gateway.sessions[1]).toMatchObject({ consent: 'denied' });
    expect(gateway.sessions[1]).not.toHaveProperty('visitor');
    expect(await kept(page)).toBeNull();
  });

  it.each([
    ['the tag', { tag: 'TAG data-consent="denied"></script>' }, ''],
    ['the queue', { tag: 'TAG></script>' }, `window.dt = { q: [['consent', 'denied']] };`],
  ])('passes on what %s says, with the signals of the browser', async (_, { tag }, before) => {
    strict();
    serve(TEXT, { tag: tag.replace('TAG', `<script async src="${gateway.origin}/dt.js" data-site="main"`) });
    const signal = `Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });`;
    const page = await visit('/', signal + before);
    expect(gateway.sessions).toMatchObject([{ consent: 'denied', gpc: true }]);
    expect(await textOf(page, '#text')).toBe(OTHERS);
    expect(await kept(page)).toBeNull();
  });
});

describe('a visit', () => {
  it('beats while it is in view, is idle out of it, and asks again when it is told to', async () => {
    let numbers = SHOWN;
    gateway.answer = () => answerOf({ heartbeat: 0.2, numbers });
    serve(TEXT);
    const page = await visit();
    await until('two beats', () => eventsOf('beat').length >= 2);
    await look(page, 'hidden');
    await until('idle', () => eventsOf('idle').length === 1);
    const beats = eventsOf('beat').length;
    await sleep(500);
    expect(eventsOf('beat').length).toBeLessThanOrEqual(beats + 1);
    expect(gateway.sessions).toHaveLength(1);
    numbers = OTHER;
    gateway.reply = { ok: true, renew: true };
    await look(page, 'visible');
    await swaps(page, OTHERS);
    expect(gateway.sessions[1]).toMatchObject({ visit: 'visit-1', visitor: 'visitor-1' });
    // Not again and again.
    await sleep(600);
    expect(gateway.sessions).toHaveLength(2);
  });

  it('tells that it ends', async () => {
    serve(TEXT);
    const page = await visit();
    await page.goto('about:blank');
    await until('idle', () => eventsOf('idle').length > 0);
    expect(eventsOf('idle')[0]).toMatchObject({ visit: 'visit-1' });
  });

  it('asks again when the browser brings the page back as it was', async () => {
    serve(`${TEXT}<a id="away" href="/away">away</a>`);
    site.pages.set('/away', { body: '<p>away</p>' });
    const page = await visit();
    await get(
      page,
      `window.same = true; addEventListener('pageshow', (event) => { window.persisted = event.persisted; });`,
    );
    await page.click('#away');
    await page.waitForURL('**/away');
    gateway.answer = () => answerOf({ numbers: OTHER });
    await page.goBack({ waitUntil: 'commit' });
    if (!(await get(page, 'window.same && window.persisted'))) {
      process.stderr.write('this browser keeps no pages: the event alone is tested\n');
      await whenReady(page);
      await get(page, `dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
    }
    await swaps(page, OTHERS);
    await until('both asked', () => gateway.sessions.length >= 2);
  });

  it('tells of taps and copies inside the gesture', async () => {
    serve(`${TEXT}<a id="tel" href="tel:030-23125031"><b>call</b></a> <a id="sms" href="sms:4001234567">text</a>
      <a id="elsewhere" href="tel:110">110</a><div id="host"></div>`);
    const page = await visit();
    await get(
      page,
      `addEventListener('click', (event) => event.preventDefault());
      host.attachShadow({ mode: 'open' }).innerHTML = '<a href="tel:+493023125031">in shadow</a>'`,
    );
    await sleep(50);
    for (const selector of ['#tel b', '#sms', '#elsewhere', '#host a']) await page.click(selector);
    await get(page, `getSelection().selectAllChildren(text); document.execCommand('copy');`);
    await until('all are told', () => eventsOf('click').length === 4);
    expect(eventsOf('click')).toMatchObject([
      { kind: 'tel', number: '+493055512345', visit: 'visit-1' },
      { kind: 'sms', number: '+864007654321' },
      { kind: 'tel', number: '+493055512345' },
      { kind: 'copy', number: '+493055512345' },
    ]);
  });

  it('prints the number of the page', async () => {
    serve(TEXT);
    const page = await visit();
    await get(page, `dispatchEvent(new Event('beforeprint'))`);
    expect(await textOf(page, '#text')).toBe(CANONICAL);
    await get(page, `dispatchEvent(new Event('afterprint'))`);
    expect(await textOf(page, '#text')).toBe(OURS);
    const pdf = await page.pdf();
    expect(pdf.length).toBeGreaterThan(500);
    expect(await textOf(page, '#text')).toBe(OURS);
  });

  it('tells once whether its numbers are shown', async () => {
    serve(TEXT);
    const page = await visit();
    await until('swapped', () => eventsOf('swap').length === 1);
    expect(eventsOf('swap')[0]).toMatchObject({ outcome: 'swapped', page: '/', count: 1, visit: 'visit-1' });
    // Behind the observer's back.
    await get(
      page,
      `const input = document.createElement('input'); input.readOnly = true; input.id = 'field';
      input.value = '${CANONICAL}'; document.body.append(input);`,
    );
    await until('it is swapped', async () => (await get(page, 'field.value')) === OURS);
    await get(page, `field.value = '${CANONICAL}'; document.body.append('x');`);
    await until('reverted', () => eventsOf('swap').length === 2);
    expect(eventsOf('swap')[1]).toMatchObject({ outcome: 'reverted', count: 1 });
    expect(await get(page, 'field.value')).toBe(OURS);
  });

  it('tells when no number is found', async () => {
    serve('<p id="text">nothing</p>');
    await visit();
    await until('missing', () => eventsOf('swap').length === 1, { timeoutMs: 15_000 });
    expect(eventsOf('swap')[0]).toMatchObject({ outcome: 'missing', count: 2 });
  });
});

describe('linked sites', () => {
  it('hands the visitor over with the freshest token, and takes it out of the address bar', async () => {
    const there = await openWebSite();
    try {
      const { host } = new URL(there.origin);
      gateway.answer = () => answerOf({ link: 'token-1', linkHosts: [host], heartbeat: 0.2 });
      gateway.reply = { ok: true, link: 'token-2' };
      there.pages.set('/shop', { body: htmlOf(gateway.origin, TEXT) });
      serve(
        `<a id="out" href="${there.origin}/shop?a=1#part">shop</a><a id="other" href="https://example.com/">other</a>`,
      );
      const page = await visit();
      await until('a beat', () => eventsOf('beat').length > 0);
      await sleep(100);
      await page.click('#out');
      await page.waitForURL('**/shop*');
      await whenReady(page);
      expect(page.url()).toBe(`${there.origin}/shop?a=1#part`);
      expect(gateway.sessions.at(-1)).toMatchObject({
        link: 'token-2',
        url: `${there.origin}/shop?a=1#part`,
      });
    } finally {
      there.close();
    }
  });

  it.each([
    ['?_dt=t.k-1', ''],
    ['?_dt=t.k-1&a=1', '?a=1'],
    ['?a=1&_dt=t.k-1&b=2#x', '?a=1&b=2#x'],
  ])('%s becomes %j', async (search, left) => {
    serve(TEXT);
    const page = await visit(`/${search}`);
    expect(page.url()).toBe(`${site.origin}/${left}`);
    expect(gateway.sessions[0]).toMatchObject({ link: 't.k-1' });
  });
});

describe('window.dt', () => {
  it('takes calls from before it was there, and tells what happens', async () => {
    serve(TEXT);
    const page = await visit(
      '/',
      `window.told = []; window.dt = { q: [
        ['on', 'swap', (about) => told.push(['swap', about.written])],
        ['on', 'lease', (mode) => told.push(['lease', mode])],
        ['on', 'lease', () => { throw new Error('mine'); }],
        ['nonsense'],
      ] };`,
    );
    expect(await get(page, 'window.told')).toEqual([
      ['swap', 1],
      ['lease', 'exclusive'],
    ]);
    expect(await get(page, `dt.number('${TARGET}').display`)).toBe(OURS);
    expect(await get(page, `dt.number('+491').display`)).toBe('+491');
    expect(await get(page, 'dt.ready.then((facts) => facts.visit)')).toBe('visit-1');
    expect(await get(page, 'dt.debug()')).toMatchObject({
      site: 'main',
      mode: 'exclusive',
      found: 1,
      targets: [TARGET, '+864001234567'],
    });
    await get(page, `dt.q.push(['consent', 'granted'])`);
    await until('asked again', () => gateway.sessions.length === 2);
    expect(await get(page, 'window.problems')).toEqual([]);
  });

  it('tells of a fallback', async () => {
    gateway.answer = () => undefined;
    serve(TEXT);
    const page = await visit(
      '/',
      `window.told = 0; window.dt = { q: [['on', 'fallback', () => { told += 1; }]] };`,
    );
    expect(await get(page, 'window.told')).toBe(1);
    expect(await get(page, `dt.number('${TARGET}').e164`)).toBe(TARGET);
  });
});
