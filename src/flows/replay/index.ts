/** Calls of the past on another version of a flow. */
export { readPastCalls } from './read.ts';
export { replayCalls } from './replay.ts';
export type { PastCall, Replay } from './types.ts';
