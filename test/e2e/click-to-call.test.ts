import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, type ToneBrowser } from '../support/browser.ts';
import { openVisitorBrowser, type Visitor, type VisitorBrowser } from '../support/call-button-browser.ts';
import {
  answering,
  buttonIn,
  control,
  ended,
  eventsOf,
  expectTalk,
  pressButton,
  recordOf,
  ringing,
  talking,
  type WebCall,
  webCallOf,
} from '../support/call-button-page.ts';
import {
  type ButtonStage,
  buttonOf,
  NUMBER,
  openButtonStage,
  POOL,
  TONE,
  TONES,
} from '../support/call-button-stage.ts';
import { tonesIn } from '../support/hearing.ts';
import type { CallRow } from '../support/records.ts';
import { startSipp } from '../support/sipp.ts';
import { audioAddress, lineScenario } from '../support/sipp-scenarios.ts';
import { openSoftphone, type PageSoftphone } from '../support/softphone.ts';
import { LINE, SOURCE } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** From a press in a page to a conversation: who rings, who hears whom, and what stays of it. */

let stage: ButtonStage;
let browser: VisitorBrowser;
let office: ToneBrowser;
let alice: PageSoftphone;
let address: string;
const open: Visitor[] = [];

beforeAll(async () => {
  [stage, browser, office] = await Promise.all([
    openButtonStage({ users: ['alice'] }),
    openVisitorBrowser(TONE.visitor),
    openBrowser(TONE.alice),
  ]);
  alice = await openSoftphone(office, stage.login('alice'));
  const all = ['sales', 'agent', 'sipp', 'varied'].map((id) => `<p>${buttonOf(id)}</p>`);
  address = stage.page(`${all.join('')}<p id="number">030 23125100</p>`);
});
afterEach(async () => {
  for (const visitor of open.splice(0)) await visitor.close();
});
afterAll(async () => {
  await Promise.all([browser?.close(), office?.close()]);
  await stage?.close();
});

/** Somebody new, who comes by an ad. */
const visit = async (campaign: string): Promise<Visitor> => {
  const visitor = await browser.open();
  open.push(visitor);
  await visitor.page.goto(
    `${address}?utm_source=google&utm_medium=cpc&utm_campaign=${campaign}&utm_term=red+tiles&gclid=${campaign}`,
  );
  await visitor.page.waitForFunction('window.dt?.ready?.then(() => true)');
  return visitor;
};
const visitOf = (page: Page): Promise<string> => page.evaluate<string>('dt.debug().visit');

/** Which of the tones each channel of the recording holds, its first and last moments left out. */
const channelsOf = (row: CallRow): number[][] =>
  stage
    .recording(row)
    .channels.map((samples) => tonesIn(samples.subarray(8000, samples.length - 4000), TONES));

const msOf = (events: ReturnType<typeof eventsOf>, type: string): unknown =>
  events.find((event) => event.type === type)?.detail['ms'];

