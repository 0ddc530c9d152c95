/** Numbers of pools lent to visits: who has which, the ledger that proves it, how many numbers it takes. */
export {
  type Advice,
  type AdviceOptions,
  advise,
  adviseInSteps,
  DEFAULT_TARGET_LOSS,
} from './advise.ts';
export {
  type LeakedNumber,
  leakedNumbers,
  type PoolAlert,
  type PoolStatus,
  poolAlerts,
  poolStatus,
} from './alerts.ts';
export { numbersFor, stealShare } from './erlang.ts';
export { grantLease } from './grant.ts';
export type { LeaseState } from './machine.ts';
export {
  activateNumber,
  enlistNumber,
  failNumber,
  type SweepResult,
  sweepLeases,
  withdrawNumber,
} from './numbers.ts';
export type { LedgerProblem, Refusal, Steal } from './replay.ts';
export { holdLease, type IdleTimes, keepAfterCall, releaseLeases, seenLeases } from './signs.ts';
export {
  leaseFigures,
  type NumberStatus,
  numberStatus,
  type PoolFigures,
  storedPools,
} from './status.ts';
export type { Grant, GrantWay, LeaseRequest, OpenLease, PoolNumber, RefusalReason } from './types.ts';
export { type LedgerVerdict, verifyLedger, verifyLedgerInSteps } from './verify.ts';
export {
  adviceView,
  adviceViewSchema,
  poolNumberView,
  poolNumberViewSchema,
  poolView,
  poolViewSchema,
  verdictView,
  verdictViewSchema,
} from './view.ts';
