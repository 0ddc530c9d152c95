import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { type ExperimentPlan, experimentSchema } from '../../../src/config/index.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { createReportRunner, type ReportRunner } from '../../../src/reports/index.ts';
import { openStore, type SqliteFile, type Store } from '../../../src/store/index.ts';
import {
  readArmCalls,
  readCells,
  readSeveral,
  readTallies,
  readUnfollowed,
} from '../../../src/tracking/experiments/cells.ts';
import { armOfBucket, bucketOf, dealBuckets } from '../../../src/tracking/experiments/split.ts';
import { armFor, reportExperiment } from '../../../src/tracking/index.ts';
import { insertButtonEvent, insertWebCall } from '../../support/button-rows.ts';
import { CONFIG, makePlace, type Place } from '../cli/run-cli.ts';
import { insertCall, insertPerson, putLead } from '../reports/call-rows.ts';

const PLAN = `
sources: [{ id: google-ads, name: Google Ads, source: google, medium: cpc }]
lines: [{ id: echo, name: Echo, type: echo }]
numbers: [{ number: '+12025550123', source: google-ads, lines: [echo] }]
sites: [{ id: main, hosts: [www.example.com], targets: [{ number: '+12025550123' }] }]
buttons:
  - { id: sales, site: main, number: '+12025550123', lines: [echo] }
  - { id: footer, site: main, number: '+12025550123', lines: [echo] }
experiments:
  - { id: hero, name: Words of the button, button: sales, arms: [{ id: a }, { id: b, text: Talk to us, weight: 3 }] }
  - { id: colours, button: footer, mode: bandit, metric: clicks, arms: [{ id: grey }, { id: green, color: '#0a7d46' }] }
`;

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 2, 9);

let place: Place;
let store: Store;
let reports: ReportRunner;
let server: HttpServer;

beforeAll(async () => {
  place = await makePlace(CONFIG, PLAN);
  const applied = await place.run('apply');
  expect(applied.stderr).toBe('');
  const options = {
    path: place.path('data/dialtrace.db'),
    keyFile: place.path('data/dialtrace.key'),
    backupDirectory: place.path('data/backups'),
  };
  store = await openStore(options, silentLogger);
  await store.runs.start('RUN', START - DAY);
  reports = createReportRunner(options);
  const config = gatewayConfigSchema.parse({ http: { port: 0 }, trunks: [] });
  server = await createHttpServer({
    config: config as Parameters<typeof createHttpServer>[0]['config'],
    store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    trunkStatus: () => [],
  });
});

afterAll(async () => {
  await server.close();
  await reports.close();
  await store.close();
  await place.remove();
});

const work = <T>(run: (file: SqliteFile) => T): Promise<T> => store.exclusively(run);
const experiment = (id: string, more: object = {}): ExperimentPlan =>
  experimentSchema.parse({ id, button: 'sales', arms: [{ id: 'a' }, { id: 'b' }], ...more });
const get = async (path: string) => {
  const answer = await server.inject({ url: path, headers: { host: '127.0.0.1:8080' } });
  return { status: answer.statusCode, body: answer.json() };
};

