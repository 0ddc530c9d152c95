import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  buildScript,
  htmlOf,
  openPageBrowser,
  openWebSite,
  type PageBrowser,
  textOf,
  type WebSite,
  whenReady,
} from '../support/dni-pages.ts';
import { hostPort } from '../support/sip-message.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** Pages and the real gateway: tabs that are looked away from, policies of pages, other people's requests. */

const TARGET = '+493023125100';
const CANONICAL = '030 23125100';
const POOLS = { one: ['+493023125111'], many: Array.from({ length: 8 }, (_, at) => `+49302312512${at}`) };

let stage: Stage;
let site: WebSite;
let browser: PageBrowser;
let gateway: string;
const open: Page[] = [];

beforeAll(async () => {
  await buildScript();
  site = await openWebSite();
  const { host } = new URL(site.origin);
  const siteOf = (id: string) => ({
    id,
    hosts: [host],
    targets: [{ number: TARGET }],
    rules: [{ id: 'ads', use: { pool: id } }],
    heartbeatSeconds: 300,
  });
  stage = await openStage({
    extend: () => ({
      pools: Object.keys(POOLS).map((id) => ({ id, lines: ['sipp'], quietDays: 0 })),
      numbers: Object.entries(POOLS).flatMap(([pool, numbers]) =>
        numbers.map((number) => ({ number, pool })),
      ),
      sites: Object.keys(POOLS).map(siteOf),
    }),
  });
  gateway = `http://${hostPort(stage.gateway.http)}`;
  browser = await openPageBrowser();
});
afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
  site?.close();
});

const get = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression);
const serve = (id: keyof typeof POOLS, headers: Record<string, string> = {}): void => {
  site.pages.set('/', {
    body: htmlOf(gateway, `<p>Call <b id="number">${CANONICAL}</b></p>`, {
      tag: `<script async src="${gateway}/dt.js" data-site="${id}"></script>`,
    }),
    headers,
  });
};
/** Somebody new, who comes by an ad. */
const visit = async (click: string): Promise<Page> => {
  const page = await browser.open();
  open.push(page);
  await page.goto(`${site.origin}/?gclid=${click}`);
  await whenReady(page);
  return page;
};
const shown = async (page: Page): Promise<string> =>
  (await textOf(page, '#number')).replace(/\D/g, '').replace(/^0/, '+49');
const idOf = (page: Page): Promise<string> => get(page, 'dt.debug().visit');
const look = (page: Page, state: 'hidden' | 'visible'): Promise<void> =>
  get(
    page,
    `Object.defineProperty(document, 'visibilityState', { get: () => '${state}', configurable: true });
     document.dispatchEvent(new Event('visibilitychange'));`,
  );
const leaseOf = (visitId: string) =>
  stage.gateway.records.query<{ number: string; idle_at: number | null; close_reason: string | null }>(
    'SELECT number, idle_at, close_reason FROM lease WHERE visit_id = ? ORDER BY opened_at DESC',
    visitId,
  )[0];
const turns = (visitId: string, what: 'idle' | 'active'): Promise<unknown> =>
  until(`the lease is ${what}`, () => {
    const lease = leaseOf(visitId);
    return lease?.close_reason === null && (lease.idle_at !== null) === (what === 'idle');
  });

