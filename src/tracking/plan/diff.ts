import type {
  AutomationPlan,
  ButtonPlan,
  ExperimentPlan,
  FlowPlan,
  GroupPlan,
  LinePlan,
  NumberPlan,
  PoolPlan,
  SchedulePlan,
  SitePlan,
  SourcePlan,
} from '../../config/index.ts';

export type Subject =
  | 'source'
  | 'line'
  | 'group'
  | 'schedule'
  | 'flow'
  | 'pool'
  | 'number'
  | 'site'
  | 'button'
  | 'experiment'
  | 'automation'
  | 'blocked-caller';

/** One field of a changed entry, under its name in the plan. Undefined: not set. */
export type FieldChange = { readonly field: string; readonly from: unknown; readonly to: unknown };

export type Change = {
  readonly action: 'add' | 'change' | 'remove';
  readonly subject: Subject;
  /** The entry's id or number; of a blocked caller the masked number. */
  readonly id: string;
  /** What becomes of each field; for a removed entry none, for an added one what it is set to. */
  readonly fields: readonly FieldChange[];
};

/** What applying a plan would change, in the plan's order; empty when the database says the same. */
export type PlanDiff = { readonly changes: readonly Change[] };

/** A caller as the list of blocked ones is compared: numbers themselves need not be known. */
export type BlockedEntry = { readonly hmac: string; readonly masked: string };

/** All that a plan says. `blockedCallers` undefined: nothing is said about them. */
export type PlanState = {
  readonly sources: readonly SourcePlan[];
  readonly lines: readonly LinePlan[];
  readonly numbers: readonly NumberPlan[];
  readonly pools: readonly PoolPlan[];
  readonly sites: readonly SitePlan[];
  readonly flows: readonly FlowPlan[];
  readonly groups: readonly GroupPlan[];
  readonly schedules: readonly SchedulePlan[];
  readonly buttons: readonly ButtonPlan[];
  readonly experiments: readonly ExperimentPlan[];
  /** Their order counts. */
  readonly automations: readonly AutomationPlan[];
  readonly blockedCallers: readonly BlockedEntry[] | undefined;
};

/** The changes that lead from one state to the other. */
export const diffStates = (stored: PlanState, desired: PlanState): PlanDiff => ({
  changes: [
    ...entryChanges('source', 'id', stored.sources, desired.sources),
    ...entryChanges('line', 'id', stored.lines, desired.lines),
    ...entryChanges('group', 'id', stored.groups, desired.groups),
    ...entryChanges('schedule', 'id', stored.schedules, desired.schedules),
    ...entryChanges('flow', 'id', stored.flows, desired.flows),
    ...entryChanges('pool', 'id', stored.pools, desired.pools),
    ...entryChanges('number', 'number', stored.numbers, desired.numbers),
    ...entryChanges('site', 'id', stored.sites, desired.sites),
    ...entryChanges('button', 'id', stored.buttons, desired.buttons),
    ...entryChanges('experiment', 'id', stored.experiments, desired.experiments),
    ...automationChanges(stored.automations, desired.automations),
    ...blockedChanges(stored.blockedCallers, desired.blockedCallers),
  ],
});

/** Automations with the place that each has among them. */
const automationChanges = (
  stored: readonly AutomationPlan[],
  desired: readonly AutomationPlan[],
): readonly Change[] => {
  const placed = (list: readonly AutomationPlan[]) =>
    list.map((entry, index) => ({ ...entry, place: index + 1 }));
  return entryChanges('automation', 'id', placed(stored), placed(desired));
};

type Entry = Readonly<Record<string, unknown>>;

const entryChanges = <Key extends string, T extends Record<Key, string>>(
  subject: Subject,
  key: Key,
  storedEntries: readonly T[],
  desiredEntries: readonly T[],
): readonly Change[] => {
  const byKey = (entries: readonly T[]): ReadonlyMap<string, Entry> =>
    new Map(entries.map((entry) => [entry[key], entry]));
  const stored = byKey(storedEntries);
  const desired = byKey(desiredEntries);
  const wanted = [...desired].flatMap(([id, entry]): readonly Change[] => {
    const before = stored.get(id);
    const fields = fieldChanges(before ?? {}, entry, key);
    if (!before) return [{ action: 'add', subject, id, fields }];
    return fields.length > 0 ? [{ action: 'change', subject, id, fields }] : [];
  });
  const gone = [...stored.keys()].filter((id) => !desired.has(id));
  return [...wanted, ...gone.map((id): Change => ({ action: 'remove', subject, id, fields: [] }))];
};

const fieldChanges = (from: Entry, to: Entry, key: string): readonly FieldChange[] =>
  [...new Set([...Object.keys(to), ...Object.keys(from)])]
    .filter((field) => field !== key && !same(from[field], to[field]))
    .map((field) => ({ field, from: from[field], to: to[field] }));

const same = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same(Reflect.get(a, key), Reflect.get(b, key)));
};

const blockedChanges = (
  stored: readonly BlockedEntry[] = [],
  desired: readonly BlockedEntry[] | undefined,
): readonly Change[] => {
  if (!desired) return [];
  const missingIn = (list: readonly BlockedEntry[]): ((entry: BlockedEntry) => boolean) => {
    const known = new Set(list.map((entry) => entry.hmac));
    return (entry) => !known.has(entry.hmac);
  };
  const change =
    (action: 'add' | 'remove') =>
    (entry: BlockedEntry): Change => ({
      action,
      subject: 'blocked-caller',
      id: entry.masked,
      fields: [],
    });
  return [
    ...desired.filter(missingIn(stored)).map(change('add')),
    ...stored.filter(missingIn(desired)).map(change('remove')),
  ];
};
