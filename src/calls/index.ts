export type { AgentState, Agents, AgentView, SeatedCall } from './agent-states.ts';
export { createAgents } from './agents.ts';
export { type Calls, createCalls } from './calls.ts';
export { createQueueRooms, type QueueRooms, type QueueView } from './queue-rooms.ts';
export type { CallServices, CallTracking, LiveCall, SupervisionMode, UserRules } from './types.ts';