test('a press rings a SIPp line; both talk, and the record knows visit, button, and how fast it was', async () => {
  const { gateway, sippLine } = stage;
  const { page, errors } = await visit('tiles');
  const far = await stage.phone(LINE, { frequency: TONE.line });
  const line = startSipp({
    scenario: lineScenario({ media: { type: 'elsewhere', port: far.port, law: 'PCMA' }, ringMs: 700 }),
    at: sippLine,
    calls: 1,
    timeoutMs: 30_000,
  });
  try {
    // A hand moves before it presses: what makes the call is there by then.
    const fetched = page.waitForResponse(/dt-call-phone/);
    await buttonIn(page, 'sipp').hover();
    await fetched;
    await pressButton(page, 'sipp');
    await ringing(page);
    const sound = audioAddress(await until('the offer at the line', () => line.log()[0]));
    far.follow(`v=0\r\nc=IN IP4 ${sound.address}\r\nm=audio ${sound.port} RTP/AVP 8\r\n`);
    far.start();
    await talking(page);
    await expectTalk(page, far);
    await sleep(1500);
    const visitId = await visitOf(page);
    await control(page, 'Hang up').click();
    await ended(page);
    const result = await line.done;
    expect(result, result.errors + result.output).toMatchObject({ code: 0, successful: 1 });

    const { row, web } = await recordOf(stage, 'sipp');
    expect(row.call).toMatchObject({
      status: 'answered',
      direction: 'inbound',
      hangup_by: 'caller',
      line_id: 'sipp',
      visit_id: visitId,
      site_id: 'main',
      source: 'google',
      medium: 'cpc',
      campaign: 'tiles',
      keyword: 'red tiles',
      match_prob: 1,
    });
    expect(web).toMatchObject({
      kind: 'browser',
      button_id: 'sipp',
      visit_id: visitId,
      origin: stage.site.origin,
      page: '/',
      device: 'desktop',
      verified: 'none',
      intent: null,
    });
    expect(row.legs[0]).toMatchObject({ role: 'A', media_security: 'dtls', transport: 'udp' });
    expect(row.legs[1]).toMatchObject({ role: 'B', line_id: 'sipp', media_security: 'none' });
    expect(channelsOf(row)).toEqual([[TONE.visitor], [TONE.line]]);
    expect(web['click_to_ring_ms']).toEqual(expect.any(Number));

    const types = await until('the events', () => {
      const found = eventsOf(stage, web['press_id']);
      return found.some(({ type }) => type === 'end') && found;
    });
    expect(types.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['click', 'mic_granted', 'token_ok', 'ice_ok', 'ring', 'answer', 'end']),
    );
    process.stdout.write(
      `click to ring: ${web['click_to_ring_ms']} ms at the gateway, ${msOf(types, 'ring')} ms in the page\n`,
    );
    expect(errors).toEqual([]);
    expect(gateway.log()).not.toMatch(/"level":(50|60)/);
  } finally {
    far.stop();
    await line.stop();
  }
});

test("a press rings an agent's softphone, which says what the visitor saw; the line hangs up, and the visitor rates", async () => {
  const { page } = await visit('agents');
  await pressButton(page, 'agent');
  const { key } = await alice.call('ringing');
  await ringing(page);
  const { context } = await alice.when('it knows what brought the call', ({ calls }) =>
    calls.find((each) => each.key === key && each.context !== undefined),
  );
  expect(context).toMatchObject({ direction: 'inbound', campaign: 'agents' });
  await alice.act('answer', key);
  await alice.call('talking');
  await talking(page);
  await expectTalk(page, alice, TONE.alice);
  // Long enough for samples of its quality.
  await sleep(4000);
  await alice.act('hangUp', key);
  await ended(page);
  await control(page, '4 stars')
    .or(page.getByRole('radio', { name: '4 stars' }))
    .first()
    .click();
  const web = await webCallOf(stage, "button_id = 'agent' AND rating IS NOT NULL");
  expect(web['rating']).toBe(4);
  const { row } = await recordOf(stage, 'agent');
  expect(row.call).toMatchObject({ status: 'answered', agent: 'alice', hangup_by: 'line' });
  expect(row.legs.map(({ media_security }) => media_security)).toEqual(['dtls', 'dtls']);
  expect(channelsOf(row)).toEqual([[TONE.visitor], [TONE.alice]]);
  const samples = await until('what the browser measured', () => {
    const found = stage.gateway.records.query<{ mos: number | null; warnings: string }>(
      'SELECT * FROM leg_experience WHERE leg_id = ?',
      row.legs[0]?.id,
    );
    return found.length > 0 && found;
  });
  expect(samples.some(({ mos }) => (mos ?? 0) > 3.5)).toBe(true);
  await alice.idle();
  await alice.act('skipWrapUp');
});

