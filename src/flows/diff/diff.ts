import type { FlowPlan } from '../../config/index.ts';
import type { FlowDefinition } from '../types.ts';

/** A field that is different; undefined: it is not there. */
export type FieldChange = {
  /** `ringSeconds`, `cases[0].when.country`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
};

/** Something that one version has and the other has not, or has otherwise. */
export type FlowChange = {
  readonly what: 'flow' | 'step' | 'group' | 'schedule';
  /** Of steps of flows that `goto` leads to: `flow/step`. */
  readonly id: string;
  readonly action: 'added' | 'removed' | 'changed';
  /** Kind of a step. */
  readonly kind: string | undefined;
  /** Of what changed. */
  readonly fields: readonly FieldChange[];
};

type Entry = Pick<FlowChange, 'what' | 'id' | 'kind'> & { readonly value: unknown };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

const joined = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const same = (from: unknown, to: unknown): boolean => JSON.stringify(from) === JSON.stringify(to);

/** Differences down to single values; lists of plain values are one value. */
const fieldChanges = (from: unknown, to: unknown, path = ''): readonly FieldChange[] => {
  if (isRecord(from) && isRecord(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => fieldChanges(from[key], to[key], joined(path, key)));
  }
  const lists = Array.isArray(from) && Array.isArray(to);
  if (lists && ![...from, ...to].every(isPlain)) {
    const indexes = Array.from({ length: Math.max(from.length, to.length) }, (_, index) => index);
    return indexes.flatMap((index) => fieldChanges(from[index], to[index], `${path}[${index}]`));
  }
  return same(from, to) ? [] : [{ path, from, to }];
};

const entriesOfFlow = (flow: FlowPlan, prefix: string): readonly Entry[] => {
  const { steps, ...rest } = flow;
  return [
    { what: 'flow', id: flow.id, kind: undefined, value: rest },
    ...Object.entries(steps).map(
      ([name, step]): Entry => ({ what: 'step', id: `${prefix}${name}`, kind: step.do, value: step }),
    ),
  ];
};

const entriesOf = ({ flow, flows, groups, schedules }: FlowDefinition): readonly Entry[] => [
  ...entriesOfFlow(flow, ''),
  ...flows.flatMap((other) => entriesOfFlow(other, `${other.id}/`)),
  ...groups.map((value): Entry => ({ what: 'group', id: value.id, kind: undefined, value })),
  ...schedules.map((value): Entry => ({ what: 'schedule', id: value.id, kind: undefined, value })),
];

const keyOf = ({ what, id }: Entry): string => `${what} ${id}`;

/**
 * What has to be done to the first version to get the second: changed and removed entries in the first one's order, then
 * added ones. Empty when both say the same.
 */
export const diffFlows = (from: FlowDefinition, to: FlowDefinition): readonly FlowChange[] => {
  const before = entriesOf(from);
  const after = new Map(entriesOf(to).map((entry) => [keyOf(entry), entry]));
  const known = new Set(before.map(keyOf));
  const gone = before.flatMap((entry): readonly FlowChange[] => {
    const { what, id, kind } = entry;
    const other = after.get(keyOf(entry));
    if (other === undefined) return [{ what, id, kind, action: 'removed', fields: [] }];
    const fields = fieldChanges(entry.value, other.value);
    return fields.length === 0 ? [] : [{ what, id, kind: other.kind, action: 'changed', fields }];
  });
  const added = [...after.values()]
    .filter((entry) => !known.has(keyOf(entry)))
    .map(({ what, id, kind }): FlowChange => ({ what, id, kind, action: 'added', fields: [] }));
  return [...gone, ...added];
};

const MARKS: Readonly<Record<FlowChange['action'], string>> = { added: '+', removed: '-', changed: '~' };

const valueWords = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** A diff for people, a line each; the first character is `+`, `-`, `~` or, before a field, a space. */
export const formatFlowDiff = (changes: readonly FlowChange[]): readonly string[] =>
  changes.flatMap(({ what, id, action, kind, fields }) => [
    `${MARKS[action]} ${what} ${id}${kind === undefined ? '' : ` (${kind})`}`,
    ...fields.map(({ path, from, to }) => `    ${path}: ${valueWords(from)} → ${valueWords(to)}`),
  ]);