describe('the arm of a viewer', () => {
  it('comes of the hash alone where shares are fixed, and leaves no trace', async () => {
    const fixed = experiment('fixed', { arms: [{ id: 'a', weight: 3 }, { id: 'b' }] });
    await work((file) => {
      const deal = dealBuckets(fixed.arms);
      for (let i = 0; i < 200; i += 1) {
        const expected = armOfBucket(deal, bucketOf('fixed', `viewer ${i}`));
        expect(armFor(file, fixed, `viewer ${i}`, START + i * DAY)).toEqual(expected);
        expect(expected.probability).toBe(expected.arm === 'a' ? 0.75 : 0.25);
      }
      expect(file.prepare('SELECT count(*) AS n FROM experiment_arm').get()).toEqual({ n: 0 });
    });
  });

  it('stays what a viewer has seen, though weights change, an arm comes, or a bandit takes over', async () => {
    const arms = [{ id: 'b' }, { id: 'c' }];
    const before = experiment('sticky', { arms });
    const changes = [
      experiment('sticky', { arms: [{ id: 'b', weight: 9 }, { id: 'c' }] }),
      experiment('sticky', { arms: [{ id: 'a' }, ...arms, { id: 'd' }] }),
      experiment('sticky', { mode: 'bandit', arms }),
    ];
    await work((file) => {
      const viewers = Array.from({ length: 100 }, (_, i) => `sticky ${i}`);
      const armsNow = (plan: ExperimentPlan, of = viewers) =>
        of.map((viewer) => armFor(file, plan, viewer, START).arm);
      const drawn = armsNow(before);
      // One who pressed at once was never told to have seen it.
      for (const [i, arm] of drawn.entries())
        insertButtonEvent(file, START, i % 10 === 0 ? 'click' : 'view', `sticky ${i}`, {
          experiment_id: 'sticky',
          arm,
        });
      for (const after of changes) expect(armsNow(after)).toEqual(drawn);
      // No probability of theirs is known: a bandit does not learn from them.
      expect(
        file.prepare("SELECT count(*) AS n FROM experiment_arm WHERE experiment_id = 'sticky'").get(),
      ).toEqual({ n: 0 });
      const fresh = Array.from({ length: 400 }, (_, i) => `fresh ${i}`);
      const heavy = armsNow(changes[0] ?? before, fresh).filter((arm) => arm === 'b').length;
      expect(Math.abs(heavy - 360)).toBeLessThan(3.5 * Math.sqrt(400 * 0.9 * 0.1));
    });
  });

  it('is not bound by an arm that is gone, nor by what a machine saw', async () => {
    const before = experiment('gone');
    const left = experiment('gone', { arms: [{ id: 'b' }, { id: 'c' }, { id: 'd' }] });
    await work((file) => {
      const hashed = (viewer: string) => armOfBucket(dealBuckets(left.arms), bucketOf('gone', viewer));
      for (let i = 0; i < 60; i += 1) {
        const viewer = `gone ${i}`;
        const { arm } = armFor(file, before, viewer, START);
        insertButtonEvent(file, START, 'view', viewer, { experiment_id: 'gone', arm });
        expect(armFor(file, left, viewer, START).arm).toBe(arm === 'a' ? hashed(viewer).arm : arm);
      }
      const other = hashed('probe').arm === 'b' ? 'c' : 'b';
      insertButtonEvent(file, START, 'view', 'probe', { experiment_id: 'gone', arm: other, bot: 1 });
      expect(armFor(file, left, 'probe', START)).toEqual(hashed('probe'));
    });
  });

  it('is drawn once by a bandit and kept with its probability, while shares go where viewers call', async () => {
    const bandit = experiment('learns', { mode: 'bandit', metric: 'clicks' });
    await work((file) => {
      const first = Array.from({ length: 60 }, (_, i) => armFor(file, bandit, `early ${i}`, START));
      expect(new Set(first.map(({ probability }) => probability))).toEqual(new Set([0.5]));
      for (let i = 0; i < 400; i += 1) {
        const { arm } = armFor(file, bandit, `seen ${i}`, START);
        const of = { experiment_id: 'learns', arm };
        if (i % (arm === 'a' ? 20 : 3) === 0) insertButtonEvent(file, START + 1, 'click', `seen ${i}`, of);
      }
      // What is known holds for a minute.
      expect(armFor(file, bandit, 'in time', START + MINUTE / 2).probability).toBe(0.5);
      const later = START + DAY;
      const late = Array.from({ length: 300 }, (_, i) => armFor(file, bandit, `late ${i}`, later));
      expect(new Set(late.map(({ probability }) => probability))).toEqual(new Set([0.9, 0.1]));
      const worse = late.filter(({ arm }) => arm === 'a').length;
      expect(Math.abs(worse - 30)).toBeLessThan(3.3 * Math.sqrt(300 * 0.1 * 0.9));
      expect(Array.from({ length: 60 }, (_, i) => armFor(file, bandit, `early ${i}`, later))).toEqual(first);
      expect(
        file.prepare("SELECT arm, probability, at FROM experiment_arm WHERE viewer = 'late 7'").get(),
      ).toEqual({ ...late[7], at: later });
    });
  });

  it('is drawn by what counts: presses, calls, answers, qualified calls', async () => {
    const tallies = await work((file) => {
      const of = (metric: string) => experiment('metrics', { mode: 'bandit', metric });
      for (let i = 0; i < 40; i += 1) armFor(file, of('calls'), `drawn ${i}`, START);
      const drawn = file.prepare(
        "SELECT viewer, arm FROM experiment_arm WHERE experiment_id = 'metrics' AND arm = 'a'",
      );
      const [first, second, third] = drawn.all() as { viewer: string; arm: string }[];
      const call = (viewer: string | undefined, more: object): void => {
        const press = { id: `metrics ${viewer}`, viewer: viewer ?? '', at: START };
        insertWebCall(file, insertCall(file, START + 1000, more), press, {
          experiment_id: 'metrics',
          arm: 'a',
        });
      };
      call(first?.viewer, { status: 'answered', answered_at: START, talk_ms: 80_000 });
      call(second?.viewer, { status: 'answered', answered_at: START, talk_ms: 8000 });
      call(third?.viewer, {});
      return ['clicks', 'calls', 'answered', 'qualified'].map((metric) =>
        readTallies(file, of(metric), START + DAY).map(({ conversions }) => conversions),
      );
    });
    expect(tallies).toEqual([
      [0, 0],
      [3, 0],
      [2, 0],
      [1, 0],
    ]);
  });

  it('is drawn anew when it is no longer there, and not kept for those who may not be followed', async () => {
    const before = experiment('shrinks', { mode: 'bandit', arms: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] });
    const after = experiment('shrinks', { mode: 'bandit' });
    await work((file) => {
      const viewers = Array.from({ length: 30 }, (_, i) => `viewer ${i}`);
      const drawn = viewers.map((viewer) => armFor(file, before, viewer, START).arm);
      expect(new Set(drawn)).toEqual(new Set(['a', 'b', 'c']));
      const again = viewers.map((viewer) => armFor(file, after, viewer, START + 1).arm);
      expect(again).not.toContain('c');
      for (const [index, arm] of drawn.entries()) if (arm !== 'c') expect(again[index]).toBe(arm);
      const kept = file.prepare("SELECT count(*) AS n FROM experiment_arm WHERE experiment_id = 'shrinks'");
      expect(kept.get()).toEqual({ n: 30 });
      expect(armFor(file, after, 'e-abcdefghijklmnopqrstuv', START).arm).toMatch(/^[ab]$/);
      expect(kept.get()).toEqual({ n: 30 });
    });
  });
});

