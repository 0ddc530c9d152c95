import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openVisitorBrowser, type Visitor, type VisitorBrowser } from '../support/call-button-browser.ts';
import {
  answering,
  control,
  ended,
  expectTalk,
  pressButton,
  recordOf,
  sees,
  talking,
} from '../support/call-button-page.ts';
import { type ButtonStage, buttonOf, openButtonStage, outboxOf, TONE } from '../support/call-button-stage.ts';
import { sleep, until } from '../support/wait.ts';

/** A call that goes along with the visitor from page to page, and what is asked before one. */

let stage: ButtonStage;
let browser: VisitorBrowser;
let address: string;
const open: Visitor[] = [];

beforeAll(async () => {
  [stage, browser] = await Promise.all([openButtonStage(), openVisitorBrowser(TONE.visitor)]);
  const all = ['sales', 'ask', 'proven', 'night'].map((id) => `<p>${buttonOf(id)}</p>`);
  address = stage.page(all.join(''));
  stage.page('<h2>Prices</h2>', { path: '/prices' });
});
afterEach(async () => {
  for (const visitor of open.splice(0)) await visitor.close();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const visit = async (): Promise<Page> => {
  const visitor = await browser.open();
  open.push(visitor);
  await visitor.page.goto(address);
  return visitor.page;
};

/** Milliseconds until the line was told that the page is gone. */
let closing: Promise<number>;

test('a tab that is closed in mid-call is waited for, and meanwhile others call', async () => {
  const page = await visit();
  const { far, line: call } = await answering(stage);
  await pressButton(page, 'sales');
  const line = await call;
  await talking(page);
  await expectTalk(page, far);
  await page.close();
  const began = performance.now();
  closing = until(
    'the end of the call',
    () => line.requests.some(({ message }) => message.method === 'BYE'),
    {
      timeoutMs: 30_000,
    },
  ).then(() => Math.round(performance.now() - began));
  closing.catch(() => undefined);
});

test('a call goes on while the page changes its address, and is taken up again after a reload and on the next page', async () => {
  const page = await visit();
  const { far, line: call } = await answering(stage);
  await pressButton(page, 'sales');
  const line = await call;
  await talking(page);
  await expectTalk(page, far);

  await page.evaluate(
    `history.pushState({}, '', '/doors'); document.querySelector('main').innerHTML = '<h1>Doors</h1>'`,
  );
  await sleep(300);
  await expectTalk(page, far);

  const times: number[] = [];
  for (const leave of [() => page.reload(), () => page.goto(`${stage.site.origin}/prices`)]) {
    if (leave.toString().includes('reload')) await page.evaluate(`history.replaceState({}, '', '/')`);
    const began = performance.now();
    await leave();
    await talking(page);
    await expectTalk(page, far, TONE.line, { patienceMs: 12_000 });
    times.push(Math.round(performance.now() - began));
  }
  process.stdout.write(`heard again after ${times.join(' and ')} ms\n`);
  await control(page, 'Hang up').click();
  await line.ended();
  const { row, web } = await recordOf(stage, 'sales');
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'caller' });
  const calls = stage.gateway.records.query(
    'SELECT 1 FROM web_call WHERE button_id = ? AND viewer = ?',
    'sales',
    web['viewer'],
  );
  expect(calls).toHaveLength(1);
});

test('a page that is left again before it has its call leaves it to the next one', async () => {
  const page = await visit();
  const { far, line: call } = await answering(stage);
  await pressButton(page, 'sales');
  const line = await call;
  await talking(page);
  const kept = 'Object.entries(sessionStorage).find(([, text]) => text.includes("callId"))';

  // Before what makes calls was loaded.
  let asked = false;
  await page.route('**/dt-call-phone.js', () => {
    asked = true;
  });
  await page.reload({ waitUntil: 'commit' });
  await until('the page takes the call up', () => asked);
  expect(await page.evaluate(kept)).toBeUndefined();
  await page.unroute('**/dt-call-phone.js');
  await page.evaluate(`addEventListener('pagehide', () => { localStorage.copy = ${kept}; })`);
  await page.reload();
  await talking(page);
  await expectTalk(page, far, TONE.line, { patienceMs: 12_000 });

  // Before it heard that the gateway had answered: it knows the dialog of the page before alone.
  await page.evaluate(
    `addEventListener('pagehide', () => { const [name, ...text] = localStorage.copy.split(','); sessionStorage[name] = text.join(','); })`,
  );
  await page.reload();
  await talking(page);
  await expectTalk(page, far, TONE.line, { patienceMs: 12_000 });
  await line.bye();
  far.stop();
  await ended(page);
});

