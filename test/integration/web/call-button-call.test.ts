import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  BUTTON,
  type CallBench,
  called,
  focused,
  isFine,
  openCallBench,
  press,
  shown,
} from '../../support/call-bench.ts';
import { until } from '../../support/wait.ts';

/** What is seen of a call in the browser, on a played one. */

let bench: CallBench;
beforeAll(async () => {
  bench = await openCallBench();
});
afterAll(() => bench?.close());
afterEach(() => bench.renew());

const change = (page: Page, state: object): Promise<void> =>
  ask(page, `window.played.change(${JSON.stringify(state)})`);
/** What the call was asked to do. */
const logOf = (page: Page): Promise<unknown[][]> => ask(page, 'window.played.log');
const ANSWERED = (): object => ({ phase: 'talking', ringingAt: Date.now(), answeredAt: Date.now() });

describe('in a call', () => {
  const call = async (options: BrowserContextOptions = {}): Promise<Page> => {
    bench.serve(BUTTON);
    const page = await bench.visit(options);
    await press(page);
    await called(page);
    return page;
  };

  it('shows each phase, reports it, and can be worked by keyboard', async () => {
    const page = await call();
    for (const [phase, text] of [
      ['microphone', 'Allow the microphone'],
      ['connecting', 'Connecting …'],
      ['ringing', 'Ringing …'],
    ]) {
      await change(page, { phase });
      await shown(page, text as string);
    }
    await isFine(page, 'ringing');
    await change(page, ANSWERED());
    await shown(page, '0:0');
    await isFine(page, 'talking');
    await page.keyboard.press('m');
    await shown(page, 'Your microphone is off.');
    await page.getByRole('button', { name: 'Keypad' }).click();
    await page.keyboard.press('1');
    await page.getByRole('button', { name: '#' }).click();
    await page.getByRole('button', { name: 'Sound' }).click();
    await page.getByLabel('Loudspeaker').selectOption({ label: 'Headphones' });
    await change(page, { muted: false, levels: { microphone: 0.5, speaker: 0.2 } });
    expect(await page.getByRole('meter').getAttribute('value')).toBe('50');
    await page.getByRole('button', { name: 'Test my microphone' }).click();
    await change(page, { hearTest: { phase: 'done', lengthMs: 3000, verdict: 'quiet' } });
    await shown(page, 'You can hardly be heard.');
    await isFine(page, 'sound');
    await change(page, { quality: { mos: 2.9, warnings: ['loss'] } });
    await shown(page, 'Parts of the sound get lost');
    await change(page, { phase: 'reconnecting' });
    await shown(page, 'Connecting again');
    await isFine(page, 'reconnecting');
    await change(page, { phase: 'talking', quality: { mos: 4.3, warnings: [] } });
    await page.getByRole('button', { name: 'Make small' }).click();
    const bubble = page.getByRole('button', { name: 'Show call' });
    await isFine(page, 'small');
    expect(await focused(page)).toContain('Show call');
    // The button in the page shows the call rather than begin another one.
    await press(page);
    await bubble.waitFor({ state: 'detached' });
    expect(await ask(page, 'window.playedCount || 0')).toBe(1);
    await page.getByRole('button', { name: 'Mute' }).focus();
    await page.keyboard.press('Escape');
    await shown(page, 'Press Esc again to hang up.');
    expect(await logOf(page)).toEqual([
      ['mute', true],
      ['press', '1'],
      ['press', '#'],
      ['setSpeaker', 'ears'],
      ['hearTest'],
    ]);
    await page.keyboard.press('Escape');
    await shown(page, 'How was the call?');
    await isFine(page, 'ended');
    await page.getByRole('button', { name: '4 stars' }).click();
    await shown(page, 'Thank you.');
    expect(await until('the stars', () => bench.questions('rating')[0])).toMatchObject({
      stars: 4,
      button: 'sales',
    });
    await page.getByRole('button', { name: 'Close' }).first().click();
    expect(await focused(page)).toBe('Talk to sales');
    await bench.event('end');
    for (const type of ['click', 'mic_granted', 'ring', 'answer', 'ice_ok', 'quality_warning', 'end'])
      expect(bench.gateway.eventsOf(type), type).toHaveLength(1);
    expect(bench.gateway.eventsOf('ring')[0]?.['ms']).toBeGreaterThan(0);
    expect(bench.gateway.eventsOf('end')[0]).toMatchObject({ detail: { reason: 'hung-up', by: 'us' } });
  }, 60_000);

  it('says what is wrong with the microphone, and goes on without one', async () => {
    const page = await call();
    for (const [problem, text] of [
      [{ type: 'microphone-refused', by: 'person' }, 'The microphone was not allowed.'],
      [{ type: 'microphone-refused', by: 'dismissed' }, 'The browser’s question was closed.'],
      [{ type: 'microphone-refused', by: 'system' }, 'The system does not let'],
      [{ type: 'microphone-framed' }, 'The page around this one'],
      [{ type: 'no-microphone' }, 'There is no microphone'],
      [{ type: 'microphone-busy' }, 'Another program uses'],
      [{ type: 'microphone-unfit' }, 'This microphone can’t be used'],
      [{ type: 'insecure-origin' }, 'not served over HTTPS'],
    ] as const) {
      await change(page, { phase: 'microphone', problem });
      await shown(page, text);
      const canAskAgain = problem.type !== 'insecure-origin' && problem.type !== 'microphone-framed';
      expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(canAskAgain ? 1 : 0);
    }
    await isFine(page, 'no microphone');
    await page.getByRole('button', { name: 'Call and only listen' }).click();
    expect(await logOf(page)).toEqual([['goOn', 'none']]);
    await page.getByRole('button', { name: 'Other ways to reach us' }).click();
    await page.getByRole('link', { name: '030 23125000' }).waitFor();
    await bench.event('fallback_shown');
    expect(
      ['mic_denied', 'mic_missing', 'mic_busy'].map((type) => bench.gateway.eventsOf(type).length),
    ).toEqual([5, 1, 2]);
  });

  it('says why there is no call, and what else can be done', async () => {
    const page = await call();
    for (const [end, text] of [
      [{ by: 'gateway', reason: 'refused', code: 'origin' }, 'Calls are not allowed from this page.'],
      [{ by: 'gateway', reason: 'too-many', retryAfterS: 20 }, 'Try again in 20 s.'],
      [{ by: 'other', reason: 'busy' }, 'All our lines are busy.'],
      [{ by: 'gateway', reason: 'no-answer' }, 'Nobody could answer just now.'],
      [{ by: 'gateway', reason: 'unreachable' }, 'A firewall may be in the way.'],
      [{ by: 'gateway', reason: 'lost' }, 'The connection broke'],
    ] as const) {
      await change(page, { phase: 'ended', end });
      await shown(page, text);
      // Where the telephone may get through in place of the browser, its number is there at once.
      const number = page.getByRole('link', { name: '030 23125000' });
      expect(await number.count()).toBe(['unreachable', 'lost'].includes(end.reason) ? 1 : 0);
    }
    await isFine(page, 'no call');
    await page.getByRole('button', { name: 'Other ways to reach us' }).click();
    await page.getByRole('link', { name: '030 23125000' }).waitFor();
    expect(await focused(page)).toBe('Other ways to reach us');
  });

  it('tells whether audio found a way, and not that it did when only the signalling was lost', async () => {
    const lost = { phase: 'ended', end: { by: 'gateway', reason: 'lost' } };
    const [ringing, silent] = [await call(), await call()];
    await change(ringing, { phase: 'ringing', connected: false });
    await change(ringing, lost);
    await bench.event('end');
    expect(bench.gateway.eventsOf('ice_ok')).toEqual([]);
    expect(bench.gateway.eventsOf('ice_failed')).toEqual([]);
    await change(silent, { ...ANSWERED(), connected: false });
    await change(silent, lost);
    await bench.event('ice_failed');
    expect(bench.gateway.eventsOf('ice_ok')).toEqual([]);
    // Either time the number was shown in place of the call.
    expect(bench.gateway.eventsOf('fallback_shown')).toMatchObject([
      { detail: { why: 'lost' } },
      { detail: { why: 'lost' } },
    ]);
    const heard = await call();
    await change(heard, ANSWERED());
    await change(heard, lost);
    await until('the third end', () => bench.gateway.eventsOf('end').length === 3);
    // It was a call for all that.
    expect(await heard.getByText('No call').count()).toBe(0);
    expect(await ringing.getByText('No call').count()).toBe(1);
    expect(bench.gateway.eventsOf('fallback_shown')).toHaveLength(2);
  });

  it('asks for a click where the browser holds the sound back', async () => {
    const page = await call();
    await change(page, { ...ANSWERED(), problem: { type: 'no-sound-yet' } });
    await page.getByRole('button', { name: 'Turn sound on' }).click();
    expect(await logOf(page)).toEqual([['playSound']]);
  });

  it('outlives the button, and a page that replaces its body', async () => {
    const page = await call();
    await change(page, ANSWERED());
    await ask(page, `document.querySelector('dt-call-button').remove()`);
    await ask(page, `document.body.replaceWith(document.createElement('body'))`);
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
    expect(await logOf(page)).toEqual([]);
  });

  it('is taken up by the next page of the site, and not after it has ended', async () => {
    const page = await call();
    await change(page, ANSWERED());
    bench.serve('<p>Next page, no button.</p>', { path: '/next' });
    await page.goto(`${bench.site.origin}/next`);
    await until('the call', async () => (await ask(page, 'window.playedCount || 0')) === 1);
    expect(await ask(page, 'window.played.options.resumed.callId')).toBe('played');
    expect(await ask(page, 'sessionStorage.length')).toBe(0);
    await change(page, ANSWERED());
    await page.getByRole('button', { name: 'Hang up' }).click();
    await shown(page, 'How was the call?');
    await bench.event('end');
    expect(bench.gateway.eventsOf('answer')).toHaveLength(1);
    await page.goto(`${bench.site.origin}/`);
    await page.getByRole('button', { name: 'Talk to sales' }).waitFor();
    expect(await ask(page, 'window.playedCount || 0')).toBe(0);
  });

  it('stands in the left corner of pages from right to left, and fits a narrow one', async () => {
    const page = await call({ viewport: { width: 320, height: 600 } });
    await change(page, ANSWERED());
    await page.getByRole('button', { name: 'Sound' }).click();
    await isFine(page, 'narrow');
    await page.setViewportSize({ width: 1000, height: 700 });
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('button', { name: 'Close' }).first().click();
    await ask(page, `document.documentElement.dir = 'rtl'`);
    await press(page);
    await called(page, 2);
    expect((await page.getByRole('dialog').boundingBox())?.x).toBeLessThan(50);
  });
});