/** Viewers of experiment `counts`, each with what is to be found of them. */
const fill = (file: SqliteFile): void => {
  const of = (arm: string) => ({ experiment_id: 'counts', arm });
  const see = (viewer: string, arm: string, at = START): void =>
    insertButtonEvent(file, at, 'view', viewer, of(arm));
  const press = (viewer: string, arm: string, at = START + 2000): void =>
    insertButtonEvent(file, at, 'click', viewer, of(arm));
  const call = (viewer: string, arm: string, at: number, more: object): void =>
    insertWebCall(file, insertCall(file, at, more), { id: `${viewer} ${at}`, viewer, at }, of(arm));
  const talked = (seconds: number) => ({ status: 'answered', answered_at: START, talk_ms: seconds * 1000 });

  // Calls twice and talks long; counts once.
  see('ann', 'a');
  press('ann', 'a');
  press('ann', 'a', START + 3000);
  call('ann', 'a', START + MINUTE, talked(90));
  call('ann', 'a', START + 2 * MINUTE, talked(95));
  // Talks a little, but is a customer, as whom the browser is known.
  see('ben', 'b');
  press('ben', 'b');
  call('ben', 'b', START + DAY, talked(20));
  insertPerson(file, 'BEN', 'nobody');
  file
    .prepare("INSERT INTO person_key (kind, key, person_id, since) VALUES ('visitor', 'ben', 'BEN', 0)")
    .run();
  putLead(file, 'BEN', START, { status: 'customer' });
  // Nobody answers; then hangs up at once.
  see('cat', 'b');
  press('cat', 'b');
  call('cat', 'b', START + MINUTE, {});
  call('cat', 'b', START + 9 * MINUTE, talked(4));
  // A telephone: the dialler makes the call, which is known by its tap.
  see('dan', 'a');
  press('dan', 'a');
  insertButtonEvent(file, START + 2500, 'tel_open', 'dan', of('a'));
  insertButtonEvent(file, START + 2600, 'tel_open', 'dan', of('a'));
  const tapped = { visitor_id: 'dan', match_method: 'tel_tap', match_prob: 0.99, ...talked(70) } as const;
  insertCall(file, START + 20_000, tapped as object);
  insertCall(file, START + 3_600_000, tapped as object);
  // A test call, and spam.
  see('eve', 'a');
  call('eve', 'a', START + MINUTE, { ...talked(200), is_test: 1 });
  see('fay', 'b');
  call('fay', 'b', START + MINUTE, { ...talked(200), spam_score: 4 });
  call('fay', 'b', START + MINUTE, { ...talked(200), score: 'spam' });
  // Sees both arms, and counts for the first.
  see('gus', 'a');
  see('gus', 'b', START + DAY);
  // Pressed within a second: the page never told that it was seen.
  press('hal', 'b');
  // Called an hour before it ever was seen.
  see('ida', 'a', START + 3_600_000);
  call('ida', 'a', START, talked(100));
  // No part of it.
  for (const viewer of ['e-abcdefghijklmnopqrstuv', 'bot']) {
    insertButtonEvent(file, START, 'view', viewer, { ...of('b'), bot: viewer === 'bot' ? 1 : 0 });
    call(viewer, 'b', START + MINUTE, talked(100));
  }
  insertButtonEvent(file, START, 'view', 'joe', { experiment_id: 'other', arm: 'a' });
};

