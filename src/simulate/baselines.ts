import type { Guess, Guesses } from './guess.ts';
import { createRandom, type SimVisit, type SourceKey, type Traffic } from './traffic/index.ts';

/** Ways of giving numbers to visits that need no gateway to be worked out. The last visit shown a number gets its call. */
export type Baseline = 'hybrid-last' | 'lru' | 'hash' | 'random';

type Assign = (visit: SimVisit, index: number) => number;

/** The number that was idle longest; if all are in use, the one that was given first. */
const leastRecentlyUsed = (count: number): ((visit: SimVisit) => number) => {
  const usedUntil = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const givenAt = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  return (visit) => {
    let best = 0;
    const rest = (number: number): number => Math.min(visit.at, usedUntil[number] ?? 0);
    for (let number = 1; number < count; number += 1) {
      const ahead = rest(number) - rest(best);
      if (ahead < 0 || (ahead === 0 && (givenAt[number] ?? 0) < (givenAt[best] ?? 0))) best = number;
    }
    usedUntil[best] = visit.at + visit.lengthMs;
    givenAt[best] = visit.at;
    return best;
  };
};

/** Sources with a number of their own under the hybrid: those whose visits bear no click id. */
const STATIC: readonly SourceKey[] = ['organic', 'direct', 'referral'];

const assignment = (baseline: Baseline, traffic: Traffic, numbers: number): Assign => {
  switch (baseline) {
    case 'lru':
      return leastRecentlyUsed(numbers);
    case 'hybrid-last': {
      const lend = leastRecentlyUsed(numbers - STATIC.length);
      return (visit) => {
        const own = visit.source === undefined ? -1 : STATIC.indexOf(visit.source);
        return own >= 0 ? own : STATIC.length + lend(visit);
      };
    }
    case 'random': {
      const random = createRandom(traffic.options.seed, 'random numbers');
      return () => random.below(numbers);
    }
    case 'hash':
      // A visitor whose browser forgets is another one each time.
      return ({ person }, index) => {
        const key = traffic.people[person]?.remembers ? person : traffic.people.length + index;
        return (Math.imul(key + 1, 0x9e3779b1) >>> 8) % numbers;
      };
  }
};

const UNATTRIBUTED: Guess = {
  visit: undefined,
  source: undefined,
  probability: undefined,
  method: 'none',
  spam: false,
};

/**
 * What a simple system makes of the traffic. Bots take no numbers from it: that is more than such systems have.
 *
 * @param numbers tracking numbers in all, more than 3
 */
export const runBaseline = (baseline: Baseline, traffic: Traffic, numbers: number): Guesses => {
  const assign = assignment(baseline, traffic, numbers);
  const given = new Int32Array(traffic.visits.length).fill(-1);
  const holder = new Int32Array(numbers).fill(-1);
  let next = 0;
  const showUntil = (at: number): void => {
    for (; next < traffic.visits.length; next += 1) {
      const visit = traffic.visits[next];
      if (visit === undefined || visit.source === undefined || visit.at > at) return;
      const number = assign(visit, next);
      given[next] = number;
      holder[number] = next;
    }
  };
  return traffic.calls.map(({ at, dials }) => {
    showUntil(at);
    const number = dials.type === 'shown' ? (given[dials.visit] ?? -1) : Math.floor(dials.place * numbers);
    if (baseline === 'hybrid-last' && number < STATIC.length)
      return { ...UNATTRIBUTED, source: STATIC[number], method: 'static' };
    const visit = holder[number] ?? -1;
    if (visit < 0) return UNATTRIBUTED;
    return { ...UNATTRIBUTED, visit, source: traffic.visits[visit]?.source, method: 'last' };
  });
};
