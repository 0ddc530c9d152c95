import type { AutomationPlan } from '../../config/index.ts';
import type { SqliteFile, Store, VisitTable } from '../../store/index.ts';
import {
  type AutomationState,
  type Effect,
  effectWords,
  planEffects,
  readAutomations,
} from './automations.ts';
import { automationFacts, type FactsRow, factsRows } from './call-facts.ts';
import type { AutomationFacts } from './conditions.ts';
import { formFacts } from './forms.ts';
import { MICROS } from './money.ts';
import { all } from './rows.ts';
import { SPAM_FLAG } from './spam.ts';

export type DryRunOptions = {
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Default: those of the plan in the database. */
  readonly automations?: readonly AutomationPlan[] | undefined;
};

/** What one automation would have done. */
export type DryRunCount = {
  readonly automation: string;
  /** Calls and forms that its condition fits. */
  readonly matched: number;
  /** Of those: tags put, leads moved to another status, values noted. */
  readonly tagged: number;
  readonly moved: number;
  readonly valued: number;
  /** Sum of the values by currency, in its unit. */
  readonly values: Readonly<Record<string, number>>;
};

export type DryRun = {
  readonly calls: number;
  readonly forms: number;
  readonly automations: readonly DryRunCount[];
  /** The first 200 effects. */
  readonly effects: readonly {
    readonly type: 'call' | 'form';
    readonly id: string;
    readonly at: string;
    readonly automation: string;
    readonly text: string;
  }[];
};

const PAGE = 500;
const MOST_EFFECTS = 200;

/** A call or form of the past. */
type Past = {
  readonly type: 'call' | 'form';
  readonly id: string;
  readonly at: number;
  readonly person: string | null;
  readonly facts: AutomationFacts;
  /** It made a lead by itself. */
  readonly makesLead: boolean;
};

const pastCall = (row: FactsRow): Past => ({
  type: 'call',
  id: row.id,
  at: row.started_at,
  person: row.person,
  facts: automationFacts(row),
  makesLead: row.answered_at !== null && (row.spam_score ?? 0) < SPAM_FLAG,
});

type FormRow = Pick<VisitTable, 'source' | 'medium' | 'campaign' | 'channel' | 'landing_url'> & {
  readonly id: string;
  readonly at: number;
  readonly name: string;
  readonly visit_id: string | null;
  readonly person: string | null;
  readonly tags: string;
};

const FORMS = `SELECT *, (SELECT json_group_array(tag) FROM person_tag WHERE person_id = person
    AND made_by NOT LIKE 'automation:%') AS tags FROM (
  SELECT f.id, f.at, f.name, v.id AS visit_id, v.source, v.medium, v.campaign, v.channel, v.landing_url, coalesce(
    (SELECT person_id FROM person_key WHERE kind = 'caller' AND key = f.contact_hmac),
    (SELECT person_id FROM person_key WHERE kind = 'contact' AND key = f.contact_hmac),
    (SELECT person_id FROM person_key WHERE kind = 'visitor' AND key = f.visitor_id)) AS person
  FROM form f LEFT JOIN visit v ON v.id = f.visit_id
  WHERE (f.at, f.id) > (?, ?) AND f.at < ? ORDER BY f.at, f.id LIMIT ?) ORDER BY at, id`;

const pastForm = (row: FormRow): Past => ({
  type: 'form',
  id: row.id,
  at: row.at,
  person: row.person,
  facts: formFacts(row.name, row.visit_id === null ? undefined : row, {
    region: null,
    tags: JSON.parse(row.tags) as string[],
  }),
  makesLead: true,
});

/** Each row of one kind, a page at a time, so that calls and pages get their turn in between. */
const pages = async function* <Row extends { readonly id: string }>(
  { exclusively }: Pick<Store, 'exclusively'>,
  from: number,
  read: (file: SqliteFile, after: { at: number; id: string }) => readonly Row[],
  atOf: (row: Row) => number,
): AsyncGenerator<Row> {
  let after = { at: from, id: '' };
  for (;;) {
    const rows = await exclusively((file) => read(file, after));
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = { at: atOf(last), id: last.id };
  }
};