describe('a tab that is looked away from', () => {
  // Heartbeats are five minutes apart: only what is sent at once counts here.
  it('has its number again as soon as it is looked at, and shows another one when it was lent meanwhile', async () => {
    serve('one');
    const first = await visit('tab-1');
    const [number] = POOLS.one;
    expect(await shown(first)).toBe(number);
    const id = await idOf(first);
    await turns(id, 'active');
    await look(first, 'hidden');
    await turns(id, 'idle');
    await look(first, 'visible');
    await turns(id, 'active');
    // The pool's one number is in view: nobody gets it.
    const second = await visit('tab-2');
    expect(await shown(second)).toBe(TARGET);
    expect(leaseOf(id)).toMatchObject({ number, close_reason: null });
    // Out of view it goes to the next one.
    await look(first, 'hidden');
    await turns(id, 'idle');
    const third = await visit('tab-3');
    expect(await shown(third)).toBe(number);
    await look(first, 'visible');
    await until('the first page shows its own', async () => (await shown(first)) === TARGET);
    expect(await shown(third)).toBe(number);
    expect(leaseOf(await idOf(third))).toMatchObject({ number, close_reason: null, idle_at: null });
  });

  it('costs no further number, however many there are of them', async () => {
    serve('many');
    const page = await visit('tabs');
    const [number, visitId, visitor] = [
      await shown(page),
      await idOf(page),
      await get(page, 'dt.debug().visitor'),
    ];
    const ask = () =>
      fetch(`${gateway}/v1/dni/session`, {
        method: 'POST',
        headers: {
          origin: site.origin,
          'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36',
        },
        body: JSON.stringify({
          site: 'many',
          visitor,
          visit: visitId,
          url: `${site.origin}/`,
          lang: 'de-DE',
          automated: false,
        }),
      }).then(
        async (response) =>
          [
            response.status,
            (await response.json()) as { visit?: string; numbers?: Record<string, { e164: string }> },
          ] as const,
      );
    const answers = await Promise.all(Array.from({ length: 300 }, ask));
    for (const [status, answer] of answers) {
      expect(status).toBe(200);
      expect([answer.visit, answer.numbers?.[TARGET]?.e164]).toEqual([visitId, number]);
    }
    const [count] = stage.gateway.records.query<{ leases: number }>(
      'SELECT count(*) AS leases FROM lease WHERE visit_id = ?',
      visitId,
    );
    expect(count?.leases).toBe(1);
  });
});

describe('policies of pages', () => {
  it.each(['no-referrer', 'same-origin'])(
    'reports from a page with the referrer policy %s',
    async (policy) => {
      serve('many', { 'referrer-policy': policy });
      const page = await visit(`referrer-${policy}`);
      const id = await idOf(page);
      expect(POOLS.many).toContain(await shown(page));
      await look(page, 'hidden');
      await turns(id, 'idle');
      await look(page, 'visible');
      await turns(id, 'active');
      // Left for good, and hidden in truth.
      await get(page, 'delete document.visibilityState');
      await page.goto('about:blank');
      await turns(id, 'idle');
    },
  );

  it('works under embedder, permission and trusted-type policies', async () => {
    serve('many', {
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy':
        'browsing-topics=(), unload=(), storage-access=(), sync-xhr=(), interest-cohort=()',
      'content-security-policy': `default-src 'none'; script-src ${gateway}; connect-src ${gateway}; require-trusted-types-for 'script'; trusted-types 'none'`,
    });
    const page = await visit('policies');
    expect(await get(page, 'crossOriginIsolated')).toBe(true);
    expect(POOLS.many).toContain(await shown(page));
    expect(await get(page, '[window.problems, window.shifts]')).toEqual([[], 0]);
  });

  it('reports by way of the own host where blockers stop what goes to the gateway', async () => {
    site.pages.set('/', {
      body: htmlOf('', `<p>Call <b id="number">${CANONICAL}</b></p>`, {
        tag: `<script async src="/proxy/dt.js" data-site="many" data-origin="/proxy"></script>`,
      }),
    });
    const page = await browser.open();
    open.push(page);
    const refused: string[] = [];
    await page.route(`${gateway}/**`, (route) => {
      refused.push(route.request().url());
      return route.abort();
    });
    await page.route('**/proxy/**', async (route) => {
      const response = await route.fetch({
        url: route.request().url().replace(`${site.origin}/proxy`, gateway),
      });
      await route.fulfill({ response });
    });
    await page.goto(`${site.origin}/?gclid=proxy`);
    await whenReady(page);
    expect(POOLS.many).toContain(await shown(page));
    expect(refused).toEqual([]);
    // Blocked altogether, the page keeps its number.
    serve('many');
    await page.context().clearCookies();
    await get(page, 'localStorage.clear()');
    await page.goto(`${site.origin}/?gclid=blocked`);
    await sleep(200);
    expect(await shown(page)).toBe(TARGET);
    expect(refused.length).toBeGreaterThan(0);
    expect(await get(page, 'window.problems')).toEqual([]);
  });
});

