import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
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
  SCRIPT,
  textOf,
  vueScript,
  type WebSite,
  whenReady,
} from '../support/dni-pages.ts';
import { sleep, until } from '../support/wait.ts';

/** Numbers in web pages of all kinds, in a real browser. */

const MOST_BYTES = 6000;
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
});
afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close();
  gateway.close();
  site.close();
});

const serve = (
  body: string,
  options?: Parameters<typeof htmlOf>[2],
  headers?: Record<string, string>,
): void => {
  site.pages.set('/', { body: htmlOf(gateway.origin, body, options), ...(headers && { headers }) });
};
const visit = async (path = '/', beside?: Page): Promise<Page> => {
  const page = await browser.open(beside?.context());
  open.push(page);
  await page.goto(site.origin + path);
  return page;
};
const visitReady = async (path = '/'): Promise<Page> => {
  const page = await visit(path);
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

describe('the script', () => {
  it('is small', () => {
    const script = readFileSync(SCRIPT);
    const bytes = gzipSync(script, { level: 9 }).length;
    process.stderr.write(`dt.js: ${script.length} bytes, ${bytes} gzipped\n`);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
    // Whatever charset a page says.
    expect(script.every((byte) => byte < 128)).toBe(true);
    expect(script.toString()).not.toMatch(/\beval\b|new Function/);
  });

  it('swaps text, links and attributes of a plain page, and leaves the rest alone', async () => {
    serve(`
      <p id="text">Rufen Sie an: ${CANONICAL}, gebührenfrei 400-123-4567</p>
      <p id="forms">+49 (0)30 / 2312 5031 · 0049 30 23125031 · ４００－１２３－４５６７ · 4001234567</p>
      <p id="split"><b>400</b>-<i>123</i>-<span><u>4567</u></span></p>
      <p id="near"><span>${CANONICAL}</span><span>${CANONICAL}</span></p>
      <p id="longer">030 23125031-12, 14001234567</p>
      <a id="tel" href="tel:+493023125031" title="${CANONICAL}">call</a> <a id="sms" href="sms:4001234567?body=Hi">text</a>
      <button id="button" aria-label="Call ${CANONICAL}">x</button> <img id="image" alt="${CANONICAL}" src="data:,">
      <input id="fixed" readonly value="${CANONICAL}"> <input id="typed" value="${CANONICAL}">
      <span id="data" data-dt-number="+493023125031"></span> <svg><text id="svg">${CANONICAL}</text></svg>
      <p id="kept" data-dt-noswap>${CANONICAL}</p> <code id="code">${CANONICAL}</code>
      <p id="edited" contenteditable>${CANONICAL}</p> <textarea id="area">${CANONICAL}</textarea>
      <script id="json" type="application/ld+json">{"telephone": "${CANONICAL}"}</script>
      <template id="template"><i>${CANONICAL}</i></template>`);
    const page = await visitReady();
    expect(await textOf(page, '#text')).toBe(`Rufen Sie an: ${OURS}, gebührenfrei 400-765-4321`);
    expect(await textOf(page, '#forms')).toBe(
      '+49 (0)30 / 5551 2345 · 0049 30 55512345 · ４００－７６５－４３２１ · 4007654321',
    );
    expect(await get(page, `document.querySelector('#split').innerHTML`)).toBe(
      '<b>400</b>-<i>765</i>-<span><u>4321</u></span>',
    );
    expect(await textOf(page, '#near')).toBe(OURS + OURS);
    expect(await textOf(page, '#longer')).toBe('030 23125031-12, 14001234567');
    const attribute = (id: string, name: string) =>
      get(page, `document.getElementById('${id}').getAttribute('${name}')`);
    expect(await attribute('tel', 'href')).toBe('tel:+493055512345');
    expect(await attribute('tel', 'title')).toBe(OURS);
    expect(await attribute('sms', 'href')).toBe('sms:+864007654321?body=Hi');
    expect(await attribute('button', 'aria-label')).toBe(`Call ${OURS}`);
    expect(await attribute('image', 'alt')).toBe(OURS);
    expect(await attribute('data', 'data-dt-number')).toBe('+493055512345');
    expect(await get(page, 'fixed.value')).toBe(OURS);
    expect(await get(page, 'typed.value')).toBe(CANONICAL);
    expect(await textOf(page, '#svg')).toBe(OURS);
    for (const id of ['kept', 'code', 'edited', 'area']) expect(await textOf(page, `#${id}`)).toBe(CANONICAL);
    expect(await textOf(page, '#json')).toContain(CANONICAL);
    expect(await get(page, `document.querySelector('#template').innerHTML`)).toContain(CANONICAL);
    expect(await page.title()).toBe(CANONICAL);
    await expectCalm(page);
    const { sessions } = gateway;
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).toMatchObject({
      site: 'main',
      url: `${site.origin}/`,
      consent: 'unknown',
      automated: false,
    });
  });

  it('keeps groups that fit, and writes the given form where they do not', async () => {
    const bremen = {
      e164: '+4942155512345',
      display: '0421 55512345',
      tel: '+4942155512345',
      suffix: ' ext. 4821',
    };
    gateway.answer = () => answerOf({ numbers: { '+493023125031': bremen } });
    serve(`<p id="text">${CANONICAL} / 400-123-4567</p><p id="split">+49 <b>30</b> 23125031 bis 18 Uhr</p>`);
    const page = await visitReady();
    expect(await textOf(page, '#text')).toBe('0421 55512345 ext. 4821 / 400-123-4567');
    expect(await textOf(page, '#split')).toBe('+49 421 55512345 ext. 4821 bis 18 Uhr');
  });

  it.each([
    ['in the body', { tag: '' }, '<script async src="SRC" data-site="main"></script>'],
    ['without data attributes', { tag: '' }, '<script async src="SRC?site=main"></script>'],
    [
      'put in late, twice',
      { tag: '' },
      `<script>addEventListener('load', () => setTimeout(() => { for (const _ of [1, 2]) {
        const tag = document.createElement('script'); tag.src = 'SRC'; tag.dataset.site = 'main'; document.body.append(tag); } }, 50));</script>`,
    ],
  ])('works %s', async (_, options, script) => {
    serve(`<p id="text">${CANONICAL}</p>${script.replaceAll('SRC', `${gateway.origin}/dt.js`)}`, options);
    const page = await visitReady();
    expect(await textOf(page, '#text')).toBe(OURS);
    await sleep(100);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('shows the numbers of the last page at once, before the gateway answers', async () => {
    serve(`<p id="text">${CANONICAL}</p>`);
    const first = await visitReady();
    gateway.delayMs = 1000;
    const second = await visit('/', first);
    await swaps(second, '#text', OURS);
    expect(gateway.sessions[1]).toMatchObject({ visitor: 'visitor-1', visit: 'visit-1' });
    expect(await get(second, 'window.dt.debug().log.some((line) => /lease/.test(line))')).toBe(false);
    await whenReady(second);
    await expectCalm(second);
  });

  it('works without storage', async () => {
    const tag = `<script>Object.defineProperty(window, 'localStorage', { get() { throw new Error('none'); } });</script>
      <script async src="${gateway.origin}/dt.js" data-site="main"></script>`;
    serve(`<p id="text">${CANONICAL}</p>`, { tag });
    const page = await visitReady();
    expect(await textOf(page, '#text')).toBe(OURS);
    await expectCalm(page);
  });

  it('leaves the page as it is when the gateway does not answer', async () => {
    gateway.answer = () => undefined;
    serve(`<p id="text" class="dt-number">${CANONICAL}</p>`);
    const page = await visitReady();
    expect(await textOf(page, '#text')).toBe(CANONICAL);
    expect(await get(page, 'getComputedStyle(text).visibility')).toBe('visible');
    await until('the timeout is told', () =>
      eventsOf('swap').some((event) => event['outcome'] === 'timeout'),
    );
    await expectCalm(page);
    gateway.close();
    const without = await visit();
    expect(await textOf(without, '#text')).toBe(CANONICAL);
  });

  it('hides marked numbers until the answer is there, 300 ms at most, without moving anything', async () => {
    gateway.delayMs = 700;
    const tag = `<script src="${gateway.origin}/dt.js" data-site="main"></script>`;
    serve(`<p id="text" class="dt-number">${CANONICAL}</p><p>below</p>`, { tag });
    const page = await browser.open();
    open.push(page);
    await page.addInitScript(`window.seen = []; setInterval(() => {
      const text = document.getElementById('text');
      if (text) window.seen.push([Math.round(performance.now()), getComputedStyle(text).visibility]);
    }, 10);`);
    await page.goto(site.origin);
    await whenReady(page);
    const seen = await get<[number, string][]>(page, 'window.seen');
    const hidden = seen.filter(([, visibility]) => visibility === 'hidden').map(([at]) => at);
    expect(hidden.length).toBeGreaterThan(0);
    // Visible again well before the answer.
    expect(seen.some(([at, visibility]) => visibility === 'visible' && at < (hidden[0] ?? 0) + 650)).toBe(
      true,
    );
    expect(await textOf(page, '#text')).toBe(OURS);
    await expectCalm(page);
  });
});

describe('pages that live', () => {
  it('follows a React page that hydrates and renders anew', async () => {
    site.pages.set('/app.js', { body: await reactScript(), type: 'text/javascript', delayMs: 150 });
    const markup = await reactMarkup(CANONICAL, '+493023125031');
    serve(`${markup}<script defer src="/app.js"></script>`);
    const first = await visitReady();
    // The second time its numbers are known before React begins.
    const page = await visit('/', first);
    await page.waitForFunction('window.hydrated');
    await swaps(page, '#link', OURS);
    expect(await get(page, 'window.hydrationErrors')).toEqual([]);
    await get(
      page,
      `(async () => {
      for (let round = 0; round < 600; round += 1) {
        window.page.render();
        if (round % 5 === 0) window.page.toggle();
        if (round % 20 === 0) await new Promise(requestAnimationFrame);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    })()`,
    );
    expect(await textOf(page, '#text')).toBe(`Call ${OURS} now, 600 times`);
    expect(await textOf(page, '#fleeting')).toBe(`Fleeting 600: ${OURS}`);
    expect(await get(page, `document.querySelector('#link a').href`)).toBe('tel:+493055512345');
    expect(await get(page, 'window.problems')).toEqual([]);
    expect(eventsOf('swap').filter((event) => event['outcome'] !== 'swapped')).toEqual([]);
  });

  it('follows a Vue page with routes', async () => {
    site.pages.set('/vue.js', { body: vueScript(), type: 'text/javascript' });
    site.pages.set('/app.js', {
      type: 'text/javascript',
      body: `const { createApp, h, ref } = Vue;
        const route = ref('home'), round = ref(0);
        window.go = (to) => { history.pushState({}, '', '/' + to); route.value = to; };
        window.render = () => { round.value += 1; };
        createApp({ setup: () => () => h('main', [
          h('p', { id: 'text', key: route.value }, [route.value + ': ', h('b', '030'), ' 23125031 ', String(round.value)]),
          h('p', { id: 'whole' }, 'Round ' + round.value + ', ${CANONICAL}'),
        ]) }).mount('#app');`,
    });
    serve('<div id="app"></div><script src="/vue.js"></script><script src="/app.js"></script>');
    const page = await visitReady();
    await swaps(page, '#text', `home: ${OURS} 0`);
    for (const route of ['prices', 'contact']) {
      await get(page, `window.go('${route}')`);
      await swaps(page, '#text', `${route}: ${OURS} 0`);
      await until('the page is told', () =>
        eventsOf('page').some((event) => String(event['url']).endsWith(route)),
      );
    }
    await get(
      page,
      '(async () => { for (let i = 0; i < 200; i += 1) { window.render(); await Vue.nextTick(); } })()',
    );
    await swaps(page, '#whole', `Round 200, ${OURS}`);
    await swaps(page, '#text', `contact: ${OURS} 200`);
    expect(eventsOf('page')).toMatchObject([
      { url: `${site.origin}/prices`, referrer: `${site.origin}/`, visit: 'visit-1' },
      { url: `${site.origin}/contact`, referrer: `${site.origin}/prices` },
    ]);
    await expectCalm(page);
  });

  it('sees history and fragments, once a page', async () => {
    serve(`<p id="text">${CANONICAL}</p>`);
    const page = await visitReady();
    await get(
      page,
      `history.replaceState({}, '', '/'); history.pushState({}, '', '/a'); history.replaceState({}, '', '/b')`,
    );
    await until('one page', () => eventsOf('page').length === 1);
    await page.goBack();
    await until('back', () => eventsOf('page').length === 2);
    await get(page, `location.hash = 'there'`);
    await until('a fragment', () => eventsOf('page').length === 3);
    expect(eventsOf('page').map((event) => event['url'])).toEqual([
      `${site.origin}/b`,
      `${site.origin}/`,
      `${site.origin}/#there`,
    ]);
  });

  it('reaches into shadow roots and frames', async () => {
    site.pages.set('/frame', { body: `<p id="text">Frame ${CANONICAL}</p>` });
    serve(`<div id="early"><template shadowrootmode="open"><p>${CANONICAL}</p></template></div><div id="late"></div>
      <iframe id="frame" src="/frame"></iframe> <iframe id="inline" srcdoc="<p id=text>${CANONICAL}</p>"></iframe>`);
    const page = await visitReady();
    await get(
      page,
      `const root = late.attachShadow({ mode: 'open' }); root.innerHTML = '<p>${CANONICAL}</p>';`,
    );
    const texts = `[early.shadowRoot.textContent, late.shadowRoot.textContent, frame.contentDocument?.body?.textContent ?? '', inline.contentDocument?.body?.textContent ?? '']`;
    await until('all are swapped', async () =>
      (await get<string[]>(page, texts)).every((text) => text.includes(OURS)),
    );
    await get(
      page,
      `late.shadowRoot.querySelector('p').firstChild.data = 'New ${CANONICAL}'; frame.contentWindow.location.reload();`,
    );
    await until('again', async () => (await get<string[]>(page, texts)).every((text) => text.includes(OURS)));
    expect(await get(page, 'late.shadowRoot.textContent')).toBe(`New ${OURS}`);
    expect(await get(page, 'window.problems')).toEqual([]);
  });

  it('keeps within a strict content security policy', async () => {
    const policy = `default-src 'none'; script-src ${gateway.origin}; connect-src ${gateway.origin}; style-src 'none'`;
    serve(`<p id="text" class="dt-number">${CANONICAL}</p>`, {}, { 'content-security-policy': policy });
    const page = await visitReady('/?dt_debug=1');
    await swaps(page, '#text', OURS);
    // The overlay too.
    await until('the overlay', () =>
      get<boolean>(page, `!!document.querySelector('html > div[data-dt-noswap]')`),
    );
    await expectCalm(page);
  });

  it('re-applies what is taken back, gives in to a page that fights, and says so', async () => {
    serve(`<p id="text">${CANONICAL}</p><p id="other">${CANONICAL}</p>`);
    const page = await visitReady();
    await get(page, `text.firstChild.data = '${CANONICAL}!'`);
    await swaps(page, '#text', `${OURS}!`);
    await get(
      page,
      `new MutationObserver(() => {
      if (other.textContent !== '${CANONICAL}') other.firstChild.data = '${CANONICAL}';
    }).observe(other, { characterData: true, subtree: true, childList: true }); other.firstChild.data = '${CANONICAL}';`,
    );
    await until('the fight is told', () => eventsOf('swap').some((event) => event['outcome'] === 'fight'));
    expect(await textOf(page, '#other')).toBe(CANONICAL);
    expect(await textOf(page, '#text')).toBe(`${OURS}!`);
  });

  it('survives a page that writes itself anew whenever it is changed', async () => {
    serve(`<div id="box"><p>${CANONICAL}</p></div>`);
    const page = await visitReady();
    await get(
      page,
      `new MutationObserver(() => {
      if (!box.textContent.includes('${CANONICAL}')) box.innerHTML = '<p>${CANONICAL}</p>';
    }).observe(box, { characterData: true, subtree: true, childList: true }); box.innerHTML = '<p>${CANONICAL}</p>';`,
    );
    await until('the fight is told', () => eventsOf('swap').some((event) => event['outcome'] === 'fight'));
    expect(await get(page, '1 + 1')).toBe(2);
  });

  it('swaps 5,000 nodes quickly and holds for a minute of changes', async () => {
    const rows = Array.from(
      { length: 1250 },
      (_, at) =>
        `<li><b>Row ${at}</b> <a href="/p/${at}">item ${at * 7}</a> <span>${at % 50 ? `€ ${at}.99` : CANONICAL}</span></li>`,
    );
    serve(`<ul id="list">${rows.join('')}</ul>`);
    const page = await visitReady();
    const nodes = await get<number>(page, `document.querySelectorAll('*').length`);
    await sleep(1200);
    const { ms, log } = await get<{ ms: number; log: string[] }>(page, 'window.dt.debug()');
    process.stderr.write(
      `dt.js: a pass over ${nodes} elements in ${ms.toFixed(1)} ms (${log.join(' | ')})\n`,
    );
    expect(nodes).toBeGreaterThan(5000);
    expect(await get(page, `list.textContent.split('${OURS}').length - 1`)).toBe(25);
    const seconds = process.env['DT_LONG'] ? 60 : 3;
    // As many changes as a minute has animation frames.
    const wrong = await get<number>(
      page,
      `(async () => {
      let wrong = 0;
      const spans = [...document.querySelectorAll('li:nth-child(50n+1) span')];
      const until = performance.now() + ${seconds * 1000};
      for (let round = 0; round < 3600 || performance.now() < until; round += 1) {
        spans[round % spans.length].textContent = 'Now ${CANONICAL} ' + round;
        await Promise.resolve();
        await Promise.resolve();
        if (round % 50 === 0) {
          await new Promise(requestAnimationFrame);
          wrong += spans.filter((span) => !span.textContent.includes('${OURS}')).length;
        }
      }
      return wrong;
    })()`,
    );
    expect(wrong).toBe(0);
    expect(eventsOf('swap').filter((event) => event['outcome'] !== 'swapped')).toEqual([]);
  });
});
