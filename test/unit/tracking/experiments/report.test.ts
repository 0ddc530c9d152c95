import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExperimentPlan, experimentSchema } from '../../../../src/config/index.ts';
import type { Cell } from '../../../../src/tracking/experiments/cells.ts';
import { sampleOf, sumsByDay } from '../../../../src/tracking/experiments/evidence.ts';
import { guardrailsOf, wilson95 } from '../../../../src/tracking/experiments/guardrails.ts';
import { type Findings, judgeExperiment } from '../../../../src/tracking/experiments/report.ts';
import { experimentReportSchema } from '../../../../src/tracking/experiments/report-schema.ts';
import { plannedShares } from '../../../../src/tracking/experiments/split.ts';

const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 10, 1) / DAY;
/** Noon of a day that counts from 0. */
const noon = (day: number): number => (FIRST + day) * DAY + DAY / 2;

const plan = (more: object = {}): ExperimentPlan =>
  experimentSchema.parse({ id: 'hero', button: 'sales', arms: [{ id: 'a' }, { id: 'b' }], ...more });

const cell = (arm: string, seen: number, converted: number | null, viewers: number, p?: number): Cell => ({
  arm,
  seen: FIRST + seen,
  converted: converted === null ? null : FIRST + converted,
  viewers,
  inverse: p === undefined ? null : viewers / p,
  inverseSquared: p === undefined ? null : viewers / (p * p),
  drawn: p === undefined ? 0 : viewers,
  clicked: viewers,
  called: viewers,
  answered: viewers,
  qualified: converted === null ? 0 : viewers,
});

/** So many viewers and conversions an arm, on the first day. */
const counted = (...arms: readonly (readonly [string, number, number, number?])[]): readonly Cell[] =>
  arms.flatMap(([arm, viewers, conversions, p]) => [
    cell(arm, 0, null, viewers - conversions, p),
    ...(conversions > 0 ? [cell(arm, 0, 0, conversions, p)] : []),
  ]);

const judge = (cells: readonly Cell[], experiment = plan(), more: Partial<Findings> = {}) =>
  judgeExperiment(experiment, {
    at: noon(1),
    cells,
    calls: [],
    several: 0,
    unfollowed: 0,
    shares: plannedShares(experiment),
    ...more,
  });

