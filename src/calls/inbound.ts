import { errorMessage } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import {
  type Admittance,
  findCalledNumber,
  type IncomingInvite,
  readCaller,
  type Trunk,
} from '../sip/index.ts';
import { runCall } from './call.ts';
import { openCallRecord } from './call-record.ts';
import { completeRecord } from './completion.ts';
import { decide } from './decide.ts';
import { createDoor } from './door.ts';
import { newLeg, peerText } from './legs.ts';
import { callerHistory, newCall, openingNotes } from './opening.ts';
import { createRoutes } from './routes.ts';
import type { CallEnd, CallServices, CallStop } from './types.ts';

/** The calls that are up, and the door for new ones. */
export type Calls = {
  /** Takes an INVITE, whoever sent it. */
  receive(invite: IncomingInvite): void;
  readonly active: number;
  /** INVITEs of strangers, which got no answer. */
  readonly strangers: number;
  /** Refuses new calls from now on. */
  drain(): void;
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

export const createCalls = (services: CallServices): Calls => {
  const active = new Map<string, ActiveCall>();
  const door = createDoor(services);
  const routes = createRoutes(services);
  /** What calls that are over still have to do. */
  const settling = new Set<Promise<unknown>>();
  let draining = false;

  const handle = async (
    invite: IncomingInvite,
    trunk: Trunk,
    room: Admittance,
    id: string,
    stopped: Promise<CallStop>,
  ): Promise<Handled> => {
    const startedAt = services.now();
    const began = performance.now();
    invite.stamp({ 'X-Dialtrace-Call': id });
    const called = findCalledNumber(invite, trunk.didFrom, trunk.region);
    const caller = readCaller(invite, trunk.region);
    const callerHmac = caller.type === 'known' ? services.store.vault.hmac(caller.number) : null;
    const [route, callerBlocked] = await Promise.all([routes.of(called?.e164), routes.isBlocked(callerHmac)]);
    const decision = decide({ draining, trunk, room, called, caller, callerBlocked, route });

    const opening = { id, runId: services.runId, startedAt, invite, trunk, caller, called, route, decision };

    const { record, priorCalls } = await openCallRecord(
      { calls: services.store.calls, logger: services.logger, now: services.now },
      newCall(opening, services.store.vault),
      openingNotes(opening),
    );
    if (priorCalls !== null) record.note('caller', callerHistory(priorCalls), { priorCalls });
    const callerRow = newLeg({
      call_id: id,
      role: 'A',
      position: 0,
      line_id: null,
      trunk_id: trunk.id,
      uri: null,
      peer: peerText(invite.peer),
      sip_call_id: invite.sipCallId,
      started_at: startedAt,
    });
    const setupMs = performance.now() - began;

    if (decision.type === 'refuse') {
      const { status, sipCode, q850, reason, retryAfterSeconds } = decision;
      const retry = retryAfterSeconds === undefined ? undefined : { 'Retry-After': `${retryAfterSeconds}` };
      invite.refuse(sipCode, { Reason: `Q.850;cause=${q850}`, ...retry });
      const end: CallEnd = { status, sipCode, q850, reason, by: 'gateway' };
      const endedAt = services.now();
      const settled = completeRecord({ record, end, startedAt, endedAt, callerRow, lineRows: [], heldMs: 0 });
      services.onEnded({ status, isTest: trunk.isTest, setupMs });
      return { settled };
    }

    const plan = { callId: id, invite, trunk, caller, route: decision.route, region: trunk.region };
    const { end, settled } = await runCall({ services, plan, record, startedAt, callerRow, stopped });
    services.onEnded({ status: end.status, isTest: trunk.isTest, setupMs });
    return { settled };
  };

  const settle = ({ settled }: Handled): void => {
    const kept = settled.finally(() => settling.delete(kept));
    settling.add(kept);
  };

  const receive = (invite: IncomingInvite): void => {
    const trunk = door.admit(invite);
    if (!trunk) return;
    const room = services.operation.enter(trunk.id, 'in');
    const id = ulid(services.now());
    let stop: (stop: CallStop) => void = () => undefined;
    const stopped = new Promise<CallStop>((resolve) => {
      stop = resolve;
    });
    invite.onCancel(({ q850 }) =>
      stop({
        by: 'caller',
        reason: 'the caller hung up before an answer',
        q850: q850 ?? 16,
        cancelled: true,
      }),
    );
    const done = Promise.resolve()
      .then(() => handle(invite, trunk, room, id, stopped))
      .then(settle)
      .catch((error) => {
        services.logger.error({ call: id, error: errorMessage(error) }, 'call failed');
        invite.refuse(500);
      })
      .finally(() => {
        active.delete(id);
        if (room.type === 'admitted') room.leave();
      });
    active.set(id, { stop, done });
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
    drain: () => {
      draining = true;
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
