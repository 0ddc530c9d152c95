import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  openVisitorBrowser,
  type Visitor,
  type VisitorBrowser,
  type VisitorOptions,
} from '../support/call-button-browser.ts';
import {
  answering,
  buttonIn,
  control,
  ended,
  expectTalk,
  pageHears,
  pressButton,
  recordOf,
  sees,
  talking,
} from '../support/call-button-page.ts';
import {
  type ButtonStage,
  buttonOf,
  openButtonStage,
  SHOWN_NUMBER,
  TONE,
} from '../support/call-button-stage.ts';
import { openWebSite, type WebSite } from '../support/dni-pages.ts';
import { hearsOf } from '../support/hearing.ts';
import { sleep, until } from '../support/wait.ts';

/** Calls from pages when something is missing, refused or broken. */

let stage: ButtonStage;
let browser: VisitorBrowser;
/** On a machine without a microphone. */
let deaf: VisitorBrowser;
let foreign: WebSite;
let address: string;
const open: Visitor[] = [];

beforeAll(async () => {
  [stage, browser, deaf, foreign] = await Promise.all([
    openButtonStage(),
    openVisitorBrowser(TONE.visitor),
    openVisitorBrowser(undefined),
    openWebSite(),
  ]);
  address = stage.page(buttonOf('sales'));
});
afterEach(async () => {
  stage.media.cut(false);
  stage.signalling.cut(false);
  for (const visitor of open.splice(0)) await visitor.close();
});
afterAll(async () => {
  await Promise.all([browser?.close(), deaf?.close()]);
  await stage?.close();
  foreign?.close();
});

const visit = async (by: VisitorBrowser, options: VisitorOptions = {}, url = address): Promise<Visitor> => {
  const visitor = await by.open(options);
  open.push(visitor);
  await visitor.page.goto(url);
  return visitor;
};

test('a microphone that is refused has words of its own, and the number and a call back are offered', async () => {
  const { page } = await visit(browser, { microphone: 'denied' });
  await pressButton(page, 'sales');
  await sees(page, /microphone (is blocked|was not allowed)/i);
  await sees(page, /try again/i);
  await control(page, 'Other ways to reach us').click();
  await sees(page, SHOWN_NUMBER);
  await sees(page, 'We call you back');
  expect(await page.locator('a[href^="tel:"]').count()).toBeGreaterThan(0);
  expect(stage.first.received.filter(({ message }) => message.method === 'INVITE')).toHaveLength(0);
});

test('without a microphone the visitor listens', async () => {
  const { page } = await visit(deaf);
  const { far, line } = await answering(stage);
  await pressButton(page, 'sales');
  await sees(page, /no microphone/i);
  await control(page, /only listen|without a microphone/i).click();
  const call = await line;
  await talking(page);
  await sees(page, /listening only|only listen/i);
  await until('the line is heard', async () => (await pageHears(page)).join() === String(TONE.line));
  expect(await hearsOf(far, [TONE.visitor], 500)).toEqual([]);
  await call.bye();
  far.stop();
  await ended(page);
  expect((await recordOf(stage, 'sales')).row.call.status).toBe('answered');
});

test('where no UDP gets through the call comes by TCP', async () => {
  const { page } = await visit(browser);
  const { far, line } = await answering(stage);
  stage.media.cut(true);
  await pressButton(page, 'sales');
  const call = await line;
  await talking(page);
  await expectTalk(page, far, TONE.line, { patienceMs: 12_000 });
  await call.bye();
  far.stop();
  await ended(page);
  const { row } = await recordOf(stage, 'sales');
  expect(row.legs[0]).toMatchObject({ media_security: 'dtls', transport: 'tcp' });
});

test('signalling that breaks in mid-call is made anew, and the call can be ended afterwards', async () => {
  const { page } = await visit(browser);
  const { far, line } = await answering(stage);
  await pressButton(page, 'sales');
  const call = await line;
  await talking(page);
  await expectTalk(page, far);
  stage.signalling.cut(true);
  await sleep(1500);
  await expectTalk(page, far);
  stage.signalling.cut(false);
  await until('connected again', () => stage.signalling.open() > 0, { timeoutMs: 8000 });
  await sleep(500);
  await control(page, 'Hang up').click();
  await call.ended();
  far.stop();
  await ended(page);
});

test("another site's page is refused: the link stays a link, and dials", async () => {
  foreign.pages.set('/', {
    body: `<!doctype html><title>x</title><script async src="${stage.origin}/dt-call.js" data-site="main"></script>${buttonOf('sales')}`,
  });
  const [refused, answered]: [string[], string[]] = [[], []];
  const visitor = await browser.open();
  open.push(visitor);
  const { page } = visitor;
  page.on('requestfailed', (request) => refused.push(request.url()));
  page.on('requestfinished', (request) => answered.push(request.url()));
  await page.goto(foreign.origin);
  await until('the refusal', () => refused.some((url) => url.endsWith('/v1/button/config')));
  expect(answered.filter((url) => url.includes('/v1/'))).toEqual([]);
  expect(await buttonIn(page, 'sales').count()).toBe(0);
  await page.getByRole('link', { name: SHOWN_NUMBER }).waitFor({ state: 'visible' });

  // Nor may it frame the button.
  foreign.pages.set('/frame', {
    body: `<!doctype html><title>x</title><iframe src="${stage.origin}/c/sales/frame" allow="microphone"></iframe>`,
  });
  await page.goto(`${foreign.origin}/frame`);
  await sleep(500);
  const [, frame] = page.frames();
  expect((await frame?.content()) ?? '').not.toContain('dt-call-button');
});

test('a gateway that is down leaves the link', async () => {
  const { page } = await visit(browser);
  await buttonIn(page, 'sales').waitFor();
  await stage.gateway.kill9();
  const { page: later, errors } = await visit(browser);
  await later.getByRole('link', { name: SHOWN_NUMBER }).waitFor({ state: 'visible' });
  expect(errors.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  // Who had the page open already is told, and given the number.
  await pressButton(page, 'sales');
  await sees(page, SHOWN_NUMBER, 15_000);
});
