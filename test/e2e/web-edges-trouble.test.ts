import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { withCheckDigit } from '../../src/tracking/index.ts';
import { commandOf } from '../support/command.ts';
import type { CallRow } from '../support/records.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import type { PeerCall } from '../support/sip-peer.ts';
import { CARRIER, openStage, type Stage, statusOf } from '../support/stage.ts';
import { sleep, until } from '../support/wait.ts';
import { askGateway, openBrowser, type WebBrowser } from '../support/web-browser.ts';

/** Pages and calls while something is wrong: the database, the process, the plan, the requests, the caller's keys. */

const TARGET = '+493023125100';
const ADS = Array.from({ length: 30 }, (_, index) => `+493023125${200 + index}`);
const CODED = '+493023125250';
const ORIGIN = 'https://www.acme.example';
/** From 6,000 a minute on they are refused by their number alone. */
const JUNK_REQUESTS = Number(process.env['JUNK_REQUESTS'] ?? 2500);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    extend: () => ({
      pools: [{ id: 'ads', lines: ['first'], quietDays: 0 }],
      numbers: [
        ...ADS.map((number) => ({ number, pool: 'ads' })),
        { number: CODED, source: 'summer-ads', lines: ['first'] },
      ],
      sites: [
        {
          id: 'main',
          hosts: ['www.acme.example'],
          targets: [{ number: TARGET }],
          rules: [{ id: 'ads', use: { pool: 'ads' } }],
        },
        { id: 'coded', hosts: ['coded.example'], targets: [{ number: TARGET }], codes: { number: CODED } },
      ],
    }),
  });
});
afterAll(() => stage?.close());
beforeEach(() => stage.first.onCall((call) => call.respond(486, 'Busy Here')));

const query = <Row>(sql: string, ...values: readonly unknown[]): Row[] =>
  stage.gateway.records.query<Row>(sql, ...values);
