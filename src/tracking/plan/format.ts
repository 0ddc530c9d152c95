import { isDeepStrictEqual } from 'node:util';
import type { Change, FieldChange, PlanDiff, Subject } from './diff.ts';

const SUBJECT = {
  source: 'source',
  line: 'line',
  number: 'number',
  group: 'group',
  schedule: 'schedule',
  flow: 'flow',
  pool: 'pool',
  site: 'site',
  button: 'button',
  experiment: 'experiment',
  automation: 'automation',
  'blocked-caller': 'blocked caller',
} as const;

/**
 * A diff for people, one change a line: `+ number +12025550123 → google-ads`, `~ line sales: ringTimeoutSeconds 20 → 30`,
 * `- source radio`. Says so when there is nothing to change.
 */
export const formatDiff = (diff: PlanDiff): string =>
  diff.changes.length === 0 ? 'Nothing to change.' : diff.changes.map(changeLine).join('\n');

/** `2 to add, 1 to change, 0 to remove` */
export const summariseDiff = (diff: PlanDiff): string => {
  const count = (action: Change['action']): number =>
    diff.changes.filter((change) => change.action === action).length;
  return `${count('add')} to add, ${count('change')} to change, ${count('remove')} to remove`;
};

const changeLine = (change: Change): string => {
  const what = `${SUBJECT[change.subject]} ${change.id}`;
  switch (change.action) {
    case 'add':
      return `+ ${what}${addedWords(change)}`;
    case 'change':
      return `~ ${what}: ${change.fields.map((field) => fieldWords(field, change.subject)).join(', ')}`;
    case 'remove':
      return `- ${what}`;
  }
};

const addedWords = (change: Change): string => {
  const value = (field: string): unknown => change.fields.find((one) => one.field === field)?.to;
  switch (change.subject) {
    case 'source':
      return ` (${valueWords(value('name'))})`;
    case 'line':
      return ` (${[value('type'), value('number') ?? value('uri')].filter((word) => word !== undefined).join(' ')})`;
    case 'number':
      return ` → ${value('pool') === undefined ? valueWords(value('source')) : `pool ${valueWords(value('pool'))}`}`;
    case 'pool':
      return ` → ${value('flow') === undefined ? valueWords(value('lines')) : `flow ${valueWords(value('flow'))}`}`;
    case 'group':
      return ` (${Array.isArray(value('members')) ? (value('members') as readonly unknown[]).length : 0} members)`;
    case 'schedule':
      return ` (${valueWords(value('timezone'))})`;
    case 'flow':
      return ` (${Object.keys(value('steps') ?? {}).length} steps)`;
    case 'site':
      return ` (${valueWords(value('hosts'))})`;
    case 'button':
      return ` (site ${valueWords(value('site'))})`;
    case 'experiment':
      return ` (button ${valueWords(value('button'))})`;
    case 'automation':
    case 'blocked-caller':
      return '';
  }
};

const fieldWords = ({ field, from, to }: FieldChange, subject: Subject): string => {
  if (subject === 'flow' && field === 'steps') return namedWords(field, Object.entries, from, to);
  if (subject === 'experiment' && field === 'arms') return namedWords(field, byId, from, to);
  return `${field} ${valueWords(from)} → ${valueWords(to)}`;
};

const byId = (entries: object): readonly [string, unknown][] =>
  Object.values(entries).map((entry: { readonly id: string }) => [entry.id, entry]);

/** `steps +voicemail ~menu -old`: `dialtrace flow diff` tells what of them. */
const namedWords = (
  field: string,
  named: (entries: object) => Iterable<readonly [string, unknown]>,
  from: unknown,
  to: unknown,
): string => {
  const before = new Map(named(from ?? {}));
  const after = new Map(named(to ?? {}));
  const words = [
    ...[...after.keys()].filter((name) => !before.has(name)).map((name) => `+${name}`),
    ...[...after]
      .filter(([name, step]) => before.has(name) && !isDeepStrictEqual(before.get(name), step))
      .map(([name]) => `~${name}`),
    ...[...before.keys()].filter((name) => !after.has(name)).map((name) => `-${name}`),
  ];
  return words.length === 0 ? `${field} in another order` : `${field} ${words.join(' ')}`;
};

const weightsOf = (arms: unknown): ReadonlyMap<string, number> =>
  new Map(
    (Array.isArray(arms) ? arms : []).map((arm: { readonly id: string; readonly weight: number }) => [
      arm.id,
      arm.weight,
    ]),
  );

/** What somebody ought to know who changes so: one sentence each. */
export const notesOfDiff = ({ changes }: PlanDiff): readonly string[] =>
  changes.flatMap(({ action, subject, id, fields }) => {
    const arms = fields.find(({ field }) => field === 'arms');
    if (action !== 'change' || subject !== 'experiment' || arms === undefined) return [];
    if (isDeepStrictEqual(weightsOf(arms.from), weightsOf(arms.to))) return [];
    return [
      `Experiment ${id} gets other arms or weights: where visitors have seen it already its report can't be trusted any more; give it another id instead.`,
    ];
  });

const valueWords = (value: unknown): string => {
  if (value === undefined) return 'unset';
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object') ? `(${value.length})` : `[${value.join(', ')}]`;
  if (isCost(value)) return `${value.amount} ${value.currency} a ${value.per}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const isCost = (value: unknown): value is { amount: number; currency: string; per: string } =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value && 'per' in value;
