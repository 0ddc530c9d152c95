import { describe, expect, it, test } from 'vitest';
import { soak } from '../soak/soak.ts';
import { growth, leftOver, type Sample } from '../soak/verdict.ts';

/** The soak of `npm run soak` for half a minute: a twentieth of a day of registrations and calls. */

test('half a minute of registrations, calls and noise leaves nothing behind', async () => {
  const samples: Sample[] = [];
  const { faults, tally, after } = await soak({
    minutes: 0.5,
    // What runs for the first time is compiled and kept: ten minutes tell more.
    bounds: { part: 0.1, megabytes: 4 },
    onSample: (sample) => samples.push(sample),
  });
  expect({ faults, wrong: [...tally.wrong] }).toMatchObject({ faults: [] });
  const did = (name: string): number => tally.done.get(name) ?? 0;
  expect(did('registrations')).toBeGreaterThan(500);
  expect(did('calls bridged to a line')).toBeGreaterThan(40);
  for (const name of ['calls forked to two phones', 'calls never answered', 'reboots', 'guests', 'scanners'])
    expect(did(name)).toBeGreaterThan(0);
  // It was there before it was gone.
  expect(samples.some(({ stats }) => stats.dialogs > 5 && stats.registeredFlows > 20)).toBe(true);
  expect(after.stats.requestsIn['INVITE']).toBeGreaterThan(150);
});

describe('a soak that went wrong', () => {
  const sample = (at: number, heap: number, more: Partial<Sample['stats']> = {}): Sample => ({
    at,
    heap: heap * 1024 * 1024,
    rss: 0,
    handles: { TCPSocketWrap: 1 },
    stats: { dialogs: 0, timers: 0, ...more } as Sample['stats'],
  });
  const bounds = { part: 0.05, megabytes: 2 };
  const over = (heapAt: (minute: number) => number): Sample[] =>
    [2, 3, 4, 5, 6, 7, 8, 9, 10].map((minute) => sample(minute * 60_000, heapAt(minute)));

  it('is told by a heap that grows steadily, and not by one that swings', () => {
    expect(
      growth(
        over((minute) => 12 + minute * 0.5),
        bounds,
      ),
    ).toMatch(/grew from 13\.0 to 17\.0 MB/);
    expect(
      growth(
        over((minute) => 14 + (minute % 2)),
        bounds,
      ),
    ).toBeUndefined();
    expect(
      growth(
        over(() => 14),
        bounds,
      ),
    ).toBeUndefined();
  });

  it('is told by what is still there', () => {
    const before = sample(0, 10);
    expect(leftOver(before, sample(1, 10))).toEqual([]);
    expect(leftOver(before, sample(1, 10, { dialogs: 2, timers: 1 }))).toEqual([
      'dialogs is 2, was 0',
      'timers is 1, was 0',
    ]);
    expect(leftOver(before, { ...sample(1, 10), handles: { TCPSocketWrap: 3 } })).toEqual([
      '3 TCPSocketWrap are open, were 1',
    ]);
  });
});
