export { type ClientTransactions, createClientTransactions } from './client.ts';
export { buildCancel } from './hop.ts';
export { createServerTransactions, type ServerTransactions } from './server.ts';
export { createTimers, type Timer, type Timers } from './timers.ts';
export type {
  ClientHandlers,
  ClientTransaction,
  Departure,
  RequestParts,
  ServerTransaction,
  Target,
  TransactionBase,
  TransactionCounters,
} from './types.ts';
