import { errorMessage } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import type { Placer } from '../buttons/index.ts';
import type { Admittance, IncomingInvite } from '../sip/index.ts';
import { type Board, createBoard } from './board.ts';
import { runCall } from './call.ts';
import { placeCallBack } from './call-back/index.ts';
import { type Admitted, createDoor } from './door.ts';
import { createFlows, gatherFacts } from './flow/index.ts';
import { callerHistory } from './opening.ts';
import { type Prepared, prepareTrunkCall, prepareUserCall } from './preparing.ts';
import {
  completeRecord,
  createLegBook,
  newLeg,
  openCallRecord,
  peerText,
  visitorPeerText,
} from './record/index.ts';
import { createRoutes } from './routes.ts';
import { resumeCall, superviseCall } from './talk/index.ts';
import type { CallEnd, CallServices, CallStop, LiveCall, Origin, SupervisionMode } from './types.ts';
import { createUserPlaces } from './user-places.ts';
import { limitTime, prepareWebCall } from './web/index.ts';

/** The calls that are up, and the door for new ones. */
export type Calls = {
  /** Takes an INVITE, whoever sent it. */
  receive(invite: IncomingInvite): void;
  readonly active: number;
  /** INVITEs of strangers, which got no answer. */
  readonly strangers: number;
  /** Calls as they stand, the oldest first. */
  live(): readonly LiveCall[];
  /** Changes how far a supervisor takes part; false when that supervisor is not in that call. */
  setSupervision(callId: string, supervisor: string, mode: SupervisionMode): boolean;
  /**
   * Places a call back: rings the business, then calls the visitor; resolves when it is over. Placed as the gateway stops, it
   * is `not-now`.
   */
  readonly callBack: Placer;
  /** Refuses new calls from now on. */
  drain(): void;
  readonly draining: boolean;
  /** Ends every call that is up and waits for their records, 10 s at most. */
  stopAll(reason: string): Promise<void>;
  /** Resolves when no call is up and every record is written. */
  idle(): Promise<void>;
};

/** A database that is held must not keep a gateway from stopping. */
const STOP_PATIENCE_MS = 10_000;

/** A call that is over. */
type Handled = {
  /** Its record is written and its BYEs are answered. Never rejects. */
  readonly settled: Promise<unknown>;
};

type ActiveCall = {
  readonly stop: (stop: CallStop) => void;
  readonly done: Promise<void>;
};

/** An INVITE on its way to becoming a call. */
type Arrival = {
  readonly id: string;
  readonly invite: IncomingInvite;
  readonly origin: Origin;
  readonly room: Admittance;
  /** Ends it from outside. */
  readonly stop: (stop: CallStop) => void;
  readonly stopped: Promise<CallStop>;
};

/** How to end a call from outside, and what waits for it. */
const createStop = (): Pick<Arrival, 'stop' | 'stopped'> => {
  let stop: (stop: CallStop) => void = () => undefined;
  const stopped = new Promise<CallStop>((resolve) => {
    stop = resolve;
  });
  return { stop, stopped };
};

