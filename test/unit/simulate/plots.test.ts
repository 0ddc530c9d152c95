import { describe, expect, it } from 'vitest';
import { reliabilityPlot, sourcePlot } from '../../../src/simulate/plots.ts';
import { summaries } from '../../../src/simulate/report.ts';
import { reliability, type Score } from '../../../src/simulate/score.ts';

const score = (sourceRight: number): Score => ({
  calls: 10,
  sourceRight,
  sourceRightOfVisits: null,
  strangersRight: null,
  adVisitRight: null,
  unattributed: 0,
  spamFlagged: 0,
  reliability: reliability([{ said: 0.9, right: true }]),
  methods: {},
});

describe('summaries', () => {
  it('are the mean, the worst and the best seed of each system and count of numbers', () => {
    const runs = [
      { seed: 1, numbers: 12, system: 'gateway', score: score(0.9) },
      { seed: 2, numbers: 12, system: 'gateway', score: score(1) },
      { seed: 1, numbers: 6, system: 'lru', score: score(0.5) },
    ] as const;
    const [first, second, ...rest] = summaries(runs);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      numbers: 12,
      system: 'gateway',
      seeds: 2,
      calls: 20,
      strangersRight: null,
    });
    expect(first?.sourceRight?.mean).toBeCloseTo(0.95, 9);
    expect(first?.sourceRight).toMatchObject({ least: 0.9, most: 1 });
    expect(first?.pooled?.calls).toBe(2);
    expect(second).toMatchObject({ numbers: 6, system: 'lru', seeds: 1 });
  });
});

describe('plots', () => {
  it('draw higher what is better, and a dot for each bin with calls', () => {
    const plot = sourcePlot(
      summaries([
        { seed: 1, numbers: 12, system: 'gateway', score: score(0.95) },
        { seed: 1, numbers: 12, system: 'random', score: score(0.6) },
      ]),
    );
    const heights = [...plot.matchAll(/cy="([\d.]+)" r="4"/g)].map(([, y]) => Number(y));
    expect(heights).toHaveLength(2);
    expect(heights[0]).toBeLessThan(heights[1] ?? 0);
    expect(plot).toContain('Dialtrace, hybrid');
    const dots = reliabilityPlot(
      reliability([
        { said: 0.15, right: false },
        { said: 0.97, right: true },
      ]),
    );
    expect(dots.match(/<circle/g)).toHaveLength(2);
    expect(`${plot}${dots}`).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('draw nothing of nothing', () => {
    expect(sourcePlot([])).not.toMatch(/NaN|Infinity|undefined/);
    expect(reliabilityPlot(reliability([]))).not.toMatch(/<circle|NaN/);
  });
});
