import { errorMessage } from '../base/errors.ts';
import { ulid } from '../base/ids.ts';
import {
  type CalledNumber,
  type Caller,
  createDigestVerifier,
  findCalledNumber,
  type IncomingInvite,
  readCaller,
  type Trunk,
} from '../sip/index.ts';
import type { NewCall, NumberRoute } from '../store/index.ts';
import { attribute } from '../tracking/index.ts';
import { runCall } from './call.ts';
import { openCallRecord } from './call-record.ts';
import { type Decision, decide } from './decide.ts';
import { newLeg, peerText } from './legs.ts';
import type { CallServices, CallStop } from './types.ts';

/** The calls that are up, and the door for new ones. */
export type Calls = {
  /** Takes an INVITE, whoever sent it. */
  receive(invite: IncomingInvite): void;
  readonly active: number;
  /** INVITEs of strangers, which got no answer. */
  readonly strangers: number;
  /** Refuses new calls from now on. */
  drain(): void;
  /** Ends every call that is up and waits for their records. */
  stopAll(reason: string): Promise<void>;
  /** Resolves when no call is up. */
  idle(): Promise<void>;
};

type ActiveCall = {
  readonly trunkId: string;
  readonly stop: (stop: CallStop) => void;
  readonly done: Promise<void>;
};

const callerHistory = (priorCalls: number): string => {
  if (priorCalls === 0) return 'This caller calls for the first time.';
  return `This caller has called ${priorCalls === 1 ? 'once' : `${priorCalls} times`} before.`;
};

