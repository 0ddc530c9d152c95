export { type Calls, createCalls } from './calls.ts';
export type { CallServices, LiveCall, SupervisionMode, UserRules } from './types.ts';
