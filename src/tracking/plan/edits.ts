import { UsageError } from '../../base/errors.ts';
import { parsePhone } from '../../base/phone.ts';
import { type PlanContext, parseTrackingPlan } from '../../config/index.ts';
import { type PlanStore, reconcile } from './apply.ts';
import type { PlanDiff } from './diff.ts';
import { storedEntries } from './state.ts';

/** Fields of one entry under their names in the plan, as a person gave them. `undefined` in a patch unsets a field. */
export type Fields = Readonly<Record<string, unknown>>;

type Part = 'sources' | 'lines' | 'numbers' | 'experiments';
/** Pools, sites and automations are edited in the plan file alone; an edit keeps them. */
type Entries = Record<Part | 'pools', readonly Fields[]>;

const PARTS: readonly Part[] = ['sources', 'lines', 'numbers', 'experiments'];
const WORDS = { sources: 'source', lines: 'line', numbers: 'number', experiments: 'experiment' } as const;
const KEYS = { sources: 'id', lines: 'id', numbers: 'number', experiments: 'id' } as const;

/**
 * Edits of single entries. Each reads the stored plan, changes one entry, checks the whole like a plan file and brings it into
 * the database, in one transaction.
 *
 * @throws UsageError when the entry exists already (add) or doesn't (update, remove), is still used (remove), or is wrong
 */
export const planEdits = (store: PlanStore, context: PlanContext) => {
  const add = (part: Part) => (fields: Fields) =>
    edit(store, context, (entries) => {
      const key = String(fields[KEYS[part]]);
      if (find(entries, part, key)) throw new UsageError(`There is a ${WORDS[part]} ${key} already`);
      return { ...entries, [part]: [...entries[part], fields] };
    });
  const update = (part: Part) => (key: string, patch: Fields) =>
    edit(store, context, (entries) => {
      const before = required(entries, part, key);
      const after = withoutUnset({ ...before, ...patch, [KEYS[part]]: before[KEYS[part]] });
      return { ...entries, [part]: entries[part].map((entry) => (entry === before ? after : entry)) };
    });
  const remove = (part: Part) => (key: string) =>
    edit(store, context, (entries) => {
      const before = required(entries, part, key);
      refuseUsed(entries, part, key);
      return { ...entries, [part]: entries[part].filter((entry) => entry !== before) };
    });
  const numberKey = (text: string): string => parsePhone(text, context.defaultRegion)?.e164 ?? text;
  const withE164 = (fields: Fields): Fields => ({
    ...fields,
    number: numberKey(String(fields[KEYS.numbers])),
  });

  return {
    addSource: add('sources'),
    updateSource: update('sources'),
    removeSource: remove('sources'),
    addLine: add('lines'),
    updateLine: update('lines'),
    removeLine: remove('lines'),
    addNumber: (fields: Fields) => add('numbers')(withE164(fields)),
    updateNumber: (number: string, patch: Fields) => update('numbers')(numberKey(number), patch),
    removeNumber: (number: string) => remove('numbers')(numberKey(number)),
    updateExperiment: update('experiments'),
  };
};

const edit = (
  store: PlanStore,
  context: PlanContext,
  change: (entries: Entries) => Entries,
): Promise<PlanDiff> =>
  store.db.transaction().execute(async (trx) => {
    const stored = await storedEntries(trx);
    const entries = change(stored);
    // Trunks of stored lines may have left the configuration since; that is no fault of this edit.
    const trunkIds = [
      ...context.trunkIds,
      ...stored.lines.flatMap((line) => (line.type === 'trunk' ? [line.trunk] : [])),
    ];
    const plan = inWordsOfEdit(
      () => parseTrackingPlan(entries, { ...context, trunkIds }, 'The change'),
      stored,
      entries,
    );
    return reconcile(trx, store.vault, plan, Date.now());
  });

/**
 * Problems of the entry that was edited, under the names of its fields alone: nobody who types a command knows which place
 * it has in the stored plan.
 *
 * @throws UsageError what `check` throws, so rewritten
 */
const inWordsOfEdit = <T>(check: () => T, before: Entries, after: Entries): T => {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const edited = PARTS.flatMap((part) =>
      after[part].flatMap((entry, index) => (before[part].includes(entry) ? [] : [`${part}[${index}].`])),
    );
    const problems = error.problems.map((problem) => {
      const prefix = edited.find((start) => problem.path.startsWith(start));
      if (prefix === undefined) return problem;
      const mend = problem.message === 'is missing' ? 'name it' : problem.mend;
      return { ...problem, path: problem.path.slice(prefix.length), ...(mend !== undefined && { mend }) };
    });
    throw new UsageError(error.message, problems);
  }
};

const find = (entries: Entries, part: Part, key: string): Fields | undefined =>
  entries[part].find((entry) => entry[KEYS[part]] === key);

const required = (entries: Entries, part: Part, key: string): Fields => {
  const entry = find(entries, part, key);
  if (entry) return entry;
  const known = entries[part].map((one) => String(one[KEYS[part]]));
  const list =
    known.length === 0
      ? 'there are none yet'
      : `there are ${known.slice(0, 20).join(', ')}${known.length > 20 ? ' …' : ''}`;
  throw new UsageError(`There is no ${WORDS[part]} ${key}: ${list}`);
};

const refuseUsed = (entries: Entries, part: Part, key: string): void => {
  if (part === 'numbers') return;
  const field = part === 'sources' ? 'source' : 'lines';
  const uses = (entry: Fields): boolean => [entry[field]].flat().includes(key);
  const pools = entries.pools.filter(uses).map((entry) => `pool ${entry['id']}`);
  if (pools.length > 0)
    throw new UsageError(
      `${WORDS[part]} ${key} is used by ${pools.join(', ')}: change that in the plan first`,
    );
  const users = entries.numbers.filter(uses).map((entry) => String(entry[KEYS.numbers]));
  if (users.length === 0) return;
  throw new UsageError(
    `${WORDS[part]} ${key} is used by ${users.join(', ')}: change or remove ${users.length === 1 ? 'that number' : 'those numbers'} first`,
  );
};

const withoutUnset = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
