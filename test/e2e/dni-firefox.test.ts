import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildScript, htmlOf, openWebSite, type WebSite } from '../support/dni-pages.ts';
import { type Firefox, openFirefox } from '../support/firefox.ts';
import { hostPort } from '../support/sip-message.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/wait.ts';

/** The script for web pages in Debian's Firefox, on a real gateway. */

const TARGET = '+493023125100';
const POOL = ['+493023125111', '+493023125112', '+493023125113', '+493023125114'] as const;
// Driven from outside it says so, and machines get no number.
const AS_A_PERSON =
  "<script>Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false, configurable: true });</script>";
const possible = existsSync('/usr/bin/firefox-esr');

let stage: Stage;
let site: WebSite;
let firefox: Firefox;
beforeAll(async () => {
  if (!possible) return;
  await buildScript();
  site = await openWebSite();
  stage = await openStage({
    extend: () => ({
      pools: [{ id: 'ads', lines: ['first'], quietDays: 0 }],
      numbers: POOL.map((number) => ({ number, pool: 'ads' })),
      sites: [
        {
          id: 'main',
          hosts: [new URL(site.origin).host],
          targets: [{ number: TARGET }],
          rules: [{ id: 'ads', use: { pool: 'ads' } }],
        },
      ],
    }),
  });
  const page = htmlOf(
    `http://${hostPort(stage.gateway.http)}`,
    '<p>Ruf an: <b id="number">(030) 231 25-100</b></p><p><a id="call" href="tel:03023125100">Anruf</a></p>',
  );
  site.pages.set('/', { body: page.replace('<head>', `<head>${AS_A_PERSON}`) });
  firefox = await openFirefox(440);
});
afterAll(async () => {
  await firefox?.close();
  await stage?.close();
  site?.close();
});

const text = (selector: string): Promise<string> =>
  firefox.page.evaluate<string>(`document.querySelector('${selector}').textContent`);
/** Digits of the pool's number that the page shows; undefined while it shows its own. */
const shown = async (): Promise<string | undefined> => {
  const digits = (await text('#number')).replace(/\D/g, '').replace(/^0/, '+49');
  return POOL.find((number) => number === digits);
};

test.skipIf(!possible)('numbers are swapped, stay swapped, and are the same after a reload', async () => {
  await firefox.page.goto(`${site.origin}/?utm_source=bing&utm_medium=cpc&utm_campaign=fox&msclkid=fox`);
  const number = await until('the number', shown, { timeoutMs: 10_000 });
  expect(await text('#number')).toMatch(/^\(030\) 231 25-1\d\d$/);
  const href = await firefox.page.evaluate<string>("document.querySelector('#call').getAttribute('href')");
  expect(href).toBe(`tel:${number}`);

  await firefox.page.evaluate(
    "document.querySelector('#number').firstChild.data = '030 23125100', history.pushState({}, '', '/roofs'), 1",
  );
  expect(await until('the number once more', shown, { timeoutMs: 5_000 })).toBe(number);

  await firefox.page.goto(`${site.origin}/`);
  expect(await until('the number after a reload', shown, { timeoutMs: 10_000 })).toBe(number);
  const visits = stage.gateway.records.query<{ campaign: string; browser: string }>(
    'SELECT campaign, browser FROM visit',
  );
  expect(visits).toMatchObject([{ campaign: 'fox', browser: expect.stringContaining('Firefox') }]);
  // The number is there before the gateway has heard of the page.
  await until('the second page', () => {
    const [visit] = stage.gateway.records.query<{ pages: number }>('SELECT pages FROM visit');
    return visit !== undefined && visit.pages > 1;
  });
});
