import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  buildScript,
  htmlOf,
  openPageBrowser,
  openWebSite,
  type PageBrowser,
  textOf,
  type WebSite,
  whenReady,
} from '../support/dni-pages.ts';
import type { CallRow } from '../support/records.ts';
import { hostPort } from '../support/sip-message.ts';
import { runSipp, startSipp } from '../support/sipp.ts';
import { callerScenario, lineScenario } from '../support/sipp-scenarios.ts';
import { CARRIER, openStage, type Stage } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';

/** From the page to the call: a browser opens a page, somebody dials the number that stands there, and the call is that visit's. */

const TARGET = '+493023125100';
const POOL = ['+493023125111', '+493023125112', '+493023125113', '+493023125114', '+493023125115'] as const;
const MEDIA = { type: 'elsewhere', port: 9, law: 'PCMA' } as const;

let stage: Stage;
let site: WebSite;
let browser: PageBrowser;
const open: Page[] = [];

beforeAll(async () => {
  await buildScript();
  site = await openWebSite();
  const { host } = new URL(site.origin);
  stage = await openStage({
    extend: () => ({
      pools: [{ id: 'ads', lines: ['sipp'], quietDays: 0 }],
      numbers: POOL.map((number) => ({ number, pool: 'ads' })),
      sites: [
        {
          id: 'main',
          hosts: [host],
          targets: [{ number: TARGET }],
          rules: [{ id: 'ads', use: { pool: 'ads' } }],
        },
      ],
    }),
  });
  const gateway = `http://${hostPort(stage.gateway.http)}`;
  site.pages.set('/', {
    body: htmlOf(
      gateway,
      '<p>Call <b id="number">030 23125100</b></p><a id="call" href="tel:+493023125100">call</a>',
    ),
  });
  browser = await openPageBrowser();
});
afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
  site?.close();
});

/** Somebody new, who comes by an ad. */
const visit = async (campaign: string): Promise<{ page: Page; visit: string; did: string }> => {
  const page = await browser.open();
  open.push(page);
  await page.goto(
    `${site.origin}/?utm_source=google&utm_medium=cpc&utm_campaign=${campaign}&gclid=${campaign}-1`,
  );
  await whenReady(page);
  const id = await page.evaluate<string>('window.dt.debug().visit');
  // As a person reads it.
  const did = (await textOf(page, '#number')).replace(/\D/g, '').replace(/^0/, '+49');
  return { page, visit: id, did };
};

/** A carrier's call to a number, answered by a line, talked and hung up. */
const dial = async (did: string, from: string): Promise<CallRow> => {
  const { gateway, sippLine } = stage;
  const line = startSipp({
    scenario: lineScenario({ media: MEDIA }),
    at: sippLine,
    calls: 1,
    timeoutMs: 20_000,
  });
  try {
    const before = gateway.records.calls().length;
    const result = await runSipp({
      scenario: callerScenario({ media: MEDIA, from }),
      at: { address: CARRIER, port: gateway.spare.take() },
      remote: gateway.sip,
      calls: 1,
      pauseMs: 400,
      service: did,
      timeoutMs: 20_000,
    });
    expect(result, result.errors + result.output).toMatchObject({ code: 0, successful: 1 });
    const rows = await gateway.records.wait(before + 1, { ended: true });
    const row = rows.at(-1);
    if (!row) throw new Error('no record');
    return row;
  } finally {
    await line.stop();
  }
};

describe('a number in a page', () => {
  it("is each visitor's own, and a call to it lands on that very visit", async () => {
    const visits = [await visit('roofs'), await visit('windows'), await visit('doors')];
    const numbers = visits.map(({ did }) => did);
    expect(new Set(numbers).size).toBe(3);
    for (const number of numbers) expect(POOL).toContain(number);
    const [, windows, doors] = visits;
    if (!windows || !doors) throw new Error('no visits');

    // One dials what he reads, one taps.
    const read = await dial(windows.did, '+493023125901');
    expect(read.call).toMatchObject({
      status: 'answered',
      did: windows.did,
      visit_id: windows.visit,
      site_id: 'main',
      source: 'google',
      medium: 'cpc',
      campaign: 'windows',
      match_method: 'lease',
    });
    expect(read.call.match_prob).toBeGreaterThan(0.9);

    await doors.page.evaluate(`addEventListener('click', (event) => event.preventDefault())`);
    await doors.page.click('#call');
    await until('the tap is kept', () => {
      const [row] = stage.gateway.records.query<{ kind: string; number: string }>(
        'SELECT kind, number FROM click WHERE visit_id = ?',
        doors.visit,
      );
      return row?.kind === 'tel' && row.number === doors.did;
    });
    const tapped = await dial(doors.did, '+493023125902');
    expect(tapped.call).toMatchObject({ visit_id: doors.visit, campaign: 'doors', match_method: 'tel_tap' });
  });

  it('stays on the next page of the same visitor, in another tab too', async () => {
    const { page, did, visit: id } = await visit('garages');
    const tab = await browser.open(page.context());
    await tab.goto(`${site.origin}/`);
    await whenReady(tab);
    expect(await tab.evaluate('window.dt.debug().visit')).toBe(id);
    expect((await textOf(tab, '#number')).replace(/\D/g, '').replace(/^0/, '+49')).toBe(did);
    expect(await tab.evaluate('window.problems')).toEqual([]);
    // What the pages say of themselves.
    await until('the checks are kept', () => {
      const [row] = stage.gateway.records.query<{ times: number }>(
        "SELECT times FROM swap_check WHERE site_id = 'main' AND outcome = 'swapped' AND page = '/'",
      );
      return (row?.times ?? 0) > 0;
    });
  });

  it('is that of the page when the gateway is down', async () => {
    await stage.gateway.kill9();
    const page = await browser.open();
    open.push(page);
    await page.goto(`${site.origin}/?gclid=down-1`);
    await sleep(300);
    expect(await textOf(page, '#number')).toBe('030 23125100');
    expect(await page.evaluate('window.problems')).toEqual([]);
  });
});
