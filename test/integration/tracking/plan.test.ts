import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { loadTrackingPlan, parseTrackingPlan, type TrackingPlan } from '../../../src/config/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import {
  applyPlan,
  exportPlan,
  formatDiff,
  listLines,
  listNumbers,
  listSources,
  planChanges,
  planEdits,
} from '../../../src/tracking/index.ts';
import { newCall } from '../store/rows.ts';

const context = { trunkIds: ['carrier'], defaultRegion: 'US' } as const;
let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialtrace-plan-'));
  const options = { path: join(folder, 'a.db'), keyFile: join(folder, 'a.key'), backupDirectory: folder };
  store = await openStore(options, silentLogger);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const EMPTY = parseTrackingPlan({ blockedCallers: [] }, context);
const PLAN = parseTrackingPlan(
  {
    sources: [
      {
        id: 'ads',
        name: 'Ads',
        source: 'google',
        medium: 'cpc',
        keyword: 'roof repair',
        landingPage: '/roofs',
        cost: { amount: 1500, currency: 'USD', per: 'month' },
      },
      { id: 'radio', name: 'Radio', source: 'radio' },
    ],
    lines: [
      { id: 'sales', type: 'sip', uri: 'sip:sales@pbx.example', nat: true },
      {
        id: 'desk',
        name: 'Desk',
        type: 'trunk',
        number: '202 555 0100',
        trunk: 'carrier',
        ringTimeoutSeconds: 12.5,
      },
      { id: 'echo', type: 'echo' },
    ],
    numbers: [
      { number: '+12025550123', source: 'ads', lines: ['sales', 'desk'], record: false },
      { number: '+12025550145', source: 'radio', lines: ['echo'], label: '0123: yes', enabled: false },
    ],
    blockedCallers: ['+12025550199'],
  },
  context,
);

beforeEach(() => applyPlan(store, EMPTY));

/** Plans of all shapes whose references hold. */
const plans: fc.Arbitrary<TrackingPlan> = fc
  .record({
    sources: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
    lines: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
    numbers: fc.uniqueArray(fc.integer({ min: 100, max: 120 }), { maxLength: 6 }),
    blocked: fc.option(fc.uniqueArray(fc.integer({ min: 130, max: 135 })), { nil: undefined }),
    words: fc.array(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), {
      minLength: 8,
      maxLength: 8,
    }),
    picks: fc.array(fc.nat(1000), { minLength: 30, maxLength: 30 }),
  })
  .map(({ sources, lines, numbers, blocked, words, picks }) => {
    const pick = (index: number): number => picks[index % picks.length] ?? 0;
    const chosen = <T>(list: readonly T[], index: number): T[] =>
      list.slice(pick(index) % list.length).slice(0, 1);
    const word = (index: number): string => words[pick(index) % words.length] ?? '?';
    const types = [
      { type: 'echo' },
      { type: 'sip', uri: 'sip:a@b.example', nat: true },
      { type: 'trunk', number: '+12025550100', trunk: 'carrier' },
    ];
    return parseTrackingPlan(
      {
        sources: sources.map((id, i) => ({
          id,
          name: word(i),
          source: word(i + 1),
          ...(pick(i) % 2 === 0 && {
            medium: word(i + 2),
            cost: { amount: pick(i) / 8, currency: 'EUR', per: 'week' },
          }),
        })),
        lines: lines.map((id, i) => ({ id, ...types[pick(i) % 3], ringTimeoutSeconds: 1 + (pick(i) % 50) })),
        numbers: numbers.map((n, i) => ({
          number: `+12025550${n}`,
          source: chosen(sources, i)[0],
          lines: pick(i) % 2 === 0 ? lines : chosen(lines, i),
          enabled: pick(i) % 3 > 0,
          ...(pick(i) % 5 > 2 && { record: pick(i) % 5 === 3, label: word(i) }),
        })),
        ...(blocked && { blockedCallers: blocked.map((n) => `+12025550${n}`) }),
      },
      context,
    );
  });

