import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type SimulationOptions, simulate } from '../../../src/simulate/index.ts';
import { makePlace } from '../cli/run-cli.ts';

const OPTIONS: SimulationOptions = {
  seeds: [1],
  days: 1,
  visitsPerDay: 100,
  workload: 'usual',
  numbers: [12],
  systems: ['gateway'],
  calls: 'direct',
};

const folders = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('dialtrace-simulate-'));

describe('a simulation', () => {
  it('sends pages and calls through a gateway, whose call log names what brought most of them', async () => {
    const before = folders();
    const { runs, summaries } = await simulate({ ...OPTIONS, systems: ['gateway', 'lru'] });
    expect(runs.map(({ seed, system }) => [seed, system])).toEqual([
      [1, 'gateway'],
      [1, 'lru'],
    ]);
    for (const { wire, score } of runs.filter(({ system }) => system === 'gateway')) {
      expect(wire).toMatchObject({ refused: 0, calls: score.calls });
      expect(wire?.sessions).toBeGreaterThan(100);
      expect(wire?.leases.opened).toBeGreaterThan(15);
      expect(score.calls).toBeGreaterThan(2);
      expect(score.sourceRightOfVisits).toBeGreaterThan(0.7);
      expect(Object.keys(score.methods)).toContain('static');
    }
    expect(summaries.map(({ system, seeds }) => [system, seeds])).toEqual([
      ['gateway', 1],
      ['lru', 1],
    ]);
    expect(folders().filter((name) => !before.includes(name))).toEqual([]);
  });

  it('comes to the same by real calls: SIP through a trunk, pages by HTTP', async () => {
    const [direct, real] = await Promise.all(
      (['direct', 'real'] as const).map(async (calls) => {
        const { runs } = await simulate({ ...OPTIONS, calls });
        return runs.map(({ wire, score }) => ({ wire, score }));
      }),
    );
    expect(real).toEqual(direct);
  });
});

describe('dialtrace simulate', () => {
  it('prints a table, and writes figures and plots', async () => {
    const place = await makePlace();
    try {
      const words = 'simulate --seeds 3-4 --days 1 --visits-per-day 40 --out accuracy'.split(' ');
      const { code, stdout, stderr } = await place.run(...words);
      expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false });
      expect(stdout).toMatch(
        /^Simulated traffic {2}1 day, 40 visits a day, \d+ calls, workload usual, seeds 3, 4\n/,
      );
      for (const name of ['Dialtrace, hybrid', 'one pool, last visit shown', 'hash mod N', 'random'])
        expect(stdout).toMatch(new RegExp(`^ +12 +${name} +\\d+\\.\\d %`, 'm'));
      const figures: unknown = JSON.parse(await readFile(place.path('accuracy/accuracy.json'), 'utf8'));
      expect(figures).toMatchObject({ options: { seeds: [3, 4], numbers: [12] } });
      expect(await readFile(place.path('accuracy/accuracy-sources.svg'), 'utf8')).toMatch(
        /^<svg .*<\/svg>\n$/s,
      );
      // Nothing of the user's is touched.
      expect(existsSync(place.path('data'))).toBe(false);
    } finally {
      await place.remove();
    }
  });

  it('refuses what it does not understand', async () => {
    const place = await makePlace();
    try {
      for (const words of [
        ['--seeds', '5-1'],
        ['--seeds', 'x'],
        ['--numbers', '3'],
        ['--allocator', 'best'],
      ]) {
        const { code, stderr } = await place.run('simulate', ...words);
        expect({ words, code }).toEqual({ words, code: 2 });
        expect(stderr).not.toBe('');
      }
    } finally {
      await place.remove();
    }
  });
});
