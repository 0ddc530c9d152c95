import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  longestRun,
  SPAM_FLAG,
  SPAM_RULES,
  type SpamFacts,
  spamScore,
} from '../../../../src/tracking/people/spam.ts';

const CALM: SpamFacts = {
  answered: true,
  unanswered: false,
  talkMs: 95_000,
  firstCall: true,
  anonymous: false,
  callsWithinDay: 1,
  numbersWithinDay: 1,
  sequentialNumbers: 1,
  callerMarked: null,
  callMarked: null,
  scoredSpam: false,
  knownLead: false,
  fromPage: false,
};

const scoreOf = (facts: Partial<SpamFacts>): number => spamScore({ ...CALM, ...facts }).score;

const factsArbitrary: fc.Arbitrary<SpamFacts> = fc.record({
  answered: fc.boolean(),
  unanswered: fc.boolean(),
  talkMs: fc.nat(600_000),
  firstCall: fc.boolean(),
  anonymous: fc.boolean(),
  callsWithinDay: fc.integer({ min: 1, max: 20 }),
  numbersWithinDay: fc.integer({ min: 1, max: 20 }),
  sequentialNumbers: fc.integer({ min: 1, max: 20 }),
  callerMarked: fc.constantFrom('spam', 'not-spam', null),
  callMarked: fc.constantFrom('spam', 'not-spam', null),
  scoredSpam: fc.boolean(),
  knownLead: fc.boolean(),
  fromPage: fc.boolean(),
});

describe('the spam score', () => {
  it.each<[string, Partial<SpamFacts>, number]>([
    ['a first conversation', {}, 0],
    ['a short talk', { firstCall: false, talkMs: 9999 }, 2],
    ['ten seconds of talk', { firstCall: false, talkMs: 10_000 }, 0],
    ['a first call of 29 s', { talkMs: 29_999 }, 1],
    ['a first call that is hung up on', { talkMs: 3000 }, 3],
    ['a first call that nobody answers', { answered: false, unanswered: true, talkMs: 0 }, 2],
    ['a busy line, which is not the caller’s fault', { answered: false, talkMs: 0, firstCall: false }, 0],
    ['two calls in a day', { callsWithinDay: 2 }, 0],
    ['three calls in a day', { callsWithinDay: 3 }, 1],
    ['two numbers in a day', { numbersWithinDay: 2, sequentialNumbers: 2 }, 0],
    ['a dialler', { numbersWithinDay: 3, sequentialNumbers: 3 }, 3],
    ['a withheld number', { firstCall: false, anonymous: true }, 1],
    ['a caller marked before', { callerMarked: 'spam' }, 3],
    ['a call marked', { callMarked: 'spam' }, 3],
    ['a customer in a hurry', { talkMs: 3000, firstCall: false, knownLead: true }, 0],
    ['a tap on the number, then a short talk', { talkMs: 3000, fromPage: true }, 1],
    ['a call cleared', { callMarked: 'not-spam', numbersWithinDay: 9, talkMs: 1 }, 0],
  ])('of %s', (_, facts, score) => {
    expect(scoreOf(facts)).toBe(score);
  });

  it('names each rule that applied, with its points', () => {
    expect(spamScore({ ...CALM, talkMs: 3000, knownLead: true }).reasons).toEqual([
      'talked less than 10 s (+2)',
      'a first call of less than 30 s (+1)',
      'the caller is a qualified lead or a customer (−3)',
    ]);
  });

  it('says where each threshold is from', () => {
    for (const { source } of SPAM_RULES) expect(source.length).toBeGreaterThan(10);
  });

  it('is never negative, and a person’s word on the call decides', () => {
    fc.assert(
      fc.property(factsArbitrary, (facts) => {
        const { score } = spamScore(facts);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(Number.isInteger(score)).toBe(true);
        if (facts.callMarked === 'spam') expect(score).toBeGreaterThanOrEqual(SPAM_FLAG);
        if (facts.callMarked === 'not-spam') expect(score).toBe(0);
      }),
    );
  });

  it('never falls when the caller dials more', () => {
    fc.assert(
      fc.property(factsArbitrary, fc.nat(10), (facts, more) => {
        const worse = {
          ...facts,
          callsWithinDay: facts.callsWithinDay + more,
          numbersWithinDay: facts.numbersWithinDay + more,
        };
        expect(spamScore(worse).score).toBeGreaterThanOrEqual(spamScore(facts).score);
      }),
    );
  });
});

describe('the longest run of numbers', () => {
  it.each<[string[], number]>([
    [[], 0],
    [['+4930123456'], 1],
    [['+4930123457', '+4930123456'], 2],
    [['+4930123456', '+4930123458'], 1],
    [['+12025550109', '+12025550110', '+12025550111', '+12025559999'], 3],
    // Longer than a double counts exactly.
    [['+490301234567890123', '+490301234567890124'], 2],
    [['anonymous', '+12025550109'], 1],
  ])('of %j is %i', (numbers, length) => {
    expect(longestRun(numbers)).toBe(length);
  });
});
