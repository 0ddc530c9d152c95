/** Who rings, and who is next in a queue: pure. */
export {
  type Asking,
  AT_ONCE,
  type Candidate,
  type Choice,
  chooseRound,
  NO_TURNS,
  nextRounds,
  type Round,
  type Strategy,
  type Turns,
} from './choose.ts';
export {
  expectedWait,
  inOrder,
  NO_TALLY,
  noteServed,
  positionOf,
  type QueueOutcome,
  type QueueTally,
  serviceLevel,
  tallied,
  type Waiting,
} from './queue-order.ts';
