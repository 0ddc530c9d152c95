/** Whose call it is: certain evidence first, then the lease, then the likeliest of all visits that were shown the number. */
export type { Calibration, Score } from './calibration.ts';
export {
  type CalibrationPeriod,
  type CalibrationReport,
  calibrationReport,
  calibrationReportSchema,
} from './calibration-report.ts';
export { type CodesPlan, issueCode, resolveCode, withCheckDigit } from './codes.ts';
export type { Exposure, Fit, FitCall } from './fit.ts';
export { DEFAULT_LAW, type DelayLaw } from './law.ts';
export { type MatchRequest, matchCall, readCandidates, recordCandidates } from './match.ts';
export { fitSites, LEAST_CALLS, refitDelayLaws, type SiteFit, writeLaws } from './refit.ts';
export { candidateWords, percentWords } from './words.ts';