export const createCalls = (services: CallServices): Calls => {
  const active = new Map<string, ActiveCall>();
  const board: Board = createBoard(createUserPlaces(services.userRules.maxCalls));
  services.agents.watch(board.live);
  const door = createDoor(services);
  const routes = createRoutes(services);
  const flows = createFlows(services);
  /** What calls that are over still have to do. */
  const settling = new Set<Promise<unknown>>();
  let draining = false;

  const prepare = ({ id, invite, origin, room }: Arrival, startedAt: number): Promise<Prepared> => {
    const beginning = { id, startedAt, invite };
    switch (origin.type) {
      case 'trunk':
        return prepareTrunkCall(services, routes, beginning, { trunk: origin.trunk, room, draining });
      case 'user':
        return prepareUserCall(services, beginning, { user: origin.user, room, draining });
      case 'web':
        return prepareWebCall(services, routes, beginning, { ...origin, room, draining });
    }
  };

  const handle = async (arrival: Arrival): Promise<Handled> => {
    const { id, invite, origin, stopped } = arrival;
    const startedAt = services.now();
    const began = performance.now();
    invite.stamp({ 'X-Dialtrace-Call': id });
    const { row, web, notes, agent, trunk, match, decision } = await prepare(arrival, startedAt);

    const { record, priorCalls } = await openCallRecord(
      { calls: services.store.calls, logger: services.logger, now: services.now },
      row,
      notes,
      web,
    );
    if (priorCalls !== null) record.note('caller', callerHistory(priorCalls), { priorCalls });
    const callerRow = newLeg({
      call_id: id,
      role: 'A',
      position: 0,
      line_id: null,
      user: agent,
      trunk_id: trunk?.id ?? null,
      uri: null,
      peer: origin.type === 'web' ? visitorPeerText(invite.peer) : peerText(invite.peer),
      sip_call_id: invite.sipCallId,
      started_at: startedAt,
    });
    const setupMs = performance.now() - began;
    const isTest = row.is_test === 1;
    const mayCallBack = decision.type === 'dial' && !isTest;
    if (match) void record.opened.then(() => services.tracking.noteMatch(id, match, mayCallBack));

    if (decision.type === 'refuse') {
      const { status, sipCode, q850, reason, retryAfterSeconds } = decision;
      const retry = retryAfterSeconds === undefined ? undefined : { 'Retry-After': `${retryAfterSeconds}` };
      invite.refuse(sipCode, { Reason: `Q.850;cause=${q850}`, ...retry });
      const end: CallEnd = { status, sipCode, q850, reason, by: 'gateway' };
      const endedAt = services.now();
      const legs = [callerRow];
      const settled = completeRecord({ record, end, startedAt, endedAt, callerRow, legs, agent, heldMs: 0 });
      services.onEnded({ status, isTest, setupMs });
      return { settled: settled.then(() => services.tracking.ended(id)) };
    }

    const { type: _, flow: route, ...dialled } = decision;
    const flow = await flows.of(route, dialled.lines);
    const facts = await gatherFacts(services, { row, web, caller: dialled.caller, priorCalls, flow });
    if (flow.version !== undefined) record.attributed({ flow_id: flow.id, flow_version: flow.version });
    const mayRecord = dialled.record && flow.definition.flow.record !== 'never';
    const plan = { callId: id, invite, origin, ...dialled, record: mayRecord, flow, facts };
    const unlimited = origin.type === 'web' ? limitTime(origin.button, arrival.stop) : undefined;
    const book = createLegBook();
    const { direction } = row;
    const { end, settled } = await runCall({
      services,
      board,
      plan,
      record,
      direction,
      startedAt,
      callerRow,
      book,
      stopped,
    });
    unlimited?.();
    services.onEnded({ status: end.status, isTest, setupMs });
    return { settled: settled.then(() => services.tracking.ended(id)) };
  };

  const settle = ({ settled }: Handled): void => {
    const kept = settled.finally(() => settling.delete(kept));
    settling.add(kept);
  };

  /** What users ask for that is no new call: the place of a dialog that a page lost, a seat as a supervisor. */
  const joining = (invite: IncomingInvite, admitted: Admitted): Promise<void> | undefined => {
    const { replaces } = invite;
    const deps = { services, board, invite };
    if (admitted.type === 'visitor' && replaces)
      return resumeCall(deps, replaces, { type: 'visitor', press: admitted.press });
    if (admitted.type !== 'user') return undefined;
    const { user } = admitted;
    if (replaces) return resumeCall(deps, replaces, { type: 'user', name: user.name });
    const supervised = invite.header('X-Dialtrace-Supervise');
    return supervised === undefined ? undefined : superviseCall({ ...deps, user }, supervised);
  };

  const joinsCall = (invite: IncomingInvite, admitted: Admitted): admitted is Exclude<Admitted, Origin> => {
    const joined = joining(invite, admitted);
    if (joined === undefined) return false;
    settle({ settled: joined });
    return true;
  };

  /** Asks for a place for one call more of whoever sends it. */
  const enter = (invite: IncomingInvite, origin: Origin): Admittance => {
    switch (origin.type) {
      case 'trunk':
        return services.operation.enter(origin.trunk.id, 'in');
      case 'user':
        return board.places.enter(origin.user.name);
      case 'web': {
        const leave = services.buttons?.enter(origin.pass, invite.peer.address);
        if (leave) return { type: 'admitted', leave };
        const reason = 'as many calls of web pages are up as buttons.limits allows';
        return { type: 'full', reason, retryAfterSeconds: 30 };
      }
    }
  };

  const admit = async (
    invite: IncomingInvite,
    { id, stop, stopped }: Pick<Arrival, 'id' | 'stop' | 'stopped'>,
  ): Promise<void> => {
    const origin = await door.admit(invite);
    if (!origin || joinsCall(invite, origin)) return;
    const room = enter(invite, origin);
    try {
      settle(await handle({ id, invite, origin, room, stop, stopped }));
    } finally {
      if (room.type === 'admitted') room.leave();
    }
  };

  const receive = (invite: IncomingInvite): void => {
    const id = ulid(services.now());
    const { stop, stopped } = createStop();
    invite.onCancel(({ q850 }) =>
      stop({
        by: 'caller',
        reason: 'the caller hung up before an answer',
        q850: q850 ?? 16,
        cancelled: true,
      }),
    );
    const done = admit(invite, { id, stop, stopped })
      .catch((error) => {
        services.logger.error({ call: id, error: errorMessage(error) }, 'call failed');
        invite.refuse(500);
      })
      .finally(() => active.delete(id));
    active.set(id, { stop, done });
  };

  const callBack: Placer = async (order) => {
    if (draining) return { end: 'not-now', reason: 'the gateway is stopping' };
    const id = ulid(services.now());
    const { stop, stopped } = createStop();
    const placed = placeCallBack({ services, board, flows, id, order, stop, stopped });
    const done = placed.then(settle, () => undefined).finally(() => active.delete(id));
    active.set(id, { stop, done });
    return (await placed).result;
  };

  const idle = async (): Promise<void> => {
    while (active.size + settling.size > 0) {
      await Promise.all([...[...active.values()].map((call) => call.done), ...settling]);
    }
  };

  return {
    receive,
    get active() {
      return active.size;
    },
    get strangers() {
      return door.strangers;
    },
    live: board.live,
    setSupervision: (callId, supervisor, mode) =>
      board.conversation(callId)?.setSupervision(supervisor, mode) ?? false,
    callBack,
    drain: () => {
      draining = true;
    },
    get draining() {
      return draining;
    },
    stopAll: async (reason) => {
      for (const call of active.values()) call.stop({ by: 'gateway', reason, q850: 41, cancelled: false });
      let patience: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        patience = setTimeout(resolve, STOP_PATIENCE_MS);
      });
      await Promise.race([idle(), late]);
      clearTimeout(patience);
      if (settling.size > 0) {
        services.logger.error({ calls: settling.size }, 'stopping before these calls could be written');
      }
    },
    idle,
  };
};
