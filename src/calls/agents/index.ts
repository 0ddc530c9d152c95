/** Who can take calls, and where callers wait for them. */
export { createAgents } from './agents.ts';
export { createQueueRooms, type QueueRooms, type QueueView, type Ticket } from './queue-rooms.ts';
export {
  type AgentState,
  type Agents,
  type AgentView,
  keyOf,
  type Offer,
  type Place,
  type SeatedCall,
  type Standing,
} from './states.ts';
