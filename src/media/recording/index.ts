export { type MessageRecorder, startMessage } from './message.ts';
export { createRecorder } from './recorder.ts';
export { repairRecordings, verifyRecording } from './repair.ts';
export type { Channel, Recorder, RecordingState, RepairedRecording } from './types.ts';
