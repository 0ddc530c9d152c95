import { errorMessage } from '../base/errors.ts';
import type { FlowState } from '../flows/index.ts';
import type { MediaLeg, MediaSession } from '../media/index.ts';
import { connectionAddress, SdpError } from '../sdp/index.ts';
import type { SipDialog } from '../sip/index.ts';
import type { LegTable } from '../store/index.ts';
import { askForCode } from './asking.ts';
import type { Board, BoardEntry } from './board.ts';
import { endOfError } from './failed-call.ts';
import { type CallerSide, createCallerSide, type FlowOutcome, runFlow } from './flow/index.ts';
import { originLegOptions } from './leg-options.ts';
import { matchNote } from './opening.ts';
import {
  type CallRecord,
  type CallRecording,
  completeRecord,
  type LegBook,
  startCallRecording,
} from './record/index.ts';
import type { AnsweredLine } from './ring/index.ts';
import { openConversation } from './talk/index.ts';
import type { Conversation } from './talk/types.ts';
import type { CallEnd, CallServices, CallStop, CodeLookup, DialPlan, LiveCall } from './types.ts';

type Dependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly plan: DialPlan;
  readonly record: CallRecord;
  readonly direction: LiveCall['direction'];
  readonly startedAt: number;
  /** The caller's leg; its row is completed here. */
  readonly callerRow: LegTable;
  readonly book: LegBook;
  readonly stopped: Promise<CallStop>;
};

const endedEarly = (stop: CallStop): CallEnd => ({
  status: stop.cancelled ? 'cancelled' : 'failed',
  sipCode: stop.cancelled ? 487 : 503,
  q850: stop.q850,
  by: stop.by,
  reason: stop.reason,
});

/** Asks for the extension code, and notes whose visit it belongs to. */
const askCaller = async (
  { services, plan, record }: Dependencies,
  code: CodeLookup,
  caller: CallerSide,
): Promise<void> => {
  const { origin, callId, region } = plan;
  const digits = await askForCode(caller, record, { count: code.digits, region });
  const found = digits === '' ? undefined : await code.find(digits);
  if (!found) {
    const heard = digits === '' ? 'No extension code was dialled' : 'The extension code is none of ours';
    record.note('no-code', `${heard}: the call goes on without it.`);
    return;
  }
  record.attributed(found.patch);
  const { type, text, detail } = matchNote(found.match);
  record.note(type, text, detail);
  const isTest = origin.type === 'trunk' && origin.trunk.isTest;
  void record.opened.then(() => services.tracking.noteMatch(callId, found.match, !isTest));
};

type Bridged = {
  readonly end: CallEnd;
  /** When they stopped talking. */
  readonly at: number | undefined;
  readonly hungUp: Promise<unknown>;
  readonly conversation: Conversation | undefined;
  readonly recording: CallRecording | undefined;
};

const callerUser = ({ origin }: DialPlan): string | undefined =>
  origin.type === 'user' ? origin.user.name : undefined;

const callerGone = (plan: DialPlan, error: unknown): CallEnd =>
  plan.invite.cancelled
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

const answerAndTalk = async (
  deps: Dependencies,
  session: MediaSession,
  entry: BoardEntry,
  caller: CallerSide,
  answered: AnsweredLine,
  begun: CallRecording | undefined,
  mayRecord: boolean | undefined,
  moved: ReadonlySet<MediaLeg>,
): Promise<Bridged> => {
  const { services, plan, record, book, callerRow } = deps;
  const { leg } = caller;
  leg.stopPlaying();
  session.bridge(leg, answered.leg);
  let dialog: SipDialog;
  try {
    dialog = await caller.answer();
  } catch (error) {
    // The line's answer crossed the caller's CANCEL, or the caller's network is gone (RFC 3261 9.1).
    const hungUp = answered.dialog.bye({ q850: 16, text: 'the caller is gone' });
    answered.leave();
    return {
      end: callerGone(plan, error),
      at: undefined,
      hungUp,
      conversation: undefined,
      recording: undefined,
    };
  }
  const now = services.now();
  callerRow.answered_at = now;
  const { line } = answered;
  record.note('answered', `Line ${line.name ?? line.id} answered.`, { line: line.id });
  const recording =
    begun ?? startCallRecording({ services, plan, record, session }, leg, [answered.leg], mayRecord);
  begun?.listen(leg, [answered.leg]);
  const agent = line.user ?? callerUser(plan) ?? null;
  const { ringing_at } = callerRow;
  const row = recording === begun ? undefined : recording?.row;
  record.answered({ ringing_at, answered_at: now, line_id: line.id, agent }, row);
  session.watch(leg, answered.leg);
  const conversation = openConversation({
    services,
    board: deps.board,
    plan,
    record,
    session,
    book,
    recording,
    moved,
    caller: {
      side: 'caller',
      user: callerUser(plan),
      dialog,
      leg,
      row: callerRow,
      leave: () => undefined,
    },
    line: {
      side: 'line',
      user: line.user ?? undefined,
      dialog: answered.dialog,
      leg: answered.leg,
      row: answered.row,
      leave: answered.leave,
    },
    stopped: deps.stopped,
  });
  entry.conversation = conversation;
  const { end, at, hungUp } = await conversation.ended;
  return { end, at, hungUp, conversation, recording };
};

