/** Which touches a conversion is owed to: people and their touches from the event log, models, reports that can be made again. */
export { canonicalJson, digestOf } from './canonical.ts';
export type { CreditChange, ReportDiff } from './diff.ts';

export { columnsOf } from './dimension.ts';
export type { ExplainedPath, ExplainedTouch, Explanation, PathQuestion } from './explain.ts';
export type { EventRow } from './history.ts';

export { type Interval, poissonInterval, wilsonInterval } from './intervals.ts';
export {
  type AttributionRequest,
  diffDigests,
  diffModels,
  keepReport,
  makeComparison,
  makeExplanation,
  makeReport,
  type Recomputation,
  recompute,
} from './log.ts';
export { DEFAULT_MODEL, findModel, MODELS } from './model-list.ts';
export { attributionReport, compareModels, type ModelComparison, type SealedReport } from './report.ts';
export {
  type AttributionParameters,
  type AttributionReport,
  type AttributionRow,
  CONVERSION_KINDS,
  type ConversionKind,
  DIMENSIONS,
  type Dimension,
  type Model,
} from './types.ts';
