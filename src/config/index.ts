/** The two YAML files: their schemas, loading them with every error at once, and JSON Schema for editors. */
export {
  type ButtonIntent,
  type ButtonPlan,
  buttonSchema,
  type ExperimentArm,
  type ExperimentPlan,
  experimentSchema,
  type Texts,
} from './button-schema.ts';
export { buttonWarnings, dialsVisitors } from './button-warnings.ts';
export {
  type CertificateFiles,
  type Certificates,
  certificateFiles,
  readCertificates,
} from './certificates.ts';
export { clearKeys } from './clear-keys.ts';
export type { Environment } from './environment.ts';
export type { CallScore, Features } from './features-schema.ts';
export { idSchema, USER_NAME } from './fields.ts';
export {
  type FlowPlan,
  flowSchema,
  type RouteCase,
  type StepOf,
  type StepPlan,
} from './flow-schema.ts';
export { loadGatewayConfig } from './gateway.ts';
export type { GatewayConfig, ListenConfig, TrunkConfig } from './gateway-schema.ts';
export { type GroupMember, type GroupPlan, groupSchema } from './group-schema.ts';
export { type JsonSchema, jsonSchema, type SchemaName } from './json-schema.ts';
export {
  type Holiday,
  type SchedulePlan,
  scheduleSchema,
  WEEKDAYS,
  type Weekday,
} from './schedule-schema.ts';
export { certificateNames, ensureSelfSigned, isSelfSigned } from './self-signed.ts';
export {
  type AutomationPlan,
  automationSchema,
  type PoolPlan,
  poolSchema,
  type SitePlan,
  type SiteRule,
  siteSchema,
} from './site-schema.ts';
export { languageSchema, type Sound } from './sound-schema.ts';
export { loadTrackingPlan, parseTrackingPlan } from './tracking.ts';
export type { PlanContext } from './tracking-checks.ts';
export type { LinePlan, NumberPlan, SourcePlan, TrackingPlan } from './tracking-schema.ts';
