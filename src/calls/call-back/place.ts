import { errorMessage } from '../../base/errors.ts';
import type { CallBackOrder, CallBackResult } from '../../buttons/index.ts';
import type { MediaSession } from '../../media/index.ts';
import type { Board, BoardEntry } from '../board.ts';
import { type Flows, gatherFacts } from '../flow/index.ts';
import { callerHistory } from '../opening.ts';
import { completeRecord, createLegBook, newLeg, openCallRecord } from '../record/index.ts';
import type { CallEnd, CallPlan, CallServices, CallStop } from '../types.ts';
import { limitTime } from '../web/index.ts';
import { type CallBackEnd, runCallBack } from './call-back.ts';
import { type PreparedCallBack, prepareCallBack } from './prepare.ts';

type Dependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly flows: Flows;
  readonly id: string;
  readonly order: CallBackOrder;
  readonly stop: (stop: CallStop) => void;
  readonly stopped: Promise<CallStop>;
};

/** A call back that is over. */
export type PlacedCallBack = {
  readonly result: CallBackResult;
  /** Its record is written and its BYEs are answered. Never rejects. */
  readonly settled: Promise<unknown>;
};

const liveView = (
  { services, id }: Dependencies,
  session: MediaSession,
  { startedAt, plan }: { readonly startedAt: number; readonly plan: CallPlan },
): BoardEntry => {
  const entry: BoardEntry = {
    session,
    conversation: undefined,
    view: () => {
      const { conversation } = entry;
      const named = plan.lines.flatMap(({ user }) => user ?? []);
      const ringing = [...new Set([...named, ...services.agents.offeredTo(id)])];
      return {
        id,
        direction: 'inbound',
        startedAt,
        answeredAt: conversation?.parties()[0].row.answered_at ?? undefined,
        users: conversation ? conversation.parties().flatMap(({ user }) => user ?? []) : ringing,
        trackingNumber: plan.trackingNumber,
        onHold: conversation?.parties().some(({ leg }) => leg.held) ?? false,
        supervision: conversation?.supervision(),
      };
    },
  };
  return entry;
};

const faultEnd = (error: unknown): CallBackEnd => {
  const reason = `gateway failure: ${errorMessage(error)}`;
  const end: CallEnd = { status: 'failed', sipCode: 500, q850: 41, by: 'gateway', reason };
  return { end, result: { end: 'failed', reason: 'the gateway failed' } };
};

const isPlaceable = (prepared: PreparedCallBack | CallBackResult): prepared is PreparedCallBack =>
  'row' in prepared;

/**
 * Places a call back: its record is opened, the business rung, the visitor called, and all of it written.
 *
 * @throws Error when nothing could be begun
 */
export const placeCallBack = async (deps: Dependencies): Promise<PlacedCallBack> => {
  const { services, board, id, order, stopped } = deps;
  const { store, logger, now } = services;
  const startedAt = now();
  const began = performance.now();
  const prepared = await prepareCallBack(services, { id, startedAt }, order);
  if (!isPlaceable(prepared)) return { result: prepared, settled: Promise.resolve() };
  const { row, notes, match, caller, lines, ownNumber, trunk } = prepared;
  const { web } = order;
  // A flow that can't be had leaves no record that nobody would end.
  const flow = await deps.flows.of(prepared.flow, lines);
  const { record, priorCalls } = await openCallRecord({ calls: store.calls, logger, now }, row, notes, web);
  if (priorCalls !== null) record.note('caller', callerHistory(priorCalls), { priorCalls });
  void record.opened.then(() => order.begun(id));
  if (match) void record.opened.then(() => services.tracking.noteMatch(id, match, false));
  const facts = await gatherFacts(services, { row, web, caller, priorCalls, flow });
  if (flow.version !== undefined) record.attributed({ flow_id: flow.id, flow_version: flow.version });
  const plan: CallPlan = {
    callId: id,
    origin: { type: 'callback' },
    caller,
    trackingNumber: ownNumber,
    lines,
    flow,
    facts,
    record: prepared.record && flow.definition.flow.record !== 'never',
    region: trunk.region,
  };
  const setupMs = performance.now() - began;

  const book = createLegBook();
  const session = services.media.createSession(id);
  const entry = liveView(deps, session, { startedAt, plan });
  board.put(id, entry);
  const unlimited = limitTime(order.button, deps.stop);
  const ended = await runCallBack(
    { services, board, plan, order, prepared, record, book, session, startedAt, stopped },
    entry,
  ).catch((error: unknown): CallBackEnd => {
    logger.error({ call: id, error: errorMessage(error) }, 'call back failed');
    return faultEnd(error);
  });
  unlimited();
  board.remove(id);
  const { end, result, talk } = ended;
  const endedAt = ended.at ?? now();
  book.look();
  const summary = await session.close().catch(() => undefined);
  book.closeAll(summary, { at: endedAt, q850: end.q850 });
  const callerRow =
    ended.visitor ??
    newLeg({
      call_id: id,
      role: 'A',
      position: 0,
      line_id: null,
      trunk_id: trunk.id,
      uri: null,
      started_at: startedAt,
    });
  const others = book.rows.filter((leg) => leg !== callerRow);
  const written = completeRecord({
    record,
    end,
    startedAt,
    endedAt,
    callerRow,
    callerOutcome: ended.visitorOutcome,
    legs: [callerRow, ...others],
    agent: talk?.conversation.agent() ?? null,
    heldMs: Math.max(0, ...book.rows.map((leg) => leg.held_ms ?? 0)),
    recording: talk?.recording?.end(summary?.recording),
    tags: ended.tags,
  });
  services.onEnded({ status: end.status, isTest: false, setupMs });
  const settled = Promise.all([written, talk?.hungUp]).then(() => services.tracking.ended(id));
  return { result, settled };
};
