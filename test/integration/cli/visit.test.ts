import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';
import { createDni, createLivePlan } from '../../../src/tracking/index.ts';
import { pageRequest, TARGET } from '../../support/dni-stage.ts';
import { CONFIG, makePlace, PLAN, type Place } from './run-cli.ts';

const SITES = `
pools:
  - { id: ads, lines: [echo], quietDays: 0 }
sites:
  - id: main
    hosts: [www.example.com]
    targets: [{ number: '${TARGET}' }]
    rules: [{ id: ads, use: { pool: ads } }]
`;
const POOLED = "  - { number: '+12025550124', pool: ads }\n";

let place: Place;
let visit = '';

beforeAll(async () => {
  place = await makePlace(CONFIG, `${PLAN}${POOLED}${SITES}`);
  expect(await place.run('apply', '--yes')).toMatchObject({ code: 0 });
});
afterAll(() => place.remove());

/** A visit with a page, a tap and a swap. */
const visitOnce = async (): Promise<void> => {
  const store = await openStore(
    {
      path: place.path('data/dialtrace.db'),
      keyFile: place.path('data/dialtrace.key'),
      backupDirectory: place.path('data/backups'),
    },
    silentLogger,
  );
  const live = createLivePlan(store, silentLogger, 0);
  await live.refresh();
  const dni = createDni({ store, plan: live.current, now: Date.now, logger: silentLogger });
  const answer = await dni.session(pageRequest({ url: 'https://www.example.com/roofs?gclid=abc' }));
  visit = 'visit' in answer ? (answer.visit ?? '') : '';
  await dni.events('main', visit, [
    { type: 'click', kind: 'tel', number: '+12025550124' },
    { type: 'swap', outcome: 'swapped', page: '/roofs', count: 2 },
    { type: 'swap', outcome: 'fight', page: '/roofs', count: 1 },
  ]);
  await store.close();
};

it('lists no visits, then one', async () => {
  expect((await place.run('visit', 'list')).stdout).toBe('No visits in this period.\n');
  expect((await place.run('site', 'check', 'main')).stdout).toMatch(/is the script on its pages\?\n$/);
  await visitOnce();
  const listed = await place.run('visit', 'list', '--period', '7d', '--site', 'main');
  expect(listed).toMatchObject({ code: 0 });
  expect(listed.stdout).toMatch(/main\s+google \/ cpc\s+–\s+\/roofs\s+desktop\s+1\s+[0-9A-Z]{26}\n$/);
  const { visits } = JSON.parse((await place.run('visit', 'list', '--json')).stdout);
  expect(visits).toMatchObject([{ id: visit, sourceId: 'google-ads' }]);
  expect((await place.run('visit', 'list', '--site', 'else')).stdout).toContain('No visits');
});

it('shows one with its pages, numbers and clicks', async () => {
  const { stdout } = await place.run('visit', 'show', visit.toLowerCase());
  expect(stdout).toMatch(/Click ids\s+gclid=abc/);
  expect(stdout).toMatch(/Numbers shown\n.*\n.*\+12025550124/);
  expect(stdout).toMatch(/Clicks\n.*\n.*tel\s+\+12025550124/);
  const shown = JSON.parse((await place.run('visit', 'show', visit, '--json')).stdout);
  expect(shown).toMatchObject({ id: visit, pageViews: [{ title: 'Home' }], calls: [] });
  const missing = await place.run('visit', 'show', 'nobody');
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no visit nobody') });
});

it('says how the pages of a site are doing', async () => {
  const { stdout } = await place.run('site', 'check', 'main');
  expect(stdout).toMatch(/swapped\s+2\s+1\s/);
  expect(stdout).toMatch(/Pages to look at\n.*\n\/roofs\s+fight\s+1\n$/);
  const figures = JSON.parse((await place.run('site', 'check', 'main', '--json')).stdout);
  expect(figures.outcomes).toMatchObject([
    { outcome: 'swapped', times: 2, pages: 1 },
    { outcome: 'fight', times: 1, pages: 1 },
  ]);
  expect(await place.run('site', 'check', 'nobody')).toMatchObject({ code: 2 });
});
