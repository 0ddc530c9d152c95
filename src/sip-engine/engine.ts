import { setTimeout as sleep } from 'node:timers/promises';
import { endEverything, onAppGone } from './dialog/app-gone.ts';
import { createCounters, responseCounts } from './dialog/counts.ts';
import { createDialogs } from './dialog/dialogs.ts';
import type { Core, Counters, Decision, Incoming, Outgoing } from './dialog/types.ts';
import { conclude, onFailure, onResponse } from './dialog/uac.ts';
import { onRequest } from './dialog/uas.ts';
import { createClients } from './drachtio/clients.ts';
import { createLocator } from './locate/index.ts';
import { buildResponse, hostForWire, serializeMessage } from './message/index.ts';
import type { SipRequest } from './message/types.ts';
import { createProxy } from './proxy/index.ts';
import { createClientTransactions, createServerTransactions, createTimers } from './transaction/index.ts';
import { createTransports, type Received, type Transports } from './transport/index.ts';
import type { SipEngine, SipEngineOptions, SipEngineStats, SipTimers } from './types.ts';

/** The version of drachtio-server whose protocol is spoken; drachtio-srf pings from v0.8.2 on. */
const PROTOCOL_VERSION = 'v0.9.9';
const DEFAULT_TIMERS: SipTimers = { t1: 500, t2: 4000, t4: 5000, c: 185_000 };
/** How long `close` waits for answers to its BYEs, in milliseconds. */
const CLOSE_WITHIN = 500;

const ignore = (): void => {};

/** Answers a request that could not be read, without a transaction (RFC 3261 8.2.7). */
const rejectUnreadable = (transports: Transports, received: Received): void => {
  const { result, local, remote, flow, stranger } = received;
  if (result.ok || stranger || result.request.method === 'ACK') return;
  const response = buildResponse(result.request, result.status, { reason: result.reason });
  transports.send(serializeMessage(response), { local, remote, flow }, ignore);
};

const receive = (core: Core, received: Received): void => {
  const { result } = received;
  if (!result.ok) {
    rejectUnreadable(core.transports, received);
    return;
  }
  const { message } = result;
  if (message.kind === 'request') {
    onRequest(core, received, message);
    return;
  }
  if (!core.client.receive(message, received) && received.stranger) core.counters.droppedStrangers += 1;
};

const statsOf = (core: Core): SipEngineStats => {
  const { counters } = core;
  return {
    dialogs: core.dialogs.size,
    serverTransactions: core.server.size,
    clientTransactions: core.client.size,
    connections: core.transports.connections,
    timers: core.timers.count,
    droppedStrangers: counters.droppedStrangers,
    droppedMalformed: counters.droppedMalformed,
    rejectedMalformed: counters.rejectedMalformed,
    requestsIn: Object.fromEntries(counters.requestsIn),
    requestsOut: Object.fromEntries(counters.requestsOut),
    responsesIn: responseCounts(counters.responsesIn),
    responsesOut: responseCounts(counters.responsesOut),
    retransmissionsIn: counters.retransmissionsIn,
    retransmissionsOut: counters.retransmissionsOut,
    bans: 0,
    droppedBanned: 0,
    droppedOverRate: 0,
    refusedByLimit: {},
    applications: 0,
    registeredFlows: 0,
    proxiedRequests: core.proxy.size,
    dialogsInbound: 0,
    dialogsOutbound: 0,
  };
};

const createCore = (
  options: SipEngineOptions,
  transports: Transports,
  counters: Counters,
  route: (request: SipRequest) => Decision,
): Core => {
  const timers = createTimers();
  const times: SipTimers = { ...DEFAULT_TIMERS, ...options.timers };
  const base = { transports, timers, times, counters };
  const core: Core = {
    transports,
    timers,
    times,
    counters,
    sessionExpires: options.sessionExpires ?? 1800,
    minimumSessionExpires: options.minimumSessionExpires ?? 90,
    server: createServerTransactions<Incoming>(base),
    client: createClientTransactions<Outgoing>(base, {
      response: (transaction, response, received) => onResponse(core, transaction, response, received),
      failed: (transaction, reason) => onFailure(core, transaction, reason),
    }),
    incoming: new Map(),
    outgoing: new Map(),
    dialogs: createDialogs(),
    locator: createLocator(),
    proxy: createProxy(),
    route,
    cdr: ignore,
    conclude: (outgoing, response, received) => conclude(core, outgoing, response, received),
    tcpRefused: new Map(),
  };
  return core;
};

/** Waits until the transactions of the farewell are through, or long enough. */
const drain = async (core: Core): Promise<void> => {
  const until = Date.now() + CLOSE_WITHIN;
  while (core.outgoing.size > 0 && Date.now() < until) await sleep(10);
};

/**
 * Starts the engine in the calling thread: binds every listening point and the address for applications.
 *
 * @throws the system's error when a point can't be bound; nothing stays open then
 */
export const createSipEngine = async (options: SipEngineOptions): Promise<SipEngine> => {
  const { wall: _wall, ...transportOptions } = options;
  const counters = createCounters();
  let core: Core | undefined;
  let closing = false;
  const clients = await createClients(options.admin, (app) => {
    if (core !== undefined && !closing) onAppGone(core, app);
  });
  const transports = await createTransports(
    { ...transportOptions, counters },
    {
      received: (received) => core !== undefined && receive(core, received),
      flowClosed: (flow) => core?.client.flowClosed(flow),
    },
  ).catch(async (error: unknown) => {
    await clients.close();
    throw error;
  });
  core = createCore(options, transports, counters, (request) => {
    const app = closing ? undefined : clients.pick(request.method.toLowerCase());
    return app === undefined ? { type: 'refuse', status: 503 } : { type: 'app', app };
  });
  const running = core;
  const name = (protocol: string, address: string, port: number): string =>
    `${protocol}/${hostForWire(address)}:${port}`;
  const points = transports.listenPoints;
  const local = points.map(({ protocol, address, port }) => name(protocol, address, port));
  clients.serve(running, {
    hostports: points
      .map(({ protocol, advertised }) => name(protocol, advertised.address, advertised.port))
      .join(','),
    version: PROTOCOL_VERSION,
    local: local.join(','),
  });

  return {
    admin: { address: clients.address, port: clients.port },
    hostports: local,
    setAdmission: (admission) => transports.setAdmission(admission),
    setTls: async (tls) => transports.setTls(tls),
    bans: async () => [],
    ban: async () => {},
    unban: async () => false,
    onBan: ignore,
    stats: async () => statsOf(running),
    onExit: ignore,
    async close() {
      if (closing) return;
      closing = true;
      endEverything(running);
      await drain(running);
      running.timers.close();
      await Promise.all([clients.close(), transports.close()]);
    },
  };
};