export const createCalls = (services: CallServices): Calls => {
  const active = new Map<string, ActiveCall>();
  const digest = createDigestVerifier(services.now);
  /** Last known routes: a database that fails for a while doesn't stop calls. */
  const routes = new Map<string, NumberRoute>();
  let draining = false;
  let strangers = 0;

  const routeFor = async (e164: string | undefined): Promise<NumberRoute | undefined> => {
    if (e164 === undefined) return undefined;
    try {
      const route = await services.store.numbers.route(e164);
      if (route) routes.set(e164, route);
      else routes.delete(e164);
      return route;
    } catch (error) {
      services.logger.error(
        { error: errorMessage(error) },
        'tracking number looked up in memory: the database failed',
      );
      return routes.get(e164);
    }
  };

  const isBlocked = async (hmac: string | null): Promise<boolean> => {
    if (hmac === null) return false;
    return services.store.blockedCallers.isBlocked(hmac).catch(() => false);
  };

  /** The trunk, if the invite is one's and has proven itself; otherwise what there is to answer has been answered. */
  const admit = (invite: IncomingInvite): Trunk | undefined => {
    const match = services.trunks.match(invite.peer, invite.header('From'), invite.requestUri);
    if (!match) {
      strangers += 1;
      services.logger.debug({ peer: peerText(invite.peer) }, 'stranger ignored');
      return undefined;
    }
    const { trunk, mustAuthenticate } = match;
    if (!mustAuthenticate || !trunk.digest) return trunk;
    const verdict = digest.verify('INVITE', invite.header('Authorization'), trunk.digest);
    if (verdict.type === 'accepted') return trunk;
    if (verdict.type === 'challenge') {
      invite.refuse(401, { 'WWW-Authenticate': verdict.header });
      return undefined;
    }
    services.logger.warn({ trunk: trunk.id, peer: peerText(invite.peer) }, 'wrong credentials');
    invite.refuse(403);
    return undefined;
  };

  const newCall = (
    id: string,
    startedAt: number,
    invite: IncomingInvite,
    trunk: Trunk,
    caller: Caller,
    called: CalledNumber | undefined,
    route: NumberRoute | undefined,
  ): NewCall => ({
    id,
    run_id: services.runId,
    direction: 'inbound',
    trunk_id: trunk.id,
    is_test: trunk.isTest ? 1 : 0,
    started_at: startedAt,
    ...(caller.type === 'known'
      ? services.store.vault.seal(caller.number)
      : { caller_encrypted: null, caller_hmac: null, caller_masked: null }),
    caller_region: caller.type === 'known' ? (caller.region ?? null) : null,
    anonymous: caller.type === 'anonymous' ? 1 : 0,
    did: called?.e164 ?? null,
    did_raw: called?.raw ?? null,
    did_header: called?.header ?? null,
    ...attribute(route, null),
    sip_call_id: invite.sipCallId,
  });

  const explain = (
    trunk: Trunk,
    called: CalledNumber | undefined,
    route: NumberRoute | undefined,
    decision: Decision,
  ) => [
    { type: 'received', text: `INVITE through trunk ${trunk.id}.`, detail: { trunk: trunk.id } },
    ...(called
      ? [
          {
            type: 'called',
            text: `The dialled number stands in ${called.header}: ${called.raw}.`,
            detail: { ...called },
          },
        ]
      : []),
    ...(route
      ? [
          {
            type: 'number-matched',
            text: `${route.number.number} is a static number of source ${route.source.name}.`,
            detail: { source: route.source.id, lines: route.lines.map((line) => line.id) },
          },
        ]
      : []),
    ...(decision.type === 'refuse'
      ? [
          {
            type: 'refused',
            text: `Refused with ${decision.sipCode}: ${decision.reason}.`,
            detail: { sip: decision.sipCode },
          },
        ]
      : []),
  ];

  const handle = async (
    invite: IncomingInvite,
    trunk: Trunk,
    id: string,
    stopped: Promise<CallStop>,
  ): Promise<void> => {
    const startedAt = services.now();
    const began = performance.now();
    invite.stamp({ 'X-Dialtrace-Call': id });
    const called = findCalledNumber(invite, trunk.didFrom, trunk.region);
    const caller = readCaller(invite, trunk.region);
    const callerHmac = caller.type === 'known' ? services.store.vault.hmac(caller.number) : null;
    const [route, callerBlocked] = await Promise.all([routeFor(called?.e164), isBlocked(callerHmac)]);
    const trunkCalls = [...active.values()].filter((call) => call.trunkId === trunk.id).length - 1;
    const decision = decide({ draining, trunk, trunkCalls, called, caller, callerBlocked, route });

    const { record, priorCalls } = await openCallRecord(
      { calls: services.store.calls, logger: services.logger, now: services.now },
      newCall(id, startedAt, invite, trunk, caller, called, route),
      explain(trunk, called, route, decision),
    );
    if (priorCalls !== null) record.note('caller', callerHistory(priorCalls), { priorCalls });
    const callerRow = newLeg({
      call_id: id,
      role: 'A',
      position: 0,
      line_id: null,
      trunk_id: trunk.id,
      uri: null,
      started_at: startedAt,
    });
    callerRow.peer = peerText(invite.peer);
    callerRow.sip_call_id = invite.sipCallId;

    if (decision.type === 'refuse') {
      invite.refuse(decision.sipCode, {
        Reason: `Q.850;cause=${decision.q850}`,
        ...(decision.sipCode === 503 && { 'Retry-After': '10' }),
      });
      const endedAt = services.now();
      const ended = { ended_at: endedAt, sip_code: decision.sipCode, q850_cause: decision.q850 };
      Object.assign(callerRow, ended, { outcome: 'rejected' });
      const duration = endedAt - startedAt;
      await record.complete(
        {
          ...ended,
          status: decision.status,
          duration_ms: duration,
          ring_ms: duration,
          talk_ms: 0,
          hold_ms: 0,
          hangup_by: 'gateway',
          end_reason: decision.reason,
        },
        [callerRow],
      );
      services.onEnded({ status: decision.status, isTest: trunk.isTest, setupMs: undefined });
      return;
    }

    const setupMs = performance.now() - began;
    const plan = { callId: id, invite, trunk, caller, route: decision.route, region: trunk.region };
    const end = await runCall({ services, plan, record, startedAt, callerRow, stopped });
    services.onEnded({ status: end.status, isTest: trunk.isTest, setupMs });
  };

  const receive = (invite: IncomingInvite): void => {
    const trunk = admit(invite);
    if (!trunk) return;
    // RFC 3261 8.1.1.8: without a Contact there is nowhere to send a BYE.
    if (!invite.header('Contact')) {
      invite.refuse(400);
      return;
    }
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
      .then(() => handle(invite, trunk, id, stopped))
      .catch((error) => {
        services.logger.error({ call: id, error: errorMessage(error) }, 'call failed');
        invite.refuse(500);
      })
      .finally(() => active.delete(id));
    active.set(id, { trunkId: trunk.id, stop, done });
  };

  const idle = async (): Promise<void> => {
    while (active.size > 0) await Promise.all([...active.values()].map((call) => call.done));
  };

  return {
    receive,
    get active() {
      return active.size;
    },
    get strangers() {
      return strangers;
    },
    drain: () => {
      draining = true;
    },
    stopAll: async (reason) => {
      for (const call of active.values()) call.stop({ by: 'gateway', reason, q850: 41, cancelled: false });
      await idle();
    },
    idle,
  };
};
