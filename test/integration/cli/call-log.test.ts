import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { countDay, keepDay, staleDays } from '../../../src/reports/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { insertWebCall } from '../../support/button-rows.ts';
import { addCall, addRecording, CALLER, makeSampleStore, type SampleStore } from '../reports/sample-store.ts';
import { makePlace, type Place } from './run-cli.ts';

const DAY = Date.UTC(2026, 10, 5, 12);
const FEW = 5;
const MANY = 1200;

let place: Place;
let sample: SampleStore;
let first: string;
let second: string;

beforeAll(async () => {
  place = await makePlace();
  sample = await makeSampleStore();
  first = await addCall(sample, DAY, { talkMs: 60_000 });
  second = await addCall(sample, DAY + 60_000, {
    call: {
      visit_id: 'VISIT',
      visitor_id: 'VISITOR',
      site_id: 'main',
      channel: 'paid',
      match_method: 'lease',
      match_prob: 0.93,
    },
    end: { spam_score: 4, spam_reasons: '["hung up at once","many numbers"]' },
  });
  await addCall(sample, DAY + 120_000, { call: { is_test: 1 }, talkMs: 1000 });
  await addCall(sample, DAY + 180_000, {
    call: { did_raw: '=cmd', source_name: '=HYPERLINK("x")' },
    talkMs: 30_000,
  });
  await addCall(sample, DAY + 240_000, {
    call: { caller_encrypted: null, caller_hmac: null, caller_masked: null, anonymous: 1 },
  });
  await addRecording(sample, first, Buffer.alloc(2000, 7));
  await sample.store.exclusively((file) =>
    file
      .prepare(
        `INSERT INTO visit (id, visitor_id, site_id, started_at, last_seen_at, landing_url, last_url, channel, source, medium,
           click_ids, device, pages) VALUES ('VISIT', 'VISITOR', 'main', ?, ?, '/roofs', '/roofs', 'paid', 'google', 'cpc',
           '{"gclid":"secret","fbclid":"other"}', 'phone', 1)`,
      )
      .run(DAY, DAY),
  );
  await sample.store.exclusively((file) => {
    const press = { id: 'press', viewer: 'VISITOR', at: DAY + 59_000 };
    insertWebCall(file, second, press, {
      experiment_id: 'colour',
      arm: 'green',
      intent: 'presales',
      page: '/prices',
      device: 'phone',
      verified: 'sms',
      click_to_ring_ms: 640,
      rating: 4,
    });
    const leg = file.prepare(
      `INSERT INTO leg (id, call_id, role, position, started_at, early_media, media_security) VALUES ('LEG', ?, 'A', 0, 0, 0, 'dtls')`,
    );
    leg.run(second);
    const heard = file.prepare(
      'INSERT INTO leg_experience (leg_id, at, rtt_ms, mos, warnings) VALUES (?, ?, ?, ?, ?)',
    );
    heard.run('LEG', DAY, 40, 4.2, '[]');
    heard.run('LEG', DAY + 5000, 60, 3.4, '["mos","rtt"]');
    heard.run('LEG', DAY + 10_000, null, null, '["rtt"]');
  });
  const copies = await sample.store.db.selectFrom('call').selectAll().where('id', '=', first).execute();
  for (const copy of copies) {
    const old = Array.from({ length: MANY }, (_, i) => ({
      ...copy,
      id: `00000000000000000000${String(i).padStart(6, '0')}`,
      started_at: Date.UTC(2025, 0, 1) + i,
    }));
    for (let i = 0; i < old.length; i += 100)
      await sample.store.db
        .insertInto('call')
        .values(old.slice(i, i + 100))
        .execute();
  }
  await sample.store.close();
  await mkdir(place.path('data'));
  for (const name of ['dialtrace.db', 'dialtrace.key', 'recordings']) {
    await cp(`${sample.directory}/${name}`, place.path(`data/${name}`), { recursive: true });
  }
});

afterAll(async () => {
  await rm(sample.directory, { recursive: true, force: true });
  await place.remove();
});

