export { type Calls, createCalls } from './calls.ts';
export type { CallServices, CallTracking, LiveCall, SupervisionMode, UserRules } from './types.ts';