const liveView = (deps: Dependencies, session: MediaSession): BoardEntry => {
  const { plan, direction, startedAt, callerRow } = deps;
  const entry: BoardEntry = {
    session,
    conversation: undefined,
    view: () => {
      const { conversation } = entry;
      const named = plan.lines.flatMap(({ user }) => user ?? []);
      const rung = [...named, ...deps.services.agents.offeredTo(plan.callId)];
      const ringing = [...new Set([callerUser(plan) ?? [], rung].flat())];
      return {
        id: plan.callId,
        direction,
        startedAt,
        answeredAt: callerRow.answered_at ?? undefined,
        users: conversation ? conversation.parties().flatMap(({ user }) => user ?? []) : ringing,
        trackingNumber: plan.trackingNumber,
        onHold: conversation?.parties().some(({ leg }) => leg.held) ?? false,
        supervision: conversation?.supervision(),
      };
    },
  };
  return entry;
};

/** What the caller keyed in, for the record; sensitive digits stand nowhere. */
const inputsOf = ({ variables, sensitive }: FlowState): string | null => {
  const shown = Object.entries(variables).filter(([name]) => !sensitive.includes(name));
  return shown.length === 0 ? null : JSON.stringify(Object.fromEntries(shown));
};

/**
 * Runs a call, from its media to its end. Never rejects.
 *
 * @returns how it ended; `settled` when its record is written and its BYEs are answered, which a database can delay
 */
export const runCall = async (deps: Dependencies): Promise<{ end: CallEnd; settled: Promise<unknown> }> => {
  const { services, board, plan, book, callerRow } = deps;
  const user = callerUser(plan);
  const session = services.media.createSession(
    plan.callId,
    user === undefined ? undefined : board.sessionOf(user),
  );
  const entry = liveView(deps, session);
  board.put(plan.callId, entry);
  const moved = new Set<MediaLeg>();
  session.on('moved', (leg) => moved.add(leg));
  let bridged: Bridged | undefined;
  let caller: CallerSide | undefined;
  let outcome: FlowOutcome | undefined;
  /** Begun before a line answered. */
  let recording: CallRecording | undefined;

  const run = async (): Promise<CallEnd> => {
    const leg = await session.addLeg({
      label: 'caller',
      ...originLegOptions(plan.origin, plan.invite.peer),
      // Audio may come over another network than the INVITE.
      ...services.mediaAddress(connectionAddress(plan.invite.offer ?? '') ?? plan.invite.peer.address),
    });
    book.open(callerRow, leg);
    const answer = plan.invite.offer === undefined ? undefined : await leg.acceptOffer(plan.invite.offer);
    plan.invite.onEarlyOffer((offer) => leg.acceptOffer(offer));
    const { stopped, record } = deps;
    caller = createCallerSide({ services, plan, session, leg, row: callerRow, answer, stopped });
    if (plan.code) await askCaller(deps, plan.code, caller);
    const gone = await Promise.race([caller.stopped, undefined]);
    if (gone) return endedEarly(gone);

    const recordFromAnswer = (): void => {
      if (plan.flow.definition.flow.record !== 'answer') return;
      recording = startCallRecording({ services, plan, record, session }, leg, []);
      if (recording) record.answered({}, recording.row);
    };
    const pauseRecording = session.pauseRecording;
    const stage = {
      services,
      plan,
      session,
      record,
      book,
      caller,
      onAnswered: recordFromAnswer,
      pauseRecording,
    };
    if (caller.dialog) recordFromAnswer();
    outcome = await runFlow(stage);
    if (outcome.type === 'stopped') return endedEarly(outcome.stop);
    if (outcome.type === 'ended') return outcome.end;
    const { answered, state } = outcome;
    book.open(answered.row, answered.leg);
    const left = await Promise.race([caller.stopped, undefined]);
    if (left) {
      void answered.dialog.bye({ q850: 16, text: 'the caller is gone' });
      answered.leave();
      return endedEarly(left);
    }
    bridged = await answerAndTalk(deps, session, entry, caller, answered, recording, state.record, moved);
    return bridged.end;
  };

  const end = await run().catch((error): CallEnd => {
    if (!(error instanceof SdpError))
      services.logger.error({ call: plan.callId, error: errorMessage(error) }, 'call failed');
    return endOfError(error);
  });
  const endedAt = bridged?.at ?? services.now();
  board.remove(plan.callId);
  const dialog = caller?.dialog;
  const goodbye = end.status === 'answered' ? undefined : dialog?.bye({ q850: end.q850, text: end.reason });
  if (end.status !== 'answered' && !dialog)
    plan.invite.refuse(end.sipCode, { Reason: `Q.850;cause=${end.q850}` });

  book.look();
  const summary = await session.close().catch(() => undefined);
  book.closeAll(summary, { at: endedAt, q850: end.q850 });
  const legs = book.rows.includes(callerRow) ? book.rows : [callerRow, ...book.rows];
  const heldMs = Math.max(0, ...legs.map((row) => row.held_ms ?? 0));
  const { record, startedAt } = deps;
  const written = completeRecord({
    record,
    end,
    startedAt,
    endedAt,
    callerRow,
    legs,
    agent: bridged?.conversation?.agent() ?? user ?? null,
    heldMs,
    recording: (bridged?.recording ?? recording)?.end(summary?.recording),
    inputs: outcome && inputsOf(outcome.state),
    tags: outcome?.state.tags,
  });
  return { end, settled: Promise.all([written, bridged?.hungUp, goodbye]) };
};
