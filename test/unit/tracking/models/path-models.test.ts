import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportion, apportionAmount, spread } from '../../../../src/tracking/models/credits.ts';
import { halved, PATH_MODELS } from '../../../../src/tracking/models/path-models.ts';
import { DAY_MS, type Path, type PathTouch } from '../../../../src/tracking/models/types.ts';

const NOW = Date.UTC(2026, 10, 30);

const touch = (key: string, daysAgo: number, more: Partial<PathTouch> = {}): PathTouch => ({
  key,
  at: NOW - daysAgo * DAY_MS,
  direct: key === 'direct',
  paid: key.endsWith('ads'),
  ...more,
});

const weigh = (id: string, path: Path): readonly number[] => {
  const model = PATH_MODELS.find((one) => one.id === id);
  if (!model) throw new Error(`no model ${id}`);
  return model.weigh(path);
};

const micros = (id: string, path: Path): number[] => apportion(1_000_000, weigh(id, path));

/** The example of docs/attribution.md: five touches in three weeks; the second brought the first call, the fourth qualified. */
const EXAMPLE: Path = {
  touches: [
    touch('google ads', 21),
    touch('newsletter', 14),
    touch('direct', 7),
    touch('organic', 1),
    touch('direct', 0),
  ],
  at: NOW,
  lead: 1,
  qualified: 3,
};

describe('the example worked by hand', () => {
  it.each([
    ['first-touch', [1_000_000, 0, 0, 0, 0]],
    ['last-touch', [0, 0, 0, 0, 1_000_000]],
    ['last-non-direct', [0, 0, 0, 1_000_000, 0]],
    ['last-paid', [1_000_000, 0, 0, 0, 0]],
    ['lead-creation', [0, 1_000_000, 0, 0, 0]],
    ['qualified', [0, 0, 0, 1_000_000, 0]],
    ['fifty-fifty', [500_000, 500_000, 0, 0, 0]],
    ['linear', [200_000, 200_000, 200_000, 200_000, 200_000]],
    // .4 first and lead, .2 over the three others.
    ['position', [400_000, 400_000, 66_667, 66_667, 66_666]],
    // .3 first, lead, qualified, .1 over the two others.
    ['w-shaped', [300_000, 300_000, 50_000, 300_000, 50_000]],
    // .225 first, lead, qualified, last, .1 to the one other.
    ['full-path', [225_000, 225_000, 100_000, 225_000, 225_000]],
    // 1/8, 1/4, 1/2, 2^(-1/7) = .905724, 1; together 2.780724.
    ['time-decay', [44_952, 89_905, 179_809, 325_715, 359_619]],
    ['j-shaped', [200_000, 66_667, 66_667, 66_666, 600_000]],
    ['inverse-j', [600_000, 66_667, 66_667, 66_666, 200_000]],
    // Four sources have a quarter each; the two direct touches share theirs.
    ['shapley', [250_000, 250_000, 125_000, 250_000, 125_000]],
  ])('%s', (id, expected) => {
    expect(micros(id, EXAMPLE)).toEqual(expected);
  });
});

