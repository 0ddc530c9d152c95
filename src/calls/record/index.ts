/** What is kept of a call: its record, its legs, its recording. */
export { type CallRecord, openCallRecord } from './call-record.ts';
export { type CallRecording, startCallRecording } from './call-recording.ts';
export { completeRecord } from './completion.ts';
export {
  createLegBook,
  type LegBook,
  mediaColumns,
  newLeg,
  peerText,
  visitorPeerText,
  wireColumns,
} from './legs.ts';
