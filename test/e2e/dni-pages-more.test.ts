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
  reactMarkup,
  reactScript,
  SERVICE,
  SHOWN,
  TARGET,
  textOf,
  vueScript,
  type WebSite,
  whenReady,
} from '../support/dni-pages.ts';
import { sleep, until } from '../support/wait.ts';

/** Pages as other people make them, and what stands between them and the gateway. */

const CANONICAL = '030 23125031';
const OURS = '030 55512345';

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
  site.pages.set('/favicon.ico', { body: '', type: 'image/x-icon' });
});
afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close();
  gateway.close();
  site.close();
});

const serve = (
  body: string,
  options?: Parameters<typeof htmlOf>[2],
  headers: Record<string, string> = {},
): void => {
  site.pages.set('/', { body: htmlOf(gateway.origin, body, options), headers });
};
const visit = async ({ path = '/', before = '', beside }: VisitOptions = {}): Promise<Page> => {
  const page = await browser.open(beside?.context());
  open.push(page);
  if (before) await page.addInitScript(before);
  await page.goto(site.origin + path);
  return page;
};
type VisitOptions = { readonly path?: string; readonly before?: string; readonly beside?: Page };
const visitReady = async (options?: VisitOptions): Promise<Page> => {
  const page = await visit(options);
  await whenReady(page);
  return page;
};
const get = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression);
const swaps = async (page: Page, selector: string, text: string): Promise<void> => {
  await until(`${selector} shows ${text}`, async () => (await textOf(page, selector)) === text);
};
const expectCalm = async (page: Page): Promise<void> => {
  expect(await get(page, 'window.problems')).toEqual([]);
  expect(await get(page, 'window.shifts')).toBe(0);
};
const eventsOf = (type: string) => gateway.events.filter((event) => event['type'] === type);
const TEXT = `<p id="text">${CANONICAL}</p>`;

