import type { Problem } from '../base/errors.ts';
import { maskPhone, type Region } from '../base/phone.ts';
import { buttonProblems, type CheckedButtons } from './button-checks.ts';
import { buttonSchema, experimentSchema } from './button-schema.ts';
import { duplicates } from './checks.ts';
import { type CheckedFlows, flowProblems } from './flow-checks.ts';
import { flowSchema } from './flow-schema.ts';
import { groupSchema } from './group-schema.ts';
import { type KnownRegion, phoneOf, phoneProblem, reference } from './phone-checks.ts';
import { valueAt } from './problems.ts';
import { scheduleSchema } from './schedule-schema.ts';
import { type CheckedSites, linesOrFlow, siteProblems } from './site-checks.ts';
import { automationSchema, poolSchema, siteSchema } from './site-schema.ts';
import {
  type LinePlan,
  lineSchema,
  type NumberPlan,
  numberSchema,
  trackingPlanSchema,
} from './tracking-schema.ts';

export type PlanContext = {
  /** Trunks that lines may be dialled through: ids of dialtrace.yaml. */
  readonly trunkIds: readonly string[];
  /** Region of national numbers when the plan names none. */
  readonly defaultRegion?: Region | undefined;
};

/** As much of a plan as the checks look at. */
export type CheckedPlan = Omit<CheckedSites, 'lines' | 'flows'> &
  Pick<CheckedButtons, 'buttons' | 'experiments' | 'wrongSites'> &
  Omit<CheckedFlows, 'lines'> & {
    readonly region?: KnownRegion;
    readonly sources: readonly { readonly id: string }[];
    readonly lines: readonly (LinePlan | { readonly id: string; readonly type: 'wrong' })[];
    /** Undefined: an entry that is wrong in itself. */
    readonly numbers: readonly (NumberPlan | undefined)[];
    readonly blockedCallers?: readonly string[] | undefined;
  };

/** What no entry can say alone: references to nothing, numbers that are none, what stands twice. */
export const planProblems = (plan: CheckedPlan, context: PlanContext): readonly Problem[] => {
  const region = plan.region ?? context.defaultRegion;
  return [
    ...duplicateIds('sources', plan.sources),
    ...duplicateIds('lines', plan.lines),
    ...lineProblems(plan, context.trunkIds, region),
    ...numberProblems(plan, region),
    ...siteProblems(plan, region),
    ...flowProblems(plan),
    ...buttonProblems(plan, context.trunkIds, region),
    ...(plan.blockedCallers ?? []).flatMap((text, index) =>
      // A caller's number, wrong as it may be, is shown masked.
      phoneProblem(`blockedCallers[${index}]`, text, region, maskPhone),
    ),
  ];
};

const duplicateIds = (
  part: 'sources' | 'lines',
  items: readonly { readonly id: string }[],
): readonly Problem[] =>
  duplicates(
    items.map(({ id }, index) => ({ path: `${part}[${index}].id`, key: id })),
    'the id',
    'give each its own',
  );

const lineProblems = (
  plan: CheckedPlan,
  trunkIds: readonly string[],
  region: KnownRegion,
): readonly Problem[] =>
  plan.lines.flatMap((line, index) =>
    line.type === 'trunk'
      ? [
          ...phoneProblem(`lines[${index}].number`, line.number, region),
          ...reference(
            `lines[${index}].trunk`,
            'trunk',
            line.trunk,
            trunkIds,
            'add it to trunks in dialtrace.yaml',
          ),
        ]
      : [],
  );

const numberProblems = (plan: CheckedPlan, region: KnownRegion): readonly Problem[] => {
  const sourceIds = plan.sources.map((source) => source.id);
  const lineIds = plan.lines.map((line) => line.id);
  const poolIds = plan.pools.map((pool) => pool.id);
  const each = plan.numbers.flatMap((entry, index) =>
    entry === undefined
      ? []
      : [
          ...phoneProblem(`numbers[${index}].number`, entry.number, region),
          ...ownerProblems(entry, `numbers[${index}]`),
          ...(entry.source === undefined
            ? []
            : reference(`numbers[${index}].source`, 'source', entry.source, sourceIds, 'add it to sources')),
          ...(entry.pool === undefined
            ? []
            : reference(`numbers[${index}].pool`, 'pool', entry.pool, poolIds, 'add it to pools')),
          ...(entry.lines ?? []).flatMap((id, position) =>
            reference(`numbers[${index}].lines[${position}]`, 'line', id, lineIds, 'add it to lines'),
          ),
          ...(entry.flow === undefined
            ? []
            : reference(
                `numbers[${index}].flow`,
                'flow',
                entry.flow,
                plan.flows.map(({ id }) => id),
                'add it to flows',
              )),
          ...duplicates(
            (entry.lines ?? []).map((key, position) => ({
              path: `numbers[${index}].lines[${position}]`,
              key,
            })),
            'the line',
            'name each line once',
          ),
        ],
  );
  const keys = plan.numbers.flatMap((entry, index) => {
    const key = entry && phoneOf(entry.number, region)?.e164;
    return key === undefined ? [] : [{ path: `numbers[${index}].number`, key }];
  });
  return [...each, ...duplicates(keys, 'the number', 'keep one entry a number')];
};

