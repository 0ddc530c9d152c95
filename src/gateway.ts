import { accessSync, constants, mkdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { errorMessage, FailureError } from './base/errors.ts';
import { ulid } from './base/ids.ts';
import type { Logger } from './base/logger.ts';
import { removeRunFile, writeRunFile } from './base/run-file.ts';
import { createShutdown, type Shutdown } from './base/shutdown.ts';
import { VERSION } from './base/version.ts';
import type { CallBacks } from './buttons/index.ts';
import { type Calls, createAgents, createCalls, createQueueRooms } from './calls/index.ts';
import type { GatewayConfig } from './config/index.ts';
import { createBanKeeper, lastBans, withWall } from './gateway-bans.ts';
import { buttonParts, canDialVisitors, gatewayCallBacks, startButtons } from './gateway-buttons.ts';
import { httpsOptions, prepareCertificate, watchCertificates } from './gateway-certificates.ts';
import { holdMusic, mediaOptions } from './gateway-media.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { createAudit, phoneParts, userRules } from './gateway-phones.ts';
import { openDomains, startRegistrar } from './gateway-registrar.ts';
import { silenceMs, sipServerKind } from './gateway-sip.ts';
import { startTracking } from './gateway-tracking.ts';
import { createHttpServer, type Health } from './http/index.ts';
import { createMediaEngine, mediaAddressFor, repairRecordings } from './media/index.ts';
import { createPromptLibrary, recoverVoicemail } from './prompts/index.ts';
import { createReportRunner, startRollupKeeper } from './reports/index.ts';
import { createTrunkOperation, createTrunkTable, startSipServer, type Trunk } from './sip/index.ts';
import { claimDatabase, isBusy, openStore, type Store } from './store/index.ts';
import { createEchoLine, selfTestTrunk } from './user-agent/index.ts';

const ALIVE_EVERY_MS = 1000;
/** How often what was spoken with values of calls is looked through for what is too old to keep. */
const PRUNE_EVERY_MS = 3_600_000;
/** How long the end of a run waits for a database that another process holds. */
const STOP_WAITS_MS = 1000;

/** A running gateway. */
export type Gateway = {
  /** Where SIP is listened for, as bound: `udp/127.0.0.1:5060`. */
  readonly sip: readonly string[];
  /** Where HTTP is listened for: `127.0.0.1:8080`. */
  readonly http: string;
  /** Calls that the last run left open and this start has ended as `interrupted`. */
  readonly interruptedCalls: number;
  /** Settles when the gateway can't go on (the SIP engine died). */
  readonly failed: Promise<Error>;
  /** Reads the certificates again; the old ones stay when the new ones can't be used. */
  reloadCertificates(): Promise<void>;
  /** Refuses new calls, waits up to `drainSeconds` for those that are up, then ends them and closes everything. */
  stop(options?: { now?: boolean }): Promise<void>;
};

/** Ends what a crash left open: call records first, then recordings, whose files get their headers and hashes. */
const recover = async (
  store: Store,
  config: GatewayConfig,
  runId: string,
  logger: Logger,
): Promise<number> => {
  const interrupted = await store.runs.closeInterrupted(runId);
  const unfinished = await store.recordings.unfinished();
  if (interrupted.length > 0)
    logger.warn({ calls: interrupted.length }, 'calls of the last run were interrupted');
  const repaired = await repairRecordings(
    config.recording.directory,
    unfinished.map((recording) => recording.path),
  );
  const byPath = new Map(repaired.map((recording) => [recording.path, recording]));
  for (const recording of unfinished) {
    const file = byPath.get(recording.path);
    await store.recordings.complete(
      recording.id,
      file?.usable
        ? {
            state: 'repaired',
            duration_ms: Math.round(file.durationMs),
            bytes: file.bytes,
            sha256: file.sha256,
          }
        : { state: 'failed', duration_ms: null, bytes: null, sha256: null },
    );
  }
  await recoverVoicemail(store.voicemail, config.recording.directory);
  return interrupted.length;
};

const makeRecordingDirectory = (directory: string): void => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new FailureError(`recording.directory ${directory} can't be used: ${errorMessage(error)}`, {
      cause: error,
    });
  }
};

/**
 * Starts the gateway: store, recovery after a crash, media, SIP, HTTP. Either everything runs or nothing is left running.
 *
 * @param options `now`: another clock, milliseconds since the epoch, for records and decisions; timers run on the system's
 * @throws FailureError when a port is taken, a file can't be opened …
 */