const count = (sql: string, ...values: readonly unknown[]): number =>
  query<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`, ...values)[0]?.n ?? 0;

const browserOf = (site: string): WebBrowser => openBrowser(() => stage.gateway.http, { site });
const address = (campaign: string): string =>
  `${ORIGIN}/roofs?utm_source=google&utm_medium=cpc&utm_campaign=${encodeURIComponent(campaign)}&gclid=${encodeURIComponent(campaign)}`;

const adVisit = async (campaign: string): Promise<WebBrowser> => {
  const browser = browserOf('main');
  await browser.open(address(campaign));
  return browser;
};

let callers = 0;
const newPhone = (): string => {
  callers += 1;
  return `<sip:+4930231258${String(callers).padStart(2, '0')}@127.0.0.2>`;
};
const seenTo = async (call: PeerCall): Promise<CallRow> => {
  const row = await stage.record(call);
  await until(
    'what follows the call',
    () => count('call WHERE id = ? AND spam_score IS NOT NULL', row.call.id) > 0,
  );
  return row;
};
const callTo = (did: string): Promise<CallRow> => seenTo(stage.dial({ did, from: newPhone() }));

type EndedEvent = {
  readonly visit: string | null;
  readonly candidates: readonly { readonly visit: string }[];
};
const endOf = (call: string): EndedEvent => {
  const [row, second] = query<{ body: string }>(
    "SELECT body FROM event WHERE type = 'call.ended' AND subject = ?",
    call,
  );
  expect(second).toBeUndefined();
  return JSON.parse(row?.body ?? '{}') as EndedEvent;
};

/** What is done while another process holds the database. */
const whileHeld = async <T>(work: () => Promise<T>): Promise<T> => {
  const holder = new Database(join(stage.gateway.directory, 'data/dialtrace.db'), { timeout: 10_000 });
  holder.exec('BEGIN EXCLUSIVE');
  try {
    return await work();
  } finally {
    holder.exec('ROLLBACK');
    holder.close();
  }
};

describe('a database that another process holds', () => {
  test('sends pages away to their own numbers; calls ring, and are matched and told of afterwards', async () => {
    const browser = await adVisit('held');
    const coded = browserOf('coded');
    await coded.open('https://coded.example/?gclid=held');
    const code = /\d+$/.exec(coded.session.numbers[TARGET]?.suffix ?? '')?.[0] ?? '';
    const rung: number[] = [];
    stage.first.onCall((call) => {
      rung.push(performance.now());
      call.respond(486, 'Busy Here');
    });
    const { calls, asked } = await whileHeld(async () => {
      const began = performance.now();
      const plain = stage.dial({ did: browser.number(TARGET), from: newPhone() });
      const near = await stage.phone(CARRIER, { frequency: 400, telephoneEvent: 101 });
      const keyed = stage.dial({ did: CODED, media: near, from: newPhone() });
      const page = askGateway(stage.gateway.http, '/v1/dni/session', {
        origin: ORIGIN,
        body: { site: 'main', url: address('held-too'), consent: 'granted' },
      });
      expect(statusOf(await plain.final())).toBe(486);
      expect(statusOf(await keyed.final())).toBe(200);
      near.start();
      await sleep(300);
      await near.press(code);
      const answer = await page;
      expect(answer.status).toBe(503);
      expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      // No call waits for what is noted about it.
      await until('both lines rang', () => rung.length === 2, { timeoutMs: 4000 });
      return { calls: [plain, keyed] as const, asked: performance.now() - began };
    });
    expect(asked).toBeLessThan(9000);
    const [plain, keyed] = [await seenTo(calls[0]), await seenTo(calls[1])];
    expect(plain.call).toMatchObject({ visit_id: browser.session.visit, campaign: 'held' });
    expect(endOf(plain.call.id).candidates).toMatchObject([{ visit: browser.session.visit }]);
    expect(keyed.call).toMatchObject({
      match_method: 'code',
      visit_id: coded.session.visit,
      dialled_code: code,
    });
    expect(endOf(keyed.call.id)).toMatchObject({ visit: coded.session.visit, candidates: [] });
    expect(count('call_candidate WHERE call_id IN (?, ?)', plain.call.id, keyed.call.id)).toBeGreaterThan(1);
    expect((await adVisit('released')).session.mode).toBe('exclusive');
    expect(stage.gateway.log()).not.toContain('tracking failed for a call');
  });
});

describe('a gateway that is killed', () => {
  test('between page and call knows the visit; in a call it catches up with what follows it', async () => {
    const before = await adVisit('before');
    const during = await adVisit('during');
    const { call, near, far } = await stage.answered({ did: during.number(TARGET), from: newPhone() });
    await stage.gateway.kill9();
    near.stop();
    far.stop();
    await stage.gateway.restart();
    const cut = await seenTo(call);
    expect(cut.call).toMatchObject({
      status: 'interrupted',
      visit_id: during.session.visit,
      campaign: 'during',
    });
    expect(endOf(cut.call.id)).toMatchObject({ visit: during.session.visit });
    expect((await before.report({ type: 'beat' })).body.renew).toBeUndefined();
    expect((await callTo(before.number(TARGET))).call).toMatchObject({
      visit_id: before.session.visit,
      match_method: 'lease',
    });
  });
});

describe('requests that no page makes', () => {
  const JUNK = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"site":"main"}',
    '{"site":{"$ne":null},"url":1}',
    '{"site":"main","url":"javascript:alert(1)"}',
    `{"site":"../../etc/passwd","url":"${ORIGIN}/"}`,
    `{"__proto__":{"site":"main"},"url":"${ORIGIN}/"}`,
    `{"site":"main","visit":"x","events":[${'{"type":"beat"},'.repeat(40)}{"type":"beat"}]}`,
    '['.repeat(9000),
    'x'.repeat(40_000),
  ];

  test('thousands of them are refused, add nothing, and pages are answered meanwhile', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    const { address: host, port } = stage.gateway.http;
    const send = (index: number): Promise<number> =>
      new Promise((resolve, reject) => {
        const path = index % 2 === 0 ? '/v1/dni/session' : '/v1/dni/events';
        const headers = { origin: ORIGIN, 'content-type': 'text/plain', 'x-forwarded-for': '203.0.113.66' };
        const sent = request({ host, port, path, method: 'POST', agent, headers }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
          response.on('error', reject);
        });
        sent.on('error', reject);
        sent.end(JUNK[index % JUNK.length]);
      });
    const rows = () => [count('visit'), count('visitor'), count('lease_event'), count('swap_check')];
    const before = rows();
    const statuses = new Map<number, number>();
    const junk = Promise.all(
      Array.from({ length: JUNK_REQUESTS }, async (_, index) => {
        const status = await send(index);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
    );
    await sleep(200);
    const during = await askGateway(stage.gateway.http, '/v1/dni/session', {
      origin: ORIGIN,
      headers: { 'x-forwarded-for': '203.0.113.67', 'user-agent': 'curl/8' },
      body: { site: 'main', url: `${ORIGIN}/`, consent: 'granted' },
    });
    expect(during.status).toBe(200);
    await junk;
    agent.destroy();
    expect(
      [...statuses.keys()].every((status) => [400, 403, 404, 413, 429].includes(status)),
      JSON.stringify([...statuses]),
    ).toBe(true);
    expect(rows()).toEqual(before);
  });

  const NASTY = [
    `=cmd|'/C calc'!A0`,
    '<script>alert(1)</script><img src=x onerror=alert(1)>',
    `'; DROP TABLE visit; --`,
    '\u001b[31mred\u0007\u0000\r\nX-Injected: 1',
    'invoice\u202Efdp.exe',
    '+1+1" & HYPERLINK("http://evil.example")',
    `${'長'.repeat(300)}`,
  ];

  test('campaigns of evil names are shown, exported and told as plain text', async () => {
    const rows: { readonly name: string; readonly row: CallRow }[] = [];
    for (const name of NASTY) {
      const browser = await adVisit(name);
      rows.push({ name, row: await callTo(browser.number(TARGET)) });
    }
    const campaigns = rows.map(({ row }) => row.call.campaign ?? '');
    expect(campaigns[0]).toBe(NASTY[0]);
    expect(campaigns[1]).toBe(NASTY[1]);
    expect(campaigns[2]).toBe(NASTY[2]);
    expect(campaigns.map((name) => name.length <= 200)).not.toContain(false);
    for (const campaign of campaigns) expect(campaign).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(count('visit')).toBeGreaterThan(NASTY.length);
    const run = commandOf(stage.gateway);
    const [shown, exported] = await Promise.all([
      run('calls', 'show', rows[3]?.row.call.id ?? ''),
      run('calls', 'export', 'csv', '--limit', '50').then(
        (done) => done,
        () => undefined,
      ),
    ]);
    expect(shown.stdout).toContain('red');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(shown.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const csv = exported?.stdout ?? '';
    expect(exported?.code, exported?.stderr).toBe(0);
    expect(csv).toContain(`'=cmd|`);
    expect(csv).toContain(`"'+1+1"" & HYPERLINK`);
    for (const cell of csv.split(/[,\r\n]/)) expect(cell).not.toMatch(/^"?[=@]/);
  });

  test('a page that is huge is taken as far as it says something', async () => {
    const browser = browserOf('main');
    const long = `${ORIGIN}/${'a/'.repeat(2000)}?utm_campaign=${'c'.repeat(3000)}&gclid=${'g'.repeat(900)}`;
    await browser.open(long, {
      title: '<b>\u0000\n'.repeat(400),
      referrer: `https://x.example/${'r'.repeat(7000)}`,
    });
    const [visit] = query<Record<string, string>>('SELECT * FROM visit WHERE id = ?', browser.session.visit);
    expect(visit?.['landing_url']?.length).toBeLessThanOrEqual(2000);
    expect(visit?.['campaign']).toHaveLength(200);
    const over = await browser.ask(`${ORIGIN}/${'a'.repeat(9000)}`);
    expect(over.status).toBe(400);
  });
});

