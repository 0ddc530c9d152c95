export { createMediaEngine } from './engine.ts';
export { repairRecordings } from './recording/index.ts';
export type {
  LegOptions,
  LegStats,
  MediaEngine,
  MediaEngineOptions,
  MediaEngineStats,
  MediaEvents,
  MediaLeg,
  MediaSession,
  Playable,
  RecordingResult,
  SessionSummary,
} from './types.ts';
