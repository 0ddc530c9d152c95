/** What is known of a call and its caller when it has ended. */
export type SpamFacts = {
  readonly answered: boolean;
  /** Nobody answered, and the lines were to be reached: the caller gave up, or nobody took it. */
  readonly unanswered: boolean;
  readonly talkMs: number;
  /** False for an anonymous caller: nobody can know. */
  readonly firstCall: boolean;
  readonly anonymous: boolean;
  /** Calls of this caller within 24 h before its end, itself included. */
  readonly callsWithinDay: number;
  /** Different tracking numbers that those dialled. */
  readonly numbersWithinDay: number;
  /** How many of those numbers follow one another without a gap. */
  readonly sequentialNumbers: number;
  /** The latest word of a person on an earlier call of the caller. */
  readonly callerMarked: 'spam' | 'not-spam' | null;
  /** Of a person on this very call. */
  readonly callMarked: 'spam' | 'not-spam' | null;
  /** The line said so by a key after the call. */
  readonly scoredSpam: boolean;
  /** The person is a qualified lead or a customer. */
  readonly knownLead: boolean;
  /**
   * It almost certainly (.95) came from a visit: the call button, an extension code, a tap on the number, a number that it held; or
   * from one of the visits that were shown the number of their source.
   */
  readonly fromPage: boolean;
};

export type SpamVerdict = {
  /** 0 and more. */
  readonly score: number;
  /** One for each rule that applied, with its points: `talked less than 10 s (+2)`. */
  readonly reasons: readonly string[];
};

type SpamRule = {
  readonly points: number;
  readonly words: string;
  /** Where the threshold is from. */
  readonly source: string;
  readonly applies: (facts: SpamFacts) => boolean;
};

/** From this score on a call is flagged. It stays in every list and report that does not ask to leave it out. */
export const SPAM_FLAG = 3;

const SHORT_MS = 10_000;
const BRIEF_MS = 30_000;
const MANY_CALLS = 3;
const MANY_NUMBERS = 3;
const SEQUENTIAL_NUMBERS = 3;

const CALLRAIL =
  'heuristic of callrail-mcp: < 10 s +2, unanswered +1, first-time and < 30 s +1, >= 3 calls +1, flag >= 3';
const DIALLERS = 'of ours: predictive diallers work through blocks of numbers, people know one or two';
const PEOPLE = 'of ours: what a person said of the caller outweighs the pattern of one call';

/** The one place for thresholds and points. */
export const SPAM_RULES: readonly SpamRule[] = [
  {
    points: 2,
    words: 'talked less than 10 s',
    source: CALLRAIL,
    applies: ({ answered, talkMs }) => answered && talkMs < SHORT_MS,
  },
  { points: 1, words: 'was not answered', source: CALLRAIL, applies: ({ unanswered }) => unanswered },
  {
    points: 1,
    words: 'a first call of less than 30 s',
    source: CALLRAIL,
    applies: ({ firstCall, talkMs }) => firstCall && talkMs < BRIEF_MS,
  },
  {
    points: 1,
    words: `${MANY_CALLS} calls or more within a day`,
    source: CALLRAIL,
    applies: ({ callsWithinDay }) => callsWithinDay >= MANY_CALLS,
  },
  {
    points: 2,
    words: `dialled ${MANY_NUMBERS} tracking numbers or more within a day`,
    source: DIALLERS,
    applies: ({ numbersWithinDay }) => numbersWithinDay >= MANY_NUMBERS,
  },
  {
    points: 1,
    words: 'dialled numbers one after the other',
    source: DIALLERS,
    applies: ({ sequentialNumbers }) => sequentialNumbers >= SEQUENTIAL_NUMBERS,
  },
  {
    points: 1,
    words: 'the caller withholds the number',
    source: 'of ours: more of spam than of customers withholds it, not enough to flag a call alone',
    applies: ({ anonymous }) => anonymous,
  },
  {
    points: 3,
    words: 'marked as spam',
    source: PEOPLE,
    applies: ({ callMarked }) => callMarked === 'spam',
  },
  {
    points: 3,
    words: 'scored as spam by the line',
    source: PEOPLE,
    applies: ({ scoredSpam }) => scoredSpam,
  },
  {
    points: 3,
    words: 'an earlier call of the caller was marked as spam',
    source: PEOPLE,
    applies: ({ callMarked, callerMarked }) => callMarked === null && callerMarked === 'spam',
  },
  {
    points: -3,
    words: 'an earlier call of the caller was marked as no spam',
    source: PEOPLE,
    applies: ({ callMarked, callerMarked }) => callMarked === null && callerMarked === 'not-spam',
  },
  {
    points: -3,
    words: 'the caller is a qualified lead or a customer',
    source: PEOPLE,
    applies: ({ knownLead }) => knownLead,
  },
  {
    points: -2,
    words: 'came from a visit of a page',
    source:
      'of ours: who taps a number on a page, dials its code or calls the number that was lent to the visit has read it',
    applies: ({ fromPage }) => fromPage,
  },
];

const signed = (points: number): string => (points > 0 ? `+${points}` : `−${-points}`);

/** How much a call looks like spam, and why. Rules: {@link SPAM_RULES}; a person's word on the call itself decides. */
export const spamScore = (facts: SpamFacts): SpamVerdict => {
  if (facts.callMarked === 'not-spam') return { score: 0, reasons: ['marked as no spam'] };
  const applied = SPAM_RULES.filter(({ applies }) => applies(facts));
  const sum = applied.reduce((total, { points }) => total + points, 0);
  const least = facts.callMarked === 'spam' || facts.scoredSpam ? SPAM_FLAG : 0;
  return {
    score: Math.max(least, sum),
    reasons: applied.map(({ points, words }) => `${words} (${signed(points)})`),
  };
};

/**
 * Length of the longest run of numbers that follow one another.
 *
 * @param numbers E.164, each once, in any order
 */
export const longestRun = (numbers: readonly string[]): number => {
  // Sorted as text, +49 30 1 stood between +49 30 10 and +49 30 2.
  const sorted = numbers
    .filter((number) => /^\+\d+$/.test(number))
    .map((number) => BigInt(number.slice(1)))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  let longest = 0;
  let length = 0;
  sorted.forEach((number, index) => {
    length = sorted[index - 1] === number - 1n ? length + 1 : 1;
    longest = Math.max(longest, length);
  });
  return longest;
};