describe('the verdict', () => {
  it('has nothing to say of nobody', () => {
    const report = judge([]);
    expect(report.verdict).toMatchObject({ type: 'nobody', sentence: 'Nobody has seen it yet.' });
    expect(experimentReportSchema.parse(report)).toEqual(report);
    expect(judge([], plan({ state: 'ended' })).verdict.sentence).toBe('It ended before anybody saw it.');
  });

  it('says so when hardly anybody may be followed', () => {
    const { warnings: none } = judge(counted(['a', 50, 2], ['b', 50, 2]), plan(), { unfollowed: 100 });
    expect(none).toEqual([]);
    const { warnings } = judge([], plan(), { unfollowed: 3 });
    expect(warnings).toEqual([expect.stringMatching(/^On 3 pages .* is dt\.js on the pages/)]);
  });

  it('names the arm that is better, with how much', () => {
    const { verdict } = judge(counted(['a', 5000, 100], ['b', 5000, 180]));
    expect(verdict).toMatchObject({ type: 'better', arm: 'b', until: null });
    expect(verdict.sentence).toMatch(
      /^b is better: 3\.60 % of its viewers make a qualified call, 2\.00 % with a \(0\.\d\d to 2\.\d\d points more, p [^)]*\)\.$/,
    );
  });

  it('names the first arm when all others are worse', () => {
    const three = plan({ arms: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] });
    const better = judge(counted(['a', 5000, 200], ['b', 5000, 100], ['c', 5000, 90]), three).verdict;
    expect(better).toMatchObject({ type: 'better', arm: 'a' });
    // One worse arm alone says nothing of the third.
    expect(judge(counted(['a', 5000, 130], ['b', 5000, 50], ['c', 5000, 128]), three).verdict.type).toBe(
      'running',
    );
  });

  it('believes no figures of a broken split', () => {
    const { verdict, split } = judge(counted(['a', 4700, 100], ['b', 5300, 220]));
    expect(split.alarm).toBe(true);
    expect(verdict.type).toBe('broken-split');
    expect(verdict.sentence).toContain('47.0 % of the viewers where 50.0 % were planned');
  });

  it('says until when, by the viewers that come', () => {
    const report = judge(counted(['a', 1500, 30], ['b', 1500, 33]));
    expect(report.plan).toMatchObject({ baseline: 0.02, viewersAtOnce: 21_109 });
    const needed = report.plan.viewersSequentially ?? 0;
    // 3,000 viewers came in a day and a half.
    expect(report.plan.daysLeft).toBe(Math.ceil((needed - 1500) / (2000 / 2)));
    expect(report.verdict).toMatchObject({ type: 'running', arm: null });
    expect(report.verdict.sentence).toContain(`Keep running until about ${report.verdict.until}`);
    expect(Date.parse(report.verdict.until ?? '')).toBeLessThanOrEqual(
      noon(1) + (report.plan.daysLeft ?? 0) * DAY,
    );
  });

  it('does not guess from a handful of conversions, nor years ahead', () => {
    expect(judge(counted(['a', 300, 3], ['b', 300, 5])).verdict.sentence).toContain('too few conversions');
    const slow = judge(counted(['a', 1000, 12], ['b', 1000, 14]), plan({ effect: 0.02 }));
    expect(slow.verdict).toMatchObject({ type: 'running', until: null });
    expect(slow.verdict.sentence).toContain('more than a year');
  });

  it('tells a likely arm from a sure one', () => {
    const { verdict, arms } = judge(counted(['a', 2000, 40], ['b', 2000, 65]));
    expect(arms[1]?.belief.best).toBeGreaterThan(0.95);
    expect(verdict).toMatchObject({ type: 'likely', arm: 'b' });
    expect(verdict.sentence).toMatch(/^Keep running until about .*; b is ahead/);
  });

  it('gives up on a difference that would have shown', () => {
    const cells = counted(['a', 40_000, 2000], ['b', 40_000, 2010]);
    expect(judge(cells).verdict).toMatchObject({ type: 'no-difference' });
    expect(judge(cells, plan({ effect: 0.02 })).verdict.type).toBe('running');
  });

  it('has no advice to run on for one that has ended', () => {
    const ended = plan({ state: 'ended', winner: 'b' });
    const { verdict } = judge(counted(['a', 1500, 30], ['b', 1500, 33]), ended);
    expect(verdict).toMatchObject({
      type: 'undecided',
      until: null,
      sentence: expect.stringContaining('ended'),
    });
    expect(judge(counted(['a', 5000, 100], ['b', 5000, 180]), ended).verdict.type).toBe('better');
  });

  it('counts the days in which viewers came, of one that has ended long ago', () => {
    const cells = [
      ...counted(['a', 600, 12], ['b', 600, 12]),
      cell('a', 3, null, 100),
      cell('b', 3, null, 100),
    ];
    const ended = plan({ state: 'ended' });
    expect(judge(cells, ended, { at: noon(90) }).viewersPerDay).toBe(350);
    expect(judge(cells, plan(), { at: noon(90) }).viewersPerDay).toBeCloseTo(1400 / 90.5);
    expect(judge(cells, ended, { at: noon(3) }).viewersPerDay).toBe(400);
    expect(judge([], ended, { at: noon(90) }).viewersPerDay).toBe(0);
  });

  it('asks about changes of the plan where the split is broken', () => {
    const asks = expect.stringContaining('Were arms or weights changed');
    expect(judge(counted(['a', 4700, 100], ['b', 5300, 220])).warnings).toEqual([asks]);
    expect(judge(counted(['a', 5000, 100], ['b', 5000, 220])).warnings).toEqual([]);
  });

  it('warns of a better arm whose calls are worse', () => {
    const calls = [
      { arm: 'a', calls: 400, answered: 360, short: 20 },
      { arm: 'b', calls: 600, answered: 540, short: 200 },
    ];
    const { verdict } = judge(counted(['a', 5000, 100], ['b', 5000, 180]), plan(), { calls });
    expect(verdict.sentence).toMatch(/^b is better: .* But its calls are worse: see the warnings/);
  });

  it('does not depend on the order of the other arms', () => {
    const share = fc.tuple(fc.integer({ min: 200, max: 3000 }), fc.double({ min: 0, max: 0.1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(share, { minLength: 3, maxLength: 4 }), (given) => {
        const ids = ['a', 'b', 'c', 'd'].slice(0, given.length);
        const cells = counted(
          ...given.map(
            ([viewers, rate], index) => [ids[index] ?? '', viewers, Math.floor(viewers * rate)] as const,
          ),
        );
        const weights = given.map(([viewers]) => Math.max(1, Math.round(viewers / 40)));
        const arms = ids.map((id, index) => ({ id, weight: weights[index] }));
        const [first, ...others] = arms;
        const one = judge(cells, plan({ arms }));
        const two = judge([...cells].reverse(), plan({ arms: [first, ...others.reverse()] }));
        expect(two.verdict).toEqual(one.verdict);
        for (const arm of one.arms) {
          const same = two.arms.find((each) => each.arm === arm.arm);
          expect(same?.comparison?.p ?? 0).toBeCloseTo(arm.comparison?.p ?? 0, 9);
          expect(same?.belief.best).toBeCloseTo(arm.belief.best, 9);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('warnings', () => {
  it('tell of viewers who saw two arms, and of arms that are gone', () => {
    const cells = counted(['a', 1000, 20], ['b', 1000, 20], ['old', 70, 1]);
    const { warnings, viewers } = judge(cells, plan(), { several: 4 });
    expect(viewers).toBe(2000);
    expect(warnings.join(' ')).toMatch(
      /^4 of the viewers saw more than one arm.* 70 viewers saw an arm that is no longer there/,
    );
  });

  it('tell of guardrails that are worse, and only of those', () => {
    const calls = [
      { arm: 'a', calls: 400, answered: 360, short: 20 },
      { arm: 'b', calls: 400, answered: 240, short: 110 },
    ];
    const report = judge(counted(['a', 1000, 20], ['b', 1000, 20]), plan(), { calls });
    expect(report.warnings).toEqual([
      'b: more of its calls are over within 15 s than with a.',
      'b: fewer of its calls are answered than with a.',
    ]);
    const [first, second] = report.guardrails;
    expect(first).toMatchObject({ what: 'short-calls', arm: 'a', count: 20, of: 360, worse: false });
    expect(second).toMatchObject({ what: 'short-calls', arm: 'b', count: 110, of: 240, worse: true });
    const turned = calls.map((each) => ({ ...each, arm: each.arm === 'a' ? 'b' : 'a' }));
    expect(judge(counted(['a', 9, 1], ['b', 9, 1]), plan(), { calls: turned }).warnings).toEqual([]);
  });

  it('rest on intervals that hold their share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (of, part) => {
          const count = Math.floor(of * part);
          const { low, high } = wilson95(count, of);
          expect(low).toBeLessThanOrEqual(count / of + 1e-12);
          expect(high).toBeGreaterThanOrEqual(count / of - 1e-12);
          expect([low >= 0, high <= 1]).toEqual([true, true]);
        },
      ),
    );
    // Newcombe 1998, table I.
    expect(wilson95(81, 263).low).toBeCloseTo(0.2553, 4);
    expect(wilson95(81, 263).high).toBeCloseTo(0.3662, 4);
    expect(guardrailsOf([], 0.05)).toEqual([]);
  });
});

describe('day by day', () => {
  it('counts a viewer from the first day, a conversion from the day it came', () => {
    const cells = [cell('a', 0, null, 10), cell('a', 0, 2, 1), cell('b', 1, 1, 2), cell('b', 3, null, 5)];
    const days = sumsByDay(cells, ['a', 'b'], { weighted: false, through: FIRST + 4 });
    expect(days.map(({ day }) => day - FIRST)).toEqual([0, 1, 2, 3, 4]);
    expect(days.map(({ arms }) => arms.map((arm) => `${arm.conversions}/${arm.viewers}`).join(' '))).toEqual([
      '0/11 0/0',
      '0/11 2/2',
      '1/11 2/2',
      '1/11 2/7',
      '1/11 2/7',
    ]);
    const report = judge(cells, plan(), { at: noon(4) });
    expect(report.days.at(-1)).toMatchObject({ day: '2026-11-05', viewers: [11, 7], conversions: [1, 2] });
    expect(report.from).toBe('2026-11-01');
  });

  it('weighs the viewers of a bandit by their probability', () => {
    const bandit = plan({ mode: 'bandit' });
    // The arm was shown much while few called, and little while many did: the plain rate is wrong.
    const cells = [
      ...counted(['a', 900, 9, 0.9], ['b', 100, 1, 0.1]),
      ...counted(['a', 100, 9, 0.1], ['b', 900, 81, 0.9]),
    ];
    const report = judge(cells, bandit, {
      shares: new Map([
        ['a', 0.1],
        ['b', 0.9],
      ]),
    });
    const [a, b] = report.arms;
    expect([a?.rate.value, b?.rate.value].map((rate) => rate?.toFixed(3))).toEqual(['0.018', '0.082']);
    expect([a?.weighted?.value, b?.weighted?.value].map((rate) => rate?.toFixed(3))).toEqual([
      '0.050',
      '0.050',
    ]);
    expect(a?.weighted?.horvitzThompson).toBeCloseTo(0.05, 10);
    expect(a?.weighted?.viewers).toBeLessThan(400);
    expect(report.split).toMatchObject({ test: 'inverse-probability', alarm: false });
    expect(report.verdict.type).not.toBe('better');
    expect(report.warnings).toEqual([]);
    expect(judge([...cells, ...counted(['a', 50, 1])], bandit).warnings[0]).toContain(
      '50 viewers came before',
    );
  });

  it('has of equal weights the plain share', () => {
    expect(
      sampleOf({ viewers: 8, conversions: 2, weight: 16, weightSquared: 32, convertedWeight: 4 }),
    ).toEqual({
      trials: 8,
      rate: 0.25,
    });
  });
});
