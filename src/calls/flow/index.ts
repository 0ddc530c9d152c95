/** Carries out what a call's flow decides: answers, plays, asks, rings, records messages. */
export { type CallerSide, createCallerSide } from './caller.ts';
export { askForDecision } from './decide.ts';
export { gatherFacts } from './facts.ts';
export { gather } from './gather.ts';
export type { Keys } from './keys.ts';
export { type FlowOutcome, runFlow } from './run.ts';
export { createFlows, type Flows } from './table.ts';
