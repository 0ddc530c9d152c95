/** The database: call records, the tracking plan's tables, and the vault of callers' numbers. */
export type { AgentRepository, AgentRow } from './agents.ts';
export {
  type Area,
  type AreaCount,
  type AreaImport,
  type AreaLookup,
  type AreaRepository,
  areaRepository,
} from './areas.ts';
export { isBusy } from './busy.ts';
export type {
  ButtonEventTable,
  ButtonEventType,
  CallBackTable,
  ExperimentArmTable,
  LegExperienceTable,
  SmsCodeTable,
  UsedTokenTable,
  WebCallTable,
} from './button-schema.ts';
export {
  type CalendarEntry,
  type CalendarImport,
  type CalendarRepository,
  calendarRepository,
} from './calendars.ts';
export type {
  CallEventTable,
  CallStatus,
  CallTable,
  HangupBy,
  LegQualityTable,
  LegTable,
  MatchMethod,
  RecordingTable,
  WrapUpTable,
} from './call-schema.ts';
export { claimDatabase } from './claim.ts';
export type { SqliteFile } from './connection.ts';
export type {
  AreaPrefixTable,
  CalendarEventTable,
  CalendarTable,
  CallStepTable,
  ConsentTable,
  FlowVersionTable,
  PromptTable,
  VoicemailTable,
} from './flow-schema.ts';
export type { FlowRepository } from './flows.ts';
export { openStore } from './open.ts';
export type {
  AuditTable,
  BanTable,
  BlockedCallerTable,
  Database,
  LineTable,
  RegistrationTable,
  RunTable,
  SourceTable,
  TrackingNumberLineTable,
  TrackingNumberTable,
  UserTable,
  WebSessionTable,
} from './schema.ts';
export type {
  CallRollupTable,
  CallRollupValueTable,
  Channel,
  EventTable,
  FormTable,
  LeadStatus,
  LeadTable,
  LeaseEventTable,
  LeaseTable,
  NumberState,
  PersonKeyTable,
  VisitTable,
} from './tracking-schema.ts';
export type {
  AuditFilter,
  AuditRepository,
  BanRepository,
  BanRowChange,
  BlockedCallerRepository,
  CallDetail,
  CallerVault,
  CallFilter,
  CallPatch,
  CallRepository,
  CallRow,
  EndedLeg,
  NewCall,
  NewRecording,
  NewWebCall,
  NumberRepository,
  NumberRoute,
  RecordingEnd,
  RecordingRepository,
  RegistrationRepository,
  RunRepository,
  SealedCaller,
  Store,
  StoreOptions,
  UserContacts,
  UserRepository,
  WebSession,
  WebSessionRepository,
  WrapUpRepository,
} from './types.ts';
export type { Flag, Millis } from './units.ts';
export type {
  NewVoicemail,
  VoicemailEnd,
  VoicemailFilter,
  VoicemailRepository,
  VoicemailRow,
} from './voicemail.ts';
