import {
  type AutomationPlan,
  automationSchema,
  type ButtonPlan,
  buttonSchema,
  type ExperimentPlan,
  experimentSchema,
  type FlowPlan,
  flowSchema,
  type GroupPlan,
  groupSchema,
  type LinePlan,
  type NumberPlan,
  type PoolPlan,
  poolSchema,
  type SchedulePlan,
  type SitePlan,
  type SourcePlan,
  scheduleSchema,
  siteSchema,
} from '../../config/index.ts';
import type { Flag, LineTable, SourceTable, TrackingNumberTable } from '../../store/index.ts';

/** Rows of the database and entries of the plan are two forms of one thing; these turn one into the other. */

export const sourceRow = (source: SourcePlan): SourceTable => ({
  id: source.id,
  name: source.name,
  source: source.source,
  medium: source.medium ?? null,
  campaign: source.campaign ?? null,
  keyword: source.keyword ?? null,
  landing_page: source.landingPage ?? null,
  cost_center: source.costCenter ?? null,
  cost_amount: source.cost?.amount ?? null,
  cost_currency: source.cost?.currency ?? null,
  cost_per: source.cost?.per ?? null,
});

export const sourceEntry = (row: SourceTable): SourcePlan => ({
  id: row.id,
  name: row.name,
  source: row.source,
  ...(row.medium !== null && { medium: row.medium }),
  ...(row.campaign !== null && { campaign: row.campaign }),
  ...(row.keyword !== null && { keyword: row.keyword }),
  ...(row.landing_page !== null && { landingPage: row.landing_page }),
  ...(row.cost_center !== null && { costCenter: row.cost_center }),
  ...costEntry(row),
});

const costEntry = ({
  cost_amount: amount,
  cost_currency: currency,
  cost_per: per,
}: SourceTable): Pick<SourcePlan, 'cost'> =>
  amount === null || currency === null || per === null ? {} : { cost: { amount, currency, per } };

const NO_TARGET = { number: null, trunk_id: null, uri: null, user: null, nat: 0 } as const;

export const lineRow = (line: LinePlan): LineTable => {
  const row = { id: line.id, name: line.name ?? null, ring_timeout_s: line.ringTimeoutSeconds, ...NO_TARGET };
  switch (line.type) {
    case 'trunk':
      return { ...row, type: 'trunk', number: line.number, trunk_id: line.trunk };
    case 'sip':
      return { ...row, type: 'sip', uri: line.uri, nat: flag(line.nat) };
    case 'user':
      return { ...row, type: 'user', user: line.user };
    case 'echo':
      return { ...row, type: 'echo' };
  }
};

export const lineEntry = (row: LineTable): LinePlan => {
  const head = { id: row.id, ...(row.name !== null && { name: row.name }) };
  const ringTimeoutSeconds = row.ring_timeout_s;
  switch (row.type) {
    case 'trunk':
      return {
        ...head,
        type: 'trunk',
        number: row.number ?? '',
        trunk: row.trunk_id ?? '',
        ringTimeoutSeconds,
      };
    case 'sip':
      return { ...head, type: 'sip', uri: row.uri ?? '', ringTimeoutSeconds, nat: row.nat === 1 };
    case 'user':
      return { ...head, type: 'user', user: row.user ?? '', ringTimeoutSeconds };
    case 'echo':
      return { ...head, type: 'echo', ringTimeoutSeconds };
  }
};

/** A number of a source; of a pool's number the pool says what its entry leaves out. */
export const numberRow = (entry: NumberPlan, pool: PoolPlan | undefined, at: number): TrackingNumberTable => {
  const record = entry.record ?? pool?.record;
  return {
    number: entry.number,
    label: entry.label ?? null,
    source_id: entry.source ?? null,
    pool_id: entry.pool ?? null,
    flow_id: (pool ? pool.flow : entry.flow) ?? null,
    // A number that others had before rests first: their callers are not ours.
    state: pool && pool.quietDays > 0 ? 'testing' : 'active',
    state_since: at,
    record: record === undefined ? null : flag(record),
    enabled: flag(entry.enabled),
  };
};

/** @param lines ids of the number's lines in the order they are tried */
export const numberEntry = (
  row: TrackingNumberTable,
  lines: readonly string[],
  pool: PoolPlan | undefined,
): NumberPlan => {
  const record = row.record === null ? undefined : row.record === 1;
  return {
    number: row.number,
    ...(row.label !== null && { label: row.label }),
    ...(row.source_id !== null && { source: row.source_id }),
    ...(row.source_id !== null && (row.flow_id === null ? { lines: [...lines] } : { flow: row.flow_id })),
    ...(row.pool_id !== null && { pool: row.pool_id }),
    ...(record !== undefined && record !== pool?.record && { record }),
    enabled: row.enabled === 1,
  };
};

type PlanRow = { readonly id: string; readonly plan: string };

const planRow = ({ id, ...rest }: { readonly id: string }): PlanRow => ({ id, plan: JSON.stringify(rest) });
const planOf = ({ id, plan }: PlanRow): unknown => ({ id, ...JSON.parse(plan) });

/** Pools, sites, flows and what goes with them are kept as the plan has them; what a later version adds gets its default. */
export const poolRow = (pool: PoolPlan) => ({ ...planRow(pool), removed: 0 as const });
export const poolEntry = (row: PlanRow): PoolPlan => poolSchema.parse(planOf(row));
export const siteRow = (site: SitePlan): PlanRow => planRow(site);
export const siteEntry = (row: PlanRow): SitePlan => siteSchema.parse(planOf(row));
export const flowRow = (flow: FlowPlan): PlanRow => planRow(flow);
export const flowEntry = (row: PlanRow): FlowPlan => flowSchema.parse(planOf(row));
export const groupRow = (group: GroupPlan): PlanRow => planRow(group);
export const groupEntry = (row: PlanRow): GroupPlan => groupSchema.parse(planOf(row));
export const scheduleRow = (schedule: SchedulePlan): PlanRow => planRow(schedule);
export const scheduleEntry = (row: PlanRow): SchedulePlan => scheduleSchema.parse(planOf(row));
export const buttonRow = (button: ButtonPlan): PlanRow => planRow(button);
export const buttonEntry = (row: PlanRow): ButtonPlan => buttonSchema.parse(planOf(row));
export const experimentRow = (experiment: ExperimentPlan): PlanRow => planRow(experiment);
export const experimentEntry = (row: PlanRow): ExperimentPlan => experimentSchema.parse(planOf(row));
export const automationRow = (automation: AutomationPlan, position: number) => ({
  ...planRow(automation),
  position,
});
export const automationEntry = (row: PlanRow): AutomationPlan => automationSchema.parse(planOf(row));

const flag = (value: boolean): Flag => (value ? 1 : 0);