describe('pages of others', () => {
  it('swaps in odd places, and only there', async () => {
    serve(`
      <main dir="rtl" lang="he"><p id="rtl">טלפון: \u202a${CANONICAL}\u202c, \u200e(030) 23125031</p></main>
      <p id="spaces">030&nbsp;2312&#8203;5031</p> <p id="two">${CANONICAL}, 400-123-4567 und ${CANONICAL}</p>
      <p id="broken">030<br>23125031</p> <p id="lines">030 23125031<br>400-123-4567</p>
      <details id="details"><summary>Kontakt</summary>${CANONICAL}</details>
      <button id="onclick" onclick="window.dialled = '${CANONICAL}'">${CANONICAL}</button>
      <svg width="200" height="20"><text id="svg" y="15"><tspan>030</tspan> <tspan>23125031</tspan></text></svg>
      <input id="typed" value="${CANONICAL}"> <input id="button" type="button" value="${CANONICAL}">
      <abbr id="title" title="Tel. ${CANONICAL}">?</abbr> <p id="part">Nr. 123023125031, ${CANONICAL}7</p>`);
    const page = await visitReady();
    expect(await textOf(page, '#rtl')).toBe(`טלפון: \u202a${OURS}\u202c, \u200e(030) 55512345`);
    expect(await textOf(page, '#spaces')).toBe('030\u00a05551\u200b2345');
    expect(await textOf(page, '#two')).toBe(`${OURS}, 400-765-4321 und ${OURS}`);
    expect(await textOf(page, '#broken')).toBe('03023125031');
    expect(await textOf(page, '#lines')).toBe(`${OURS}400-765-4321`);
    expect(await textOf(page, '#details')).toBe(`Kontakt${OURS}`);
    expect(await textOf(page, '#onclick')).toBe(OURS);
    await page.click('#onclick');
    expect(await get(page, 'window.dialled')).toBe(CANONICAL);
    expect(await textOf(page, '#svg')).toBe(OURS);
    expect(await get(page, '[typed.value, button.value]')).toEqual([CANONICAL, OURS]);
    expect(await get(page, 'document.getElementById("title").title')).toBe(`Tel. ${OURS}`);
    expect(await textOf(page, '#part')).toBe(`Nr. 123023125031, ${CANONICAL}7`);
    await expectCalm(page);
  });

  it.each([
    ['gb2312', [0xb5, 0xe7, 0xbb, 0xb0], '电话'],
    ['shift_jis', [0x93, 0x64, 0x98, 0x62], '電話'],
  ])('works in a page in %s', async (charset, word, read) => {
    const [head = '', tail = ''] = htmlOf(gateway.origin, `<p id="text">WORD: ${CANONICAL}</p>`)
      .replace('utf-8', charset)
      .split('WORD');
    site.pages.set('/', {
      body: Buffer.concat([Buffer.from(head), Buffer.from(word), Buffer.from(tail)]),
      type: `text/html; charset=${charset}`,
    });
    const page = await visitReady();
    expect(await textOf(page, '#text')).toBe(`${read}: ${OURS}`);
    await expectCalm(page);
  });

  it('follows pages that exchange pieces of themselves, all at once or all the time', async () => {
    serve(`<main id="main">${TEXT}</main><div id="box"></div>`);
    const page = await visitReady();
    // As Turbo does: the body of another page in place of this one, with the tag in it.
    await get(
      page,
      `(() => {
      const next = new DOMParser().parseFromString(${JSON.stringify(`<body>${TEXT}<div id="box"></div><turbo-frame id="frame"></turbo-frame><x-late id="late"></x-late></body>`)}, 'text/html');
      const tag = document.createElement('script'); tag.src = '${gateway.origin}/dt.js'; tag.dataset.site = 'main';
      next.body.append(tag);
      history.pushState({}, '', '/next');
      document.documentElement.replaceChild(document.adoptNode(next.body), document.body);
    })()`,
    );
    await swaps(page, '#text', OURS);
    // As pjax, HTMX and jQuery do.
    await get(page, `frame.outerHTML = '<turbo-frame id="frame"><b>030</b> 23125031</turbo-frame>'`);
    await swaps(page, '#frame', OURS);
    const wrong = await get<number>(
      page,
      `(async () => {
      let wrong = 0;
      for (let round = 0; round < 20; round += 1) {
        box.innerHTML = '<p>' + round + ': <a href="tel:+493023125031">${CANONICAL}</a></p>';
        await new Promise(requestAnimationFrame);
        if (!box.textContent.endsWith('${OURS}') || !box.innerHTML.includes('tel:+493055512345')) wrong += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return wrong;
    })()`,
    );
    expect(wrong).toBe(0);
    // An element that is there before it is defined.
    await get(
      page,
      `customElements.define('x-late', class extends HTMLElement {
        connectedCallback() { setTimeout(() => { this.attachShadow({ mode: 'open' }).innerHTML = '<p>${CANONICAL}</p>'; }, 50); }
      })`,
    );
    await until('the late root', () => get<boolean>(page, `late.shadowRoot?.textContent === '${OURS}'`));
    expect(await get(page, 'window.problems')).toEqual([]);
    // Nobody writes like this any more. Somebody does.
    await get(page, `document.write('<p id="text">Neu: ${CANONICAL}</p>'), document.close()`);
    await swaps(page, '#text', `Neu: ${OURS}`);
    expect(gateway.sessions).toHaveLength(1);
    expect(eventsOf('swap').filter(({ outcome }) => outcome === 'fight')).toEqual([]);
  });

  it('leaves React alone until all of a page is taken over, piece by piece', async () => {
    site.pages.set('/app.js', { body: await reactScript('-wide'), type: 'text/javascript', delayMs: 400 });
    const markup = await reactMarkup(CANONICAL, '', '-wide');
    serve(`${markup}<script async src="/app.js"></script>`, {
      head: '<style>p{height:10px;margin:0}</style>',
    });
    const page = await visit();
    const problems: string[] = [];
    page.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
    await page.waitForFunction('window.hydrated');
    await swaps(page, '#last', `0: ${OURS}`);
    expect(await get(page, 'window.hydrationErrors')).toEqual([]);
    expect(problems).toEqual([]);
    expect(await get(page, `document.body.textContent.includes('${CANONICAL}')`)).toBe(false);
    await get(page, 'page.render()');
    await swaps(page, '#last', `1: ${OURS}`);
    await expectCalm(page);
  });

  it('leaves Vue alone until it has taken a page over, and follows what it shows and hides', async () => {
    site.pages.set('/vue.js', { body: vueScript(), type: 'text/javascript' });
    site.pages.set('/app.js', {
      type: 'text/javascript',
      delayMs: 300,
      body: `const { createSSRApp, h, ref } = Vue;
        window.shown = ref(true);
        createSSRApp({ setup: () => () => h('main', [
          shown.value ? h('p', { id: 'text' }, '${CANONICAL}') : h('i', { id: 'none' }, '-'),
          h('a', { id: 'link', href: 'tel:+493023125031', title: '${CANONICAL}' }, '${CANONICAL}'),
        ]) }).mount('#__nuxt');`,
    });
    serve(
      `<div id="__nuxt"><main>${TEXT}<a id="link" href="tel:+493023125031" title="${CANONICAL}">${CANONICAL}</a></main></div>
       <script src="/vue.js"></script><script src="/app.js"></script>`,
    );
    const page = await visit();
    const said: string[] = [];
    page.on('console', (line) => ['error', 'warning'].includes(line.type()) && said.push(line.text()));
    await page.waitForFunction(`document.querySelector('#__nuxt').__vue_app__`);
    await swaps(page, '#text', OURS);
    await expectCalm(page);
    for (let round = 0; round < 30; round += 1)
      await get(page, '(async () => { shown.value = !shown.value; await Vue.nextTick(); })()');
    await swaps(page, '#text', OURS);
    await swaps(page, '#link', OURS);
    expect(said).toEqual([]);
    expect(await get(page, 'window.problems')).toEqual([]);
  });

  it('moves nothing in frames and shadow roots', async () => {
    site.pages.set('/frame', { body: `<p id="text">Frame ${CANONICAL}</p>` });
    const box = (within: string) => `<div style="min-height:40px">${within}</div>`;
    serve(`${box(`<div id="host"><template shadowrootmode="open"><b>${CANONICAL}</b><p>below</p></template></div>`)}
      <iframe id="frame" src="/frame" width="300" height="80"></iframe>
      <iframe sandbox="allow-scripts" srcdoc="<p>${CANONICAL}</p>" width="300" height="80"></iframe>
      <iframe src="${gateway.origin.replace('127.0.0.1', 'localhost')}/dt.js" width="300" height="80"></iframe><p>below</p>`);
    const page = await visitReady();
    await until('both', () =>
      get<boolean>(
        page,
        `[host.shadowRoot.textContent, frame.contentDocument.body.textContent].every((text) => text.includes('${OURS}'))`,
      ),
    );
    await expectCalm(page);
  });
});

