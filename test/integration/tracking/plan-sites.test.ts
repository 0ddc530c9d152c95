import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { loadTrackingPlan, parseTrackingPlan } from '../../../src/config/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { applyPlan, exportPlan, planChanges, planEdits } from '../../../src/tracking/index.ts';

const context = { trunkIds: [], defaultRegion: 'US' } as const;
const NOW = 1_800_000_000_000;
const LENT = ['+12025550171', '+12025550172'] as const;

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-plan-'));
  const options = { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder };
  store = await openStore(options, silentLogger);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const values = {
  sources: [{ id: 'ads', name: 'Ads', source: 'google', medium: 'cpc' }],
  lines: [
    { id: 'echo', type: 'echo' },
    { id: 'second', type: 'echo' },
  ],
  numbers: [
    { number: '+12025550123', source: 'ads', lines: ['echo'] },
    ...LENT.map((number) => ({ number, pool: 'ads' })),
  ],
  pools: [{ id: 'ads', lines: ['echo', 'second'], overflow: '+12025550123', record: false }],
  sites: [
    {
      id: 'main',
      hosts: ['www.acme.example', '*.acme.example:8443'],
      targets: [{ number: '(202) 555-0100', display: '202.555.0100' }],
      rules: [
        { id: 'ads', use: { pool: 'ads' } },
        {
          id: 'search',
          when: { landing: { path: ['/a', '/b'] }, device: 'phone' },
          use: { number: '+12025550123' },
          priority: 2,
        },
      ],
      parameters: { src: 'source' },
    },
  ],
  automations: [
    {
      id: 'good',
      when: { minTalkSeconds: 60, source: 'google' },
      do: { tags: ['long'], status: 'qualified' },
    },
    { id: 'spam', when: { minSpamScore: 3 }, do: { tags: ['spam'] } },
  ],
};
const PLAN = parseTrackingPlan(values, context);

const states = async (): Promise<Record<string, string>> => {
  const rows = await store.db.selectFrom('tracking_number').select(['number', 'state']).execute();
  return Object.fromEntries(rows.map((row) => [row.number, row.state]));
};

describe('a plan with pools, sites and automations', () => {
  it('leaves nothing to change once applied, and an export says the same', async () => {
    await applyPlan(store, PLAN, NOW);
    expect((await planChanges(store, PLAN)).changes).toEqual([]);
    const file = join(folder, 'export.yaml');
    await writeFile(file, await exportPlan(store, { reveal: false }));
    expect((await planChanges(store, loadTrackingPlan(file, context))).changes).toEqual([]);
  });

  it("gives a pool's numbers its lines, and lets them rest before they are lent", async () => {
    await applyPlan(store, PLAN, NOW);
    const route = await store.numbers.route(LENT[0]);
    expect(route?.source).toBeUndefined();
    expect(route?.lines.map(({ id }) => id)).toEqual(['echo', 'second']);
    expect(route?.number).toMatchObject({ pool_id: 'ads', state: 'testing', state_since: NOW, record: 0 });
    const changed = { ...PLAN, pools: PLAN.pools.map((pool) => ({ ...pool, lines: ['second'] })) };
    await applyPlan(store, changed, NOW + 1);
    const after = await store.numbers.route(LENT[0]);
    expect(after?.lines.map(({ id }) => id)).toEqual(['second']);
    expect(after?.number.state_since).toBe(NOW);
  });

  it('keeps a number that was lent, with its pool and lines, when the plan drops them all', async () => {
    await applyPlan(store, PLAN, NOW);
    const diff = await applyPlan(
      store,
      { ...PLAN, numbers: PLAN.numbers.slice(0, 1), pools: [], sites: [] },
      NOW + 5,
    );
    expect(diff.changes.map(({ action, subject, id }) => `${action} ${subject} ${id}`)).toEqual([
      'remove pool ads',
      `remove number ${LENT[0]}`,
      `remove number ${LENT[1]}`,
      'remove site main',
    ]);
    expect(await states()).toEqual({
      '+12025550123': 'active',
      [LENT[0]]: 'draining',
      [LENT[1]]: 'draining',
    });
    expect((await store.numbers.route(LENT[0]))?.lines).toHaveLength(2);
    expect(await planChanges(store, PLAN)).not.toEqual({ changes: [] });
    await applyPlan(store, PLAN, NOW + 9);
    expect(await states()).toMatchObject({ [LENT[0]]: 'testing' });
    expect((await planChanges(store, PLAN)).changes).toEqual([]);
  });

  it('drops lines that only numbers in quarantine ring', async () => {
    await applyPlan(store, PLAN, NOW);
    const kept = { ...PLAN, numbers: PLAN.numbers.slice(0, 1), pools: [], sites: [] };
    await applyPlan(store, { ...kept, lines: PLAN.lines.slice(0, 1) }, NOW + 5);
    expect((await store.numbers.route(LENT[0]))?.lines.map(({ id }) => id)).toEqual(['echo']);
  });

  it('turns a number of a source into one of a pool and back', async () => {
    await applyPlan(store, PLAN, NOW);
    const swapped = parseTrackingPlan(
      {
        ...values,
        numbers: [...values.numbers.slice(0, 2), { number: LENT[1], source: 'ads', lines: ['second'] }],
      },
      context,
    );
    await applyPlan(store, swapped, NOW + 5);
    expect((await store.numbers.route(LENT[1]))?.source?.id).toBe('ads');
    expect(await states()).toMatchObject({ [LENT[1]]: 'active' });
    await applyPlan(store, PLAN, NOW + 9);
    expect(await states()).toMatchObject({ [LENT[1]]: 'testing' });
  });

  it('notices that automations changed their order', async () => {
    await applyPlan(store, PLAN, NOW);
    const turned = { ...PLAN, automations: PLAN.automations.toReversed() };
    expect((await planChanges(store, turned)).changes).toHaveLength(2);
    await applyPlan(store, turned, NOW + 1);
    expect((await planChanges(store, turned)).changes).toEqual([]);
  });

  it('survives edits of single entries', async () => {
    await applyPlan(store, PLAN, NOW);
    await planEdits(store, context).updateSource('ads', { name: 'Search ads' });
    expect((await planChanges(store, PLAN)).changes).toMatchObject([{ action: 'change', id: 'ads' }]);
    await expect(planEdits(store, context).removeLine('second')).rejects.toThrow(/used by pool ads/);
    await expect(planEdits(store, context).removeNumber('+12025550123')).rejects.toMatchObject({
      problems: [{ path: 'pools[0].overflow' }, { path: 'sites[0].rules[1].use.number' }],
    });
  });
});