export const startGateway = async (
  config: GatewayConfig,
  logger: Logger,
  { now = systemClock }: { readonly now?: () => number } = {},
): Promise<Gateway> => {
  const shutdown = createShutdown(logger);
  try {
    return await assemble(config, logger, shutdown, now);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
};

/** Milliseconds since the epoch that never go back. */
const systemClock = (): number => Math.round(performance.timeOrigin + performance.now());

const assemble = async (
  config: GatewayConfig,
  logger: Logger,
  shutdown: Shutdown,
  now: () => number,
): Promise<Gateway> => {
  const release = claimDatabase(config.database.path);
  shutdown.add('the claim on the database', release);
  const store = await openStore({ ...config.database, checkpointThread: true }, logger);
  shutdown.add('the database', () => store.close());
  makeRecordingDirectory(config.recording.directory);
  await prepareCertificate(config, logger, now());

  const runId = ulid();
  const interruptedCalls = await recover(store, config, runId, logger);
  await store.runs.start(runId, now());
  // From here on this thread has calls to carry: a database that is held is waited for elsewhere.
  store.setBusyTimeout(0);
  let missed = 0;
  const noteMissed = (error: unknown): void => {
    missed += 1;
    // A command's transaction stands in the way of one heartbeat at most.
    if (missed > 1 || !isBusy(error)) logger.error({ error: errorMessage(error) }, 'database not writable');
  };
  const alive = setInterval(() => {
    store.runs.alive(runId, now()).then(() => {
      missed = 0;
    }, noteMissed);
  }, ALIVE_EVERY_MS);
  shutdown.add('the heartbeat', async () => {
    clearInterval(alive);
    store.setBusyTimeout(STOP_WAITS_MS);
    await store.runs.stop(runId, now());
  });

  const media = await createMediaEngine(mediaOptions(config, logger));
  if (!media.encryption.available && config.media.webrtc.enabled)
    logger.warn(`Browser calls and encrypted trunks are off: ${media.encryption.reason}`);
  shutdown.add('media', () => media.close());

  const configured: Trunk[] = config.trunks.map((trunk) => ({
    ...trunk,
    digest: trunk.digest,
    isTest: false,
  }));
  const trunks = createTrunkTable([...configured, selfTestTrunk(store.vault)], openDomains(config));
  const registrar = await startRegistrar(config, store, logger, now);
  shutdown.add('the registrar', async () => registrar?.close());
  const listening = config.sip.listen.find((point) => point.transport === 'udp') ?? config.sip.listen[0];
  const echo = createEchoLine({ gateway: listening?.address ?? '0.0.0.0', media, logger });
  shutdown.add('the echo', () => echo.close());

  let state: Health['status'] = 'starting';
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const metrics = createGatewayMetrics();
  let calls: Calls | undefined;
  const bans = createBanKeeper(store, logger, now);
  shutdown.add('bans', () => bans.stop());
  const sip = await startSipServer({
    server: withWall(sipServerKind(config, configured, trunks), config.sip, await lastBans(store, now())),
    onBan: bans.note,
    onInvite: (invite) => calls?.receive(invite),
    onRegister: registrar?.register,
    // A trunk's OPTIONS asks whether we take calls (RFC 3261 11.2); a stranger's gets silence.
    onOptions: (peer) => {
      if (!trunks.match(peer, undefined, '') && !registrar?.isRegistered(peer)) return undefined;
      return state === 'ok' ? 200 : 503;
    },
    onLost: (error) => {
      logger.error({ error: error.message }, 'the SIP server is lost, ending its calls');
      void calls?.stopAll('the SIP server was lost');
      if (config.sip.engine === 'embedded') fail(error);
    },
  });
  shutdown.add('SIP', () => sip.close());
  const operation = createTrunkOperation({
    trunks: configured,
    table: trunks,
    sip,
    onAdmission: () => sip.setAdmission(trunks.admission()),
    logger,
    now,
  });
  shutdown.add('the trunks', () => operation.close());

  const reports = createReportRunner(config.database);
  shutdown.add('reports', () => reports.close());
  const tracking = await startTracking({ store, reports, logger, now });
  shutdown.add('tracking', () => tracking.stop());
  const rules = userRules(config, configured);
  const canDial = canDialVisitors(trunks, rules);
  let callBacks: CallBacks | undefined;
  const buttons = startButtons(config, {
    store,
    tracking,
    regions: rules.regions,
    takesCalls: () => state === 'ok' && media.encryption.available && config.media.webrtc.enabled,
    callBacks: () => callBacks,
    canCallBack: canDial,
    logger,
    now,
  });
  shutdown.add('call buttons', async () => buttons?.stop());
  const audit = createAudit(store, logger, now);
  const agents = createAgents({ store, phones: registrar, audit, logger, now });
  shutdown.add('agents', () => agents.stop());
  await agents.refresh();
  const queues = createQueueRooms({ agents, now });
  const prompts = createPromptLibrary({ ...config.prompts, db: store.db, logger, now });
  const pruning = setInterval(() => void prompts.prune(), PRUNE_EVERY_MS);
  void prompts.prune();
  shutdown.add('prompts', () => {
    clearInterval(pruning);
    return prompts.close();
  });
  calls = createCalls({
    runId,
    store,
    media,
    trunks,
    operation,
    dial: (options) => sip.dial(options),
    phones: registrar,
    buttons: buttons?.calls,
    agents,
    queues,
    userRules: rules,
    holdMusic: holdMusic(config),
    prompts,
    features: config.features,
    areaOf: async (e164) => store.areas.of(e164),
    audit,
    silenceMs: silenceMs(config),
    echoUri: () => echo.uri(),
    mediaAddress: mediaAddressFor(config.media),
    recording: config.recording,
    tracking: tracking.calls,
    logger,
    now,
    onEnded: metrics.callEnded,
  });
  const activeCalls = calls;
  const { regions } = rules;
  callBacks = gatewayCallBacks(config, { store, tracking, regions, canDial, calls, logger, now });
  shutdown.add('call backs', async () => callBacks?.stop());
  metrics.observe({
    calls: activeCalls,
    agents,
    queues,
    sip,
    media,
    trunks: operation,
    registrar,
    tracking,
    buttons,
    callBacks,
  });

  const countDay = (day: number) => reports.run({ type: 'day', options: { day } });
  const countBlock = (day: number) => reports.run({ type: 'block', options: { day } });
  const figures = startRollupKeeper({ store, countDay, countBlock, logger, now });
  shutdown.add('figures of past days', () => figures.stop());
  const http = await createHttpServer({
    config,
    store,
    logger,
    metricsRegistry: metrics.registry,
    health: () => ({ status: state, callsInProgress: activeCalls.active }),
    reports,
    wall: sip.wall,
    phone: phoneParts(config, { registrar, calls: activeCalls, agents, listeners: sip.hostports, rules }),
    agents,
    queues,
    tls: httpsOptions(config),
    trunkStatus: () => operation.status(),
    dni: tracking.dni,
    buttons: buttonParts(config, buttons, sip.hostports),
    prompts,
  });
  shutdown.add('HTTP', () => http.close());
  const httpAddress = await http.listen();
  const certificates = watchCertificates(config, { trunks: configured, sip, http, logger, now });
  shutdown.add('the watch over certificates', () => certificates?.close());

  await writeRunFile(config.runFile, {
    pid: process.pid,
    startedAt: now(),
    version: VERSION,
    sip: sip.hostports,
    http: httpAddress,
    https: config.http.tls,
  });
  shutdown.add('the run file', () => removeRunFile(config.runFile));
  state = 'ok';
  operation.start();
  callBacks?.start();

  let stopping: Promise<void> | undefined;
  let hurry: () => void = () => undefined;
  const stop = async (): Promise<void> => {
    state = 'draining';
    activeCalls.drain();
    const hurried = new Promise<void>((resolve) => {
      hurry = resolve;
    });
    let deadline: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, config.drainSeconds * 1000);
    });
    await Promise.race([activeCalls.idle(), patience, hurried]);
    clearTimeout(deadline);
    await activeCalls.stopAll('the gateway was stopped');
    await shutdown.run();
  };

  return {
    sip: sip.hostports,
    http: httpAddress,
    interruptedCalls,
    failed,
    reloadCertificates: async () => certificates?.reload(),
    stop: ({ now: atOnce = false } = {}) => {
      stopping ??= stop();
      if (atOnce) hurry();
      return stopping;
    },
  };
};
