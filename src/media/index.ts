export { mediaAddressFor, publicMediaAddress } from './address.ts';
export { goertzel, readStereoWav, rms } from './analysis.ts';
export { createMediaEngine } from './engine.ts';
export { repairRecordings, verifyRecording } from './recording/index.ts';
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
