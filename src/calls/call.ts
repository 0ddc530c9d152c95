import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorMessage } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import type { MediaLeg, MediaSession, SessionSummary } from '../media/index.ts';
import { connectionAddress, SdpError } from '../sdp/index.ts';
import type { SipDialog } from '../sip/index.ts';
import type { CallPatch, LegTable } from '../store/index.ts';
import type { CallRecord } from './call-record.ts';
import { type AnsweredLine, type CallerProgress, dialLines } from './dial-lines.ts';
import { mediaColumns } from './legs.ts';
import { talk } from './talk.ts';
import type { CallEnd, CallServices, CallStop, DialPlan } from './types.ts';

type Dependencies = {
  readonly services: CallServices;
  readonly plan: DialPlan;
  readonly record: CallRecord;
  readonly startedAt: number;
  /** The caller's leg; its row is completed here. */
  readonly callerRow: LegTable;
  readonly stopped: Promise<CallStop>;
};

const endedEarly = (stop: CallStop): CallEnd => ({
  status: stop.cancelled ? 'cancelled' : 'failed',
  sipCode: stop.cancelled ? 487 : 503,
  q850: stop.q850,
  by: stop.by,
  reason: stop.reason,
});

/** What the caller hears before the answer: 180, or the line's early media, or our own ringback after early media. */
const callerProgress = (
  deps: Dependencies,
  session: MediaSession,
  leg: MediaLeg,
  answer: string | undefined,
): CallerProgress => {
  const { plan, record } = deps;
  let heard: 'nothing' | 'ringing' | 'media' = 'nothing';
  return {
    ringing: () => {
      // Once the caller's network has been switched through, a 180 makes no sound: the ringback is ours to play.
      if (heard === 'media') {
        void leg
          .play({ type: 'ringback', ...(plan.region && { region: plan.region }) })
          .catch(() => undefined);
      }
      if (heard !== 'nothing') return;
      heard = 'ringing';
      record.update({ ringing_at: deps.services.now() });
      plan.invite.ring(180);
    },
    earlyMedia: (line) => {
      // Without the caller's offer there is nowhere to send audio to yet.
      if (answer === undefined) {
        if (heard === 'nothing') plan.invite.ring(180);
        heard = 'ringing';
        return;
      }
      leg.stopPlaying();
      session.bridge(leg, line);
      if (heard !== 'media') plan.invite.ring(183, answer);
      if (heard === 'nothing') record.update({ ringing_at: deps.services.now() });
      heard = 'media';
      deps.callerRow.early_media = 1;
    },
  };
};

