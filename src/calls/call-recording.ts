import { join } from 'node:path';
import { errorMessage } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import type { MediaLeg, MediaSession, RecordingResult } from '../media/index.ts';
import type { CallRecord } from './call-record.ts';
import type { CallServices, DialPlan } from './types.ts';

/** A recording in progress. */
export type CallRecording = {
  /** Notes how it ended; undefined when nothing could be saved. */
  complete(result: RecordingResult | undefined): Promise<void>;
};

type Dependencies = {
  readonly services: CallServices;
  readonly plan: DialPlan;
  readonly record: CallRecord;
  readonly session: MediaSession;
};

/** Where a call's recording lies below the recordings directory: one folder a day, so that none grows without end. */
const pathOf = (callId: string, startedAt: number): string =>
  join(...new Date(startedAt).toISOString().slice(0, 10).split('-'), `${callId}.wav`);

/**
 * Starts to record a call, caller left and line right, if its number wants that. What goes wrong is noted; the call goes on.
 *
 * @returns undefined when the call is not recorded
 */
export const startCallRecording = (
  { services, plan, record, session }: Dependencies,
  left: MediaLeg,
  right: MediaLeg,
): CallRecording | undefined => {
  const { number } = plan.route;
  const wanted = number.record === null ? services.recording.enabled : number.record === 1;
  if (!wanted) {
    record.note('not-recorded', 'Recording is switched off for this number.');
    return undefined;
  }
  const startedAt = services.now();
  const path = pathOf(plan.callId, startedAt);
  const id = ulid(startedAt);
  const { recordings } = services.store;
  const notNoted = (error: unknown): void =>
    services.logger.error({ call: plan.callId, error: errorMessage(error) }, 'recording not noted');

  session.on('recordingFailed', (error) => {
    services.logger.error({ call: plan.callId, error: error.message }, 'recording stopped');
    record.note('recording-failed', `The recording stopped: ${error.message}. The call went on.`);
  });
  session.record({ path: join(services.recording.directory, path), left, right });
  const opened = recordings.open({ id, call_id: plan.callId, path, started_at: startedAt }).catch(notNoted);

  return {
    complete: async (result) => {
      await opened;
      const end = result
        ? {
            state: 'complete' as const,
            duration_ms: Math.round(result.durationMs),
            bytes: result.bytes,
            sha256: result.sha256,
          }
        : { state: 'failed' as const, duration_ms: null, bytes: null, sha256: null };
      await recordings.complete(id, end).catch(notNoted);
    },
  };
};
