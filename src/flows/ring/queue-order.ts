/** Somebody who waits in a queue. */
export type Waiting = {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Higher comes first; the same for all: first come, first served. */
  readonly priority: number;
};

/** Whether `a` is served before `b`. */
const isBefore = (a: Waiting, b: Waiting): boolean => {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.since !== b.since) return a.since < b.since;
  return a.id < b.id;
};

/** Those who wait, who is served first in front. */
export const inOrder = <T extends Waiting>(waiting: Iterable<T>): readonly T[] =>
  [...waiting].sort((a, b) => (isBefore(a, b) ? -1 : 1));

/** Place in the queue, from 1. */
export const positionOf = (waiting: Iterable<Waiting>, own: Waiting): number => {
  let before = 0;
  for (const other of waiting) if (other.id !== own.id && isBefore(other, own)) before += 1;
  return before + 1;
};

/** How many of the last calls tell how fast a queue moves. */
const LOOKED_AT = 20;

/** The times at which callers left a queue for an agent, the latest last; older ones are forgotten. */
export const noteServed = (served: readonly number[], at: number): readonly number[] => [
  ...served.slice(-(LOOKED_AT - 1)),
  at,
];

/**
 * How long who stands at `position` is likely to wait: as long as it took so many others to be served lately, milliseconds.
 *
 * @returns undefined when too little is known: fewer than three callers were served
 */
export const expectedWait = (served: readonly number[], position: number): number | undefined => {
  const [first] = served;
  const last = served.at(-1);
  if (first === undefined || last === undefined || served.length < 3) return undefined;
  return ((last - first) / (served.length - 1)) * position;
};

/** What became of a queue's callers. */
export type QueueTally = {
  /** Callers who were let in and have left again. */
  readonly offered: number;
  readonly answered: number;
  /** Of those, within the service level's time. */
  readonly inTime: number;
  /** Hung up while they waited. */
  readonly abandoned: number;
  /** Left by the exit key, after the longest wait, or because nobody was there. */
  readonly left: number;
  /** Turned away: too many waited. */
  readonly full: number;
  /** Milliseconds. */
  readonly longestMs: number;
  readonly waitedMs: number;
};

export const NO_TALLY: QueueTally = {
  offered: 0,
  answered: 0,
  inTime: 0,
  abandoned: 0,
  left: 0,
  full: 0,
  longestMs: 0,
  waitedMs: 0,
};

export type QueueOutcome = 'answered' | 'abandoned' | 'left' | 'full';

/** Adds one caller's end. @param levelMs wait within which an answer is in the service level */
export const tallied = (
  tally: QueueTally,
  outcome: QueueOutcome,
  waitedMs: number,
  levelMs: number,
): QueueTally => {
  if (outcome === 'full') return { ...tally, full: tally.full + 1 };
  const inTime = outcome === 'answered' && waitedMs <= levelMs ? 1 : 0;
  return {
    ...tally,
    offered: tally.offered + 1,
    [outcome]: tally[outcome] + 1,
    inTime: tally.inTime + inTime,
    longestMs: Math.max(tally.longestMs, waitedMs),
    waitedMs: tally.waitedMs + waitedMs,
  };
};

/** Share of callers who were answered in time, 0 to 1; undefined before anybody was offered. */
export const serviceLevel = ({ offered, inTime }: QueueTally): number | undefined =>
  offered === 0 ? undefined : inTime / offered;