describe('what else runs in a page', () => {
  it('stands beside scripts that took its name, change what all objects have, and wrap what it calls', async () => {
    const before = `
      window.dt = new Date(0);
      Object.prototype.polluted = () => 1; Object.prototype.number = 'x'; Array.prototype.polluted = [];
      const real = window.fetch;
      // Passes on what it knows of.
      window.fetch = (url, { method, body, credentials }) => real(url, { method, body, credentials });
      navigator.sendBeacon = undefined;`;
    const foreign = `<script async src="data:text/javascript," data-site="OTHERS"></script>`;
    serve(TEXT, {
      tag: `${foreign}<script type="module" src="${gateway.origin}/dt.js" data-site="main"></script>
            <script type="module" src="${gateway.origin}/dt.js?again" data-site="main"></script>`,
    });
    const page = await visit({ before });
    await swaps(page, '#text', OURS);
    await page.waitForLoadState();
    expect(gateway.sessions).toMatchObject([{ site: 'main' }]);
    expect(await get(page, 'window.dt.getTime()')).toBe(0);
    expect(await get(page, `dialtrace.number('${TARGET}').tel`)).toBe('+493055512345');
    await until('the check', () => eventsOf('swap').length === 1);
    await get(
      page,
      `Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));`,
    );
    await until('idle', () => eventsOf('idle').length === 1);
    // Consent is withdrawn whatever else is broken.
    await get(page, `dialtrace.consent('denied')`);
    await until('denied', () => eventsOf('consent').length === 1);
    await expectCalm(page);
  });

  it('takes the token of a linked site also where links lead elsewhere, and passes on no unknown consent', async () => {
    serve(TEXT, {
      head: '<base href="https://elsewhere.example/deep/">',
      tag: `<script async src="${gateway.origin}/dt.js" data-site="main" data-consent="maybe"></script>`,
    });
    const page = await visitReady({ path: '/?a=1&_dt=token&b=2#c' });
    expect(gateway.sessions).toMatchObject([{ link: 'token', url: `${site.origin}/?a=1&b=2#c` }]);
    expect(await get(page, 'location.href')).toBe(`${site.origin}/?a=1&b=2#c`);
    expect(await textOf(page, '#text')).toBe(OURS);
    await expectCalm(page);
  });

  it('waits for nobody who passes no signal on', async () => {
    gateway.answer = () => undefined;
    serve(TEXT);
    const before = `const real = fetch; window.fetch = (url, { signal, ...rest }) => real(url, rest);`;
    const page = await visitReady({ before });
    expect(await get(page, 'dt.debug().log.join()')).toContain('fallback "timeout"');
    expect(await textOf(page, '#text')).toBe(CANONICAL);
    await expectCalm(page);
  });

  it.each([
    ['junk', '{"targets":[],"until":1e15}'],
    ['numbers of a time to come', 'LATER'],
  ])('is not led astray by %s in storage', async (_, stored) => {
    gateway.instead = { status: 503, body: '' };
    serve(TEXT);
    // As if the clock stood a day later when it was stored.
    const later = JSON.stringify({ ...answerOf(), until: Date.now() + 86_400_000, granted: false });
    const page = await visitReady({
      before: `localStorage.setItem('dt:main', ${JSON.stringify(stored === 'LATER' ? later : stored)});`,
    });
    expect(await textOf(page, '#text')).toBe(CANONICAL);
    expect(gateway.sessions).toHaveLength(1);
    if (stored === 'LATER') expect(gateway.sessions[0]).toMatchObject({ visitor: 'visitor-1' });
    await expectCalm(page);
  });

  it('keeps the page as it is where a service worker answers for the gateway', async () => {
    site.pages.set('/worker.js', {
      type: 'text/javascript',
      body: `addEventListener('install', () => skipWaiting());
        addEventListener('activate', (event) => event.waitUntil(clients.claim()));
        addEventListener('fetch', (event) => {
          if (event.request.url.includes('/v1/dni/')) event.respondWith(new Response('<h1>offline</h1>', { headers: { 'content-type': 'text/html' } }));
        });`,
    });
    serve(TEXT);
    const page = await visitReady();
    await get(
      page,
      `navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)`,
    );
    await get(page, 'localStorage.clear()');
    const next = await visitReady({ beside: page });
    await until('it answers', () => get<boolean>(next, '!!navigator.serviceWorker.controller'));
    expect(await get(next, 'dt.debug().log.join()')).toContain('fallback');
    expect(await textOf(next, '#text')).toBe(CANONICAL);
    expect(gateway.sessions).toHaveLength(1);
    expect(await get(next, 'window.problems')).toEqual([]);
  });
});

