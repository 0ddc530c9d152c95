export type { AgentState, Agents, AgentView, SeatedCall } from './agents/index.ts';
export { createAgents, createQueueRooms, type QueueRooms, type QueueView } from './agents/index.ts';
export { type Calls, createCalls } from './calls.ts';
export type { CallServices, CallTracking, LiveCall, SupervisionMode, UserRules } from './types.ts';
