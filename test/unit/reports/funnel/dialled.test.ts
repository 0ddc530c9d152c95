import { describe, expect, it } from 'vitest';
import { callsOfDials, DIAL_MS, type Dial } from '../../../../src/reports/funnel/dialled.ts';
import type { VisitCall } from '../../../../src/reports/funnel/read.ts';

const call = (at: number, visit = 'V'): VisitCall => ({
  visit,
  at,
  test: 0,
  spam: 0,
  ended: 1,
  rang: 1,
  answered: 1,
  talk_ms: 60_000,
  qualified: 1,
});
const dial = (press: string | undefined, at: number, visit = 'V'): Dial<string> => ({ visit, at, press });

const given = (dials: readonly Dial<string>[], ...calls: VisitCall[]) =>
  callsOfDials(dials, calls)
    .map(({ press, call: { at } }) => `${press} ${at}`)
    .sort();

describe('a call by telephone', () => {
  it('is of the dialler that its visit opened, within ten minutes', () => {
    expect(given([dial('a', 1000)], call(999))).toEqual([]);
    expect(given([dial('a', 1000)], call(1000))).toEqual(['a 1000']);
    expect(given([dial('a', 1000)], call(1000 + DIAL_MS))).toEqual([`a ${1000 + DIAL_MS}`]);
    expect(given([dial('a', 1000)], call(1001 + DIAL_MS))).toEqual([]);
    expect(given([dial('a', 1000)], call(2000, 'W'))).toEqual([]);
  });

  it('is of the last one before it, each of one', () => {
    expect(given([dial('a', 1000), dial('b', 2000)], call(3000))).toEqual(['b 3000']);
    expect(given([dial('b', 2000), dial('a', 1000)], call(1500), call(3000))).toEqual(['a 1500', 'b 3000']);
    expect(given([dial('a', 1000)], call(1500), call(3000))).toEqual(['a 1500']);
  });

  it('is of a press that opened the dialler again', () => {
    expect(given([dial('a', 1000), dial('a', 2000)], call(1500))).toEqual(['a 1500']);
  });

  it('is of nobody who is asked about when another button was dialled at last', () => {
    expect(given([dial('a', 1000), dial(undefined, 2000)], call(3000))).toEqual([]);
    expect(given([dial('a', 1000), dial(undefined, 2000)], call(1500), call(3000))).toEqual(['a 1500']);
  });
});
