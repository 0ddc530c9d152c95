import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  BUTTON,
  type CallBench,
  called,
  focused,
  isFine,
  openCallBench,
  PHONE_CONTEXT,
  press,
  shown,
} from '../../support/call-bench.ts';
import { CALL_SCRIPT, PHONE_SCRIPT } from '../../support/call-page.ts';
import { until } from '../../support/wait.ts';

/** Call buttons in pages, and what is seen before a call or in its place. */

const MOST_BYTES = 8192;

let bench: CallBench;
beforeAll(async () => {
  bench = await openCallBench();
});
afterAll(() => bench?.close());
afterEach(() => bench.renew());

describe('the scripts', () => {
  it('are small, and evaluate nothing', () => {
    for (const [path, most] of [
      [CALL_SCRIPT, MOST_BYTES],
      [PHONE_SCRIPT, 120_000],
    ] as const) {
      const script = readFileSync(path);
      const bytes = gzipSync(script, { level: 9 }).length;
      process.stderr.write(`${path.replace(/.*\//, '')}: ${script.length} bytes, ${bytes} gzipped\n`);
      expect(bytes).toBeLessThanOrEqual(most);
      expect(script.toString()).not.toMatch(/\beval\(|new Function\(/);
    }
  });
});

describe('a button in a page', () => {
  it('is the plain link without script', async () => {
    bench.serve(BUTTON);
    const page = await bench.visit({ javaScriptEnabled: false });
    const link = page.getByRole('link', { name: '030 23125000' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('tel:+493023125000');
  });

  it('stays the plain link while nothing is known of it, and where the gateway does not know it', async () => {
    bench.serve(BUTTON);
    bench.gateway.buttons = {};
    const page = await bench.visit();
    await until('the question', () => bench.questions('config')[0]);
    await page.getByRole('link', { name: '030 23125000' }).waitFor();
  });

  it('is drawn under a strict policy, and asks in plain text without parameters of the page', async () => {
    bench.serve(BUTTON);
    bench.use({ color: '#ffe08a', position: 'bottom-right', size: 'large' });
    const page = await bench.visit();
    const button = page.getByRole('button', { name: 'Talk to sales' });
    await button.waitFor();
    const [question] = bench.gateway.asked;
    expect(question).toMatchObject({ path: 'config', type: expect.stringContaining('text/plain') });
    expect(question?.body).toMatchObject({ site: 'main', buttons: ['sales'], automated: true, lang: 'en' });
    expect(question?.body['viewer']).toMatch(/^e-[\w-]{22}$/);
    expect(question?.body['page']).toBe(`${bench.site.origin}/`);
    const box = await button.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(56);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeCloseTo(980, 0);
    const style = await ask(
      page,
      `(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.querySelector('dt-call-button').shadowRoot.querySelector('button')))`,
    );
    expect(style).toEqual(['rgb(0, 0, 0)', 'rgb(255, 224, 138)']);
    await isFine(page, 'drawn');
    expect(
      await ask(page, 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
    ).toBe('[{},{},""]');
  });

  it('keeps what it knows where dt.js knows the visitor, and forgets it where it does not', async () => {
    bench.serve(BUTTON);
    const page = await bench.visit();
    await page.addInitScript(
      `window.dialtrace = { ready: Promise.resolve(), debug: () => window.name === 'denied' ? {} : { visitor: 'v-1', visit: 'visit-1' } };`,
    );
    await page.reload();
    await until('it is kept', () => ask<boolean>(page, `'dtc:main' in localStorage`));
    expect(bench.questions('config').at(-1)).toMatchObject({ viewer: 'v-1', visit: 'visit-1' });
    await ask(page, `void (window.name = 'denied')`);
    await page.reload();
    await until('it is gone', () => ask<boolean>(page, `!('dtc:main' in localStorage)`));
  });

  it('counts a view after a second in sight, once', async () => {
    bench.serve(
      `<p>${BUTTON}</p><p><svg width="9" height="3000"></svg></p><div data-dt-call="below">Below</div>`,
    );
    const page = await bench.visit();
    expect(await bench.event('view')).toEqual({ type: 'view', button: 'sales' });
    await ask(page, `history.pushState({}, '', '/?same')`);
    await page.waitForTimeout(1500);
    await ask(page, `history.pushState({}, '', '/other')`);
    await until('another page, another view', () => bench.gateway.eventsOf('view')[1]);
    expect(bench.gateway.eventsOf('view')).toEqual([
      { type: 'view', button: 'sales' },
      { type: 'view', button: 'sales' },
    ]);
  });

  it('works on any marked element, also one that the page adds later, by keyboard too', async () => {
    bench.serve('<p id="place"></p>');
    const page = await bench.visit();
    await ask(
      page,
      `document.querySelector('#place').append(Object.assign(document.createElement('span'), { textContent: 'Talk now' }))`,
    );
    await ask(page, `document.querySelector('#place span').setAttribute('data-dt-call', 'sales')`);
    const mark = page.getByRole('button', { name: 'Talk now' });
    await mark.waitFor();
    await until('it is known', () => bench.questions('config')[0]);
    await mark.focus();
    await until('it is warm', () =>
      ask<boolean>(
        page,
        `performance.getEntriesByName('${bench.gateway.origin}/dt-call-phone.js').length > 0`,
      ),
    );
    await page.keyboard.press('Enter');
    await called(page);
  });
});

describe('on a telephone', () => {
  it('follows the link within the gesture, with the number that stands there then, and reports it', async () => {
    bench.serve(`${BUTTON}<a data-dt-call="sales" href="tel:+493023125000">030 23125000</a>`);
    const page = await bench.visit(PHONE_CONTEXT);
    await page.getByRole('link', { name: 'Talk to sales' }).waitFor();
    // As dt.js does.
    await ask(page, `document.querySelector('dt-call-button a').href = 'tel:+493055512345'`);
    await ask(
      page,
      `addEventListener('click', (event) => { const [link] = event.composedPath().filter((each) => each.localName === 'a'); (window.followed ||= []).push([link.href, event.defaultPrevented, event.isTrusted]); event.preventDefault(); })`,
    );
    await page.getByRole('link', { name: 'Talk to sales' }).tap();
    await page.getByRole('link', { name: '030 23125000' }).tap();
    expect(await ask(page, 'window.followed')).toEqual([
      ['tel:+493055512345', false, true],
      ['tel:+493023125000', false, true],
    ]);
    await until('two reports', () => bench.gateway.eventsOf('tel_open')[1]);
    const [opened] = bench.gateway.eventsOf('tel_open');
    expect(opened?.['press']).toMatch(/^[\w-]{22}$/);
    expect(bench.gateway.eventsOf('click').map((event) => event['press'])).toContain(opened?.['press']);
    expect(await ask(page, `document.querySelector('dt-call-panel')`)).toBeNull();
    await isFine(page, 'telephone');
  });

  it('offers a call in the browser beside the dialler, and the dialler beside the browser', async () => {
    bench.serve(BUTTON);
    const page = await bench.visit(PHONE_CONTEXT);
    await page.getByRole('button', { name: 'Call in the browser' }).tap();
    await called(page);
    bench.use({ mobile: 'browser' });
    await page.reload();
    const dial = page.getByRole('link', { name: 'Call by phone' });
    expect(await dial.getAttribute('href')).toBe('tel:+493023125000');
    await page.getByRole('button', { name: 'Talk to sales' }).tap();
    await called(page);
  });

  it('asks for a call back when nobody is there', async () => {
    bench.serve(BUTTON);
    bench.use({ open: false, opensAt: Date.now() + 3_600_000 });
    const page = await bench.visit(PHONE_CONTEXT);
    await page.getByRole('button', { name: 'Talk to sales' }).tap();
    await shown(page, 'We are closed at the moment');
  });
});

describe('before a call', () => {
  it('asks what it is about, tells of the recording, and calls with the intent', async () => {
    bench.serve(BUTTON);
    bench.use({
      confirm: 'confirm',
      notice: 'Calls are recorded.',
      intents: [
        { id: 'buy', text: 'I want to buy' },
        { id: 'help', text: 'I need help' },
      ],
    });
    bench.gateway.replies.set('token', () => ({ status: 200, body: { token: 't', expiresIn: 60 } }));
    const page = await bench.visit();
    await press(page);
    await shown(page, 'Calls are recorded.');
    await isFine(page, 'sheet');
    expect(await focused(page)).toBe('intent');
    await page.getByRole('button', { name: 'Call now' }).click();
    await shown(page, 'Please choose one.');
    await page.getByRole('radio', { name: 'I need help' }).check();
    await page.getByRole('button', { name: 'Call now' }).click();
    await called(page);
    expect(await ask(page, 'window.played.options.token()')).toMatchObject({ type: 'given', token: 't' });
    const [token] = bench.questions('token');
    expect(token).toMatchObject({
      site: 'main',
      button: 'sales',
      intent: 'help',
      lang: 'en',
      automated: true,
    });
    expect(token?.['press']).toBe(await ask(page, 'window.played.options.pressId'));
    expect(token?.['sincePressMs']).toBeLessThan(10_000);
    expect(await bench.event('confirm_ok')).toMatchObject({ detail: { intent: 'help' } });
    expect(bench.gateway.eventsOf('confirm_shown')).toHaveLength(1);
  });

  it('keeps the focus in the sheet, and gives it back when it is closed', async () => {
    bench.serve(BUTTON);
    bench.use({ confirm: 'confirm' });
    const page = await bench.visit();
    const button = page.getByRole('button', { name: 'Talk to sales' });
    await button.focus();
    await page.keyboard.press('Enter');
    await shown(page, 'Call now');
    expect(await focused(page)).toBe('Call now');
    const seen: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      await page.keyboard.press('Tab');
      seen.push(await focused(page));
    }
    expect(seen).toEqual(['Cancel', 'Close', 'Call now', 'Cancel']);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toBe('Cancel');
    await page.keyboard.press('Escape');
    await until('it is gone', () => ask<boolean>(page, `!document.querySelector('dt-call-panel')`));
    expect(await focused(page)).toBe('Talk to sales');
    expect(await ask(page, 'window.playedCount || 0')).toBe(0);
  });

  it('proves a number by a code', async () => {
    bench.serve(BUTTON);
    bench.use({ confirm: 'sms' });
    bench.gateway.replies.set('verify', ({ number }) =>
      number === '110'
        ? { status: 403, body: { code: 'emergency' } }
        : { status: 200, body: { challenge: 'c-1', expiresIn: 300 } },
    );
    bench.gateway.replies.set('verify/check', ({ code }) =>
      code === '123456'
        ? { status: 200, body: { proof: 'proof-1' } }
        : { status: 403, body: { code: 'wrong', left: 2 } },
    );
    const page = await bench.visit();
    await press(page);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Send code' }).click();
    await shown(page, 'Please enter your number.');
    await page.getByLabel('Mobile number').fill('110');
    await page.keyboard.press('Enter');
    await shown(page, 'This is an emergency number.');
    await page.getByLabel('Mobile number').fill('+49 151 23456789');
    await page.keyboard.press('Enter');
    await shown(page, 'The code was sent to +49 151 23456789');
    await page.getByLabel('Code of the SMS').fill('1');
    await page.keyboard.press('Enter');
    await shown(page, 'This code is wrong. 2 more tries.');
    await isFine(page, 'wrong code');
    await page.getByLabel('Code of the SMS').fill('123456');
    await page.keyboard.press('Enter');
    await called(page);
    await ask(page, 'window.played.options.token()');
    expect(bench.questions('token')[0]).toMatchObject({ proof: 'proof-1' });
    expect(bench.questions('verify/check')[1]).toMatchObject({
      challenge: 'c-1',
      code: '123456',
      button: 'sales',
    });
  });

  it('explains before the browser asks for the microphone, and not when it is allowed', async () => {
    bench.serve(BUTTON);
    const page = await bench.visit({}, []);
    await press(page);
    await shown(page, 'May we use your microphone?');
    await isFine(page, 'explained');
    expect(await ask(page, 'window.playedCount || 0')).toBe(0);
    await page.getByRole('button', { name: 'Call without a microphone' }).click();
    await called(page);
    expect(await ask(page, 'window.played.options.microphone')).toBe('none');
  });

  it('works for the gateway when it wants that, without holding the page up', async () => {
    bench.serve(BUTTON);
    bench.gateway.replies.set('token', ({ work }) =>
      work
        ? { status: 200, body: { token: 't', work } }
        : { status: 428, body: { code: 'work', work: { challenge: 'x'.repeat(80), bits: 16 } } },
    );
    const page = await bench.visit();
    await press(page);
    await called(page);
    const [answer, ms, turns] = await ask<[Record<string, unknown>, number, number]>(
      page,
      `(async () => { let turns = 0; const timer = setInterval(() => { turns += 1; }, 1); const begun = performance.now(); const answer = await window.played.options.token(); clearInterval(timer); return [answer, performance.now() - begun, turns]; })()`,
    );
    expect(answer).toMatchObject({ type: 'given', token: 't' });
    process.stderr.write(`work of 16 bits: ${Math.round(ms)} ms, the page had ${turns} turns meanwhile\n`);
    expect(turns).toBeGreaterThan(ms / 200);
    expect(bench.questions('token')[1]?.['work']).toMatchObject({ challenge: 'x'.repeat(80) });
  });

  it('tells what the gateway refused', async () => {
    bench.serve(BUTTON);
    bench.gateway.replies.set('token', () => ({
      status: 429,
      body: { code: 'too-many', detail: 'Slow down.' },
      headers: { 'retry-after': '20' },
    }));
    const page = await bench.visit();
    await press(page);
    await called(page);
    expect(await ask(page, 'window.played.options.token()')).toEqual({
      type: 'refused',
      status: 429,
      code: 'too-many',
      text: 'Slow down.',
      retryAfterS: 20,
    });
  });
});

describe('instead of a call', () => {
  it('shows the number, its code and a form for a call back', async () => {
    bench.serve(BUTTON);
    bench.use({ web: false });
    bench.gateway.replies.set('callback', ({ number }) =>
      number === '+4915100000000'
        ? { status: 403, body: { code: 'blocked' } }
        : { status: 200, body: { id: 'c', state: 'now', dueAt: Date.now() } },
    );
    const page = await bench.visit();
    await press(page);
    await shown(page, 'Calls from the browser are not possible just now.');
    expect(await focused(page)).toBe('Call us by phone');
    expect(await page.getByRole('link', { name: '030 23125000' }).getAttribute('href')).toBe(
      'tel:+493023125000',
    );
    const code = page.getByRole('img', { name: 'Scan with your phone to call' });
    expect(
      await code.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    ).toBeGreaterThan(0);
    await isFine(page, 'offer');
    expect(await bench.event('fallback_shown')).toMatchObject({ detail: { why: 'no-web' } });
    await page.getByLabel('Your number').fill('+4915100000000');
    await page.getByRole('button', { name: 'Call me back' }).click();
    await shown(page, 'Please agree to be called');
    await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Call me back' }).click();
    await shown(page, 'We don’t call this number.');
    await page.getByLabel('Your number').fill('+49 151 23456789');
    await page.getByRole('button', { name: 'Call me back' }).click();
    await shown(page, 'Your phone will ring in a moment.');
    await isFine(page, 'asked');
    expect(bench.questions('callback')[1]).toMatchObject({
      number: '+49 151 23456789',
      consent: true,
      lang: 'en',
    });
    await bench.event('callback_asked');
  });

  it('proves the number before a call back where the gateway wants that', async () => {
    bench.serve(BUTTON);
    bench.use({ open: false });
    bench.gateway.replies.set('callback', ({ proof }) =>
      proof
        ? { status: 200, body: { id: 'c', state: 'later', dueAt: Date.now() + 86_400_000 } }
        : { status: 403, body: { code: 'verify' } },
    );
    bench.gateway.replies.set('verify', () => ({ status: 200, body: { challenge: 'c-1' } }));
    bench.gateway.replies.set('verify/check', () => ({ status: 200, body: { proof: 'p' } }));
    const page = await bench.visit();
    await press(page);
    await page.getByLabel('Your number').fill('+49 151 23456789');
    await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Call me back' }).click();
    await page.getByLabel('Code of the SMS').fill('123456');
    await page.keyboard.press('Enter');
    await shown(page, 'We call you: ');
    expect(await ask(page, 'window.playedCount || 0')).toBe(0);
  });

  it('shows the page’s own link when the rest can not be loaded', async () => {
    bench.serve(BUTTON);
    bench.gateway.phone = undefined;
    const page = await bench.visit();
    await press(page);
    await page.getByRole('link', { name: '030 23125000' }).waitFor();
    expect(await focused(page)).toBe('030 23125000');
  });
});

describe('in Chinese', () => {
  it('speaks the language of the page, or of the button’s own attribute', async () => {
    bench.serve(BUTTON.replace('button=', 'lang="zh-CN" button='));
    bench.use({ language: 'zh', confirm: 'confirm', text: '联系我们' });
    const page = await bench.visit();
    await page.getByRole('button', { name: '联系我们' }).click();
    await shown(page, '立即呼叫');
    expect(bench.questions('config')[0]).toMatchObject({ lang: 'zh-CN' });
  });
});
