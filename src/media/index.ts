export { browserAddresses, mediaAddressFor, publicMediaAddress } from './address.ts';
export { goertzel, readStereoWav, rms } from './analysis.ts';
export { createMediaEngine } from './engine.ts';
export { repairRecordings, verifyRecording } from './recording/index.ts';
export type {
  EncryptionStats,
  LegOptions,
  LegStats,
  MediaEngine,
  MediaEngineOptions,
  MediaEngineStats,
  MediaEvents,
  MediaLeg,
  MediaSession,
  MessageOptions,
  MessageRecording,
  MessageResult,
  Playable,
  Played,
  ProgressTone,
  QualitySample,
  RecordingResult,
  SessionSummary,
  WebRtcOptions,
  WireOptions,
} from './types.ts';