describe('calls', () => {
  it('lists the newest first, callers masked', async () => {
    const { code, stdout } = await place.run('calls', 'list', '--period', '30d', '--from', '2026-11-01');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const listed = await place.run(
      'calls',
      'list',
      '--from',
      '2026-11-01',
      '--to',
      '2026-11-06',
      '--zone',
      'UTC',
    );
    expect(listed.code).toBe(0);
    expect(listed.stdout).not.toContain(CALLER);
    const times = [...listed.stdout.matchAll(/12:0(\d):00/g)].map(([, minute]) => minute);
    expect(times).toEqual(['4', '3', '2', '1', '0']);
    expect(listed.stdout).toContain('anonymous');
    expect(listed.stdout).toContain(`2026/11/${first}.wav`);
  });

  it('filters by caller, and reveals when asked', async () => {
    const words = ['calls', 'list', '--caller', CALLER, '--from', '2026-11-01', '--no-tests', '--json'];
    const masked = JSON.parse((await place.run(...words)).stdout);
    expect(masked).toHaveLength(3);
    expect(masked[0].caller).toContain('*');
    const clear = JSON.parse((await place.run(...words, '--reveal')).stdout);
    expect(clear[0].caller).toBe(CALLER);
  });

  it('tells which call button brought one, and what the browser heard', async () => {
    const words =
      'sales, pressed on /prices on a phone, in the browser, arm green of colour, intent presales, number proven by SMS, ' +
      'rang 0.6 s after the press, rated 4 of 5';
    const { stdout } = await place.run('calls', 'show', second);
    expect(stdout).toContain(`Button     ${words}\n`);
    expect(stdout).toContain('Browser A  MOS 3.40 / 3.80, warned of mos 1×, rtt 2×\n');
    const explained = (await place.run('calls', 'explain', second)).stdout;
    expect(explained).toContain(`Call button ${words}\n`);
    expect(explained).toMatch(
      /s {2}The browser of leg A warned of .*delay.*: round trip \d+ ms, MOS \d\.\d\d\.\n/,
    );
    const { web, legs } = JSON.parse((await place.run('calls', 'show', second, '--json')).stdout);
    expect(web).toMatchObject({ kind: 'browser', button: 'sales', clickToRingMs: 640, rating: 4 });
    expect(JSON.stringify(web)).not.toContain('"press"');
    expect(legs[0].experience).toMatchObject({
      mosAverage: 3.8,
      rttMs: 50,
      jitterMs: null,
      warnings: { mos: 1, rtt: 2 },
    });
    expect(legs[0].experience.samples).toHaveLength(3);
  });

  it('lists the calls of one button', async () => {
    const list = async (button: string) =>
      JSON.parse((await place.run('calls', 'list', '--button', button, '--json')).stdout);
    expect(await list('sales')).toMatchObject([{ id: second, web: { arm: 'green' } }]);
    expect(await list('support')).toEqual([]);
  });

  it('shows and explains one', async () => {
    const shown = await place.run('calls', 'show', first.toLowerCase(), '--zone', 'UTC');
    expect(shown.stdout).toContain('Google Ads (google / cpc), matched by static number');
    expect(shown.stdout).toContain('2026-11-05 12:00:00');
    expect(JSON.parse((await place.run('calls', 'show', 'last', '--json')).stdout).anonymous).toBe(true);
    const { visit } = JSON.parse((await place.run('calls', 'show', second, '--json')).stdout);
    expect(visit).toMatchObject({ id: 'VISIT', clickIds: ['gclid', 'fbclid'] });
    expect(shown.stdout).not.toMatch(/^Button .*sales/m);
    const explained = await place.run('calls', 'explain', first);
    expect(explained.stdout).toContain('+0.000 s  A call arrived from trunk carrier.');
  });

  it('exports every call as CSV and as JSON lines', async () => {
    const csv = await place.run('calls', 'export', 'csv', '--bom');
    expect(csv.code).toBe(0);
    const lines = csv.stdout.split('\r\n');
    expect(lines).toHaveLength(MANY + FEW + 2);
    expect(lines[0]).toMatch(/^\uFEFFid,started_at,status,caller,/);
    expect(csv.stdout).toContain(`"'=HYPERLINK(""x"")"`);
    const head = lines[0]?.slice(1).split(',') ?? [];
    const begin = head.indexOf('channel');
    expect(head.slice(begin)).toEqual([
      'channel',
      'content',
      'visit_id',
      'visitor_id',
      'site_id',
      'click_id_kinds',
      'code',
      'spam_score',
      'spam_flagged',
      'spam_reasons',
      'flow',
      'queue',
      'queue_ms',
      'voicemail',
      'score',
      'button',
      'button_call',
      'experiment',
      'arm',
      'intent',
      'page',
      'device',
      'click_to_ring_ms',
      'verified',
      'rating',
    ]);
    const visited = lines.filter((line) => line.includes('VISIT'));
    expect(visited).toHaveLength(1);
    expect(visited[0]).toContain(',lease,0.93,');
    expect(visited[0]).toMatch(
      /,paid,,VISIT,VISITOR,main,"gclid, fbclid",,4,true,"hung up at once, many numbers",,,,false,,sales,browser,colour,green,presales,\/prices,phone,640,sms,4$/,
    );
    expect(csv.stdout).not.toContain('secret');
    const jsonl = await place.run('calls', 'export', 'jsonl', '--from', '2026-11-01');
    expect(
      jsonl.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toHaveLength(FEW);
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = place.spawn('calls', 'export', 'jsonl');
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout?.once('data', () => child.stdout?.destroy());
    const code = await new Promise((done) => child.on('close', done));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('follows the log until it is told to end', async () => {
    const child = place.spawn('calls', 'tail', '--lines', '1', '--json');
    const line = await new Promise<string>((done) => child.stdout?.setEncoding('utf8').once('data', done));
    expect(JSON.parse(line).startedAt).toBe('2026-11-05T12:04:00.000Z');
    child.kill('SIGINT');
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
  });
});

describe('recordings', () => {
  it('are found and verified', async () => {
    const path = place.path(`data/recordings/2026/11/${first}.wav`);
    expect((await place.run('recording', 'path', first)).stdout).toBe(`${path}\n`);
    expect((await place.run('recording', 'verify', '--all')).stdout).toContain('intact');
    await writeFile(path, Buffer.alloc(2000, 8));
    const changed = await place.run('recording', 'verify', first, '--json');
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.stdout)[0].result).toBe('changed');
    await rm(path);
    const missing = await place.run('recording', 'verify', first);
    expect(missing.code).toBe(1);
    expect(missing.stdout).toContain('missing');
    expect((await place.run('recording', 'path', 'last')).code).toBe(1);
  });
});

describe('report sources', () => {
  const PERIOD = ['--from', '2026-11-01', '--to', '2026-11-11', '--zone', 'Europe/Berlin'];

  it('shows calls and cost by source', async () => {
    const { code, stdout } = await place.run('report', 'sources', ...PERIOD);
    expect(code).toBe(0);
    expect(stdout).toContain('(Europe/Berlin)');
    expect(stdout).toMatch(/Google Ads +4 +█+ +2 +2 +50 %/);
    expect(stdout).toContain('Billboard A8');
  });

  it('does so for programs', async () => {
    const json = JSON.parse((await place.run('report', 'sources', ...PERIOD, '--json')).stdout);
    expect(json.totals).toMatchObject({ calls: 4, answered: 2, missed: 2, totalTalkMs: 90_000 });
    const withTests = JSON.parse(
      (await place.run('report', 'sources', ...PERIOD, '--tests', '--json')).stdout,
    );
    expect(withTests.totals.calls).toBe(5);
    const csv = await place.run('report', 'sources', ...PERIOD, '--csv');
    expect(csv.stdout.split('\r\n')[0]).toBe(
      'source_id,name,source,medium,campaign,cost_center,calls,answered,missed,blocked,answer_rate,first_time_callers,' +
        'average_talk_ms,total_talk_ms,cost,currency,cost_per_call,cost_per_answered,spam,other_costs',
    );
  });

  it('compares kept figures with the calls', async () => {
    const options = { path: place.path('data/dialtrace.db'), keyFile: place.path('data/dialtrace.key') };
    const store = await openStore({ ...options, backupDirectory: place.directory }, silentLogger);
    try {
      await store.exclusively((file) => {
        for (const day of staleDays(file, DAY + 2 * 86_400_000)) keepDay(file, countDay(file, day));
      });
      const fine = await place.run('report', 'verify');
      expect(fine).toMatchObject({ code: 0, stdout: '2 days compared, 0 differences.\n' });
      await store.exclusively((file) =>
        file
          .prepare("UPDATE call_rollup SET missed = missed + 1 WHERE dimension = 'region' AND day > 20000")
          .run(),
      );
      const wrong = await place.run('report', 'verify', '--json');
      expect(wrong.code).toBe(1);
      const { faults } = JSON.parse(wrong.stdout);
      expect(faults).toContainEqual({ day: '2026-11-05', days: 1, dimension: 'region', key: '["US"]' });
      expect((await place.run('report', 'verify')).stdout).toContain('2026-11-05  region ["US"] differs');
    } finally {
      await store.close();
    }
  });
});
