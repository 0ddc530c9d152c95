import { errorMessage } from './base/errors.ts';
import type { Logger } from './base/logger.ts';
import type { CallTracking } from './calls/index.ts';
import type { ReportRunner } from './reports/index.ts';
import { isBusy, type SqliteFile, type Store } from './store/index.ts';
import {
  afterCall,
  appendEvents,
  createDni,
  createLivePlan,
  type Dni,
  keepAfterCall,
  type LivePlan,
  leaseFigures,
  matchCall,
  poolAlerts,
  recordCandidates,
  storedPools,
  sweepLeases,
  unfinishedCalls,
  writeLaws,
} from './tracking/index.ts';

const SWEEP_EVERY_MS = 30_000;
/** A call waits no longer to be told from others. */
const MATCH_PATIENCE_MS = 200;
const AGAIN_MS = [20, 100, 500, 2000, 10_000];
const HOUR_MS = 3_600_000;
/** Between calls of an earlier run that are caught up with: there may be a million. */
const PAUSE_MS = 5;
const REFIT_EVERY_MS = 24 * HOUR_MS;
/** A gateway that is restarted daily learns, too. */
const FIRST_REFIT_MS = 10 * 60_000;

/** Visits, leases and whose call it is: what the gateway does with web pages. */
export type GatewayTracking = {
  readonly dni: Dni;
  /** The plan in force. */
  readonly plan: () => LivePlan;
  readonly calls: CallTracking;
  /** For metrics: a look at the pools, at most every 30 s old. */
  readonly figures: () => ReturnType<typeof leaseFigures>;
  stop(): Promise<void>;
};

type Options = {
  readonly store: Store;
  readonly reports: Pick<ReportRunner, 'run'>;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

const withinPatience = <T>(work: Promise<T>): Promise<T | undefined> =>
  Promise.race([work, sleep(MATCH_PATIENCE_MS).then(() => undefined)]);

/** Starts what keeps numbers and visits together, and catches up with calls that an earlier run has left. */
export const startTracking = async ({ store, reports, logger, now }: Options): Promise<GatewayTracking> => {
  const ledgerKey = store.vault.derive('lease-ledger');
  const live = createLivePlan(store, logger);
  await live.refresh();
  const plan = (): LivePlan => live.current();
  const dni = createDni({ store, plan, now, logger });
  const writing = new Set<Promise<void>>();

  /** Tries again while another process holds the database. Never rejects. */
  const write = (what: string, call: string, work: (file: SqliteFile) => void): Promise<void> => {
    const tryAgain = async (): Promise<void> => {
      for (const wait of AGAIN_MS) {
        try {
          return await store.exclusively(work);
        } catch (error) {
          if (!isBusy(error)) {
            logger.error({ call, what, error: errorMessage(error) }, 'tracking failed for a call');
            return;
          }
          await sleep(wait);
        }
      }
      logger.error(
        { call, what },
        'the database is held: tracking is left out for a call until the next start',
      );
    };
    const written = tryAgain().finally(() => writing.delete(written));
    writing.add(written);
    return written;
  };

  const lines = new Map<string, Promise<void>>();
  /** One after the other for each call: its end is told with the visits that were noted. */
  const inLine = (call: string, work: () => Promise<void>): Promise<void> => {
    const done = (lines.get(call) ?? Promise.resolve()).then(work).finally(() => {
      if (lines.get(call) === done) lines.delete(call);
    });
    lines.set(call, done);
    return done;
  };

  const followUp = (call: string): Promise<void> =>
    inLine(call, () => write('afterwards', call, (file) => void afterCall(file, call, { at: now() })));

  const calls: CallTracking = {
    match: async (call) => {
      // A gateway without web pages has nothing to look up. Numbers of a site that is gone are still called.
      if (plan().sites.size === 0 && plan().pools.size === 0) return undefined;
      try {
        return await withinPatience(store.exclusively((file) => matchCall(file, plan(), call)));
      } catch (error) {
        logger.error({ error: errorMessage(error) }, 'visits of a call not looked up');
        return undefined;
      }
    },
    codeDigits: (did) => [...plan().sites.values()].find(({ codes }) => codes?.number === did)?.codes?.digits,
    sources: () => plan().sources,
    noteMatch: (call, match, mayCallBack) => {
      const note = (file: SqliteFile): void => {
        recordCandidates(file, call, match);
        const { leaseId } = match;
        if (leaseId === null || !mayCallBack) return;
        const pool = poolOfLease(file, leaseId, plan());
        if (!pool) return;
        // Whoever calls back reaches the same visit.
        const at = now();
        keepAfterCall(file, ledgerKey, pool, leaseId, at);
      };
      return inLine(call, () => write('candidates', call, note));
    },
    messageLeft: ({ id, callId, box, durationMs, callerHmac }) => {
      logger.info({ call: callId, box, durationMs }, 'a caller has left a message');
      const body = { call: callId, box, duration_ms: durationMs, caller: callerHmac };
      const event = { type: 'voicemail.received', at: now(), subject: id, body } as const;
      return inLine(callId, () => write('message', callId, (file) => appendEvents(file, [event])));
    },
    ended: followUp,
  };

  let figures = await store.exclusively((file) => leaseFigures(file, now()));
  let told = '';
  const sweep = async (): Promise<void> => {
    const at = now();
    await store.exclusively((file) => {
      sweepLeases(file, ledgerKey, plan().pools, at);
      figures = leaseFigures(file, at);
      const alerts = [...storedPools(file).values()].flatMap((pool) => poolAlerts(file, pool, at));
      const words = alerts.map(({ message }) => message);
      // Told once, and again when something changes.
      if (words.join() !== told) for (const message of words) logger.warn(`Number pools: ${message}`);
      told = words.join();
    });
  };
  const quietly = (what: string, work: () => Promise<unknown>): void =>
    void work().catch((error) => {
      if (!isBusy(error)) logger.error({ error: errorMessage(error) }, `${what} failed`);
    });
  const sweeping = setInterval(() => quietly('looking after leases', sweep), SWEEP_EVERY_MS).unref();
  const refit = async (): Promise<void> => {
    const at = now();
    // A fit takes a second of work: calls are not to wait for it.
    const fits = await reports.run({ type: 'delay-laws', options: { at } });
    await store.exclusively((file) => writeLaws(file, fits, at));
  };
  const refitSoon = (): void => quietly('fitting delay laws', refit);
  const firstRefit = setTimeout(refitSoon, FIRST_REFIT_MS).unref();
  const refitting = setInterval(refitSoon, REFIT_EVERY_MS).unref();

  let stopped = false;
  const catchUp = async (): Promise<void> => {
    for (const call of await store.exclusively(unfinishedCalls)) {
      if (stopped) return;
      await followUp(call);
      await sleep(PAUSE_MS);
    }
  };
  quietly('catching up with ended calls', catchUp);

  return {
    dni,
    plan,
    calls,
    figures: () => figures,
    stop: async () => {
      stopped = true;
      clearInterval(sweeping);
      clearTimeout(firstRefit);
      clearInterval(refitting);
      live.stop();
      await Promise.all(writing);
    },
  };
};

const poolOfLease = (file: SqliteFile, leaseId: string, { pools }: LivePlan) => {
  const row = file.prepare('SELECT pool_id FROM lease WHERE id = ?').get(leaseId) as
    | { readonly pool_id: string }
    | undefined;
  return row && pools.get(row.pool_id);
};