describe('an extension code', () => {
  const codedVisit = async (click: string) => {
    const browser = browserOf('coded');
    await browser.open(`https://coded.example/?gclid=${click}&utm_campaign=${click}`);
    return { browser, code: /\d+$/.exec(browser.session.numbers[TARGET]?.suffix ?? '')?.[0] ?? '' };
  };
  const callIn = async (key: (call: PeerCall, near: RtpPeer) => Promise<unknown>): Promise<CallRow> => {
    const near = await stage.phone(CARRIER, { frequency: 400, telephoneEvent: 101 });
    const call = stage.dial({ did: CODED, media: near, from: newPhone() });
    expect(statusOf(await call.final())).toBe(200);
    near.start();
    await key(call, near);
    return seenTo(call);
  };
  const info = async (call: PeerCall, digits: string): Promise<void> => {
    for (const digit of digits)
      await call.request('INFO', {
        sdp: `Signal=${digit}\r\nDuration=160\r\n`,
        contentType: 'application/dtmf-relay',
      });
  };

  test('by RFC 4733, by INFO, during the prompt, with more digits than it has, wrong, and never issued', async () => {
    const { browser, code } = await codedVisit('keys');
    const wrong = code.slice(0, 3) + ((Number(code[3]) + 1) % 10);
    const unissued = ['777', '778'].map(withCheckDigit).find((each) => each !== code) ?? '';
    const rows = await Promise.all([
      callIn((_, near) => near.press(code)),
      callIn((call) => info(call, code)),
      callIn(async (_, near) => {
        await until('the prompt', () => near.packets.length > 25);
        await near.press(code);
      }),
      callIn((_, near) => near.press(`${code}99`)),
      callIn((_, near) => near.press(wrong)),
      callIn((_, near) => near.press(unissued)),
      callIn((_, near) => near.press(`${code.slice(0, 2)}#`)),
    ]);
    const found = rows.slice(0, 4);
    for (const { call } of found)
      expect(call).toMatchObject({
        match_method: 'code',
        dialled_code: code,
        visit_id: browser.session.visit,
      });
    for (const { call, events } of rows.slice(4)) {
      expect(call).toMatchObject({ match_method: 'static', source_id: 'summer-ads', dialled_code: null });
      expect(events.map(({ text }) => text)).toContain(
        'The extension code is none of ours: the call goes on without it.',
      );
    }
    for (const { call } of rows) expect(call.status).toBe('busy');
  });
});

