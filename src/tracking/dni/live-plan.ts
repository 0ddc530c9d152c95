import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { buttonSchema, experimentSchema, poolSchema, siteSchema } from '../../config/index.ts';
import type { SourceTable, Store } from '../../store/index.ts';
import type { LivePlan } from '../types.ts';

const REFRESH_MS = 1000;

type PlanRow = { readonly id: string; readonly plan: string };

type Rows = {
  readonly sites: readonly PlanRow[];
  readonly pools: readonly PlanRow[];
  readonly sources: readonly SourceTable[];
  readonly buttons: readonly PlanRow[];
  readonly experiments: readonly PlanRow[];
};

/** The tracking plan as pages and calls see it. */
export type LivePlanReader = {
  /** The same object as long as nothing changed. */
  current(): LivePlan;
  /** Reads it from the database now. */
  refresh(): Promise<void>;
  /** Ends the reading. */
  stop(): void;
};

const EMPTY: LivePlan = {
  sites: new Map(),
  pools: new Map(),
  sources: [],
  buttons: new Map(),
  experiments: new Map(),
};

/**
 * Reads sites, pools and sources now and then, so that a plan that was applied by a command is in force within a second.
 * It is empty until the first `refresh`.
 *
 * @param everyMs 0: only when asked to
 */
export const createLivePlan = (
  store: Pick<Store, 'db'>,
  logger?: Pick<Logger, 'error'>,
  everyMs: number = REFRESH_MS,
): LivePlanReader => {
  let plan = EMPTY;
  let seen = '';
  let reading = false;

  // No transaction: it would take the write lock. Half of a new plan is made whole by the next reading.
  const rows = async (): Promise<Rows> => ({
    sites: await store.db.selectFrom('site').selectAll().orderBy('id').execute(),
    pools: await store.db.selectFrom('pool').selectAll().orderBy('id').execute(),
    sources: await store.db.selectFrom('source').selectAll().orderBy('id').execute(),
    buttons: await store.db.selectFrom('button').selectAll().orderBy('id').execute(),
    experiments: await store.db.selectFrom('experiment').selectAll().orderBy('id').execute(),
  });

  const refresh = async (): Promise<void> => {
    const found = await rows();
    const text = JSON.stringify(found);
    if (text === seen) return;
    plan = readRows(found);
    seen = text;
  };

  const tell = (error: unknown): void =>
    logger?.error(
      { error: errorMessage(error) },
      'the tracking plan is not readable: the last one stays in force',
    );

  /** A slow read is not overtaken by the next one. */
  const tick = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    await refresh().catch(tell);
    reading = false;
  };

  const timer = everyMs > 0 ? setInterval(() => void tick(), everyMs).unref() : undefined;
  return { current: () => plan, refresh, stop: () => clearInterval(timer) };
};

/** Entries of a part by their ids. */
const byId = <T>(rows: readonly PlanRow[], parse: (entry: unknown) => T): ReadonlyMap<string, T> =>
  new Map(rows.map(({ id, plan }) => [id, parse({ ...JSON.parse(plan), id })]));

const readRows = ({ sites, pools, sources, buttons, experiments }: Rows): LivePlan => ({
  sites: byId(sites, (entry) => siteSchema.parse(entry)),
  pools: byId(pools, (entry) => poolSchema.parse(entry)),
  sources,
  buttons: byId(buttons, (entry) => buttonSchema.parse(entry)),
  experiments: byId(experiments, (entry) => experimentSchema.parse(entry)),
});
