import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
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

const publicUrl = (): string => `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;

beforeAll(async () => {
  gateway = createServer((request, response) => {
    const isConfig = request.url === '/v1/button/config';
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
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
    const { checks } = JSON.parse((await place.run('button', 'test', 'sales', '--json')).stdout);
    expect(checks.filter(({ ok }: { ok: boolean }) => !ok)).toMatchObject([
      { found: '200: The page is on none of the hosts of the site.' },
    ]);
  });
});
