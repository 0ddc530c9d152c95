import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { checkButton } from '../../../src/cli/button-test.ts';
import { openStore } from '../../../src/store/index.ts';
import { insertButtonEvent } from '../../support/button-rows.ts';
import { CONFIG, makePlace, PLAN, type Place } from './run-cli.ts';

const BUTTONS = `
sites:
  - { id: main, hosts: ['*.example.com'], targets: [{ number: '+12025550199' }] }
schedules:
  - { id: never, timezone: UTC, hours: {} }
buttons:
  - id: sales
    name: Talk & ask
    site: main
    number: '+12025550199'
    lines: [echo]
    text: { en: Call us, zh: 联系我们 }
    intents: [{ id: quote, text: Get a quote }]
  - { id: night, site: main, number: '+12025550199', lines: [echo], schedule: never }
experiments:
  - { id: colour, button: sales, arms: [{ id: green }, { id: red, color: '#ff0000' }] }
`;

let place: Place;
let gateway: Server;
/** What the gateway answers to `/v1/button/config`. */
let config: object;
let answer = 200;
let lastAsked: object = {};

/** What is wrong with a button. */
const failures = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { stdout } = await place.run('button', 'test', ...words, '--json');
  const { checks } = JSON.parse(stdout) as { checks: { ok: boolean; found: string }[] };
  return checks.filter(({ ok }) => !ok).map(({ found }) => found);
};

