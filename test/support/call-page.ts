import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { newest } from './gateway.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CALL_SCRIPT = join(ROOT, 'dist/web/widget/dt-call.js');
export const PHONE_SCRIPT = join(ROOT, 'dist/web/widget/dt-call-phone.js');

type Json = Record<string, unknown>;

/** Builds the scripts of call buttons unless they are newer than their source. */
export const buildCallScripts = async (): Promise<void> => {
  const changed = Math.max(
    newest(join(ROOT, 'src/web/widget')),
    newest(join(ROOT, 'src/web/call')),
    statSync(join(ROOT, 'vite.widget.config.ts')).mtimeMs,
  );
  const isNew = (path: string): boolean => existsSync(path) && statSync(path).mtimeMs > changed;
  if (isNew(CALL_SCRIPT) && isNew(PHONE_SCRIPT)) return;
  const words = ['build', '-c', 'vite.widget.config.ts', '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), ...words], {
    cwd: ROOT,
  });
};

/** The panel on a played call (test/support/web/call-phone.ts). */
export const playedPhoneScript = async (): Promise<string> => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        input: join(ROOT, 'test/support/web/call-phone.ts'),
        output: { format: 'es' },
        preserveEntrySignatures: 'strict',
      },
    },
  });
  const [output] = [built].flat();
  if (!output || !('output' in output)) throw new Error('nothing was built');
  return output.output[0].code;
};

export const SALES: Json = {
  id: 'sales',
  text: 'Talk to sales',
  intents: [],
  confirm: 'none',
  position: 'inline',
  size: 'medium',
  language: 'en',
  number: { e164: '+493023125000', tel: '+493023125000', display: '030 23125000' },
  mobile: 'dial',
  open: true,
  closed: 'callback',
  callback: { enabled: true, consent: 'I agree to be called on this number.' },
  web: true,
};

export type Reply = {
  readonly status: number;
  readonly body: Json;
  readonly headers?: Record<string, string>;
};

/** The gateway as pages with call buttons see it. */
export type ButtonGateway = {
  readonly origin: string;
  /** All that was asked, by path below /v1/button/, the oldest first. */
  readonly asked: { readonly path: string; readonly body: Json; readonly type: string | undefined }[];
  /** Buttons that `config` knows. */
  buttons: Readonly<Record<string, Json>>;
  /** Answers to other paths; default: `{}`. */
  readonly replies: Map<string, (body: Json) => Reply>;
  /** Source of the second part; undefined: it can't be loaded. */
  phone: string | undefined;
  eventsOf(type: string): Json[];
  close(): void;
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

const QR = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h1v1H0z"/></svg>';

const bodyOf = async (request: IncomingMessage): Promise<Json> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Json;
};

export const openButtonGateway = async (phone?: string): Promise<ButtonGateway> => {
  const answerTo = (path: string, body: Json): Reply => {
    if (path === 'config') {
      const wanted = body['buttons'] as string[];
      const buttons = Object.fromEntries(
        Object.entries(gateway.buttons).filter(([id]) => wanted.includes(id)),
      );
      return { status: 200, body: { viewer: body['viewer'] ?? 'e-given', buttons } };
    }
    return gateway.replies.get(path)?.(body) ?? { status: 200, body: { ok: true } };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?')[0] ?? '';
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
    response.setHeader('access-control-expose-headers', 'retry-after');
    response.setHeader('cross-origin-resource-policy', 'cross-origin');
    const send = (type: string, body: string | Buffer): void => {
      response.setHeader('content-type', type);
      response.end(body);
    };
    const script = 'text/javascript; charset=utf-8';
    if (path === '/dt-call.js') return send(script, readFileSync(CALL_SCRIPT));
    if (path === '/dt-call-phone.js' && gateway.phone !== undefined) return send(script, gateway.phone);
    if (path === '/v1/button/qr.svg') return send('image/svg+xml', QR);
    if (!path.startsWith('/v1/button/')) return void response.writeHead(404).end();
    const body = await bodyOf(request);
    const name = path.slice('/v1/button/'.length);
    gateway.asked.push({ path: name, body, type: request.headers['content-type'] });
    const reply = answerTo(name, body);
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(JSON.stringify(reply.body));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const gateway: ButtonGateway = {
    origin: await listen(server),
    asked: [],
    buttons: { sales: SALES },
    replies: new Map(),
    phone,
    eventsOf: (type) =>
      gateway.asked
        .filter(({ path }) => path === 'events')
        .flatMap(({ body }) => body['events'] as Json[])
        .filter((event) => event['type'] === type),
    close: () => shut(server),
  };
  return gateway;
};

/** A page with the script's tag, under a policy that lets in nothing but that script and what it needs. */
export const callPageOf = (gateway: string, body: string, lang = 'en'): string =>
  `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>A page</title><meta name="viewport" content="width=device-width"><script async nonce="n0nce" src="${gateway}/dt-call.js" data-site="main"></script></head><body><main><h1>Welcome</h1>${body}</main></body></html>`;

/** As strict as a page can be that has a call button. */
export const strictPolicy = (gateway: string): string =>
  `default-src 'none'; script-src 'nonce-n0nce'; connect-src ${gateway}; img-src ${gateway}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`;