describe('figures of an experiment', () => {
  const until = START + 7 * DAY;
  const total = async (metric: ExperimentPlan['metric'], at = until) => {
    const cells = await work((file) => readCells(file, experiment('counts', { metric }), at));
    return Object.fromEntries(
      ['a', 'b'].map((arm) => {
        const own = cells.filter((cell) => cell.arm === arm);
        const done = own.filter(({ converted }) => converted !== null);
        const sum = (of: typeof own): number => of.reduce((all, { viewers }) => all + viewers, 0);
        return [arm, `${sum(done)}/${sum(own)}`];
      }),
    );
  };

  beforeAll(() => work(fill));

  it('count each viewer once, from the first view on, without tests, spam, bots and the unfollowed', async () => {
    expect(await total('clicks')).toEqual({ a: '2/5', b: '3/4' });
    expect(await total('calls')).toEqual({ a: '2/5', b: '2/4' });
    expect(await total('answered')).toEqual({ a: '2/5', b: '2/4' });
    expect(await total('qualified')).toEqual({ a: '2/5', b: '1/4' });
  });

  it('are what they were at a time', async () => {
    expect(await total('qualified', START + 30_000)).toEqual({ a: '1/4', b: '0/4' });
    expect(await total('qualified', START - 1)).toEqual({ a: '0/0', b: '0/0' });
    const cells = await work((file) => readCells(file, experiment('counts'), until));
    const day = Math.floor(START / DAY);
    expect(
      cells
        .filter(({ converted }) => converted !== null)
        .map(({ arm, seen, converted }) => [arm, seen, converted]),
    ).toEqual([
      ['a', day, day],
      ['b', day, day + 1],
    ]);
  });

  it('have the calls of each arm, and those who saw two', async () => {
    const calls = await work((file) => readArmCalls(file, experiment('counts'), until, 15));
    expect(calls).toEqual([
      { arm: 'a', calls: 3, answered: 3, short: 0 },
      { arm: 'b', calls: 3, answered: 2, short: 1 },
    ]);
    expect(await work((file) => readSeveral(file, experiment('counts'), until))).toBe(1);
    expect(await work((file) => readUnfollowed(file, experiment('counts'), until))).toBe(1);
    const report = await work((file) => reportExperiment(file, experiment('counts'), until));
    expect(report.arms).toMatchObject([
      { arm: 'a', viewers: 5, clicked: 2, called: 2, answered: 2, qualified: 2, conversions: 2 },
      { arm: 'b', viewers: 4, clicked: 3, called: 2, answered: 2, qualified: 1, conversions: 1 },
    ]);
    expect(report.days).toHaveLength(8);
    expect(report.warnings[0]).toContain('1 of the viewers saw more than one arm');
  });
});