describe('applying a plan', () => {
  it('leaves nothing to change, whatever was there before; an export loads to the same', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const expected = await planChanges(store, plan);
        expect(await applyPlan(store, plan)).toEqual(expected);
        expect((await planChanges(store, plan)).changes).toEqual([]);
        expect((await applyPlan(store, plan)).changes).toEqual([]);
        for (const reveal of [true, false]) {
          const file = join(folder, 'export.yaml');
          await writeFile(file, await exportPlan(store, { reveal }));
          const loaded = loadTrackingPlan(file, context);
          expect((await planChanges(store, loaded)).changes).toEqual([]);
          expect(loaded.blockedCallers === undefined).toBe(!reveal);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('shows additions, changed fields and removals', async () => {
    expect(formatDiff(await applyPlan(store, PLAN)).split('\n')).toEqual([
      '+ source ads (Ads)',
      '+ source radio (Radio)',
      '+ line sales (sip sip:sales@pbx.example)',
      '+ line desk (trunk +12025550100)',
      '+ line echo (echo)',
      '+ number +12025550123 → ads',
      '+ number +12025550145 → radio',
      '+ blocked caller +120******99',
    ]);
    const next: TrackingPlan = {
      ...PLAN,
      sources: PLAN.sources.slice(0, 1),
      lines: PLAN.lines.map((line) => (line.type === 'sip' ? { ...line, ringTimeoutSeconds: 30 } : line)),
      numbers: PLAN.numbers.slice(0, 1).map((entry) => ({ ...entry, lines: ['desk', 'sales'] })),
      blockedCallers: undefined,
    };
    expect(formatDiff(await planChanges(store, next)).split('\n')).toEqual([
      '- source radio',
      '~ line sales: ringTimeoutSeconds 20 → 30',
      '~ number +12025550123: lines [sales, desk] → [desk, sales]',
      '- number +12025550145',
    ]);
    await applyPlan(store, next);
    expect((await store.numbers.route('+12025550123'))?.lines.map((line) => line.id)).toEqual([
      'desk',
      'sales',
    ]);
    expect(await store.blockedCallers.isBlocked(store.vault.hmac('+12025550199'))).toBe(true);
  });

  it('leaves everything as it was when one part fails', async () => {
    await applyPlan(store, PLAN);
    const broken: TrackingPlan = { ...PLAN, sources: [], numbers: PLAN.numbers.slice(0, 1) };
    await expect(applyPlan(store, broken)).rejects.toThrow(/FOREIGN KEY/);
    expect((await planChanges(store, PLAN)).changes).toEqual([]);
  });

  it('keeps the source that past calls were given', async () => {
    await applyPlan(store, PLAN);
    await store.runs.start('plan-run', 1);
    await store.calls.open(
      {
        ...newCall('plan-call', 'plan-run', 2),
        source_id: 'radio',
        source_name: 'Radio',
        did: '+12025550145',
      },
      [],
    );
    expect((await listSources(store)).map((row) => [row.id, row.numbers, row.calls])).toEqual([
      ['ads', 1, 0],
      ['radio', 1, 1],
    ]);
    expect((await listNumbers(store))[1]).toMatchObject({ number: '+12025550145', calls: 1, lastCallAt: 2 });
    expect((await listLines(store)).map((row) => [row.id, row.numbers])).toEqual([
      ['desk', 1],
      ['echo', 1],
      ['sales', 1],
    ]);
    await applyPlan(store, EMPTY);
    expect((await store.calls.get('plan-call'))?.call.source_name).toBe('Radio');
  });
});

it('takes a plan of thousands of numbers, and takes them out again', async () => {
  const numbers = Array.from({ length: 2500 }, (_, index) => ({
    number: `+1212${2_000_000 + index}`,
    source: 'ads',
    lines: ['echo', 'desk'],
    enabled: true,
  }));
  const plan = { ...PLAN, numbers };
  await applyPlan(store, plan);
  expect(await store.numbers.list()).toHaveLength(2500);
  const read = await store.numbers.route('+12122002499');
  expect(read?.lines.map(({ id }) => id)).toEqual(['echo', 'desk']);
  expect((await planChanges(store, plan)).changes).toEqual([]);
  const moved = {
    ...PLAN,
    numbers: numbers.map((entry) => ({ ...entry, source: 'radio', lines: ['desk'] })),
  };
  await applyPlan(store, moved);
  expect((await planChanges(store, moved)).changes).toEqual([]);
  await applyPlan(store, EMPTY);
  expect(await store.numbers.list()).toEqual([]);
});

it('refuses an empty file, which would remove everything', async () => {
  const path = join(folder, 'nothing.yaml');
  for (const text of ['', '# nothing\n', '{}\n']) {
    await writeFile(path, text);
    expect(() => loadTrackingPlan(path, context)).toThrow(/is empty/);
  }
  await writeFile(path, 'numbers: []\n');
  expect(loadTrackingPlan(path, context).numbers).toEqual([]);
});

it('never writes blocked callers to an export unless asked', async () => {
  await applyPlan(store, PLAN);
  const text = await exportPlan(store, { reveal: false });
  expect(text).not.toContain('2025550199');
  expect(text).toMatch(/# blockedCallers: 1 kept/);
  expect(text).toContain("number: '+12025550123'");
  expect(await exportPlan(store, { reveal: true })).toContain("- '+12025550199'");
});

describe('single edits', () => {
  it('add, change and remove one entry, checked like a plan', async () => {
    await applyPlan(store, PLAN);
    const edits = planEdits(store, context);
    expect(
      formatDiff(await edits.addNumber({ number: '(202) 555-0167', source: 'ads', lines: ['echo'] })),
    ).toBe('+ number +12025550167 → ads');
    await expect(edits.addNumber({ number: '+12025550167', source: 'ads', lines: ['echo'] })).rejects.toThrow(
      /already/,
    );
    await expect(
      edits.addNumber({ number: '+12025550168', source: 'adds', lines: ['echo'] }),
    ).rejects.toMatchObject({
      problems: [{ path: 'source' }],
    });
    expect(formatDiff(await edits.updateNumber('202-555-0123', { record: undefined, source: 'radio' }))).toBe(
      '~ number +12025550123: source ads → radio, record false → unset',
    );
    await expect(edits.updateNumber('+12025550199', {})).rejects.toThrow(/no number \+12025550199/);
    await expect(edits.removeLine('echo')).rejects.toThrow(/used by \+12025550145, \+12025550167/);
    expect(formatDiff(await edits.removeNumber('+12025550167'))).toBe('- number +12025550167');
    expect(formatDiff(await edits.addSource({ id: 'tv', name: 'TV', source: 'tv' }))).toBe(
      '+ source tv (TV)',
    );
    expect(formatDiff(await edits.updateSource('tv', { campaign: 'x' }))).toBe(
      '~ source tv: campaign unset → x',
    );
    await edits.removeSource('tv');
    await edits.updateLine('sales', { ringTimeoutSeconds: 9 });
    expect((await store.numbers.route('+12025550123'))?.lines[0]?.ring_timeout_s).toBe(9);
    expect(await store.blockedCallers.count()).toBe(1);
  });
});
