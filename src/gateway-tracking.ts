import { errorMessage } from './base/errors.ts';
import type { Logger } from './base/logger.ts';
import type { CallTracking } from './calls/index.ts';
import { isBusy, type SqliteFile, type Store } from './store/index.ts';
import {
  afterCall,
  createDni,
  createLivePlan,
  type Dni,
  holdLease,
  leaseFigures,
  type LivePlan,
  matchCall,
  poolAlerts,
  recordCandidates,
  refitDelayLaws,
  sweepLeases,
  unfinishedCalls,
} from './tracking/index.ts';

const SWEEP_EVERY_MS = 30_000;
/** A call waits no longer to be told from others. */
const MATCH_PATIENCE_MS = 200;
const AGAIN_MS = [20, 100, 500, 2000, 10_000];
const HOUR_MS = 3_600_000;
const REFIT_EVERY_MS = 24 * HOUR_MS;

/** Visits, leases and whose call it is: what the gateway does with web pages. */
export type GatewayTracking = {
  readonly dni: Dni;
  readonly calls: CallTracking;
  /** For metrics: a look at the pools, at most every 30 s old. */
  readonly figures: () => ReturnType<typeof leaseFigures>;
  stop(): Promise<void>;
};

type Options = {
  readonly store: Store;
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

/** Starts what keeps numbers and visits together, and catches up with calls that a crash left without their afterwards. */
export const startTracking = async ({ store, logger, now }: Options): Promise<GatewayTracking> => {
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
      logger.error({ call, what }, 'the database is held: tracking is left out for a call until the next start');
    };
    const written = tryAgain().finally(() => writing.delete(written));
    writing.add(written);
    return written;
  };

  const followUp = (call: string): Promise<void> =>
    write('afterwards', call, (file) => afterCall(file, call, { at: now() }));

  const calls: CallTracking = {
    match: async (call) => {
      // A gateway without web pages has nothing to look up.
      if (plan().sites.size === 0) return undefined;
      try {
        return await withinPatience(store.exclusively((file) => matchCall(file, plan(), call)));
      } catch (error) {
        logger.error({ error: errorMessage(error) }, 'visits of a call not looked up');
        return undefined;
      }
    },
    codeDigits: (did) =>
      [...plan().sites.values()].find(({ codes }) => codes?.number === did)?.codes?.digits,
    sources: () => plan().sources,
    noteMatch: (call, match) =>
      write('candidates', call, (file) => {
        recordCandidates(file, call, match);
        const { leaseId } = match;
        if (leaseId === null) return;
        const pool = poolOfLease(file, leaseId, plan());
        if (!pool) return;
        // Whoever calls back reaches the same visit.
        const at = now();
        holdLease(file, ledgerKey, leaseId, at + pool.afterCallHours * HOUR_MS, at);
      }),
    ended: followUp,
  };

  let figures = await store.exclusively((file) => leaseFigures(file, now()));
  let told = '';
  const sweep = async (): Promise<void> => {
    const at = now();
    await store.exclusively((file) => {
      sweepLeases(file, ledgerKey, plan().pools, at);
      figures = leaseFigures(file, at);
      const alerts = [...plan().pools.values()].flatMap((pool) => poolAlerts(file, pool, at));
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
  const refit = (): Promise<unknown> => store.exclusively((file) => refitDelayLaws(file, now()));
  const refitting = setInterval(() => quietly('fitting delay laws', refit), REFIT_EVERY_MS).unref();

  const missed = await store.exclusively(unfinishedCalls);
  for (const call of missed) await followUp(call);

  return {
    dni,
    calls,
    figures: () => figures,
    stop: async () => {
      clearInterval(sweeping);
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
