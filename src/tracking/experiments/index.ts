/** Which form of a call button brings more calls that count: who gets which, what came of it, how long it takes. */
export { type Assignment, armFor, armForMachine } from './arm-for.ts';
export {
  daysFor,
  type Question,
  smallestEffect,
  viewersAtOnce,
  viewersSequentially,
} from './planning.ts';
export { listExperiments, reportExperiment, storedExperiments } from './report.ts';
export {
  type ExperimentList,
  type ExperimentReport,
  experimentListSchema,
  experimentReportSchema,
} from './report-schema.ts';
export {
  type BanditRuns,
  type BrokenSplit,
  type Difference,
  type NoDifference,
  type SimulationOptions as ExperimentSimulation,
  simulateBandit,
  simulateBrokenSplit,
  simulateDifference,
  simulateNoDifference,
} from './simulate.ts';
export { percentOf, pWords } from './verdict.ts';
