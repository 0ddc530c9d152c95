import type { AutomationPlan } from '../../config/index.ts';
import type { LeadStatus, LeadTable, SqliteFile } from '../../store/index.ts';
import { type AutomationFacts, matches } from './conditions.ts';
import { isFurther } from './lead-rows.ts';
import { type Money, money } from './money.ts';
import { all } from './rows.ts';
import { SPAM_FLAG } from './spam.ts';

/** What one automation does about one call or form. */
export type Effect = {
  readonly automation: string;
  /** Tags that were not there yet. */
  readonly tags: readonly string[];
  readonly status?: LeadStatus;
  readonly value?: Money;
  /** Why something that it says is not done, a clause each. */
  readonly left: readonly string[];
};

/** What an automation finds. */
export type AutomationState = {
  /** Undefined: none yet. */
  readonly lead: Pick<LeadTable, 'status' | 'value_micros' | 'currency'> | undefined;
  /** False: nobody is known who could be a lead. */
  readonly hasPerson: boolean;
  /** Automations that were done about it before: each is done once. */
  readonly done: ReadonlySet<string>;
};

/** Automations of the plan, in its order. */
export const readAutomations = (file: SqliteFile): readonly AutomationPlan[] =>
  all<{ id: string; plan: string }>(file, 'SELECT id, plan FROM automation ORDER BY position, id').map(
    // The plan was checked when it was applied.
    ({ id, plan }) => ({ ...(JSON.parse(plan) as Omit<AutomationPlan, 'id'>), id }),
  );

const whyNoLead = (
  { when }: AutomationPlan,
  { spamScore }: AutomationFacts,
  { hasPerson }: AutomationState,
): string | undefined => {
  if (!hasPerson) return 'nobody is known who could be a lead';
  if (spamScore === null || spamScore < SPAM_FLAG || when.minSpamScore !== undefined) return undefined;
  return 'the call is flagged as spam';
};

const effectOf = (automation: AutomationPlan, facts: AutomationFacts, state: AutomationState): Effect => {
  const { id, do: work } = automation;
  const tags = [...new Set(work.tags ?? [])].filter((tag) => !facts.tags.includes(tag));
  const wantsLead = work.status !== undefined || work.value !== undefined;
  const refusal = wantsLead ? whyNoLead(automation, facts, state) : undefined;
  if (refusal !== undefined) return { automation: id, tags, left: [refusal] };
  const { lead } = state;
  const { status, value } = work;
  const advances = status !== undefined && (lead === undefined || isFurther(status, lead.status));
  const hasValue = lead !== undefined && lead.value_micros !== null;
  const otherMoney =
    value !== undefined && !hasValue && (lead?.currency ?? value.currency) !== value.currency;
  return {
    automation: id,
    tags,
    ...(advances && { status }),
    ...(value && !hasValue && !otherMoney && { value: money(value.amount, value.currency) }),
    left: [
      ...(status !== undefined && !advances ? [`the lead is ${lead?.status ?? 'new'} already`] : []),
      ...(value !== undefined && hasValue ? ['the lead has a value already'] : []),
      ...(otherMoney ? [`the lead is in ${lead?.currency ?? 'other money'}`] : []),
    ],
  };
};

/** What `effects` leave behind. */
const after = (state: AutomationState, { status, value }: Effect): AutomationState => {
  if (status === undefined && value === undefined) return state;
  const lead = state.lead ?? { status: 'new', value_micros: null, currency: null };
  return {
    ...state,
    lead: {
      status: status ?? lead.status,
      value_micros: value?.micros ?? lead.value_micros,
      currency: value?.currency ?? lead.currency,
    },
  };
};

/**
 * What automations do about a call or form, in their order: each finds what those before it left. A lead is never taken back,
 * a value that is there stays, and a call that is flagged as spam makes no lead unless the condition names a spam score.
 */
export const planEffects = (
  automations: readonly AutomationPlan[],
  facts: AutomationFacts,
  state: AutomationState,
): readonly Effect[] => {
  const effects: Effect[] = [];
  let [seen, found] = [facts, state];
  for (const automation of automations) {
    if (found.done.has(automation.id) || !matches(automation.when, seen)) continue;
    const effect = effectOf(automation, seen, found);
    effects.push(effect);
    seen = { ...seen, tags: [...seen.tags, ...effect.tags] };
    found = after(found, effect);
  }
  return effects;
};

/** An effect in words: `tagged roof; lead is qualified; value left: the lead has one already`. */
export const effectWords = ({ tags, status, value, left }: Effect): string => {
  const done = [
    tags.length > 0 ? `tag ${tags.join(', ')}` : undefined,
    status && `lead ${status}`,
    value && `value ${value.micros / 1_000_000} ${value.currency}`,
  ].filter((part) => part !== undefined);
  const rest = left.length > 0 ? ` (not the rest: ${left.join('; ')})` : '';
  return `${done.join(', ') || 'nothing new'}${rest}`;
};
