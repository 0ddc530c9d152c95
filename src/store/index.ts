/** The database: call records, the tracking plan's tables, and the vault of callers' numbers. */
export { isBusy } from './busy.ts';
export { claimDatabase } from './claim.ts';
export { openStore } from './open.ts';
export type {
  BlockedCallerTable,
  CallEventTable,
  CallStatus,
  CallTable,
  Database,
  Flag,
  HangupBy,
  LegTable,
  LineTable,
  MatchMethod,
  Millis,
  RecordingTable,
  RunTable,
  SourceTable,
  TrackingNumberLineTable,
  TrackingNumberTable,
} from './schema.ts';
export type {
  BlockedCallerRepository,
  CallDetail,
  CallerVault,
  CallFilter,
  CallPatch,
  CallRepository,
  NewCall,
  NewRecording,
  NumberRepository,
  NumberRoute,
  RecordingEnd,
  RecordingRepository,
  RunRepository,
  SealedCaller,
  Store,
  StoreOptions,
} from './types.ts';
