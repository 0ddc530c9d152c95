import { ulid } from '../base/ids.ts';
import { silentLogger } from '../base/logger.ts';
import { Registry } from '../base/metrics.ts';
import { parsePhone } from '../base/phone.ts';
import type { CallTracking } from '../calls/index.ts';
import { startTracking } from '../gateway-tracking.ts';
import { createHttpServer } from '../http/index.ts';
import { createReportRunner } from '../reports/index.ts';
import type { CallPatch, Store } from '../store/index.ts';
import { attribute } from '../tracking/index.ts';
import { openFolder } from './folder.ts';
import { LINE } from './plan.ts';
import type { Clock, OngoingCall, PlacedCall, Site } from './site.ts';

const NOBODY = { caller_encrypted: null, caller_hmac: null, caller_masked: null } as const;

type Writing = {
  readonly store: Store;
  readonly tracking: CallTracking;
  readonly clock: Clock;
  readonly runId: string;
};

/** A call record's end. */
const completion = (at: number, answeredAt: number | null, endedAt: number): CallPatch => {
  const talkMs = answeredAt === null ? 0 : endedAt - answeredAt;
  return {
    status: answeredAt === null ? 'cancelled' : 'answered',
    ringing_at: at,
    answered_at: answeredAt,
    ended_at: endedAt,
    duration_ms: endedAt - at,
    ring_ms: endedAt - at - talkMs,
    talk_ms: talkMs,
    hold_ms: 0,
    line_id: answeredAt === null ? null : LINE,
    hangup_by: 'caller',
  };
};

/** Does with a call what `calls/` does with one, without SIP: looks it up among visits, opens its record, completes it. */
const writeCall = async (writing: Writing, call: PlacedCall): Promise<OngoingCall> => {
  const { store, tracking, clock, runId } = writing;
  const { did, caller } = call;
  const at = clock.now();
  const id = ulid(at);
  const route = await store.numbers.route(did);
  const sealed = caller === undefined ? NOBODY : store.vault.seal(caller);
  const callerRegion = (caller === undefined ? undefined : parsePhone(caller)?.region) ?? null;
  const match = route && (await tracking.match({ at, did, callerHmac: sealed.caller_hmac, callerRegion }));
  await store.calls.open(
    {
      id,
      run_id: runId,
      direction: 'inbound',
      trunk_id: 'carrier',
      is_test: 0,
      started_at: at,
      ...sealed,
      caller_region: callerRegion,
      anonymous: caller === undefined ? 1 : 0,
      did,
      did_raw: did,
      did_header: 'request-uri',
      ...attribute(route, match, tracking.sources()),
      dialled_code: null,
      sip_call_id: null,
    },
    [],
  );
  if (match) await tracking.noteMatch(id, match, true);
  let answeredAt: number | null = null;
  return {
    answer: async () => {
      answeredAt = clock.now();
    },
    end: async () => {
      await store.calls.complete(id, completion(at, answeredAt, clock.now()), [], []);
      await tracking.ended(id);
      return id;
    },
  };
};

/** A gateway without SIP and sockets: the real HTTP routes, the real tracking, and a call log that is written as calls write it. */
export const openDirectSite = async ({
  numbers,
  clock,
}: {
  readonly numbers: number;
  readonly clock: Clock;
}): Promise<Site> => {
  const { store, config, ...folder } = await openFolder(numbers, 'sip:office@127.0.0.1');
  const runId = ulid(clock.now());
  await store.runs.start(runId, clock.now());
  const reports = createReportRunner(config.database);
  const tracking = await startTracking({ store, reports, logger: silentLogger, now: clock.now });
  const http = await createHttpServer({
    config,
    store,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports,
    dni: tracking.dni,
    trunkStatus: () => [],
  });
  return {
    store,
    post: async (path, body, headers) => {
      const { statusCode, payload } = await http.inject({
        url: path,
        method: 'POST',
        payload: JSON.stringify(body),
        headers: { ...headers },
      });
      return statusCode === 200 ? JSON.parse(payload) : undefined;
    },
    call: (call) => writeCall({ store, tracking: tracking.calls, clock, runId }, call),
    sweep: folder.sweep,
    refit: folder.refit,
    verify: folder.verify,
    close: async () => {
      await http.close();
      await reports.close();
      await tracking.stop();
      await folder.close();
    },
  };
};
