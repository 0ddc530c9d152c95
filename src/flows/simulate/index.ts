/** Calls thought through without a phone: one, or many made up by chance. */
export { type ManySimulated, simulateMany } from './many.ts';
export { simulateCall } from './one.ts';
export { createResponder } from './respond.ts';
export { answeringOf, candidatesOf } from './ringing.ts';
export { ANSWERINGS, type CallDescription, scenarioOf } from './scenario.ts';
export type { Answering, Ending, Simulation } from './types.ts';
