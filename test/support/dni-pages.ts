import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { build } from 'vite';
import { newest } from './gateway.ts';

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const SCRIPT = join(ROOT, 'dist/web/dni/dt.js');

/** Builds the script of web pages unless it is newer than its source. */
export const buildScript = async (): Promise<void> => {
  const changed = Math.max(
    newest(join(ROOT, 'src/web/dni')),
    statSync(join(ROOT, 'vite.dni.config.ts')).mtimeMs,
  );
  if (existsSync(SCRIPT) && statSync(SCRIPT).mtimeMs > changed) return;
  const words = ['build', '-c', 'vite.dni.config.ts', '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), ...words], {
    cwd: ROOT,
  });
};

type Json = Record<string, unknown>;
export type Shown = {
  readonly e164: string;
  readonly display: string;
  readonly tel: string;
  readonly suffix?: string;
};

export const TARGET = '+493023125031';
export const SERVICE = '+864001234567';
export const SHOWN: Readonly<Record<string, Shown>> = {
  [TARGET]: { e164: '+493055512345', display: '030 55512345', tel: '+493055512345' },
  [SERVICE]: { e164: '+864007654321', display: '400-765-4321', tel: '4007654321' },
};

export const answerOf = (more: Json = {}): Json => ({
  visitor: 'visitor-1',
  visit: 'visit-1',
  ttl: 900,
  heartbeat: 60,
  mode: 'exclusive',
  numbers: SHOWN,
  targets: [TARGET, SERVICE],
  linkHosts: [],
  ...more,
});

const bodyOf = async (request: IncomingMessage): Promise<Json> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Json;
};

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const shut = (server: Server): void => {
  server.closeAllConnections();
  server.close();
};

/** The gateway as pages see it: the built script, and answers that a test chooses. */
export type FakeGateway = {
  readonly origin: string;
  readonly sessions: Json[];
  /** Reports, with the visit that they are of. */
  readonly events: Json[];
  /** Undefined: never answers. */
  answer: (question: Json) => Json | undefined;
  /** What reports are told. */
  reply: Json;
  /** No answer before so many milliseconds. */
  delayMs: number;
  /** Sent in place of all answers: what a proxy or another program would say. */
  instead: (Served & { readonly status: number }) | undefined;
  close(): void;
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const openFakeGateway = async (): Promise<FakeGateway> => {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?')[0];
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
    response.setHeader('access-control-allow-credentials', 'true');
    if (path === '/dt.js' || path === '/dt-debug.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8');
      response.end(readFileSync(join(ROOT, 'dist/web/dni', path)));
      return;
    }
    const body = await bodyOf(request);
    if (path === '/v1/dni/session') gateway.sessions.push(body);
    else
      for (const event of body['events'] as Json[]) gateway.events.push({ ...event, visit: body['visit'] });
    if (gateway.delayMs > 0) await sleep(gateway.delayMs);
    if (gateway.instead) {
      const { status, type = 'application/json', body: said } = gateway.instead;
      response.writeHead(status, { 'content-type': type }).end(said);
      return;
    }
    const answer = path === '/v1/dni/session' ? gateway.answer(body) : gateway.reply;
    if (answer === undefined) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const gateway: FakeGateway = {
    origin: await listen(server),
    sessions: [],
    events: [],
    answer: () => answerOf(),
    reply: { ok: true },
    delayMs: 0,
    instead: undefined,
    close: () => shut(server),
  };
  return gateway;
};

/** What a web site answers at a path. */
export type Served = {
  readonly body: string | Buffer;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
};

export type WebSite = {
  readonly origin: string;
  readonly pages: Map<string, Served>;
  close(): void;
};

export const openWebSite = async (): Promise<WebSite> => {
  const pages = new Map<string, Served>();
  const server = createServer((request, response) => {
    const served = pages.get(request.url?.split('?')[0] ?? '');
    if (!served) {
      response.writeHead(404).end();
      return;
    }
    const { body, type = 'text/html; charset=utf-8', headers = {}, delayMs = 0 } = served;
    setTimeout(() => response.writeHead(200, { 'content-type': type, ...headers }).end(body), delayMs);
  });
  return { origin: await listen(server), pages, close: () => shut(server) };
};

/** An HTML page with the script's tag in its head. */
export const htmlOf = (
  gateway: string,
  body: string,
  options: { readonly tag?: string; readonly head?: string } = {},
): string => {
  const tag = options.tag ?? `<script async src="${gateway}/dt.js" data-site="main"></script>`;
  return `<!doctype html><html lang="de"><head><meta charset="utf-8"><title>030 23125031</title>${options.head ?? ''}${tag}</head><body>${body}</body></html>`;
};

/** @param name of the page; the usual one without a name */
export const reactScript = async (name = ''): Promise<string> => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      rolldownOptions: {
        input: join(ROOT, `test/support/dni-pages-react${name}-entry.mjs`),
        output: { format: 'iife' },
      },
    },
  });
  const [output] = [built].flat();
  if (!output || !('output' in output)) throw new Error('nothing was built');
  return output.output[0].code;
};

/** Markup of the React page as a server renders it. */
export const reactMarkup = async (number: string, tel: string, name = ''): Promise<string> => {
  const { Page: component } = (await import(new URL(`dni-pages-react${name}.mjs`, import.meta.url).href)) as {
    Page: (props: { number: string; tel: string }) => null;
  };
  const html = renderToString(createElement(component, { number, tel }));
  return `<div id="root" data-number="${number}" data-tel="${tel}">${html}</div>`;
};

/** Vue without its compiler, which a strict content security policy refuses. */
export const vueScript = (): Buffer => readFileSync(require.resolve('vue/dist/vue.runtime.global.prod.js'));

/** Chromium that looks like one that people use: no word of automation, pages kept for going back. */
export type PageBrowser = {
  open(context?: BrowserContext): Promise<Page>;
  close(): Promise<void>;
};

/** Sums of layout shifts, and what went wrong. */
const WATCH = `
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  window.problems = [];
  addEventListener('error', (event) => window.problems.push(String(event.message)));
  addEventListener('unhandledrejection', (event) => window.problems.push(String(event.reason)));
  document.addEventListener('securitypolicyviolation', (event) => window.problems.push(event.violatedDirective));
`;

export const openPageBrowser = async (): Promise<PageBrowser> => {
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    ignoreDefaultArgs: ['--headless', '--disable-back-forward-cache'],
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-blink-features=AutomationControlled',
    ],
  });
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;
  return {
    open: async (given) => {
      const context =
        given ??
        (await browser.newContext({ locale: 'de-DE', viewport: { width: 1000, height: 700 }, userAgent }));
      if (!given) await context.addInitScript(WATCH);
      return context.newPage();
    },
    close: () => browser.close(),
  };
};

/** Text of an element. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.evaluate<string>(`document.querySelector(${JSON.stringify(selector)}).textContent`);

/** Waits until the script has its answer. */
export const whenReady = (page: Page): Promise<unknown> =>
  page.waitForFunction('window.dt && window.dt.ready && window.dt.ready.then(() => true)');
