import type { Kysely } from 'kysely';
import { maskPhone } from '../../base/phone.ts';
import type { NumberPlan, PoolPlan, TrackingPlan } from '../../config/index.ts';
import type { CallerVault, Database, NumberState } from '../../store/index.ts';
import type { PlanState } from './diff.ts';
import {
  automationEntry,
  buttonEntry,
  experimentEntry,
  flowEntry,
  groupEntry,
  lineEntry,
  numberEntry,
  poolEntry,
  scheduleEntry,
  siteEntry,
  sourceEntry,
} from './rows.ts';

type Entries = Omit<PlanState, 'blockedCallers'>;

/** What the database has of a plan, in the order of the ids. Run it inside a transaction to see one moment. */
export const storedEntries = async (db: Kysely<Database>): Promise<Entries> => {
  const sources = await db.selectFrom('source').selectAll().orderBy('id').execute();
  const lines = await db.selectFrom('line').selectAll().orderBy('id').execute();
  const pools = (
    await db.selectFrom('pool').selectAll().where('removed', '=', 0).orderBy('id').execute()
  ).map(poolEntry);
  const sites = await db.selectFrom('site').selectAll().orderBy('id').execute();
  const flows = await db.selectFrom('flow').selectAll().orderBy('id').execute();
  const groups = await db.selectFrom('line_group').selectAll().orderBy('id').execute();
  const schedules = await db.selectFrom('schedule').selectAll().orderBy('id').execute();
  const buttons = await db.selectFrom('button').selectAll().orderBy('id').execute();
  const experiments = await db.selectFrom('experiment').selectAll().orderBy('id').execute();
  const automations = await db.selectFrom('automation').selectAll().orderBy('position').execute();
  return {
    sources: sources.map(sourceEntry),
    lines: lines.map(lineEntry),
    pools,
    numbers: await storedNumbers(db, pools),
    sites: sites.map(siteEntry),
    flows: flows.map(flowEntry),
    groups: groups.map(groupEntry),
    schedules: schedules.map(scheduleEntry),
    buttons: buttons.map(buttonEntry),
    experiments: experiments.map(experimentEntry),
    automations: automations.map(automationEntry),
  };
};

/** Stored entries and, for a plan that names blocked callers, those (which needs the key file). */
export const storedState = async (
  db: Kysely<Database>,
  vault: CallerVault,
  plan: TrackingPlan,
): Promise<PlanState> => {
  const entries = await storedEntries(db);
  if (!plan.blockedCallers) return { ...entries, blockedCallers: undefined };
  const rows = await db.selectFrom('blocked_caller').selectAll().orderBy('hmac').execute();
  const blockedCallers = rows.map((row) => ({
    hmac: row.hmac,
    masked: maskPhone(vault.reveal(row.number_encrypted)),
  }));
  return { ...entries, blockedCallers };
};

/** Numbers that were taken off a pool still take calls, and are no part of the plan. */
const storedNumbers = async (
  db: Kysely<Database>,
  pools: readonly PoolPlan[],
): Promise<readonly NumberPlan[]> => {
  const numbers = await db
    .selectFrom('tracking_number')
    .selectAll()
    .where('state', 'not in', WITHDRAWN)
    .orderBy('number')
    .execute();
  const links = await db
    .selectFrom('tracking_number_line')
    .select(['number', 'line_id'])
    .orderBy('number')
    .orderBy('position')
    .execute();
  const linesOf = new Map<string, string[]>();
  for (const link of links) {
    const lines = linesOf.get(link.number);
    if (lines) lines.push(link.line_id);
    else linesOf.set(link.number, [link.line_id]);
  }
  const poolOf = new Map(pools.map((pool) => [pool.id, pool]));
  return numbers.map((row) => numberEntry(row, linesOf.get(row.number) ?? [], poolOf.get(row.pool_id ?? '')));
};

/** States of numbers that the plan names no more. */
export const WITHDRAWN: readonly NumberState[] = ['draining', 'quarantine', 'retired'];

/** What a plan asks for. */
export const desiredState = (plan: TrackingPlan, vault: CallerVault): PlanState => ({
  sources: plan.sources,
  lines: plan.lines,
  pools: plan.pools,
  numbers: plan.numbers,
  sites: plan.sites,
  flows: plan.flows,
  groups: plan.groups,
  schedules: plan.schedules,
  buttons: plan.buttons,
  experiments: plan.experiments,
  automations: plan.automations,
  blockedCallers: plan.blockedCallers?.map((number) => ({
    hmac: vault.hmac(number),
    masked: maskPhone(number),
  })),
});