describe('the command and the API', () => {
  const run = async (...words: string[]) => place.run('experiment', ...words);

  beforeAll(() =>
    work((file) => {
      const now = Date.now() - 3 * DAY;
      for (let i = 0; i < 1200; i += 1) {
        const arm = i % 4 === 0 ? 'a' : 'b';
        const viewer = `shopper ${i}`;
        insertButtonEvent(file, now + i, 'view', viewer, { experiment_id: 'hero', arm });
        if (i % 12 === (arm === 'a' ? 0 : 1)) {
          const call = insertCall(file, now + MINUTE + i, {
            status: 'answered',
            answered_at: now,
            talk_ms: 80_000,
          });
          insertWebCall(file, call, { id: viewer, viewer, at: now + i }, { experiment_id: 'hero', arm });
        }
      }
    }),
  );

  it('list experiments', async () => {
    const { status, body } = await get('/v1/experiments');
    expect(status).toBe(200);
    expect(body.experiments).toMatchObject([
      { id: 'colours', state: 'running', mode: 'bandit', viewers: 0, verdict: { type: 'nobody' } },
      { id: 'hero', name: 'Words of the button', button: 'sales', arms: ['a', 'b'], viewers: 1200 },
    ]);
    expect(JSON.parse((await run('list', '--json')).stdout)).toMatchObject([
      { id: 'colours' },
      { id: 'hero' },
    ]);
    expect((await run('list')).stdout).toMatch(/hero\s+sales\s+running\s+fixed\s+qualified\s+a, b/);
  });

  it('show what is tried', async () => {
    expect((await run('show', 'hero')).stdout).toMatch(/b\s+3\s+75\.0 %\s+Talk to us/);
    const { stdout } = await run('show', 'colours', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'colours',
      mode: 'bandit',
      shares: { grey: 0.5, green: 0.5 },
    });
    const unknown = await run('show', 'zero');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('There is no experiment zero: there are colours, hero');
  });

  it('report how one stands', async () => {
    const { status, body } = await get('/v1/experiments/hero');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: 'hero',
      viewers: 1200,
      split: { test: 'chi-square', statistic: 0, alarm: false },
      arms: [
        { arm: 'a', viewers: 300, conversions: 100, planned: 0.25 },
        { arm: 'b', viewers: 900, conversions: 100, planned: 0.75, comparison: { betterArm: 'a' } },
      ],
      verdict: { type: 'better', arm: 'a' },
    });
    const command = await run('report', 'hero');
    expect([command.code, command.stderr]).toEqual([0, '']);
    expect(command.stdout).toContain(body.verdict.sentence);
    expect(command.stdout).toMatch(/Split\s+χ² 0\.00, p 1\.0: as planned/);
    expect((await run('report', 'colours')).stdout).toContain('Nobody has seen it yet.');
    const json = JSON.parse((await run('report', 'hero', '--json')).stdout);
    expect({ ...json, at: 0, viewersPerDay: 0 }).toEqual({ ...body, at: 0, viewersPerDay: 0 });
    expect((await get('/v1/experiments/zero')).status).toBe(404);
    expect((await get('/v1/experiments/Zero')).status).toBe(400);
  });

  it('say how long it takes', async () => {
    const words = ['plan', '--baseline', '0.02', '--effect', '0.25', '--viewers', '500'];
    const { stdout } = await run(...words);
    expect(stdout).toMatch(/One look at the end\s+13,809 viewers an arm, 56 days/);
    const json = JSON.parse((await run(...words, '--days', '56', '--json')).stdout);
    expect(json.viewersPerArm.atOnce).toBe(13_809);
    expect(json.smallestEffect.atOnce).toBeCloseTo(0.25, 2);
    expect((await run('plan', '--baseline', '0.9')).code).toBe(2);
    expect((await run('plan', '--baseline', '0.1', '--days', '3')).stderr).toContain(
      '--days needs --viewers',
    );
    expect((await run('plan')).code).toBe(2);
  });

  it('play experiments whose truth is known', async () => {
    const words = ['simulate', '--runs', '5', '--days', '3', '--viewers', '40', '--baseline', '0.3'];
    const one = await run(...words, '--json');
    expect(JSON.parse(one.stdout)).toMatchObject({
      noDifference: { runs: 5, viewers: 120 },
      bandit: { runs: 1 },
    });
    expect((await run(...words, '--json')).stdout).toBe(one.stdout);
    expect((await run(...words)).stdout).toMatch(/Always-valid test \(mSPRT\) found one\s+\d/);
    expect((await run('simulate', '--baseline', '0.8')).code).toBe(2);
  });

  it('end one, and say that the plan file still says otherwise', async () => {
    const wrong = await run('stop', 'hero', '--winner', 'z');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('winner')]);
    expect((await run('stop', 'zero')).stderr).toContain('There is no experiment zero');
    const stopped = await run('stop', 'hero', '--winner', 'a');
    expect(stopped.code).toBe(0);
    expect(stopped.stderr).toMatch(
      /Write `state: ended, winner: a` at experiment hero of .*tracking\.yaml too/,
    );
    expect((await get('/v1/experiments')).body.experiments).toMatchObject([
      { id: 'colours' },
      { id: 'hero', state: 'ended', winner: 'a', viewers: 1200 },
    ]);
    expect((await run('report', 'hero')).stdout).toMatch(
      /ended, everybody gets a, first seen \d{4}-\d\d-\d\d,/,
    );
    // The file still lets it run.
    expect((await place.run('plan')).stdout).toContain('experiment hero');
    // Ended is ended: its winner stays, in the words for the file, too.
    const twice = await run('stop', 'hero');
    expect([twice.code, twice.stdout]).toEqual([0, 'Nothing to change.\n']);
    expect(twice.stderr).toContain('Write `state: ended, winner: a` at');
  });

  it('are not to get other arms or weights while they run: the plan says so', async () => {
    const changed = PLAN.replace(
      'arms: [{ id: a }, { id: b, text: Talk to us, weight: 3 }]',
      'arms: [{ id: a, weight: 2 }, { id: c }]',
    ).replace("color: '#0a7d46'", "color: '#0a7d47'");
    await writeFile(place.path('other.yaml'), changed);
    const { code, stdout, stderr } = await place.run('plan', place.path('other.yaml'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/experiment hero: .*arms \+c ~a -b/);
    expect(stdout).toContain('experiment colours: arms ~green');
    expect(stderr).toContain('Experiment hero gets other arms or weights');
    // Another colour alone deals nothing out anew.
    expect(stderr).not.toContain('colours');
  });
});