/** Two streams in the order of time. */
const merged = async function* (a: AsyncGenerator<Past>, b: AsyncGenerator<Past>): AsyncGenerator<Past> {
  let [left, right] = [await a.next(), await b.next()];
  for (;;) {
    if (left.done && right.done) return;
    if (right.done || (!left.done && left.value.at <= right.value.at)) {
      if (!left.done) yield left.value;
      left = await a.next();
    } else {
      yield right.value;
      right = await b.next();
    }
  }
};

const mapped = async function* <A, B>(rows: AsyncGenerator<A>, change: (row: A) => B): AsyncGenerator<B> {
  for await (const row of rows) yield change(row);
};

const history = (store: Pick<Store, 'exclusively'>, { from, to }: DryRunOptions): AsyncGenerator<Past> => {
  const calls = pages(
    store,
    from,
    (file, after) => factsRows(file, after, { to, limit: PAGE }),
    (row) => row.started_at,
  );
  const forms = pages(
    store,
    from,
    (file, after) => all<FormRow>(file, FORMS, after.at, after.id, to, PAGE),
    (row) => row.at,
  );
  return merged(mapped(calls, pastCall), mapped(forms, pastForm));
};

const counted = (count: DryRunCount, { tags, status, value }: Effect): DryRunCount => ({
  automation: count.automation,
  matched: count.matched + 1,
  tagged: count.tagged + (tags.length > 0 ? 1 : 0),
  moved: count.moved + (status === undefined ? 0 : 1),
  valued: count.valued + (value === undefined ? 0 : 1),
  values:
    value === undefined
      ? count.values
      : { ...count.values, [value.currency]: (count.values[value.currency] ?? 0) + value.micros / MICROS },
});

const NEW_LEAD: AutomationState['lead'] = { status: 'new', value_micros: null, currency: null };

/** The lead after `effect`. */
const ledTo = (lead: AutomationState['lead'], { status, value }: Effect): AutomationState['lead'] =>
  status === undefined && value === undefined
    ? lead
    : {
        status: status ?? lead?.status ?? 'new',
        value_micros: value?.micros ?? lead?.value_micros ?? null,
        currency: value?.currency ?? lead?.currency ?? null,
      };

/**
 * What automations would have done about the calls and forms of a time, had they been there and nobody else: leads begin as new,
 * tags that automations put are left out of account. Nothing is written. Of forms the region is not known.
 */
export const dryRun = async (store: Pick<Store, 'exclusively'>, options: DryRunOptions): Promise<DryRun> => {
  const automations = options.automations ?? (await store.exclusively(readAutomations));
  const counts = new Map<string, DryRunCount>(
    automations.map(({ id }) => [
      id,
      { automation: id, matched: 0, tagged: 0, moved: 0, valued: 0, values: {} },
    ]),
  );
  const leads = new Map<string, AutomationState['lead']>();
  const effects: DryRun['effects'][number][] = [];
  const seen = { call: 0, form: 0 };
  for await (const { type, id, at, person, facts, makesLead } of history(store, options)) {
    seen[type] += 1;
    let lead = person === null ? undefined : (leads.get(person) ?? (makesLead ? NEW_LEAD : undefined));
    for (const effect of planEffects(automations, facts, {
      lead,
      hasPerson: person !== null,
      done: new Set(),
    })) {
      const { automation } = effect;
      const count = counts.get(automation);
      if (count !== undefined) counts.set(automation, counted(count, effect));
      lead = ledTo(lead, effect);
      if (effects.length >= MOST_EFFECTS) continue;
      effects.push({ type, id, at: new Date(at).toISOString(), automation, text: effectWords(effect) });
    }
    if (person !== null && lead !== undefined) leads.set(person, lead);
  }
  return { calls: seen.call, forms: seen.form, automations: [...counts.values()], effects };
};
