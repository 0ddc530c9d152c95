import type { CallBackOrder, CallBackResult } from '../../buttons/index.ts';
import type { MediaLeg, MediaSession } from '../../media/index.ts';
import type { LegTable } from '../../store/index.ts';
import type { Board, BoardEntry } from '../board.ts';
import { type CallRecord, type CallRecording, type LegBook, startCallRecording } from '../record/index.ts';
import type { AnsweredLine } from '../ring/index.ts';
import { openConversation } from '../talk/index.ts';
import type { Conversation } from '../talk/types.ts';
import type { CallEnd, CallPlan, CallServices, CallStop } from '../types.ts';
import type { PreparedCallBack } from './prepare.ts';
import { type Reached, reachBusiness } from './reach.ts';
import { callVisitor, keepAgent, resultOf, soundFor, type WaitingAgent } from './visitor.ts';

export type CallBackDependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly plan: CallPlan;
  readonly order: CallBackOrder;
  readonly prepared: PreparedCallBack;
  readonly record: CallRecord;
  readonly book: LegBook;
  readonly session: MediaSession;
  readonly startedAt: number;
  readonly stopped: Promise<CallStop>;
};

/** How a call back ended, for its record and for its request. */
export type CallBackEnd = {
  readonly end: CallEnd;
  readonly result: CallBackResult;
  /** When they stopped talking, milliseconds since the epoch; undefined: they did not. */
  readonly at?: number | undefined;
  /** The visitor's leg; undefined: never dialled. */
  readonly visitor?: LegTable | undefined;
  /** How the visitor's leg ended, where the call's status is about the business. */
  readonly visitorOutcome?: LegTable['outcome'] | undefined;
  readonly talk?:
    | {
        readonly conversation: Conversation;
        readonly recording: CallRecording | undefined;
        readonly hungUp: Promise<unknown>;
      }
    | undefined;
  /** What the flow collected on its way. */
  readonly tags?: readonly string[];
};

const NOT_NOW: CallBackResult = { end: 'not-now', reason: 'the gateway was stopped' };

const stoppedEnd = ({ by, reason, q850, cancelled }: CallStop): CallEnd => ({
  status: cancelled ? 'cancelled' : 'failed',
  sipCode: cancelled ? 487 : 503,
  q850,
  by,
  reason,
});

/** The visitor was not to be called, or not any more. */
const withheld = (reason: string): Pick<CallBackEnd, 'end' | 'result'> => ({
  end: { status: 'cancelled', sipCode: 487, q850: 16, by: 'gateway', reason },
  result: { end: 'not-now', reason },
});

/** A prompt must not keep anybody for longer. */
const LONGEST_WORDS_MS = 10_000;

/** Tells the one who waits what has become of the call, and lets it go. */
const release = async (
  { services, plan, book }: CallBackDependencies,
  agent: WaitingAgent,
  { language }: Reached,
  sound: string | undefined,
  cause: { readonly q850: number; readonly text: string },
): Promise<void> => {
  const { dialog, leg, leave } = agent.answered;
  if (sound !== undefined) {
    const items = await services.prompts.resolve([sound], { language, values: {}, region: plan.region });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_WORDS_MS);
    });
    await Promise.race([agent.play({ type: 'sequence', items }), agent.gone, late]);
    clearTimeout(timer);
  }
  book.look();
  const goodbye = dialog.bye(cause);
  leave();
  const stats = await leg.close();
  book.close(leg, { at: services.now(), q850: cause.q850, stats });
  await goodbye;
};

/** Both are there: from here on it is a call like any other. */
const talk = async (
  deps: CallBackDependencies,
  entry: BoardEntry,
  agent: AnsweredLine,
  visitor: AnsweredLine,
  mayRecord: boolean | undefined,
  moved: ReadonlySet<MediaLeg>,
): Promise<CallBackEnd> => {
  const { services, board, plan, record, session, book, stopped } = deps;
  const { line } = agent;
  const at = services.now();
  visitor.row.answered_at = at;
  session.bridge(visitor.leg, agent.leg);
  record.note('answered', 'The visitor answered: both are connected.', { line: line.id });
  const recording = startCallRecording(
    { services, plan, record, session },
    visitor.leg,
    [agent.leg],
    mayRecord,
  );
  const { ringing_at } = visitor.row;
  const facts = { ringing_at, answered_at: at, line_id: line.id, agent: line.user };
  record.answered(facts, recording?.row);
  session.watch(visitor.leg, agent.leg);
  const conversation = openConversation({
    services,
    board,
    plan,
    record,
    session,
    book,
    recording,
    moved,
    caller: { side: 'caller', user: undefined, ...visitor },
    line: { side: 'line', user: line.user ?? undefined, ...agent },
    stopped,
  });
  entry.conversation = conversation;
  const ended = await conversation.ended;
  return {
    end: ended.end,
    at: ended.at,
    result: { end: 'talked', reason: ended.end.reason },
    visitor: visitor.row,
    talk: { conversation, recording, hungUp: ended.hungUp },
  };
};

