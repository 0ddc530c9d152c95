import { setTimeout as sleep } from 'node:timers/promises';
import { endEverything, onAppGone } from './dialog/app-gone.ts';
import { createCounters, responseCounts } from './dialog/counts.ts';
import { createDialogs } from './dialog/dialogs.ts';
import { createRegisteredFlows } from './dialog/flows.ts';
import type { Core, Counters, Incoming, Outgoing } from './dialog/types.ts';
import { conclude, hasOneVia, onFailure, onResponse } from './dialog/uac.ts';
import { onRequest } from './dialog/uas.ts';
import { type Clients, createClients } from './drachtio/clients.ts';
import { createOutbound } from './drachtio/outbound.ts';
import { createRouter, readHandlers } from './drachtio/router.ts';
import { createLocator, type Locator } from './locate/index.ts';
import { buildResponse, hostForWire, serializeMessage } from './message/index.ts';
import { createProxy } from './proxy/index.ts';
import { createClientTransactions, createServerTransactions, createTimers } from './transaction/index.ts';
import { createTransports, type Received, type Transports } from './transport/index.ts';
import type { SipEngine, SipEngineOptions, SipEngineStats, SipTimers } from './types.ts';
import { createWall, isScanner, knownTo, observe, type Wall } from './wall/index.ts';

/** The version of drachtio-server whose protocol is spoken; drachtio-srf pings from v0.8.2 on. */
const PROTOCOL_VERSION = 'v0.9.9';
const DEFAULT_TIMERS: SipTimers = { t1: 500, t2: 4000, t4: 5000, c: 185_000 };
/** Server transactions and dialogs at once. */
const DEFAULT_TRANSACTIONS = 20_000;
const DEFAULT_DIALOGS = 10_000;
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

const receive = (core: Core, wall: Wall | undefined, received: Received): void => {
  const { result, remote } = received;
  if (!result.ok) {
    rejectUnreadable(core.transports, received);
    return;
  }
  const { message } = result;
  if (message.kind === 'request') {
    const scans = wall !== undefined && message.core.toTag === '' && isScanner(message);
    if (scans && wall.offence(remote.address, 'scanner')) return;
    onRequest(core, received, message);
    return;
  }
  const taken = core.client.receive(message, received) || core.proxy.receive(message, received);
  if (!taken && received.stranger) core.counters.droppedStrangers += 1;
};

const statsOf = (core: Core, clients: Clients, wall: Wall | undefined): SipEngineStats => {
  const { counters } = core;
  return {
    dialogs: core.dialogs.size,
    serverTransactions: core.server.size,
    clientTransactions: core.client.size + core.proxy.transactions,
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
    bans: wall?.size ?? 0,
    droppedBanned: wall?.droppedBanned ?? 0,
    droppedOverRate: wall?.droppedOverRate ?? 0,
    refusedByLimit: { ...counters.refusedByLimit },
    applications: clients.count,
    registeredFlows: core.flows.size,
    proxiedRequests: core.proxy.size,
    dialogsInbound: core.dialogs.inbound,
    dialogsOutbound: core.dialogs.size - core.dialogs.inbound,
  };
};

const createCore = (
  options: SipEngineOptions,
  transports: Transports,
  counters: Counters,
  locator: Locator,
  wall: Wall | undefined,
  apps: Pick<Core, 'route' | 'cdr'>,
): Core => {
  const timers = createTimers();
  const times: SipTimers = { ...DEFAULT_TIMERS, ...options.timers };
  const base = {
    transports,
    timers,
    times,
    counters,
    ...(wall !== undefined && observe(wall)),
  };
  const core: Core = {
    transports,
    timers,
    times,
    counters,
    sessionExpires: options.sessionExpires ?? 1800,
    minimumSessionExpires: options.minimumSessionExpires ?? 90,
    habits: {
      natDetection: options.natDetection ?? true,
      rejectRegisterWithNoRealm: options.rejectRegisterWithNoRealm ?? false,
      alwaysSend180: options.alwaysSend180 ?? false,
      ...(options.autoAnswerOptionsFrom !== undefined && {
        autoAnswerOptionsFrom: options.autoAnswerOptionsFrom,
      }),
    },
    limits: {
      transactions: options.limits?.transactions ?? DEFAULT_TRANSACTIONS,
      dialogs: options.limits?.dialogs ?? DEFAULT_DIALOGS,
    },
    flows: createRegisteredFlows(),
    server: createServerTransactions<Incoming>(base),
    client: createClientTransactions<Outgoing>(base, {
      response: (transaction, response, received) => onResponse(core, transaction, response, received),
      failed: (transaction, reason) => onFailure(core, transaction, reason),
      accepts: hasOneVia,
    }),
    incoming: new Map(),
    outgoing: new Map(),
    dialogs: createDialogs(),
    locator,
    proxy: createProxy({ base, core: () => core, secret: options.admin.secret }),
    route: apps.route,
    cdr: apps.cdr,
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
  const { wall: wallOptions, ...transportOptions } = options;
  const wall = wallOptions === undefined ? undefined : createWall(wallOptions);
  wall?.setKnown(knownTo(options.admission));
  const counters = createCounters();
  const { nameServers, outboundProxies, listen } = options;
  const locator = createLocator({
    protocols: new Set(listen.map(({ protocol }) => protocol)),
    ...(nameServers !== undefined && { nameServers }),
    ...(outboundProxies !== undefined && { outboundProxies }),
  });
  const handlers = readHandlers(options.requestHandlers ?? []);
  let core: Core | undefined;
  let closing = false;
  const keepAlive = (options.keepAliveSeconds ?? 45) * 1000;
  const clients = await createClients(
    options.admin,
    (app) => {
      if (core !== undefined && !closing) onAppGone(core, app);
    },
    keepAlive,
  );
  const transports = await createTransports(
    { ...transportOptions, counters, ...(wall !== undefined && { wall }) },
    {
      received: (received) => core !== undefined && receive(core, wall, received),
      flowClosed(flow) {
        core?.flows.closed(flow);
        core?.client.flowClosed(flow);
        core?.proxy.flowClosed(flow);
      },
    },
  ).catch(async (error: unknown) => {
    wall?.close();
    await clients.close();
    throw error;
  });
  core = createCore(options, transports, counters, locator, wall, {
    route: (request, received) =>
      closing ? { type: 'refuse', status: 503 } : router.route(request, received),
    cdr: clients.cdr,
  });
  const running = core;
  const outbound = createOutbound(running, clients);
  outbound.setTls(options.tls);
  const router = createRouter(handlers, clients, outbound);
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
    admin: {
      address: clients.address,
      port: clients.port,
      ...(clients.tlsPort !== undefined && { tlsPort: clients.tlsPort }),
    },
    hostports: local,
    setAdmission(admission) {
      transports.setAdmission(admission);
      wall?.setKnown(knownTo(admission));
    },
    setTls: async (tls) => {
      transports.setTls(tls);
      outbound.setTls(tls);
    },
    bans: async () => wall?.bans() ?? [],
    ban: async (ban) => wall?.ban(ban),
    unban: async (cidr) => wall?.unban(cidr) ?? false,
    onBan: (listener) => wall?.onChange(listener),
    stats: async () => statsOf(running, clients, wall),
    onExit: ignore,
    async close() {
      if (closing) return;
      closing = true;
      router.close();
      outbound.close();
      endEverything(running);
      running.proxy.close();
      await drain(running);
      running.timers.close();
      wall?.close();
      await Promise.all([clients.close(), transports.close()]);
    },
  };
};
