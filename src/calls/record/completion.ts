import type { LegTable, RecordingEnd } from '../../store/index.ts';
import type { CallEnd } from '../types.ts';
import type { CallRecord } from './call-record.ts';
import type { LegRecord } from './legs.ts';

export type Completion = {
  readonly record: CallRecord;
  readonly end: CallEnd;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The caller's leg, its media columns filled in; one of `legs`. */
  readonly callerRow: LegTable;
  readonly legs: readonly LegRecord[];
  /** Name of the user who talked last, or who called. */
  readonly agent: string | null;
  readonly heldMs: number;
  /** How the caller's leg ended, where that says something else than the call. */
  readonly callerOutcome?: LegTable['outcome'] | undefined;
  /** JSON of what the caller keyed in. */
  readonly inputs?: string | null | undefined;
  /** That its flow has given it. */
  readonly tags?: readonly string[] | undefined;
  readonly recording?: (RecordingEnd & { readonly id: string }) | undefined;
};

/** Completes a call's record and its legs from how it ended. */
export const completeRecord = async (completion: Completion): Promise<void> => {
  const { record, end, startedAt, endedAt, callerRow, legs, agent, heldMs } = completion;
  const answeredAt = end.status === 'answered' ? callerRow.answered_at : null;
  Object.assign(callerRow, {
    ended_at: endedAt,
    outcome: completion.callerOutcome ?? (end.status === 'blocked' ? 'rejected' : end.status),
    sip_code: end.sipCode,
    q850_cause: end.q850,
  });
  const outcome = end.status.replace('_', ' ');
  record.note('ended', `Ended ${outcome}: ${end.reason}.`, { sip: end.sipCode, q850: end.q850, by: end.by });
  await record.complete(
    {
      status: end.status,
      ringing_at: callerRow.ringing_at,
      ended_at: endedAt,
      duration_ms: endedAt - startedAt,
      ring_ms: (answeredAt ?? endedAt) - startedAt,
      talk_ms: answeredAt === null ? 0 : endedAt - answeredAt,
      hold_ms: Math.round(heldMs),
      sip_code: end.sipCode,
      sip_reason: end.sipReason ?? null,
      q850_cause: end.q850,
      agent,
      hangup_by: end.by,
      end_reason: end.reason,
      ...(completion.inputs !== undefined && { flow_inputs: completion.inputs }),
    },
    legs,
    {
      recording: completion.recording,
      tags: completion.tags,
      rangAt: callerRow.ringing_at ?? answeredAt ?? undefined,
    },
  );
};
