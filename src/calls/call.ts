import { errorMessage } from '../base/errors.ts';
import type { MediaLeg, MediaSession } from '../media/index.ts';
import { connectionAddress, SdpError } from '../sdp/index.ts';
import type { SipDialog } from '../sip/index.ts';
import type { LegTable } from '../store/index.ts';
import type { CallRecord } from './call-record.ts';
import { type CallRecording, startCallRecording } from './call-recording.ts';
import { createCallerProgress } from './caller-progress.ts';
import { completeRecord } from './completion.ts';
import { type AnsweredLine, dialLines } from './dial-lines.ts';
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

/** Sends the 200 and, for an INVITE without offer, takes the caller's answer from its ACK. */
const answerCaller = (plan: DialPlan, leg: MediaLeg, answer: string | undefined): Promise<SipDialog> =>
  answer === undefined
    ? plan.invite.answer(leg.createOffer(), (sdp) => leg.acceptAnswer(sdp))
    : plan.invite.answer(answer);

type Bridged = {
  readonly end: CallEnd;
  readonly hungUp: Promise<unknown>;
  readonly recording: CallRecording | undefined;
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
    return { end, hungUp, recording: undefined };
  }
  const now = services.now();
  deps.callerRow.answered_at = now;
  record.note('answered', `Line ${answered.line.name ?? answered.line.id} answered.`, {
    line: answered.line.id,
  });
  const recording = startCallRecording({ services, plan, record, session }, leg, answered.leg);
  const { ringing_at } = deps.callerRow;
  record.answered({ ringing_at, answered_at: now, line_id: answered.line.id }, recording?.row);
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
  return { end, hungUp, recording };
};

/**
 * Runs a call that has lines to dial, from its media to its end. Never rejects.
 *
 * @returns how it ended; `settled` when its record is written and its BYEs are answered, which a database can delay
 */
export const runCall = async (deps: Dependencies): Promise<{ end: CallEnd; settled: Promise<unknown> }> => {
  const { services, plan } = deps;
  const session = services.media.createSession(plan.callId);
  let bridged: Bridged | undefined;
  let answeredLine: AnsweredLine | undefined;
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
      progress: createCallerProgress({
        plan,
        session,
        leg,
        row: deps.callerRow,
        answer,
        now: services.now,
      }),
      stopped: deps.stopped,
    });
    lineRows = dialled.rows;
    if (dialled.type === 'stopped') return endedEarly(dialled.stop);
    if (dialled.type === 'failed') {
      const { failure } = dialled;
      const tried = plan.route.lines.length === 1 ? 'the line did not answer' : 'no line answered';
      return { ...failure, by: 'line', reason: `${tried}: ${failure.status.replace('_', ' ')}` };
    }
    answeredLine = dialled.answered;
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

  answeredLine?.leave();
  const summary = await session.close().catch(() => undefined);
  for (const { row, leg } of openLegs)
    Object.assign(row, mediaColumns(summary?.legs.get(leg.id)), { ended_at: endedAt, q850_cause: end.q850 });
  const heldMs = Math.max(0, ...openLegs.map(({ row }) => row.held_ms ?? 0));
  const { record, startedAt, callerRow } = deps;
  const written = completeRecord({
    record,
    end,
    startedAt,
    endedAt,
    callerRow,
    lineRows,
    heldMs,
    recording: bridged?.recording?.end(summary?.recording),
  });
  return { end, settled: Promise.all([written, bridged?.hungUp]) };
};
