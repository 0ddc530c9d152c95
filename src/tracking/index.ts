/** Which number belongs to which source: the tracking plan in the database, and the source of each call. */
export { type Attribution, attribute } from './attribution.ts';
export type { Change, FieldChange, PlanDiff, Subject } from './diff.ts';
export { type Fields, planEdits } from './edits.ts';
export { type ExportOptions, exportPlan } from './export.ts';
export { formatDiff, summariseDiff } from './format.ts';
export { applyPlan, type PlanStore, planChanges } from './plan.ts';
export {
  type LineUsage,
  listLines,
  listNumbers,
  listSources,
  type NumberUsage,
  type SourceUsage,
} from './usage.ts';
