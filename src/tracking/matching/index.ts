/** Whose call it is: certain evidence first, then the lease, then the likeliest of all visits that were shown the number. */
export { type Calibration, calibration, calibrationSchema, type Score, SURE } from './calibration.ts';
export {
  type CalibrationPeriod,
  type CalibrationReport,
  calibrationReport,
  calibrationReportSchema,
} from './calibration-report.ts';
export { type CodesPlan, isCode, issueCode, REUSE_MS, resolveCode, withCheckDigit } from './codes.ts';
export { type Exposure, type Fit, type FitCall, fitDelayLaw } from './fit.ts';
export { DEFAULT_LAW, type DelayLaw } from './law.ts';
export { type MatchRequest, matchCall, readCandidates, recordCandidates } from './match.ts';
export { fitSites, LEAST_CALLS, refitDelayLaws, type SiteFit, writeLaws } from './refit.ts';
export { candidateWords, percentWords } from './words.ts';
