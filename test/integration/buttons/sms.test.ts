import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSmsSender, type SmsSettings } from '../../../src/buttons/sms/index.ts';

const SMS = { to: '+4915123456789', text: 'Code "012345"', code: '012345', at: Date.UTC(2026, 10, 23) };

type Seen = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { readonly body: string };

let server: Server;
let base: string;
let seen: Seen[] = [];
let logged: unknown[] = [];

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method, url = '', headers } = request;
      seen.push({ method, url, headers, body });
      if (url.startsWith('/slow')) return;
      const status = Number(/^\/(\d{3})/.exec(url)?.[1] ?? 200);
      response.writeHead(status, { ...(status === 302 && { location: '/200' }) });
      response.end('sent to +4915123456789');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  seen = [];
  logged = [];
});

const settings = (more: Partial<SmsSettings>): SmsSettings => ({
  provider: 'http',
  outbox: '/nowhere',
  method: 'POST',
  headers: {},
  text: {},
  timeoutSeconds: 5,
  url: `${base}/200`,
  body: '{"to":"{to}","text":"{text}"}',
  ...more,
});

const send = (more: Partial<SmsSettings>): Promise<boolean> =>
  createSmsSender(settings(more), { error: (...what: unknown[]) => void logged.push(what) } as never)(SMS);

describe('a provider', () => {
  it('gets what its template says', async () => {
    expect(await send({ headers: { Authorization: 'Bearer hush' } })).toBe(true);
    expect(seen).toHaveLength(1);
    const [request] = seen;
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer hush',
      'content-type': 'application/json',
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({ to: SMS.to, text: SMS.text });
    expect(logged).toEqual([]);
  });

  it('gets a form, or an address alone', async () => {
    await send({ body: 'To={to}&Body={text}' });
    await send({ method: 'GET', url: `${base}/200?to={to}&code={code}` });
    const [form, address] = seen;
    expect(form?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(new URLSearchParams(form?.body).get('Body')).toBe(SMS.text);
    expect(address).toMatchObject({ method: 'GET', url: '/200?to=%2B4915123456789&code=012345', body: '' });
  });

  it.each(['/302', '/400', '/500'])('fails with %s, and is led nowhere else', async (path) => {
    expect(await send({ url: `${base}${path}?to={to}` })).toBe(false);
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(logged)).toContain(`the provider answered ${path.slice(1)}`);
    expect(JSON.stringify(logged)).not.toContain('4915123456789');
  });

  it('fails when it does not answer, or is not there', async () => {
    expect(await send({ url: `${base}/slow`, timeoutSeconds: 0.2 })).toBe(false);
    expect(JSON.stringify(logged)).toContain('did not answer in time');
    expect(await send({ url: 'http://127.0.0.1:1/{to}' })).toBe(false);
    expect(JSON.stringify(logged)).not.toContain('4915123456789');
  });
});

describe('a provider that was configured wrongly', () => {
  it.each([
    { headers: { Authorization: 'Basic hush\nX: y' } },
    { headers: { Authorization: 'Basic hush密码' } },
    { url: 'http://user:hush@:80/?to={to}' },
    { url: 'ftp://user:hush@127.0.0.1/?to={to}' },
    { url: 'http://user:hush@127.0.0.1:1/?to={to}' },
  ])('gets nothing, and the log holds neither number nor secret: %o', async (more) => {
    expect(await send(more)).toBe(false);
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toMatch(/hush|4915123456789/);
  });

  it('is told by Basic what stands before the host', async () => {
    const url = new URL(`${base}/200?to={to}`);
    expect(await send({ url: `http://us%40er:hu%3Ash@${url.host}/200` })).toBe(true);
    const [request] = seen;
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('us@er:hu:sh').toString('base64')}`);
    expect(request?.url).toBe('/200');
  });
});

describe('the outbox', () => {
  it('keeps a line for each message, for its owner alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dialtrace-outbox-'));
    const outbox = join(folder, 'new', 'outbox.jsonl');
    expect(await send({ provider: 'outbox', outbox })).toBe(true);
    expect(await send({ provider: 'outbox', outbox })).toBe(true);
    const lines = (await readFile(outbox, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [1, 2].map(() => ({ at: '2026-11-23T00:00:00.000Z', to: SMS.to, text: SMS.text, code: SMS.code })),
    );
    expect((await stat(outbox)).mode & 0o777).toBe(0o600);
    expect(await send({ provider: 'outbox', outbox: join(outbox, 'a-file-is-no-folder') })).toBe(false);
    expect(logged).toHaveLength(1);
    await rm(folder, { recursive: true });
  });
});
