import { readFile } from 'node:fs/promises';
import { errorMessage, FailureError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { OpusTypes } from '../../sdp/index.ts';
import type { SrtpSuite, WebRtcOptions } from '../types.ts';
import { chosenSuite, forgetSuite, hearMediasoup, loadMediasoup, type types } from './mediasoup.ts';

/** How long a lease waits for a worker when none runs. */
const PATIENCE_MS = 2_000;
/** A worker that lived so long did not die of its start. */
const SETTLED_MS = 60_000;
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** mediasoup tells of a port in the words of its own source. */
const reasonOf = (error: unknown): string => {
  const text = errorMessage(error);
  const [, protocol, port] = /\[protocol:(\w+),.*\bport:(\d+)\]: address already in use/.exec(text) ?? [];
  return port === undefined
    ? text
    : `${protocol} port ${port} is taken; stop what holds it, or set media.webrtc.port`;
};

/** What a router's payload types mean: producers are mapped to them, and consumers send under them. */
export type RouterPayloadTypes = {
  readonly PCMU?: number;
  readonly PCMA?: number;
  readonly telephoneEvent?: number;
};

/** A place on a worker, for one leg. */
export type WorkerLease = {
  /** UDP and TCP on the worker's public port. */
  readonly webRtcServer: types.WebRtcServer;
  /** Where a PlainTransport that talks with this machine listens; RTCP likewise. */
  readonly loopback: types.TransportListenInfo;
  /** A router of the lease's own, closed with it. Unset payload types are 0, 8 and 101. */
  createRouter(payloadTypes?: RouterPayloadTypes, opus?: OpusTypes): Promise<types.Router>;
  /** The suite of the DTLS handshake whose end is being told: valid in `dtlsstatechange` only. */
  readonly chosenSuite: SrtpSuite | undefined;
  /** Called once when the worker dies, with all that was made on it; not after `release`. */
  onDied(listener: () => void): void;
  /** Closes the lease's routers, and all that hangs on them. Safe to call twice. */
  release(): void;
};

export type WorkerCounts = {
  readonly workers: number;
  readonly deaths: number;
  readonly memoryBytes: number;
};

export type Workers = {
  /**
   * A place on the least loaded worker; waits up to 2 s for one that is being restarted.
   * @throws FailureError when none runs
   */
  lease(): Promise<WorkerLease>;
  counts(): Promise<WorkerCounts>;
  close(): Promise<void>;
};

export type WorkersParts = {
  readonly options: WebRtcOptions;
  /** `media.rtpPorts`, which are not taken for what the system picks. */
  readonly rtpPorts: { readonly from: number; readonly to: number };
  readonly logger: Logger | undefined;
};

/** A running worker. */
type Running = {
  readonly worker: types.Worker;
  readonly webRtcServer: types.WebRtcServer;
  readonly leases: Set<() => void>;
};

/** Resident memory in bytes; where the system does not tell of another process, the most that the worker ever had. */
const memoryOf = async (worker: types.Worker): Promise<number> => {
  try {
    const status = await readFile(`/proc/${worker.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    const usage = await worker.getResourceUsage().catch(() => undefined);
    return (usage?.ru_maxrss ?? 0) * 1024;
  }
};

/** Ends a worker, with force when it does not go. */
const endWorker = async (worker: types.Worker): Promise<void> => {
  const ended = new Promise<void>((resolve) => {
    worker.once('subprocessclose', resolve);
  });
  const force = setTimeout(() => process.kill(worker.pid, 'SIGKILL'), PATIENCE_MS);
  worker.close();
  await ended;
  clearTimeout(force);
  forgetSuite(worker.pid);
};

/** telephone-event is no media codec to mediasoup, which drops it: it goes under the names of two that nobody uses. */
const ALIASES = {
  PCMU: { mimeType: 'audio/PCMU', clockRate: 8000, channels: 1 },
  PCMA: { mimeType: 'audio/PCMA', clockRate: 8000, channels: 1 },
  opus: { mimeType: 'audio/opus', clockRate: 48_000, channels: 2, parameters: { useinbandfec: 1 } },
  'telephone-event': { mimeType: 'audio/iLBC', clockRate: 8000, channels: 1 },
  'telephone-event/48000': { mimeType: 'audio/SILK', clockRate: 24_000, channels: 1 },
} as const;

/** The codecs of a producer or a router, as mediasoup is told of them. */
export const codecOf = (name: keyof typeof ALIASES, payloadType: number) => ({
  ...ALIASES[name],
  payloadType,
});

/** Opus and the events that go with it. */
export const opusCodecs = (opus: OpusTypes | undefined) => {
  if (opus === undefined) return [];
  const { payloadType, telephoneEvent: event } = opus;
  const keys = event === undefined ? [] : [codecOf('telephone-event/48000', event)];
  return [codecOf('opus', payloadType), ...keys];
};

const routerCodecs = (types: RouterPayloadTypes, opus: OpusTypes | undefined) => {
  const { PCMU = 0, PCMA = 8, telephoneEvent = 101 } = types;
  const codecs = [
    codecOf('PCMU', PCMU),
    codecOf('PCMA', PCMA),
    codecOf('telephone-event', telephoneEvent),
    ...opusCodecs(opus),
  ];
  return codecs.map(({ payloadType, ...codec }) => ({
    ...codec,
    kind: 'audio' as const,
    preferredPayloadType: payloadType,
  }));
};

/** The wider of the ranges below and above `media.rtpPorts`. */
export const portsBeside = ({
  from,
  to,
}: {
  readonly from: number;
  readonly to: number;
}): types.TransportPortRange => {
  const below = { min: 10_000, max: from - 1 };
  const above = { min: Math.max(10_000, to + 1), max: 65_535 };
  return below.max - below.min > above.max - above.min ? below : above;
};

const pauseAfter = (failures: number): number =>
  failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (failures - 1));

/**
 * Starts mediasoup's workers, and keeps them running.
 *
 * @throws FailureError when there is no worker binary, or a worker does not start: a sentence that says what to do
 */
export const createWorkers = async ({ options, rtpPorts, logger }: WorkersParts): Promise<Workers> => {
  const mediasoup = await loadMediasoup(options.workerBinary);
  const places: (Running | undefined)[] = Array.from({ length: options.workers }, () => undefined);
  const waiting = new Set<() => void>();
  const timers = new Set<NodeJS.Timeout>();
  const portRange = portsBeside(rtpPorts);
  let deaths = 0;
  let closed = false;

  const silence = hearMediasoup((level, text) =>
    logger?.[level === 'error' ? 'warn' : 'debug']({ text }, 'mediasoup'),
  );

  const listenInfos = (place: number): types.TransportListenInfo[] =>
    options.listen.flatMap(({ address, publicAddress }) =>
      (['udp', 'tcp'] as const).map((protocol) => ({
        protocol,
        ip: address,
        ...(publicAddress !== undefined && publicAddress !== address && { announcedAddress: publicAddress }),
        ...(options.port === 0 ? { portRange } : { port: options.port + place }),
      })),
    );

  const start = async (place: number, failures: number): Promise<void> => {
    // The suite of a handshake is told at this level only; `noteSuite` has the why.
    const worker = await mediasoup.createWorker({ logLevel: 'debug', logTags: ['srtp'] });
    const began = performance.now();
    try {
      const webRtcServer = await worker.createWebRtcServer({ listenInfos: listenInfos(place) });
      const running: Running = { worker, webRtcServer, leases: new Set() };
      if (closed) {
        worker.close();
        return;
      }
      places[place] = running;
      worker.on('died', (error) => {
        deaths += 1;
        places[place] = undefined;
        forgetSuite(worker.pid);
        const lived = performance.now() - began;
        logger?.error(
          { pid: worker.pid, legs: running.leases.size, reason: error.message },
          'mediasoup worker died',
        );
        revive(place, lived > SETTLED_MS ? 0 : failures + 1);
        for (const tell of [...running.leases]) tell();
      });
      logger?.debug({ pid: worker.pid, place }, 'mediasoup worker runs');
      for (const wake of [...waiting]) wake();
    } catch (error) {
      worker.close();
      throw error;
    }
  };

  const revive = (place: number, failures: number): void => {
    if (closed) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        start(place, failures).catch((error: unknown) => {
          logger?.error({ reason: errorMessage(error) }, 'mediasoup worker does not start');
          revive(place, failures + 1);
        });
      },
      pauseAfter(failures - 1),
    );
    timers.add(timer);
  };

  const running = (): Running[] => places.flatMap((place) => place ?? []);

  const close = async (): Promise<void> => {
    closed = true;
    for (const timer of timers) clearTimeout(timer);
    for (const wake of [...waiting]) wake();
    const workers = running().map(({ worker }) => worker);
    places.fill(undefined);
    await Promise.all(workers.map(endWorker));
    silence();
  };

  const starts = await Promise.allSettled(places.map((_, place) => start(place, 0)));
  const failure = starts.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) {
    await close();
    throw new FailureError(`The mediasoup worker does not start: ${reasonOf(failure.reason)}`);
  }

  /** Resolves when a worker has started, or after `ms`. */
  const someWorker = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      waiting.add(wake);
    });

  const leastLoaded = async (): Promise<Running> => {
    if (running().length === 0 && !closed) await someWorker(PATIENCE_MS);
    const [first, ...rest] = running();
    if (first === undefined) throw new FailureError('No mediasoup worker is running');
    return rest.reduce((best, each) => (each.leases.size < best.leases.size ? each : best), first);
  };

  return {
    async lease() {
      const { worker, webRtcServer, leases } = await leastLoaded();
      const routers: types.Router[] = [];
      const listeners: (() => void)[] = [];
      const died = (): void => {
        for (const listener of listeners) listener();
      };
      leases.add(died);
      return {
        webRtcServer,
        loopback: { protocol: 'udp', ip: '127.0.0.1', portRange },
        async createRouter(payloadTypes = {}, opus) {
          const router = await worker.createRouter({ mediaCodecs: routerCodecs(payloadTypes, opus) });
          if (leases.has(died)) routers.push(router);
          else router.close();
          return router;
        },
        get chosenSuite() {
          return chosenSuite(worker.pid);
        },
        onDied(listener) {
          listeners.push(listener);
        },
        release() {
          leases.delete(died);
          for (const router of routers.splice(0)) router.close();
        },
      };
    },
    async counts() {
      const workers = running().map(({ worker }) => worker);
      const memory = await Promise.all(workers.map(memoryOf));
      return {
        workers: workers.length,
        deaths,
        memoryBytes: memory.reduce((sum, bytes) => sum + bytes, 0),
      };
    },
    close,
  };
};