describe('another plan, applied while pages are open', () => {
  const apply = async (change: (plan: Record<string, unknown[]>) => void): Promise<void> => {
    const path = join(stage.gateway.directory, 'tracking.yaml');
    const plan = parse(readFileSync(path, 'utf8')) as Record<string, unknown[]>;
    change(plan);
    writeFileSync(path, stringify(plan));
    const { code, stderr, stdout } = await commandOf(stage.gateway)('apply', '--yes');
    expect(code, stdout + stderr).toBe(0);
    await sleep(1500);
  };

  test('a number taken off its pool is drained; a site that is gone answers 404, and its pages keep their numbers', async () => {
    const browser = await adVisit('drained');
    const coded = browserOf('coded');
    await coded.open('https://coded.example/');
    const did = browser.number(TARGET);
    await apply((plan) => {
      plan['numbers'] = (plan['numbers'] ?? []).filter(
        (entry) => (entry as { number: string }).number !== did,
      );
      plan['sites'] = (plan['sites'] ?? []).filter((entry) => (entry as { id: string }).id !== 'coded');
    });
    expect(query('SELECT state FROM tracking_number WHERE number = ?', did)).toEqual([{ state: 'draining' }]);
    expect((await browser.report({ type: 'beat' })).body).toEqual({ ok: true });
    expect((await browser.open(address('drained'))).numbers[TARGET]?.e164).toBe(did);
    expect((await callTo(did)).call).toMatchObject({ status: 'busy', visit_id: browser.session.visit });
    expect((await adVisit('later')).session.numbers[TARGET]?.e164).not.toBe(did);
    expect((await coded.ask('https://coded.example/')).status).toBe(404);
    expect((await coded.report({ type: 'beat' })).status).toBe(404);
    expect((await callTo(CODED)).call).toMatchObject({ status: 'busy', source_id: 'summer-ads' });
  });

  test('and the ledger holds', async () => {
    const { code, stdout } = await commandOf(stage.gateway)('pool', 'verify');
    expect(code, stdout).toBe(0);
  });
});