describe('what a gateway, or who stands before it, may say', () => {
  it('keeps the page as it is when they say something else', async () => {
    const said: readonly (readonly [number, string])[] = [
      [500, '{"error":"down"}'],
      [404, '{"error":"There is no such site."}'],
      [200, '<!doctype html><h1>Welcome to nginx!</h1>'],
      [200, '{}'],
      [200, 'null'],
      [200, '[]'],
      [200, JSON.stringify({ rows: Array.from({ length: 200_000 }, (_, at) => ({ at })) })],
    ];
    serve(TEXT);
    gateway.instead = { status: 500, body: '' };
    const page = await visit();
    for (const [status, body] of said) {
      gateway.instead = { status, body };
      gateway.sessions.length = 0;
      await page.reload();
      await whenReady(page);
      await get(page, `document.body.append('${CANONICAL}')`);
      await sleep(100);
      expect(await textOf(page, 'body')).toBe(CANONICAL + CANONICAL);
      // It does not ask and ask.
      expect(gateway.sessions).toHaveLength(1);
      await expectCalm(page);
    }
  });

  it('uses an answer after 1.1 s, and none after 2 s', async () => {
    serve(TEXT);
    gateway.delayMs = 1100;
    const page = await visitReady();
    expect(await textOf(page, '#text')).toBe(OURS);
    gateway.delayMs = 2000;
    const late = await visitReady();
    await sleep(600);
    expect(await textOf(late, '#text')).toBe(CANONICAL);
    await expectCalm(late);
  });

  it('shows a number no longer than it may when the gateway is gone, and shows it again', async () => {
    gateway.answer = () => answerOf({ ttl: 1, heartbeat: 0.3 });
    serve(TEXT);
    const page = await visitReady();
    await until('beats', () => eventsOf('beat').length > 4);
    // Heard of all the time.
    expect(await textOf(page, '#text')).toBe(OURS);
    gateway.instead = { status: 502, body: 'bad gateway', type: 'text/plain' };
    await swaps(page, '#text', CANONICAL);
    gateway.instead = undefined;
    await swaps(page, '#text', OURS);
    expect(gateway.sessions.at(-1)).toMatchObject({ visitor: 'visitor-1', visit: 'visit-1' });
    expect(await get(page, 'window.problems')).toEqual([]);
  });

  it('takes the number down when the gateway says that it is lost and can give no other', async () => {
    gateway.answer = () => answerOf({ heartbeat: 0.3 });
    serve(TEXT);
    const page = await visitReady();
    gateway.answer = () => undefined;
    gateway.reply = { ok: true, renew: true };
    await swaps(page, '#text', CANONICAL);
  });
});

