import type { AutomationPlan } from '../../config/index.ts';

type Condition = AutomationPlan['when'];

/** What a condition looks at. Null: not known, which fits no condition that asks for it. */
export type AutomationFacts = {
  readonly event: 'call' | 'form';
  /** Of calls alone, as are the next two and the tracking number. */
  readonly answered: boolean | null;
  readonly firstCall: boolean | null;
  readonly talkSeconds: number | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly channel: string | null;
  /** E.164 */
  readonly number: string | null;
  /** ISO 3166 */
  readonly region: string | null;
  /** Address of the landing page, or its name in the plan. */
  readonly landing: string | null;
  /** Of the call, its wrap-up and the person. */
  readonly tags: readonly string[];
  readonly disposition: string | null;
  readonly spamScore: number | null;
  /** Name of the form. */
  readonly form: string | null;
};

const lower = (text: string): string => text.toLowerCase();

const isOneOf = (wanted: readonly string[] | undefined, found: string | null): boolean =>
  wanted === undefined || (found !== null && wanted.some((word) => lower(word) === lower(found)));

const holdsOneOf = (wanted: readonly string[] | undefined, found: string | null): boolean =>
  wanted === undefined || (found !== null && wanted.some((piece) => lower(found).includes(lower(piece))));

const isSame = (wanted: boolean | undefined, found: boolean | null): boolean =>
  wanted === undefined || wanted === found;

const isAtLeast = (least: number | undefined, found: number | null): boolean =>
  least === undefined || (found !== null && found >= least);

const isAtMost = (most: number | undefined, found: number | null): boolean =>
  most === undefined || (found !== null && found <= most);

/** Whether all holds that a condition names. Words are compared without regard to case; any of several does. */
export const matches = (when: Condition, facts: AutomationFacts): boolean =>
  when.event === facts.event &&
  isSame(when.answered, facts.answered) &&
  isSame(when.firstCall, facts.firstCall) &&
  isAtLeast(when.minTalkSeconds, facts.talkSeconds) &&
  isAtMost(when.maxTalkSeconds, facts.talkSeconds) &&
  isOneOf(when.source, facts.source) &&
  isOneOf(when.medium, facts.medium) &&
  isOneOf(when.campaign, facts.campaign) &&
  isOneOf(when.channel, facts.channel) &&
  isOneOf(when.number, facts.number) &&
  isOneOf(when.region, facts.region) &&
  holdsOneOf(when.landing, facts.landing) &&
  (when.tag === undefined || facts.tags.some((tag) => isOneOf(when.tag, tag))) &&
  isOneOf(when.disposition, facts.disposition) &&
  isAtLeast(when.minSpamScore, facts.spamScore) &&
  isOneOf(when.form, facts.form);
