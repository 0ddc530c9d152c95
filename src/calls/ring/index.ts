/** Rings lines and agents: round after round, each line with legs of its own; waiting in a queue. Who rings is chosen in flows/ring/. */
export { dialLines } from './dial-lines.ts';
export { type AnsweredLine, type Attempt, dialLine, lineTitle } from './line.ts';
export { membersOf } from './members.ts';
export type { CallFailure } from './outcome.ts';
export { waitInQueue } from './queue.ts';
export { ring } from './ring.ts';
