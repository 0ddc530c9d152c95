export { browserAddresses, mediaAddressFor, publicMediaAddress } from './address.ts';
export { goertzel, readStereoWav, rms } from './analysis.ts';
export { createMediaEngine } from './engine.ts';
export { repairRecordings, verifyRecording } from './recording/index.ts';
export {
  type EncryptionStats,
  type LegOptions,
  type LegStats,
  type MediaEngine,
  type MediaEngineOptions,
  type MediaEngineStats,
  type MediaEvents,
  type MediaLeg,
  type MediaSession,
  type MessageOptions,
  type MessageRecording,
  type MessageResult,
  type Playable,
  type Played,
  PortsUsedUp,
  type ProgressTone,
  type QualitySample,
  type RecordingResult,
  type SessionSummary,
  type WebRtcOptions,
  type WireOptions,
} from './types.ts';