const startRecording = (
  deps: Dependencies,
  session: MediaSession,
  left: MediaLeg,
  right: MediaLeg,
): string | undefined => {
  const { services, plan, record } = deps;
  const wanted =
    plan.route.number.record === null ? services.recording.enabled : plan.route.number.record === 1;
  if (!wanted) {
    record.note('not-recorded', 'Recording is switched off for this number.');
    return undefined;
  }
  const startedAt = services.now();
  const path = join(...new Date(startedAt).toISOString().slice(0, 10).split('-'), `${plan.callId}.wav`);
  const id = ulid(startedAt);
  session.on('recordingFailed', (error) => {
    services.logger.error({ call: plan.callId, error: error.message }, 'recording stopped');
    record.note('recording-failed', `The recording stopped: ${error.message}. The call went on.`);
  });
  try {
    const file = join(services.recording.directory, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    session.record({ path: file, left, right });
  } catch (error) {
    record.note('recording-failed', `Not recorded: ${errorMessage(error)}.`);
    return undefined;
  }
  services.store.recordings
    .open({ id, call_id: plan.callId, path, started_at: startedAt })
    .catch((error) =>
      services.logger.error({ call: plan.callId, error: errorMessage(error) }, 'recording not noted'),
    );
  return id;
};

/** Sends the 200 and, for an INVITE without offer, takes the caller's answer from its ACK. */
const answerCaller = (plan: DialPlan, leg: MediaLeg, answer: string | undefined): Promise<SipDialog> =>
  answer === undefined
    ? plan.invite.answer(leg.createOffer(), (sdp) => leg.acceptAnswer(sdp))
    : plan.invite.answer(answer);

type Bridged = {
  readonly end: CallEnd;
  readonly hungUp: Promise<unknown>;
  readonly recordingId: string | undefined;
};

const answerAndTalk = async (
  deps: Dependencies,
  session: MediaSession,
  leg: MediaLeg,
  answer: string | undefined,
  answered: AnsweredLine,
): Promise<Bridged> => {
  const { services, plan, record } = deps;
  leg.stopPlaying();
  session.bridge(leg, answered.leg);
  let dialog: SipDialog;
  try {
    dialog = await answerCaller(plan, leg, answer);
  } catch (error) {
    // The line's answer crossed the caller's CANCEL, or the caller's network is gone (RFC 3261 9.1).
    const hungUp = answered.dialog.bye({ q850: 16, text: 'the caller is gone' });
    const end: CallEnd = plan.invite.cancelled
      ? {
          status: 'cancelled',
          sipCode: 487,
          q850: 16,
          by: 'caller',
          reason: 'the caller hung up as the line answered',
        }
      : {
          status: 'failed',
          sipCode: 500,
          q850: 41,
          by: 'gateway',
          reason: `no answer could be sent: ${errorMessage(error)}`,
        };
    return { end, hungUp, recordingId: undefined };
  }
  const now = services.now();
  deps.callerRow.answered_at = now;
  record.note('answered', `Line ${answered.line.name ?? answered.line.id} answered.`, {
    line: answered.line.id,
  });
  record.update({ answered_at: now, line_id: answered.line.id });
  const recordingId = startRecording(deps, session, leg, answered.leg);
  session.watch(leg, answered.leg);
  const { end, hungUp } = await talk(
    [
      { dialog, leg, by: 'caller' },
      { dialog: answered.dialog, leg: answered.leg, by: 'line' },
    ],
    session,
    record,
    deps.stopped,
  );
  return { end, hungUp, recordingId };
};

const completeRecord = async (
  deps: Dependencies,
  end: CallEnd,
  endedAt: number,
  lineRows: readonly LegTable[],
  heldMs: number,
): Promise<void> => {
  const { record, startedAt, callerRow, plan } = deps;
  const answeredAt = end.status === 'answered' ? callerRow.answered_at : null;
  const patch: CallPatch = {
    status: end.status,
    ended_at: endedAt,
    duration_ms: endedAt - startedAt,
    ring_ms: (answeredAt ?? endedAt) - startedAt,
    talk_ms: answeredAt === null ? 0 : endedAt - answeredAt,
    hold_ms: Math.round(heldMs),
    sip_code: end.sipCode,
    sip_reason: end.sipReason ?? null,
    q850_cause: end.q850,
    hangup_by: end.by,
    end_reason: end.reason,
  };
  Object.assign(callerRow, {
    ended_at: endedAt,
    outcome: end.status === 'blocked' ? 'rejected' : end.status,
    sip_code: end.sipCode,
    q850_cause: end.q850,
    sip_call_id: plan.invite.sipCallId,
  });
  record.note('ended', `Ended ${end.status.replace('_', ' ')}: ${end.reason}.`, {
    sip: end.sipCode,
    q850: end.q850,
    by: end.by,
  });
  await record.complete(patch, [callerRow, ...lineRows]);
};

const closeRecording = async (deps: Dependencies, id: string, summary: SessionSummary): Promise<void> => {
  const result = summary.recording;
  await deps.services.store.recordings
    .complete(
      id,
      result
        ? {
            state: 'complete',
            duration_ms: Math.round(result.durationMs),
            bytes: result.bytes,
            sha256: result.sha256,
          }
        : { state: 'failed', duration_ms: null, bytes: null, sha256: null },
    )
    .catch((error) =>
      deps.services.logger.error(
        { call: deps.plan.callId, error: errorMessage(error) },
        'recording not noted',
      ),
    );
};

/**
 * Runs a call that has lines to dial, from its media to its completed record. Never rejects.
 *
 * @returns how it ended
 */
export const runCall = async (deps: Dependencies): Promise<CallEnd> => {
  const { services, plan } = deps;
  const session = services.media.createSession(plan.callId);
  let bridged: Bridged | undefined;
  let lineRows: readonly LegTable[] = [];
  /** Rows whose legs live until the session closes. */
  const openLegs: { row: LegTable; leg: MediaLeg }[] = [];

  const run = async (): Promise<CallEnd> => {
    const leg = await session.addLeg({
      label: 'caller',
      nat: plan.trunk.nat,
      codecs: plan.trunk.codecs,
      // Audio may come over another network than the INVITE.
      ...services.mediaAddress(connectionAddress(plan.invite.offer ?? '') ?? plan.invite.peer.address),
    });
    openLegs.push({ row: deps.callerRow, leg });
    const answer = plan.invite.offer === undefined ? undefined : await leg.acceptOffer(plan.invite.offer);
    plan.invite.onEarlyOffer((offer) => leg.acceptOffer(offer));
    const dialled = await dialLines({
      services,
      plan,
      session,
      record: deps.record,
      progress: callerProgress(deps, session, leg, answer),
      stopped: deps.stopped,
    });
    lineRows = dialled.rows;
    if (dialled.type === 'stopped') return endedEarly(dialled.stop);
    if (dialled.type === 'failed') {
      const { failure } = dialled;
      const tried = plan.route.lines.length === 1 ? 'the line did not answer' : 'no line answered';
      return { ...failure, by: 'line', reason: `${tried}: ${failure.status.replace('_', ' ')}` };
    }
    openLegs.push(dialled.answered);
    lineRows = [...dialled.rows, dialled.answered.row];
    bridged = await answerAndTalk(deps, session, leg, answer, dialled.answered);
    return bridged.end;
  };

  const end = await run().catch((error): CallEnd => {
    if (error instanceof SdpError) {
      return {
        status: 'failed',
        sipCode: error.sipStatus,
        q850: 88,
        by: 'gateway',
        reason: `the caller's media can't be used: ${error.message}`,
      };
    }
    services.logger.error({ call: plan.callId, error: errorMessage(error) }, 'call failed');
    return {
      status: 'failed',
      sipCode: 500,
      q850: 41,
      by: 'gateway',
      reason: `gateway failure: ${errorMessage(error)}`,
    };
  });
  const endedAt = services.now();
  if (end.status !== 'answered') plan.invite.refuse(end.sipCode, { Reason: `Q.850;cause=${end.q850}` });

  const summary = await session.close().catch(() => undefined);
  for (const { row, leg } of openLegs)
    Object.assign(row, mediaColumns(summary?.legs.get(leg.id)), { ended_at: endedAt, q850_cause: end.q850 });
  const heldMs = Math.max(0, ...openLegs.map(({ row }) => row.held_ms ?? 0));
  if (bridged?.recordingId && summary) await closeRecording(deps, bridged.recordingId, summary);
  await completeRecord(deps, end, endedAt, lineRows, heldMs);
  await bridged?.hungUp;
  return end;
};
