import type { Problem } from '../base/errors.ts';
import { maskPhone, parsePhone, type Region } from '../base/phone.ts';
import { duplicates } from './checks.ts';
import { valueAt } from './problems.ts';
import {
  type LinePlan,
  lineSchema,
  type NumberPlan,
  numberSchema,
  trackingPlanSchema,
} from './tracking-schema.ts';
import { found, nearest } from './wording.ts';

export type PlanContext = {
  /** Trunks that lines may be dialled through: ids of dialtrace.yaml. */
  readonly trunkIds: readonly string[];
  /** Region of national numbers when the plan names none. */
  readonly defaultRegion?: Region | undefined;
};

/** `wrong`: the plan names a region that is none, so that nothing can be said about its numbers. */
type KnownRegion = Region | 'wrong' | undefined;

/** As much of a plan as the checks look at. */
export type CheckedPlan = {
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
  const each = plan.numbers.flatMap((entry, index) =>
    entry === undefined
      ? []
      : [
          ...phoneProblem(`numbers[${index}].number`, entry.number, region),
          ...reference(`numbers[${index}].source`, 'source', entry.source, sourceIds, 'add it to sources'),
          ...entry.lines.flatMap((id, position) =>
            reference(`numbers[${index}].lines[${position}]`, 'line', id, lineIds, 'add it to lines'),
          ),
          ...duplicates(
            entry.lines.map((key, position) => ({ path: `numbers[${index}].lines[${position}]`, key })),
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

const reference = (
  path: string,
  kind: string,
  id: string,
  known: readonly string[],
  otherwise: string,
): readonly Problem[] => {
  if (known.includes(id)) return [];
  const meant = nearest(id, known);
  const choice =
    meant === undefined
      ? `, or use one that exists: ${known.slice(0, 20).join(', ')}`
      : `, or did you mean “${meant}”?`;
  const mend = known.length === 0 ? otherwise : otherwise + choice;
  return [{ path, message: `there is no ${kind} “${id}”`, mend }];
};

const phoneOf = (text: string, region: KnownRegion) =>
  region === 'wrong' ? undefined : parsePhone(text, region);

const phoneProblem = (
  path: string,
  text: string,
  region: KnownRegion,
  shown: (text: string) => string = (same) => same,
): readonly Problem[] => {
  if (region === 'wrong' || parsePhone(text, region)) return [];
  const where =
    region === undefined
      ? 'with its country code, such as +12025550123, or set region'
      : `such as +12025550123, or a national one of ${region}`;
  return [
    { path, message: `${found(shown(text))} is no possible phone number`, mend: `write the number ${where}` },
  ];
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
