import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { type EdgeThread, startEdgeThread } from './rtp/edge-thread.ts';
import type { EdgeCounts } from './rtp/messages.ts';
import { createPortPool } from './rtp/ports.ts';
import { createSession } from './session.ts';
import type { MediaEngine, MediaEngineOptions, MediaSession } from './types.ts';
import { createEncryption, type Encryption } from './webrtc/index.ts';

/** Pause before a thread that could not be replaced is tried again. */
const RETRY_MS = 1_000;

const noCounts: EdgeCounts = {
  legs: 0,
  socketsOpen: 0,
  recordings: 0,
  packetsForwarded: 0,
  strangerPackets: 0,
};

const add = (a: EdgeCounts, b: EdgeCounts): EdgeCounts => ({
  legs: a.legs + b.legs,
  socketsOpen: a.socketsOpen + b.socketsOpen,
  recordings: a.recordings + b.recordings,
  packetsForwarded: a.packetsForwarded + b.packetsForwarded,
  strangerPackets: a.strangerPackets + b.strangerPackets,
});

type Encrypting =
  | { readonly available: true; readonly encryption: Encryption }
  | { readonly available: false; readonly encryption?: undefined; readonly reason: string };

/** mediasoup, or why there is none: calls that need no encryption don't need it. */
const startEncryption = async ({ webrtc, ports, logger }: MediaEngineOptions): Promise<Encrypting> => {
  if (webrtc === undefined) return { available: false, reason: 'Encryption is switched off' };
  try {
    const encryption = await createEncryption({ options: webrtc, rtpPorts: ports, logger });
    return { available: true, encryption };
  } catch (error) {
    return { available: false, reason: errorMessage(error) };
  }
};

/**
 * Starts the RTP edge threads, and mediasoup where it is wanted.
 *
 * @throws UsageError when the port range holds no pair of ports
 * @throws FailureError when a thread does not start
 */
export const createMediaEngine = async (options: MediaEngineOptions): Promise<MediaEngine> => {
  const { ports } = options;
  if (ports.from + (ports.from % 2) + 1 > ports.to) {
    throw new UsageError(`The RTP ports ${ports.from} to ${ports.to} hold no even port with its next`);
  }
  const pool = createPortPool(ports);
  const sessions = new Set<MediaSession>();
  /** Which thread each session lives in, as long as somebody may ask for one beside it. */
  const homes = new WeakMap<MediaSession, EdgeThread>();
  const edges: EdgeThread[] = [];
  let closing: Promise<void> | undefined;

  const start = (place: number): Promise<void> =>
    startEdgeThread({ timeoutMs: options.timeoutMs }, () => replace(place)).then(async (edge) => {
      if (closing !== undefined) await edge.stop();
      else edges[place] = edge;
    });

  const replace = (place: number): void => {
    if (closing !== undefined) return;
    start(place).catch(() => setTimeout(replace, RETRY_MS, place).unref());
  };

  const starts = await Promise.allSettled(
    Array.from({ length: options.threads }, (_, place) => start(place)),
  );
  const failure = starts.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) {
    await Promise.all(edges.map((edge) => edge.stop()));
    throw failure.reason;
  }

  const encrypting = await startEncryption(options);

  const leastLoaded = (): EdgeThread => {
    const alive = edges.filter((edge) => edge.alive);
    const [first, ...rest] = alive.length > 0 ? alive : edges;
    if (first === undefined) throw new FailureError('No RTP edge thread is running');
    return rest.reduce((best, edge) => (edge.load < best.load ? edge : best), first);
  };

  const edgeBeside = (session: MediaSession | undefined): EdgeThread | undefined => {
    const edge = session && homes.get(session);
    return edge?.alive ? edge : undefined;
  };

  const finish = async (): Promise<void> => {
    await Promise.all([...sessions].map((session) => session.close()));
    await Promise.all([...edges.map((edge) => edge.stop()), encrypting.encryption?.close()]);
  };

  return {
    encryption: encrypting.available ? { available: true } : { available: false, reason: encrypting.reason },
    createSession(id, beside) {
      const { address: boundAddress, publicAddress, logger } = options;
      const parts = {
        id,
        edge: edgeBeside(beside) ?? leastLoaded(),
        pool,
        boundAddress,
        publicAddress,
        ports,
        encryption: encrypting.encryption,
        logger,
      };
      const session = createSession(parts, () => sessions.delete(session));
      sessions.add(session);
      homes.set(session, parts.edge);
      return session;
    },
    async stats() {
      const each = await Promise.all(edges.map((edge) => edge.request('counts', {}).catch(() => noCounts)));
      return {
        sessions: sessions.size,
        portsQuarantined: pool.quarantined(performance.now()),
        ...each.reduce(add, noCounts),
        encryption: await encrypting.encryption?.stats(),
      };
    },
    close() {
      closing ??= finish();
      return closing;
    },
  };
};