it('goes through 5,000 elements for 20 numbers quickly', async () => {
  const more = Array.from({ length: 18 }, (_, at) => `+4930231260${10 + at}`);
  gateway.answer = () => answerOf({ targets: [TARGET, SERVICE, ...more], numbers: SHOWN });
  const rows = Array.from(
    { length: 1250 },
    (_, at) =>
      `<li><b>Row ${at}</b> <a href="/p/${at}">item ${at * 7}</a> <span>${at % 50 ? `€ ${at}.99, 2026-11-22` : CANONICAL}</span></li>`,
  );
  serve(`<ul id="list">${rows.join('')}</ul><p id="long">${'030 1234567, '.repeat(2000)}</p>`);
  const page = await visitReady();
  const passes = await get<number[]>(
    page,
    `[1, 2, 3, 4, 5].map(() => { const begun = performance.now(); dt.rescan(); return performance.now() - begun; })`,
  );
  process.stderr.write(
    `dt.js: ${await get<number>(page, `document.querySelectorAll('*').length`)} elements and 26 kB of text, 20 numbers: passes of ${passes.map((ms) => ms.toFixed(1)).join(', ')} ms\n`,
  );
  expect(await get(page, `list.textContent.split('${OURS}').length - 1`)).toBe(25);
  await expectCalm(page);
});
