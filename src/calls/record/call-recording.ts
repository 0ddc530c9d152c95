import { join } from 'node:path';
import { ulid } from '../../base/ids.ts';
import type { MediaLeg, MediaSession, RecordingResult } from '../../media/index.ts';
import type { NewRecording, RecordingEnd } from '../../store/index.ts';
import type { CallPlan, CallServices } from '../types.ts';
import type { CallRecord } from './call-record.ts';

/** A recording in progress. */
export type CallRecording = {
  readonly row: NewRecording;
  /** Records these from now on: who is in the call has changed. */
  listen(left: MediaLeg, right: readonly MediaLeg[]): void;
  /** @param result undefined when nothing could be saved */
  end(result: RecordingResult | undefined): RecordingEnd & { readonly id: string };
};

type Dependencies = {
  readonly services: CallServices;
  readonly plan: CallPlan;
  readonly record: CallRecord;
  readonly session: MediaSession;
};

/** Where a call's recording lies below the recordings directory: one folder a day, so that none grows without end. */
const pathOf = (callId: string, startedAt: number): string =>
  join(...new Date(startedAt).toISOString().slice(0, 10).split('-'), `${callId}.wav`);

/**
 * Starts to record a call, caller left and line right, if its number wants that. What goes wrong is noted; the call goes on.
 *
 * @param right nobody yet: the caller alone is recorded until somebody answers
 * @param mayRecord what the call's flow has decided; undefined: as the number says
 * @returns undefined when the call is not recorded
 */
export const startCallRecording = (
  { services, plan, record, session }: Dependencies,
  left: MediaLeg,
  right: readonly MediaLeg[],
  mayRecord: boolean | undefined = undefined,
): CallRecording | undefined => {
  if (!(mayRecord ?? plan.record)) {
    record.note('not-recorded', 'Recording is switched off for this call.');
    return undefined;
  }
  const startedAt = services.now();
  const path = pathOf(plan.callId, startedAt);
  const id = ulid(startedAt);

  session.on('recordingFailed', (error) => {
    services.logger.error({ call: plan.callId, error: error.message }, 'recording stopped');
    record.note('recording-failed', `The recording stopped: ${error.message}. The call went on.`);
  });
  const file = join(services.recording.directory, path);
  session.record({ path: file, left, right });

  return {
    row: { id, call_id: plan.callId, path, started_at: startedAt },
    listen: (newLeft, newRight) => session.record({ path: file, left: newLeft, right: newRight }),
    end: (result) =>
      result
        ? {
            id,
            state: 'complete',
            duration_ms: result.durationMs,
            bytes: result.bytes,
            sha256: result.sha256,
          }
        : { id, state: 'failed', duration_ms: null, bytes: null, sha256: null },
  };
};
