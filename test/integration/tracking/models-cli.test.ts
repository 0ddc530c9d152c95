import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';
import { callerKey, createLog, visitorKey } from '../../unit/tracking/models/event-rows.ts';
import { makePlace, type Place } from '../cli/run-cli.ts';

const PERIOD = ['--from', '2026-11-01', '--to', '2026-12-01', '--zone', 'UTC'];

let place: Place;

const run = async (...words: string[]) => {
  const { code, stdout, stderr } = await place.run('attribution', ...words);
  return { code, stdout, stderr };
};

beforeAll(async () => {
  place = await makePlace();
  const applied = await place.run('apply', '--yes');
  expect(applied.stderr).toBe('');
  const store = await openStore(
    {
      path: place.path('data/dialtrace.db'),
      keyFile: place.path('data/dialtrace.key'),
      backupDirectory: place.path('data/backups'),
    },
    silentLogger,
  );
  const log = createLog();
  log.visit('visit-1', 'v', 1, 'google ads', { campaign: 'brand' });
  log.visit('visit-2', 'v', 3, 'direct');
  log.call('call-1', 4, { caller: 'x', method: 'lease', visit: 'visit-2', visitor: 'v' });
  log.link(callerKey('x'), visitorKey('v'), 4);
  log.call('call-2', 6, { caller: 'x', visitor: 'v', visit: 'visit-2', method: 'lease' });
  log.call('call-3', 6, { caller: 'y', spam: true });
  log.lead('lead', callerKey('x'), 7, { status: 'customer', sale_micros: 250_000_000, currency: 'EUR' });
  await store.exclusively((file) => {
    const insert = file.prepare('INSERT INTO event (at, type, subject, body) VALUES (?, ?, ?, ?)');
    for (const { at, type, subject, body } of log.rows) insert.run(at, type, subject, body);
    file.prepare("INSERT INTO person (id, created_at) VALUES ('person-1', 0)").run();
    file
      .prepare("INSERT INTO person_key (kind, key, person_id, since) VALUES ('caller', 'x', 'person-1', 0)")
      .run();
  });
  await store.close();
});

afterAll(() => place.remove());

describe('dialtrace attribution', () => {
  it('reports with the parameters, and makes the report again to the byte', async () => {
    const { stdout } = await run('report', ...PERIOD);
    expect(stdout).toContain('Last non-direct, by source  (last-non-direct, version 1)');
    expect(stdout).toContain(
      '(UTC) · conversion: call, one a person in 30 days · window 30 days · events up to 7',
    );
    expect(stdout).toMatch(/google ads \/ cpc +1\.00 .* 0\.\d\d – 4\.\d\d +100\.0 % .* 1 +250\.00 EUR/);
    expect(stdout).toContain('Not counted: 1 repeat within 30 days.');
    const digest = /Digest ([0-9a-f]{64})/.exec(stdout)?.[1] ?? '';
    expect((await run('recompute', digest.slice(0, 8))).stdout).toBe(`identical  ${digest}\n`);
    const bytes = await run('recompute', digest, '--bytes');
    expect(createHash('sha256').update(bytes.stdout).digest('hex')).toBe(digest);
  });

  it('writes JSON and CSV', async () => {
    const json = JSON.parse((await run('report', ...PERIOD, '--model', 'linear', '--json')).stdout);
    expect(json).toMatchObject({ parameters: { model: 'linear', lastSeq: 7 }, totals: { conversions: 1 } });
    const { stdout } = await run('report', ...PERIOD, '--model', 'linear', '--by', 'campaign', '--csv');
    expect(stdout.split('\r\n')).toEqual([
      'key,source,medium,campaign,model,credits,credits_low,credits_high,share,share_low,share_high,conversions,value_eur',
      expect.stringMatching(
        /^direct \/ \(none\) \/ \(none\),direct,\(none\),,linear@1,0\.5,.*,0\.5,.*,1,125$/,
      ),
      expect.stringMatching(
        /^google ads \/ cpc \/ brand,google ads,cpc,brand,linear@1,0\.5,.*,0\.5,.*,1,125$/,
      ),
      '',
    ]);
  });

  it('compares models', async () => {
    const { stdout } = await run('compare', ...PERIOD);
    expect(stdout).toMatch(/Source +First +Last +Non-dir +Paid .* Shapley +Markov/);
    expect(stdout).toMatch(/direct \/ \(none\) +0\.00 +1\.00 +0\.00/);
  });

  it('tells what two reports or models differ in', async () => {
    const digests: string[] = [];
    for (const model of ['first-touch', 'last-touch'])
      digests.push(JSON.parse((await run('report', ...PERIOD, '--model', model, '--json')).stdout).digest);
    const { stdout } = await run('diff', ...digests);
    expect(stdout).toContain('1 conversion changed, 0 did not.');
    expect(stdout).toContain('google ads / cpc → direct / (none)');
    const models = await run('diff', '--models', 'first-touch', 'last-touch', ...PERIOD);
    expect(models.stdout).toContain('weighed by last-touch (version 1) instead of first-touch (version 1)');
    expect(await run('diff', digests[0] ?? '')).toMatchObject({
      code: 2,
      stderr: 'Name two reports, or --models and two models\n',
    });
  });

  it("shows a call's and a person's path", async () => {
    const { stdout } = await run('path', 'call-1', '--zone', 'UTC');
    expect(stdout).toMatch(/call call-1 +2026-11-05/);
    expect(stdout).toContain('google ads / cpc / brand  [first]');
    expect(stdout).toContain('direct / (none)  [lead, last]');
    expect(stdout).toMatch(/50\/50 +0\.500 +0\.500/);
    expect((await run('path', 'call-3')).stdout).toContain('It brings no credit in reports: spam.');
    expect((await run('path', 'person-1', '--zone', 'UTC')).stdout).toMatch(/call-2|No call or form/);
    expect(await run('path', 'nobody')).toMatchObject({ code: 1 });
  });

  it('refuses what it does not know', async () => {
    expect(await run('report', '--model', 'best')).toMatchObject({ code: 2 });
    expect(await run('recompute', '00000000')).toMatchObject({
      code: 1,
      stderr: 'There is no report with the digest 00000000.\n',
    });
  });
});