test('the sheet says what is to be said, and the choice decides who rings', async () => {
  const page = await visit();
  const { line: call } = await answering(stage, { by: stage.second });
  await pressButton(page, 'ask');
  await sees(page, 'Calls are recorded.');
  // Nothing was asked of anybody yet.
  expect(stage.second.received.filter(({ message }) => message.method === 'INVITE')).toHaveLength(0);
  await page.getByRole('radio', { name: 'I have an order' }).check();
  await control(page, 'Call now').click();
  const line = await call;
  await talking(page);
  await line.bye();
  await ended(page);
  const { row, web } = await recordOf(stage, 'ask');
  expect(row.call).toMatchObject({ status: 'answered', line_id: 'second' });
  expect(web).toMatchObject({ intent: 'aftersale', verified: 'confirm' });
});

test('a code by SMS: a wrong one is refused, the right one lets the call in, and the number is the caller', async () => {
  const page = await visit();
  const arriving = stage.nextCall();
  await pressButton(page, 'proven');
  await control(page, 'Next').click();
  const number = page.getByLabel('Mobile number');
  // A number that no code is sent to.
  await number.fill('110');
  await control(page, 'Send code').click();
  await sees(page, /emergency number|no mobile number/);
  await number.fill('+49 1512 3456789');
  await control(page, 'Send code').click();
  const message = await until('the message', () => outboxOf(stage).at(-1));
  expect(message.to).toBe('+4915123456789');
  const code = /\d{6}/.exec(message.text)?.[0] ?? '';
  const field = page.getByLabel('Code of the SMS');
  await field.fill(code === '123456' ? '654321' : '123456');
  await control(page, 'Confirm').click();
  await sees(page, /code is wrong/);
  await field.fill(code);
  await control(page, 'Confirm').click();
  const line = await arriving;
  line.respond(486, 'Busy Here');
  await ended(page);
  const { row, web } = await recordOf(stage, 'proven');
  expect(web['verified']).toBe('sms');
  expect(row.call.status).toBe('busy');
  expect(row.call.caller_masked).toMatch(/^\+49.*89$/);
  expect(stage.gateway.log()).not.toContain('15123456789');
});

test('out of hours the visitor leaves a number, and nobody asks for the microphone', async () => {
  const page = await visit();
  await page.evaluate(`navigator.mediaDevices.getUserMedia = () => { window.asked = true; }`);
  await pressButton(page, 'night');
  await sees(page, 'We are closed at the moment');
  await page.getByLabel('Your number').fill('+49 1512 3456780');
  await page.getByRole('checkbox').first().check();
  await control(page, 'Call me back').click();
  await sees(page, /^We call you: /);
  expect(await page.evaluate('window.asked')).toBeUndefined();
  const [asked] = stage.gateway.records.query<Record<string, unknown>>('SELECT * FROM call_back');
  expect(asked).toMatchObject({ button_id: 'night', state: 'waiting', site_id: 'main' });
  expect(String(asked?.['number_masked'])).not.toContain('3456780');
  expect(String(asked?.['consent_text']).length).toBeGreaterThan(10);
  expect(stage.gateway.records.query("SELECT 1 FROM web_call WHERE button_id = 'night'")).toEqual([]);
});

test('everything in Chinese where the page is', async () => {
  const chinese = stage.page(buttonOf('ask'), { path: '/zh', language: 'zh-CN' });
  const visitor = await browser.open({ locale: 'zh-CN' });
  open.push(visitor);
  await visitor.page.goto(chinese);
  await pressButton(visitor.page, 'ask');
  await sees(visitor.page, '通话将被录音。');
  await sees(visitor.page, '售后服务');
  const dialog = (await visitor.page.getByRole('dialog').allInnerTexts()).join('');
  expect(dialog.replace(/[\p{Script=Han}\p{P}\d\s]/gu, '')).toBe('');
});

test('and the call of the tab that was closed has ended', async () => {
  const ms = await closing;
  process.stdout.write(`ended ${ms} ms after the tab was closed\n`);
  expect(ms).toBeGreaterThan(10_000);
  const row = await until('its record is complete', () => {
    const [first] = stage.gateway.records.calls();
    return first?.call.ended_at !== null && first;
  });
  expect(row.call).toMatchObject({ status: 'answered' });
  // Who waited for the visitor was not left in silence.
  expect(row.events.map(({ type }) => type)).toContain('parked');
});
