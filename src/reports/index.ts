export {
  type AgentView,
  agentView,
  agentViewSchema,
  type QueueStatus,
  queueStatus,
  queueStatusSchema,
} from './agent-view.ts';
export {
  type AttributionCost,
  type AttributionCosts,
  attributionCostSchema,
  attributionCosts,
} from './attribution-cost.ts';
export { type BanView, banView, banViewSchema } from './ban-view.ts';
export {
  callDetailView,
  callRow,
  callView,
  eventView,
  stepView,
} from './call-view.ts';
export {
  type CallDetailView,
  type CallView,
  callDetailViewSchema,
  callViewSchema,
  type EventView,
  eventViewSchema,
  stepViewSchema,
} from './call-view-schema.ts';
export {
  type CallsFigures,
  type CallsReport,
  type CallsReportRow,
  callsReport,
  callsReportSchema,
  SPAM_MODES,
  type SpamMode,
} from './calls-report.ts';
export { type CostRate, costOf, MICROS } from './cost.ts';
export { type Cell, type Column, csvLines, jsonLines } from './csv.ts';
export { CALL_DIMENSIONS, type CallDimension } from './dimensions.ts';
export { CALL_COLUMNS, callsReportColumns, eachCall, SOURCE_COLUMNS } from './export.ts';
export {
  type ButtonFigures,
  buttonFiguresOf,
  buttonFiguresSchema,
  FUNNEL_DIMENSIONS,
  type FunnelDimension,
  type FunnelFigures,
  type FunnelReport,
  type FunnelRow,
  type FunnelStage,
  figuresByButton,
  funnelColumns,
  funnelReport,
  funnelReportSchema,
} from './funnel/index.ts';
export { type HoursReport, hoursReport, hoursReportSchema } from './hours/index.ts';
export type { LegView } from './leg-view.ts';
export type { Estimate, MoneyFigures } from './money.ts';
export {
  isZone,
  localZone,
  namedPeriod,
  PERIOD_NAMES,
  type Period,
  type PeriodInput,
  parseInstant,
  readPeriod,
} from './period.ts';
export {
  countBlock,
  countDay,
  keepBlock,
  keepDay,
  missingBlocks,
  type RollupKeeper,
  staleDays,
  startRollupKeeper,
  verifyRollups,
} from './rollup/index.ts';
export { createReportRunner, type ReportRunner } from './runner.ts';
export {
  assembleSourcesReport,
  type SourceFigures,
  type SourcesReport,
  type SourcesReportOptions,
  sourcesReport,
  sourcesReportSchema,
} from './sources.ts';
export {
  type LineView,
  lineView,
  lineViewSchema,
  type NumberView,
  numberView,
  numberViewSchema,
  type SourceView,
  sourceView,
  sourceViewSchema,
  trunkView,
} from './tracking-view.ts';
export {
  type TrunkReport,
  trunkReportSchema,
  trunkStatusView,
} from './trunk-status-view.ts';
export { type UserView, userView, userViewSchema } from './user-view.ts';
export { type VoicemailView, voicemailView, voicemailViewSchema } from './voicemail-view.ts';
