import type { Problem } from '../base/errors.ts';
import { duplicates } from './checks.ts';
import { type KnownRegion, phoneOf, phoneProblem, reference } from './phone-checks.ts';
import type { AutomationPlan, PoolPlan, SitePlan } from './site-schema.ts';
import type { NumberPlan } from './tracking-schema.ts';

/** Pools, sites and automations, as far as they are right. */
export type CheckedSites = {
  readonly lines: readonly { readonly id: string }[];
  readonly numbers: readonly (NumberPlan | undefined)[];
  readonly pools: readonly (PoolPlan | { readonly id: string })[];
  readonly sites: readonly (SitePlan | undefined)[];
  readonly automations: readonly AutomationPlan[];
  readonly flows: readonly { readonly id: string }[];
};

type Numbers = { readonly ofSources: ReadonlySet<string>; readonly region: KnownRegion };

/** What no entry can say alone: pools, numbers and lines that are none, and what stands twice. */
export const siteProblems = (plan: CheckedSites, region: KnownRegion): readonly Problem[] => {
  const ofSources = new Set(
    plan.numbers.flatMap((entry) =>
      entry?.source === undefined ? [] : (phoneOf(entry.number, region)?.e164 ?? []),
    ),
  );
  const numbers = { ofSources, region };
  return [
    ...sameIds('pools', plan.pools),
    ...sameIds('automations', plan.automations),
    ...duplicates(
      plan.sites.flatMap((site, index) => (site ? [{ path: `sites[${index}].id`, key: site.id }] : [])),
      'the id',
      'give each its own',
    ),
    ...plan.pools.flatMap((pool, index) =>
      'idleMinutes' in pool ? poolProblems(pool, `pools[${index}]`, plan, numbers) : [],
    ),
    ...plan.sites.flatMap((site, index) => (site ? oneSite(site, `sites[${index}]`, plan, numbers) : [])),
  ];
};

const sameIds = (part: string, items: readonly { readonly id: string }[]): readonly Problem[] =>
  duplicates(
    items.map(({ id }, index) => ({ path: `${part}[${index}].id`, key: id })),
    'the id',
    'give each its own',
  );

/** A number that must be one of a source. */
const sourceNumber = (path: string, text: string, { ofSources, region }: Numbers): readonly Problem[] => {
  const wrong = phoneProblem(path, text, region);
  const e164 = phoneOf(text, region)?.e164;
  if (wrong.length > 0 || e164 === undefined || ofSources.has(e164)) return wrong;
  return [
    {
      path,
      message: `${text} is no number of a source`,
      mend: 'add it to numbers, with the source it stands for',
    },
  ];
};

/** Calls go to lines or run a flow. */
export const linesOrFlow = (
  entry: { readonly lines?: unknown; readonly flow?: string | undefined },
  path: string,
): readonly Problem[] => {
  if (entry.lines !== undefined && entry.flow !== undefined)
    return [{ path: `${path}.flow`, message: 'stands beside lines', mend: 'keep one of the two' }];
  if (entry.lines === undefined && entry.flow === undefined)
    return [{ path: `${path}.lines`, message: 'is missing', mend: 'name the lines that ring, or a flow' }];
  return [];
};

const poolProblems = (
  pool: PoolPlan,
  path: string,
  plan: CheckedSites,
  numbers: Numbers,
): readonly Problem[] => [
  ...(pool.lines ?? []).flatMap((id, index) =>
    reference(
      `${path}.lines[${index}]`,
      'line',
      id,
      plan.lines.map((line) => line.id),
      'add it to lines',
    ),
  ),
  ...duplicates(
    (pool.lines ?? []).map((key, index) => ({ path: `${path}.lines[${index}]`, key })),
    'the line',
    'name each line once',
  ),
  ...(pool.flow === undefined
    ? []
    : reference(
        `${path}.flow`,
        'flow',
        pool.flow,
        plan.flows.map(({ id }) => id),
        'add it to flows',
      )),
  ...linesOrFlow(pool, path),
  ...(pool.overflow === undefined ? [] : sourceNumber(`${path}.overflow`, pool.overflow, numbers)),
];

const oneSite = (site: SitePlan, path: string, plan: CheckedSites, numbers: Numbers): readonly Problem[] => {
  const e164 = (text: string): string => phoneOf(text, numbers.region)?.e164 ?? text;
  const targets = new Set(site.targets.map(({ number }) => e164(number)));
  const poolIds = plan.pools.map((pool) => pool.id);
  return [
    ...sameIds(`${path}.rules`, site.rules),
    ...site.targets.flatMap(({ number }, index) =>
      phoneProblem(`${path}.targets[${index}].number`, number, numbers.region),
    ),
    ...duplicates(
      site.targets.map(({ number }, index) => ({
        path: `${path}.targets[${index}].number`,
        key: e164(number),
      })),
      'the number',
      'keep one entry a number',
    ),
    ...site.rules.flatMap(({ use, targets: only = [] }, index) => [
      ...('pool' in use
        ? reference(`${path}.rules[${index}].use.pool`, 'pool', use.pool, poolIds, 'add it to pools')
        : []),
      ...('number' in use ? sourceNumber(`${path}.rules[${index}].use.number`, use.number, numbers) : []),
      ...only.flatMap((text, at) =>
        targets.has(e164(text))
          ? []
          : [
              {
                path: `${path}.rules[${index}].targets[${at}]`,
                message: `${text} is no target of this site`,
                mend: 'name one of its targets, or leave the list out for all of them',
              },
            ],
      ),
    ]),
    ...(site.codes === undefined ? [] : sourceNumber(`${path}.codes.number`, site.codes.number, numbers)),
  ];
};