test('keys arrive by RFC 4733, mute is silent, and the line hangs up', async () => {
  const { page } = await visit('keys');
  const { far, line: arriving } = await answering(stage, { ringMs: 300 });
  await pressButton(page, 'sales');
  const line = await arriving;
  await talking(page);
  await expectTalk(page, far);
  await control(page, 'Keypad').click();
  for (const key of ['4', '2', '#']) await control(page, new RegExp(`^${key}`)).click();
  await page.keyboard.type('7');
  await until('the keys at the line', () => far.digitsHeard(101) === '42#7');
  await control(page, 'Mute').click();
  await expectTalk(page, far, TONE.line, { isMuted: true });
  await control(page, 'Mute').click();
  await expectTalk(page, far);
  await line.bye();
  far.stop();
  await ended(page);
  const { row } = await recordOf(stage, 'sales');
  expect(row.call).toMatchObject({ status: 'answered', hangup_by: 'line' });
});

test('a form of the button under trial is kept with the call, and stays the same for the visitor', async () => {
  const { page } = await visit('forms');
  const text = (await buttonIn(page, 'varied').textContent())?.trim();
  const arm = text === 'Talk for free' ? 'free' : 'plain';
  expect(['Call us', 'Talk for free']).toContain(text);
  await page.reload();
  await expect.poll(async () => (await buttonIn(page, 'varied').textContent())?.trim()).toBe(text);
  stage.first.onCall((call) => call.respond(486, 'Busy Here'));
  await pressButton(page, 'varied');
  await ended(page);
  const { row, web } = await recordOf(stage, 'varied');
  expect(row.call.status).toBe('busy');
  expect(web).toMatchObject({ experiment_id: 'words', arm });
  const [viewed] = stage.gateway.records.query<{ arm: string; n: number }>(
    "SELECT arm, count(DISTINCT arm) AS n FROM button_event WHERE button_id = 'varied' AND viewer = ?",
    web['viewer'],
  );
  expect(viewed).toMatchObject({ arm, n: 1 });
});

test('a visitor who hangs up while it rings is a cancelled call; without dt.js it is of no visit', async () => {
  const plain = stage.page(buttonOf('sales'), { path: '/plain', visits: false });
  const visitor = await browser.open();
  open.push(visitor);
  const { page } = visitor;
  await page.goto(plain);
  const arriving = stage.nextCall();
  await pressButton(page, 'sales');
  const line = await arriving;
  line.respond(180, 'Ringing');
  await ringing(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await line.ended();
  await expect.poll(() => page.locator('dt-call-panel').count()).toBe(0);
  const { row, web } = await recordOf(stage, 'sales');
  expect(row.call).toMatchObject({
    status: 'cancelled',
    hangup_by: 'caller',
    visit_id: null,
    source_id: SOURCE.id,
  });
  expect(String(web['viewer'])).toMatch(/^e-/);
  // Nothing that could tell who it was stays in the browser.
  expect(await page.evaluate('JSON.stringify(Object.keys(localStorage))')).toBe('[]');
  expect(row.call.did === NUMBER || POOL.every((number) => number !== row.call.did)).toBe(true);
});

test('how long it takes from the press to the ringing, with the microphone allowed', async () => {
  const { page } = await visit('figures');
  stage.first.onCall((call) => call.respond(180, 'Ringing'));
  const measured: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    await pressButton(page, 'sales');
    await ringing(page);
    const { call_id: call, press_id: press } = await webCallOf(stage, "button_id = 'sales'");
    await control(page, 'Hang up').click();
    await expect.poll(() => page.locator('dt-call-panel').count()).toBe(0);
    const events = await until('what the page says', () => {
      const found = eventsOf(stage, press);
      return found.some(({ type }) => type === 'ring') && found;
    });
    const web = await until('its record', () =>
      stage.gateway.records
        .query<WebCall>('SELECT * FROM web_call WHERE call_id = ?', call)
        .find((row) => row['click_to_ring_ms'] !== null),
    );
    measured.push(`${web['click_to_ring_ms']}/${msOf(events, 'ring')}`);
  }
  process.stdout.write(`press to ring, ms, gateway/page: ${measured.join(', ')}\n`);
});