/** Somebody of the business is there: calls the visitor, if that may still be. */
const connect = async (
  deps: CallBackDependencies,
  entry: BoardEntry,
  reached: Extract<Reached, { type: 'answered' }>,
  moved: ReadonlySet<MediaLeg>,
): Promise<CallBackEnd> => {
  const { services, order, record, book, prepared, stopped } = deps;
  const { answered, state } = reached;
  book.open(answered.row, answered.leg);
  const agent = keepAgent(deps.session, answered);
  record.note('business-answered', `Line ${answered.line.name ?? answered.line.id} takes the call back.`, {
    line: answered.line.id,
  });
  const letGo = (sound: string | undefined, q850: number, text: string): Promise<void> =>
    release(deps, agent, reached, sound, { q850, text });

  if (order.notFrom !== undefined && services.now() >= order.notFrom) {
    const reason = 'the hours in which the visitor may be called are over';
    record.note('not-called', `The visitor is not called: ${reason}.`);
    await letGo('callback-failed', 16, 'out of hours');
    return withheld(reason);
  }
  if (!(await order.dialling())) {
    const reason = 'the request was taken back, or the call could not be noted';
    record.note('not-called', `The visitor is not called: ${reason}.`);
    await letGo('callback-failed', 16, 'taken back');
    return withheld(reason);
  }
  const attempt = await callVisitor({ ...deps, trunk: prepared.trunk }, agent);
  const gone = await Promise.race([agent.gone, stopped, undefined]);
  switch (attempt.type) {
    case 'answered': {
      const visitor = attempt.answered;
      book.open(visitor.row, visitor.leg);
      if (gone === undefined) return talk(deps, entry, answered, visitor, state.record, moved);
      const goodbye = visitor.dialog.bye({ q850: gone.q850, text: gone.reason });
      visitor.leave();
      await Promise.all([goodbye, letGo(undefined, gone.q850, gone.reason)]);
      return { ...afterStop(gone), visitor: visitor.row };
    }
    case 'stopped':
      await letGo(undefined, attempt.stop.q850, attempt.stop.reason);
      return { ...afterStop(attempt.stop), visitor: attempt.row };
    case 'failed': {
      const result = resultOf(attempt);
      await letGo(soundFor(attempt), attempt.leg.q850, result.reason);
      const sipCode = attempt.leg.status ?? 480;
      const { outcome, q850 } = attempt.leg;
      return {
        // The business was there: it missed nothing.
        end: { status: 'cancelled', sipCode, q850, by: 'caller', reason: result.reason },
        result,
        visitor: attempt.row,
        visitorOutcome: outcome,
      };
    }
  }
};

/** The business hung up as the visitor was called, or the gateway stops: the visitor's telephone may have rung. */
const afterStop = (stop: CallStop): Pick<CallBackEnd, 'end' | 'result'> => ({
  end: stoppedEnd(stop),
  result: { end: 'visitor', reason: stop.reason },
});

/** Rings the business, then the visitor, and keeps their call up until it ends. */
export const runCallBack = async (deps: CallBackDependencies, entry: BoardEntry): Promise<CallBackEnd> => {
  const { services, plan, session, record, book, stopped, order } = deps;
  const moved = new Set<MediaLeg>();
  session.on('moved', (leg) => moved.add(leg));
  session.on('unplayable', (_leg, reason) =>
    services.logger.warn({ call: plan.callId, reason }, 'a prompt is left out'),
  );
  const { button } = order;
  const title = button.name;
  const reached = await reachBusiness({
    services,
    plan,
    session,
    record,
    book,
    stopped,
    title,
    language: button.language,
  });
  const { tags } = reached.state;
  switch (reached.type) {
    case 'answered':
      try {
        return { ...(await connect(deps, entry, reached, moved)), tags };
      } catch (error) {
        void reached.answered.dialog.bye({ q850: 41, text: 'gateway failure' });
        reached.answered.leave();
        throw error;
      }
    case 'stopped':
      return { end: stoppedEnd(reached.stop), result: NOT_NOW, tags };
    case 'nobody': {
      const { status, sipCode, q850 } = reached.failure;
      const reason = `nobody of the business took the call: ${status.replace('_', ' ')}`;
      const end: CallEnd = { status, sipCode, q850, by: 'line', reason };
      return { end, result: { end: 'nobody', reason }, tags };
    }
  }
};
