/** The tracking plan in the database: what applying a file would change, and does; edits of single entries. */
export { applyPlan, type PlanStore, planChanges } from './apply.ts';
export type { Change, FieldChange, PlanDiff, Subject } from './diff.ts';
export { type Fields, planEdits } from './edits.ts';
export { type ExportOptions, exportPlan } from './export.ts';
export { type NewFlowVersion, renewFlowVersions } from './flow-versions.ts';
export { formatDiff, notesOfDiff, summariseDiff } from './format.ts';
export {
  type LineUsage,
  listLines,
  listNumbers,
  listSources,
  type NumberUsage,
  type SourceUsage,
} from './usage.ts';