describe('what is no page of ours', () => {
  it('tells a tag with a wrong site, and a frame without an origin, nothing', async () => {
    site.pages.set('/', {
      body: htmlOf(
        gateway,
        `<b id="number">${CANONICAL}</b><iframe id="frame" sandbox="allow-scripts" srcdoc='<b>${CANONICAL}</b>
          <script src="${gateway}/dt.js" data-site="many"></script>
          <script>dt.ready.then((facts) => parent.postMessage([facts.log.join(), document.querySelector("b").textContent], "*"))</script>'></iframe>
         <script>addEventListener('message', ({ data }) => { window.told = data; });</script>`,
        { tag: `<script async src="${gateway}/dt.js" data-site="mian"></script>` },
      ),
    });
    const page = await visit('wrong');
    expect(await shown(page)).toBe(TARGET);
    expect(await get(page, 'dt.debug().log.join()')).toContain('fallback "404"');
    await page.waitForFunction('window.told');
    expect(await get(page, 'told')).toEqual([expect.stringContaining('fallback'), CANONICAL]);
    expect(await get(page, 'window.problems')).toEqual([]);
  });

  it('refuses junk without an error of its own', async () => {
    const url = `${site.origin}/`;
    const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${gateway}/v1/dni/${path}`, {
        method: 'POST',
        headers: { origin: site.origin, 'content-type': 'text/plain;charset=UTF-8', ...headers },
        body,
      });
      return response.status;
    };
    const session = (more: object) => post('session', JSON.stringify({ site: 'many', url, ...more }));
    const events = (...list: unknown[]) => post('events', JSON.stringify({ site: 'many', events: list }));
    const nested = `${'['.repeat(15_000)}${']'.repeat(15_000)}`;
    expect(await post('session', 'x')).toBe(400);
    expect(await post('session', '')).toBe(400);
    expect(await post('session', nested)).toBe(400);
    expect(
      await post('session', `{"site":"many","url":"${url}","viewport":${nested.slice(7000, 23_000)}}`),
    ).toBeLessThan(500);
    expect(await post('session', '{"__proto__":{"site":"many"},"constructor":{"prototype":1}}')).toBe(400);
    expect(await post('session', 'x'.repeat(40_000))).toBe(413);
    expect(await post('events', 'x'.repeat(20_000))).toBe(413);
    expect(await post('session', '{}', { 'content-type': 'application/xml' })).toBe(415);
    expect(
      await session({ title: '\u0000\ud800 title', tz: '../../etc', lang: "'; DROP TABLE visit; --" }),
    ).toBe(200);
    expect(await session({ visitor: '../x', visit: '\u0000', link: 'a.b.c' })).toBe(200);
    expect(await session({ consent: 'maybe' })).toBe(200);
    expect(await session({ url: 'javascript:alert(1)' })).toBe(403);
    expect(await session({ url: `${site.origin}@evil.example/` })).toBe(403);
    for (const origin of [
      'null',
      'https://evil.example',
      `${site.origin}.evil.example`,
      `http://user@${new URL(url).hostname}`,
      '',
    ])
      expect(await post('session', JSON.stringify({ site: 'many', url }), { origin })).toBe(403);
    expect(await events(...Array.from({ length: 21 }, () => ({ type: 'beat' })))).toBe(400);
    expect(await events({ type: 'click', kind: 'tel', number: '<script>' }, { type: 'page', url: 'x' })).toBe(
      200,
    );
    expect(await events({ type: 'swap', outcome: 'x'.repeat(200), page: 'y', count: -1e308 })).toBe(200);
    expect(await events({ type: 'toString' })).toBe(400);
    const script = await fetch(`${gateway}/dt.js`, { method: 'HEAD' });
    expect([script.status, script.headers.get('cross-origin-resource-policy')]).toEqual([
      200,
      'cross-origin',
    ]);
  });
});