describe('edges of models', () => {
  const path = (touches: readonly PathTouch[], lead?: number, qualified?: number): Path => ({
    touches,
    at: NOW,
    lead,
    qualified,
  });
  const three = [touch('a', 9), touch('b', 5), touch('c', 1)];
  const four = [...three, touch('d', 0)];

  it('gives a direct visit the credit only where there is nothing else', () => {
    const direct = [touch('direct', 2), touch('direct', 1)];
    expect(weigh('last-non-direct', path(direct))).toEqual([0, 1]);
    expect(weigh('last-paid', path([touch('organic', 2), touch('direct', 1)]))).toEqual([1, 0]);
  });

  it('lets distinct milestones share when some coincide or are missing', () => {
    expect(weigh('fifty-fifty', path(three, 0))).toEqual([1, 0, 0]);
    expect(weigh('w-shaped', path(three, 0, 0))).toEqual([0.9, 0.05, 0.05].map((w) => expect.closeTo(w, 12)));
    expect(weigh('w-shaped', path(three))).toEqual([0.9, 0.05, 0.05].map((w) => expect.closeTo(w, 12)));
    expect(weigh('w-shaped', path(four, 2, 2))).toEqual(
      [0.45, 0.05, 0.45, 0.05].map((w) => expect.closeTo(w, 12)),
    );
    expect(weigh('full-path', path(three, 1, 1))).toEqual([1, 1, 1].map((w) => expect.closeTo(w / 3, 12)));
    expect(micros('full-path', path([touch('a', 1), touch('b', 0)], 1, 1))).toEqual([500_000, 500_000]);
  });

  it('takes the last touch for a lead that is the first one, or not known, in the position model', () => {
    const expected = [0.4, 0.1, 0.1, 0.4].map((weight) => expect.closeTo(weight, 12));
    expect(weigh('position', path(four, 0))).toEqual(expected);
    expect(weigh('position', path(four))).toEqual(expected);
    expect(weigh('position', path([touch('a', 1), touch('b', 0)], 0))).toEqual([0.5, 0.5]);
  });

  it('keeps the proportion of the ends when nothing is between them', () => {
    const two = path([touch('a', 1), touch('b', 0)]);
    expect(micros('j-shaped', two)).toEqual([250_000, 750_000]);
    expect(micros('inverse-j', two)).toEqual([750_000, 250_000]);
  });

  it('falls back from qualified to lead to last', () => {
    expect(weigh('qualified', path(three, 1))).toEqual([0, 1, 0]);
    expect(weigh('qualified', path(three))).toEqual([0, 0, 1]);
  });

  it('halves a touch every seven days, exactly', () => {
    const [old = 0, fresh = 0] = weigh('time-decay', path([touch('a', 7), touch('b', 0)]));
    expect(old).toBe(fresh / 2);
    const [older = 0, , newest = 0] = weigh(
      'time-decay',
      path([touch('a', 28), touch('b', 3), touch('c', 0)]),
    );
    expect(older).toBeCloseTo(newest / 16, 14);
  });

  it('halves like the power of two', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 60, noNaN: true }), (x) => {
        expect(Math.abs(halved(x) / 2 ** -x - 1)).toBeLessThan(1e-14);
      }),
    );
    expect([halved(0), halved(1), halved(10)]).toEqual([1, 0.5, 1 / 1024]);
  });
});

const paths = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'direct', 'x ads'),
      hours: fc.integer({ min: 0, max: 24 * 90 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .chain((drawn) => {
    const touches = drawn.map(({ key, hours }) => touch(key, hours / 24)).sort((x, y) => x.at - y.at);
    const index = fc.option(fc.nat(touches.length - 1), { nil: undefined });
    return fc
      .record({ lead: index, qualified: index })
      .map((marks): Path => ({ touches, at: NOW, ...marks }));
  });

describe.each(PATH_MODELS.map((model) => [model.id, model] as const))('%s', (_, model) => {
  it('gives each touch a weight of 0 or more, together 1 to the millionth', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const weights = model.weigh(path);
        expect(weights).toHaveLength(path.touches.length);
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
        expect(apportion(1_000_000, weights).reduce((sum, share) => sum + share, 0)).toBe(1_000_000);
      }),
    );
  });

  it('gives the only touch all', () => {
    for (const key of ['direct', 'organic', 'x ads'])
      for (const mark of [0, undefined])
        expect(model.weigh({ touches: [touch(key, 3)], at: NOW, lead: mark, qualified: mark })).toEqual([1]);
  });
});

describe('linear', () => {
  it('gives each of n touches an nth', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const n = path.touches.length;
        expect(new Set(weigh('linear', path))).toEqual(new Set([1 / n]));
      }),
    );
  });
});

describe('shares', () => {
  it('add up, differ from the exact ones by less than a unit, and favour the first of equals', () => {
    expect(apportion(1_000_000, [1, 1, 1])).toEqual([333_334, 333_333, 333_333]);
    expect(apportion(10, [0, 1, 0])).toEqual([0, 10, 0]);
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.nat(10 ** 9), weights, (total, drawn) => {
        const sum = drawn.reduce((all, weight) => all + weight, 0);
        fc.pre(sum > 1e-6);
        const shares = apportion(total, drawn);
        expect(shares.reduce((all, share) => all + share, 0)).toBe(total);
        shares.forEach((share, index) => {
          expect(Math.abs(share - ((drawn[index] ?? 0) / sum) * total)).toBeLessThan(1.001);
        });
      }),
    );
  });

  it('of money are exact, however large', () => {
    const large = Number.MAX_SAFE_INTEGER;
    const parts = [333_334, 333_333, 333_333];
    const shares = apportionAmount(large, parts);
    expect(shares.reduce((sum, share) => sum + BigInt(share), 0n)).toBe(BigInt(large));
    const floor = (BigInt(large) * 333_333n) / 1_000_000n;
    for (const share of shares.slice(1)) expect([floor, floor + 1n]).toContain(BigInt(share));
  });

  it('of a probability leave the rest to nobody', () => {
    expect(spread([0.7, 0.2])).toEqual([700_000, 200_000, 100_000]);
    expect(spread([0.6, 0.6])).toEqual([500_000, 500_000, 0]);
  });
});