/** A number belongs to a source and has lines or a flow of its own, or to a pool and has the pool's. */
const ownerProblems = (entry: NumberPlan, path: string): readonly Problem[] => {
  if (entry.source !== undefined && entry.pool !== undefined)
    return [{ path: `${path}.pool`, message: 'stands beside source', mend: 'keep one of the two' }];
  if (entry.pool !== undefined)
    return (['lines', 'flow'] as const).flatMap((field) =>
      entry[field] === undefined
        ? []
        : [
            {
              path: `${path}.${field}`,
              message: 'stands beside pool',
              mend: `leave it out: a pool has ${field === 'flow' ? 'the flow of' : 'lines for'} all its numbers`,
            },
          ],
    );
  const missing =
    entry.source === undefined
      ? [{ path: `${path}.source`, message: 'is missing', mend: 'name the source it stands for, or a pool' }]
      : [];
  return [...missing, ...linesOrFlow(entry, path)];
};

/**
 * What is right of a wrong plan, so that everything else that is wrong with it is told as well. A wrong entry that others
 * refer to keeps its id.
 */
export const rightParts = (values: unknown): CheckedPlan => {
  const { shape } = trackingPlanSchema;
  const region = shape.region.safeParse(valueAt(values, ['region']));
  const blocked = shape.blockedCallers.safeParse(valueAt(values, ['blockedCallers']));
  return {
    region: region.success ? region.data : 'wrong',
    sources: entriesAt(values, 'sources').map((entry, index) => ({ id: idOf(entry, index) })),
    lines: entriesAt(values, 'lines').map(
      (entry, index) => lineSchema.safeParse(entry).data ?? { id: idOf(entry, index), type: 'wrong' },
    ),
    numbers: entriesAt(values, 'numbers').map((entry) => numberSchema.safeParse(entry).data),
    pools: entriesAt(values, 'pools').flatMap(
      (entry, index) => poolSchema.safeParse(entry).data ?? { id: idOf(entry, index) },
    ),
    sites: entriesAt(values, 'sites').map((entry) => siteSchema.safeParse(entry).data),
    wrongSites: entriesAt(values, 'sites').flatMap((entry, index) =>
      siteSchema.safeParse(entry).success ? [] : { id: idOf(entry, index) },
    ),
    flows: entriesAt(values, 'flows').map(
      (entry, index) => flowSchema.safeParse(entry).data ?? { id: idOf(entry, index) },
    ),
    groups: entriesAt(values, 'groups').map(
      (entry, index) => groupSchema.safeParse(entry).data ?? { id: idOf(entry, index) },
    ),
    schedules: entriesAt(values, 'schedules').map(
      (entry, index) => scheduleSchema.safeParse(entry).data ?? { id: idOf(entry, index) },
    ),
    buttons: entriesAt(values, 'buttons').map(
      (entry, index) => buttonSchema.safeParse(entry).data ?? { id: idOf(entry, index) },
    ),
    experiments: entriesAt(values, 'experiments').map(
      (entry, index) => experimentSchema.safeParse(entry).data ?? { id: idOf(entry, index) },
    ),
    automations: entriesAt(values, 'automations').flatMap(
      (entry) => automationSchema.safeParse(entry).data ?? [],
    ),
    blockedCallers: blocked.data,
  };
};

const entriesAt = (values: unknown, part: string): readonly unknown[] => {
  const entries = valueAt(values, [part]);
  return Array.isArray(entries) ? entries : [];
};

const idOf = (entry: unknown, index: number): string => {
  const id = valueAt(entry, ['id']);
  return typeof id === 'string' ? id : `#${index}`;
};