const publicUrl = (): string => `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;

beforeAll(async () => {
  gateway = createServer((request, response) => {
    const isConfig = request.url === '/v1/button/config';
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (isConfig) {
        lastAsked = { origin: request.headers.origin, ...(JSON.parse(body) as object) };
        response.statusCode = answer;
      }
      response.end(isConfig ? JSON.stringify(config) : 'page or script');
    });
  });
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done));
  place = await makePlace(`${CONFIG}buttons: { publicUrl: '${publicUrl()}/' }\n`, PLAN.trimEnd() + BUTTONS);
  expect(await place.run('apply', '--yes')).toMatchObject({ code: 0, stderr: '' });
  const store = await openStore(
    {
      path: place.path('data/dialtrace.db'),
      keyFile: place.path('data/dialtrace.key'),
      backupDirectory: place.path('data/backups'),
    },
    silentLogger,
  );
  await store.exclusively((file) => {
    const now = Date.now();
    insertButtonEvent(file, now - 3 * 86_400_000, 'view', 'ann');
    insertButtonEvent(file, now, 'view', 'ben');
    insertButtonEvent(file, now, 'click', 'ben', { press_id: 'p' });
  });
  await store.close();
});
afterAll(async () => {
  gateway.close();
  await place.remove();
});

describe('dialtrace button', () => {
  it('lists buttons, open or not, with what people did at them', async () => {
    const { stdout, stderr } = await place.run('button', 'list');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^night +main +\+12025550199 +closed, for good +0 \/ 0/m);
    expect(stdout).toMatch(
      /^sales +main +\+12025550199 +open +1 \/ 2 +1 \/ 1 +0 \/ 0 +0 \/ 0 +http:.*\/c\/sales$/m,
    );
  });

  it('shows one with its plan, its links and its snippets', async () => {
    const { stdout } = await place.run('button', 'show', 'sales');
    expect(stdout).toMatch(/^Intents +quote$/m);
    expect(stdout).toMatch(/^Text +Call us \(en\), 联系我们 \(zh\)$/m);
    expect(stdout).toMatch(/^Experiment +colour$/m);
    expect(stdout).toMatch(/^7 days +2 views, 1 presses, 0 calls, 0 answered$/m);
    expect(stdout).toContain(`<script async src="${publicUrl()}/dt-call.js" data-site="main"></script>`);
    expect(stdout).toContain('title="Talk &amp; ask"></iframe>');
    expect(stdout).toMatch(/^Call back +08:00-21:00, 2 tries$/m);
    await place.write('config/no-trunk.yaml', CONFIG.replace(/^trunks:\n.*$/m, 'trunks: []'));
    const bare = await place.run('--config', 'config/no-trunk.yaml', 'button', 'show', 'sales');
    expect(bare.stdout).toMatch(/^Call back +not offered: no trunk/m);
    expect(bare.stdout).toMatch(/^When closed +the number is shown$/m);
    const view = JSON.parse((await place.run('button', 'show', 'night', '--json')).stdout);
    expect(view).toMatchObject({ open: false, opens: null, links: { page: `${publicUrl()}/c/night` } });
    const unknown = await place.run('button', 'show', 'none');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('there are night, sales') });
  });

  it('gives its address, its code and what to paste', async () => {
    expect((await place.run('button', 'link', 'sales')).stdout).toBe(`${publicUrl()}/c/sales\n`);
    expect((await place.run('button', 'embed', 'sales')).stdout).toContain('<dt-call-button button="sales">');
    expect((await place.run('button', 'qr', 'sales', '--svg')).stdout).toMatch(/^<svg /);
    expect((await place.run('button', 'qr', 'sales', '--dial', '-o', 'code.svg')).stderr).toContain(
      'code.svg: tel:+12025550199',
    );
    expect(await readFile(place.path('code.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('needs to know where browsers reach the gateway', async () => {
    await place.write('config/bare.yaml', CONFIG);
    const { code, stderr } = await place.run('--config', 'config/bare.yaml', 'button', 'link', 'sales');
    expect(code).toBe(2);
    expect(stderr).toContain('set buttons.publicUrl in dialtrace.yaml');
  });

  it('is counted by check, which warns of what is not meant', async () => {
    const fine = await place.run('check');
    expect(fine).toMatchObject({ code: 0, stderr: '' });
    expect(fine.stdout).toContain('2 call buttons, 1 experiment');
    expect(fine.stdout).not.toContain('warn');
    await place.write('config/open.yaml', `${CONFIG}buttons: { publicUrl: 'http://calls.example.com' }\n`);
    const open = await place.run('--config', 'config/open.yaml', 'check');
    expect(open.stdout).toMatch(/^warn +buttons\.publicUrl: browsers give no microphone/m);
    await place.write(
      'config/bare.yaml',
      CONFIG.replace(/^trunks:\n.*$/m, 'trunks: [{ id: in, region: US, sources: [127.0.0.1] }]'),
    );
    await place.write(
      'config/asking.yaml',
      (PLAN.trimEnd() + BUTTONS)
        .replace(
          '- { id: night,',
          '- { id: late, callback: { trunk: in }, site: main, number: "+12025550199", lines: [echo] }\n  - { id: night,',
        )
        .replace('name: Talk & ask', 'confirm: sms'),
    );
    const { stdout } = await place.run(
      '--config',
      'config/bare.yaml',
      'check',
      '--plan',
      'config/asking.yaml',
    );
    expect(stdout.match(/^warn .*$/gm)).toEqual([
      expect.stringMatching(/button sales: visitors get no code, it is written to .*data\/sms-outbox\.jsonl/),
      expect.stringContaining('button late: nobody is called back, trunk in has no gateway'),
      expect.stringContaining('button night: out of hours the number is shown'),
    ]);
  });

  it('tests what a visitor would get', async () => {
    config = { viewer: 'e-1', buttons: { sales: { open: true, web: true } } };
    const fine = await place.run('button', 'test', 'sales');
    expect(fine).toMatchObject({ code: 0, stderr: '' });
    expect(fine.stdout).toMatch(/✓ +its form for pages of www\.example\.com +open/);
    config = { viewer: 'e-1', buttons: { sales: { open: true, web: false } } };
    const silent = await place.run('button', 'test', 'sales');
    expect(silent.code).toBe(1);
    expect(silent.stdout).toMatch(/✗ +calls in the browser +no: there is no media worker/);
    config = { detail: 'The page is on none of the hosts of the site.' };
    expect(await failures('sales')).toEqual(['200: The page is on none of the hosts of the site.']);
  });

  it('tests it for a page of the own, and names the hosts where that is none of them', async () => {
    config = { viewer: 'e-1', buttons: { sales: { open: true, web: true } } };
    const page = 'https://shop.example.org/offer';
    const { stdout } = await place.run('button', 'test', 'sales', '--page', page);
    expect(stdout).toMatch(/✓ +its form for pages of shop\.example\.org +open/);
    expect(lastAsked).toMatchObject({ origin: 'https://shop.example.org', page });
    answer = 403;
    config = { detail: 'The page is on none of the hosts of the site.' };
    expect(await failures('sales', '--page', page)).toEqual([
      '403: The page is on none of the hosts of the site. Hosts of site main: *.example.com.',
    ]);
    answer = 200;
    const wrong = await place.run('button', 'test', 'sales', '--page', 'shop.example.org');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('write the address of a page') });
  });

  it('finds a schedule that never opens, and call backs that nobody can be called by', async () => {
    const callback = { enabled: false };
    config = { viewer: 'e-1', buttons: { night: { open: false, web: true, callback } } };
    expect(await failures('night')).toEqual([
      'closed for good: look at schedule never',
      'not offered: dialtrace.yaml has no trunk with a gateway to call visitors through',
    ]);
    const opensAt = Date.UTC(2026, 10, 23, 9);
    config = { viewer: 'e-1', buttons: { sales: { open: false, opensAt, web: true, callback } } };
    const { code, stdout } = await place.run('button', 'test', 'sales');
    expect(code).toBe(0);
    expect(stdout).toMatch(/closed until 2026-11-23 .*: callback/);
  });

  it('opens the WebSocket that pages open, and says why it can not', async () => {
    config = { viewer: 'e-1', buttons: { sales: { open: true, web: true } } };
    const socket = publicUrl().replace('http', 'ws');
    const named = `${CONFIG}phone: { servers: ['${socket}'] }\nbuttons: { publicUrl: '${publicUrl()}/' }\n`;
    await place.write('config/socket.yaml', named);
    const test = () => place.run('--config', 'config/socket.yaml', 'button', 'test', 'sales');
    const refused = await test();
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(`${socket}: it answers 200`);
    gateway.on('upgrade', (_, stream) =>
      stream.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    );
    expect(await test()).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ +WebSocket +ws:/) });
  });

  it.each([
    ['http://calls.invalid', true, /^http:.*https alone; set http\.tls/],
    ['http://127.0.0.1:8080', false, /set buttons\.publicUrl/],
  ])('finds that visitors can not call through %s', async (base, isPublic, found) => {
    const button = { id: 'sales', site: 'main' } as Parameters<typeof checkButton>[0]['button'];
    const there = { button, hosts: ['www.example.com'], base, isPublic, sockets: [], page: undefined };
    const [address] = await checkButton({ ...there, base });
    expect(address).toMatchObject({ what: 'secure address', ok: false, found: expect.stringMatching(found) });
  });
});
