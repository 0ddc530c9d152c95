import { fileURLToPath } from 'node:url';
import type { Page, WebSocketRoute } from 'playwright-core';
import { build } from 'vite';

/** A SIP message, as far as a test looks at it. */
export type Sip = {
  readonly start: string;
  readonly method: string;
  /** Of a response, else 0. */
  readonly status: number;
  header(name: string): string;
  readonly body: string;
};

/** What the softphone's page talks to in tests of its core: HTTP and SIP over WebSocket, answered by the test itself. */
export type FakeGateway = {
  /** Requests and responses that came from the page, oldest first. */
  readonly seen: readonly Sip[];
  /** POSTs and GETs of the API, as `POST ready {"ready":false}`. */
  readonly asked: readonly string[];
  /** Answers a request of the page: what `on` gives is sent; REGISTER and BYE are answered by themselves. */
  on(answer: (request: Sip) => readonly string[] | Promise<readonly string[]>): void;
  send(...messages: readonly string[]): void;
  /** Waits for the next message that `accept` takes, from the first one not waited for yet. */
  next(what: string, accept: (message: Sip) => boolean): Promise<Sip>;
  /** Cuts the WebSocket; new ones are refused for as long. */
  cut(ms: number): void;
};

export const ORIGIN = 'http://localhost:8080';
const SERVER = 'ws://localhost:8088';
const FAR_END = fileURLToPath(new URL('far-end.mjs', import.meta.url));
const WAIT_MS = 10_000;
const CREDENTIALS = { username: '1999999999.alice', password: 'pass' };

const ME = {
  name: 'alice',
  display: 'Alice',
  role: 'agent',
  ready: true,
  address: 'sip:alice@example.com',
  dispositions: ['sale', 'lost'],
  supervisionVisible: false,
  canDialOut: true,
};

const parse = (text: string): Sip => {
  const [head = '', body = ''] = [
    text.slice(0, text.indexOf('\r\n\r\n')),
    text.slice(text.indexOf('\r\n\r\n') + 4),
  ];
  const [start = '', ...lines] = head.split('\r\n');
  return {
    start,
    method: start.startsWith('SIP/2.0')
      ? (/CSeq: \d+ (\w+)/i.exec(head)?.[1] ?? '')
      : (start.split(' ')[0] ?? ''),
    status: start.startsWith('SIP/2.0') ? Number(start.split(' ')[1]) : 0,
    header: (name) =>
      lines
        .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        ?.slice(name.length + 1)
        .trim() ?? '',
    body,
  };
};

/** A message of lines; the body's length is counted. */
export const sip = (lines: readonly string[], body = ''): string =>
  [
    ...lines,
    ...(body === ''
      ? []
      : [`Content-Type: ${body.startsWith('v=0') ? 'application/sdp' : 'message/sipfrag'}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');

/** A response to a request, with a tag of ours. */
export const respond = (
  request: Sip,
  status: string,
  extra: readonly string[] = [],
  body = '',
  tag = 'gw',
): string => {
  const to = request.header('to');
  return sip(
    [
      `SIP/2.0 ${status}`,
      ...['via', 'from', 'call-id', 'cseq'].map((name) => `${name}: ${request.header(name)}`),
      `to: ${to.includes(';tag=') ? to : `${to};tag=${tag}`}`,
      ...extra,
    ],
    body,
  );
};

/** A module of browser code alone, without views. @returns the text of a module */
export const buildCore = async (entry: string): Promise<string> => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  });
  const [first] = Array.isArray(built) ? built : [built];
  const chunk = first && 'output' in first ? first.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error('nothing was built');
  return chunk.code;
};

const START_PHONE = `import { createPhone } from './core.js';
globalThis.dialtracePhone = createPhone();`;

/**
 * Stands between the page and the network. Call before the page goes anywhere.
 *
 * @param core served as `core.js`
 * @param script the page's own module
 */
export const fakeGateway = async (page: Page, core: string, script = START_PHONE): Promise<FakeGateway> => {
  const seen: Sip[] = [];
  const asked: string[] = [];
  const waiters = new Set<() => void>();
  let answer: Parameters<FakeGateway['on']>[0] = () => [];
  let socket: WebSocketRoute | undefined;
  let refusedUntil = 0;
  let read = 0;

  const html = `<!doctype html><title>phone</title><script type="module">${script}</script>`;
  // The far end of calls lives in the page, too.
  await page.addInitScript({ path: FAR_END });
  await page.route(`${ORIGIN}/phone/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.replace('/phone/', '');
    if (path === '') return route.fulfill({ contentType: 'text/html', body: html });
    if (path === 'core.js') return route.fulfill({ contentType: 'text/javascript', body: core });
    const what = path.replace('api/', '');
    asked.push(`${route.request().method()} ${what} ${route.request().postData() ?? ''}`.trim());
    if (what === 'me') return route.fulfill({ json: ME });
    if (what === 'sip')
      return route.fulfill({
        json: {
          ...CREDENTIALS,
          address: ME.address,
          expiresAt: Date.now() + 60_000,
          servers: [SERVER],
          iceServers: [],
        },
      });
    if (what === 'identities') return route.fulfill({ json: { numbers: [] } });
    if (/^calls\/[^/]+$/.test(what))
      return route.fulfill({
        json: {
          id: what.slice(6),
          direction: 'inbound',
          party: '+4930123456',
          sourceName: 'Search ad',
          priorCalls: 2,
          history: [],
        },
      });
    return route.fulfill({ json: {} });
  });

  const send = (message: string): void => socket?.send(message);

  const answerItself = (request: Sip): readonly string[] | undefined => {
    if (request.method === 'BYE') return [respond(request, '200 OK')];
    if (request.method !== 'REGISTER') return undefined;
    if (!request.header('authorization'))
      return [
        respond(request, '401 Unauthorized', ['WWW-Authenticate: Digest realm="example.com", nonce="n1"']),
      ];
    return [respond(request, '200 OK', [`Contact: ${request.header('contact')}`])];
  };

  await page.routeWebSocket(`${SERVER}/`, (route) => {
    if (Date.now() < refusedUntil) {
      void route.close({ code: 1012 });
      return;
    }
    socket = route;
    route.onMessage((data) => {
      const text = String(data);
      if (text.trim() === '') return route.send('\r\n');
      const message = parse(text);
      seen.push(message);
      for (const wake of [...waiters]) wake();
      if (message.status > 0) return;
      void (async () => {
        for (const response of answerItself(message) ?? (await answer(message))) route.send(response);
      })();
    });
  });

  return {
    seen,
    asked,
    on: (next) => {
      answer = next;
    },
    send: (...messages) => {
      for (const message of messages) send(message);
    },
    next: (what, accept) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const index = seen.findIndex((message, at) => at >= read && accept(message));
          const found = seen[index];
          if (!found) return;
          read = index + 1;
          clearTimeout(timer);
          waiters.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiters.delete(look);
          reject(new Error(`${what} did not come; there was: ${seen.map(({ start }) => start).join(' | ')}`));
        }, WAIT_MS);
        waiters.add(look);
        look();
      }),
    cut: (ms) => {
      refusedUntil = Date.now() + ms;
      void socket?.close({ code: 1012 });
    },
  };
};
