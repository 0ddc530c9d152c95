export { type Calls, createCalls } from './inbound.ts';
export type { CallServices } from './types.ts';
