import type { SitePlan, SiteRule } from '../../config/index.ts';
import type { RuleFacts, RuleKind, RuleVerdict, TargetChoice } from '../types.ts';
import { hasAdClick } from '../visits/index.ts';
import { classOf } from './class.ts';
import { type Condition, conditionsOf, type Seen, see } from './conditions.ts';

/** Kinds of rules, the most specific first. */
export const RULE_KINDS: readonly RuleKind[] = [
  'landing',
  'referrer',
  'referrer-group',
  'campaign',
  'pool',
  'always',
  'canonical',
];

type ReadRule = {
  readonly rule: SiteRule;
  readonly kind: RuleKind;
  readonly conditions: readonly Condition[];
  /** Numbers of the page that it is for; undefined: all. */
  readonly targets: ReadonlySet<string> | undefined;
};

/** The condition of a rule that a visit does not fit; undefined: it fits. */
type Finding = { readonly read: ReadRule; readonly failed: Condition | undefined };

type Use = TargetChoice['use'];

const kindWithout = ({ use }: SiteRule): RuleKind =>
  'pool' in use ? 'pool' : 'number' in use ? 'always' : 'canonical';

/**
 * A hybrid site's pool without conditions is for visits with an ad's click id. That is a parameter of the landing page, so the
 * rule outranks the kind of referrer: ads come from search engines too.
 */
const forAds = (rule: SiteRule): ReadRule => ({
  rule,
  kind: 'landing',
  conditions: [FOR_ADS],
  targets: rule.targets && new Set(rule.targets),
});

const readRule = (rule: SiteRule, hybrid: boolean): ReadRule => {
  const byKind = conditionsOf(rule.when);
  const { landing, referrer, 'referrer-group': group, campaign } = byKind;
  const kind = (['landing', 'referrer', 'referrer-group', 'campaign'] as const).find(
    (name) => byKind[name].length > 0,
  );
  if (hybrid && kind === undefined && 'pool' in rule.use) return forAds(rule);
  return {
    rule,
    kind: kind ?? kindWithout(rule),
    conditions: [...landing, ...referrer, ...group, ...campaign],
    targets: rule.targets && new Set(rule.targets),
  };
};

const ordered = new WeakMap<SitePlan, readonly ReadRule[]>();

const isForAds = ({ conditions }: ReadRule): boolean => conditions[0] === FOR_ADS;

/** Rules in the order in which they decide: by kind, then priority, then as they stand; what names a page outranks the click id. */
const inOrder = (site: SitePlan): readonly ReadRule[] => {
  const known = ordered.get(site);
  if (known !== undefined) return known;
  const rules = site.rules
    .map((rule) => readRule(rule, site.hybrid))
    // Sorting is stable: of equals the one that stands first stays first.
    .sort(
      (a, b) =>
        RULE_KINDS.indexOf(a.kind) - RULE_KINDS.indexOf(b.kind) ||
        Number(isForAds(a)) - Number(isForAds(b)) ||
        b.rule.priority - a.rule.priority,
    );
  ordered.set(site, rules);
  return rules;
};

/** A rule and its kind. */
export type RankedRule = {
  readonly rule: SiteRule;
  readonly kind: RuleKind;
  /** What it asks of a visit, in words; empty: nothing. */
  readonly wants: string;
};

/** A site's rules in the order in which they decide. */
export const rankedRules = (site: SitePlan): readonly RankedRule[] =>
  inOrder(site).map((read) => ({
    rule: read.rule,
    kind: read.kind,
    wants: wantsOf(read),
  }));

/** Of a hybrid site's pools without conditions. */
const FOR_ADS: Condition = {
  wants: "an ad's click id, since the site is hybrid and the rule asks for nothing",
  holds: ({ touch }) => hasAdClick(touch),
  finds: () => 'none',
};

const find = (read: ReadRule, seen: Seen): Finding => ({
  read,
  failed: read.conditions.find((condition) => !condition.holds(seen)),
});

const wantsOf = ({ conditions }: ReadRule): string => conditions.map(({ wants }) => wants).join(', ');

const given = ({ use }: SiteRule, visitClass: () => string | undefined): Use => {
  if ('pool' in use) return { type: 'pool', pool: use.pool, class: visitClass() };
  return 'number' in use ? { type: 'number', number: use.number } : { type: 'canonical' };
};

const NO_RULE: RuleVerdict = {
  rule: '(none)',
  kind: 'canonical',
  matched: true,
  chosen: true,
  reason: 'no rule fits: the page keeps its number',
};

const isFor = ({ targets }: ReadRule, target: string): boolean => targets?.has(target) ?? true;

const reasonOf = (
  { read, failed }: Finding,
  target: string,
  chosen: Finding | undefined,
  seen: Seen,
): string => {
  if (!isFor(read, target)) return 'is for other numbers of the page';
  if (failed !== undefined) return `wants ${failed.wants}; here: ${failed.finds(seen)}`;
  const fits = `fits: ${wantsOf(read) || 'asks for nothing'}`;
  return chosen === undefined || chosen.read === read
    ? fits
    : `${fits}; ${chosen.read.rule.id} comes before it`;
};

const explain = (
  findings: readonly Finding[],
  target: string,
  chosen: Finding | undefined,
  seen: Seen,
): readonly RuleVerdict[] => {
  const verdicts = findings.map((finding) => ({
    rule: finding.read.rule.id,
    kind: finding.read.kind,
    matched: finding.failed === undefined && isFor(finding.read, target),
    chosen: finding === chosen,
    reason: reasonOf(finding, target, chosen, seen),
  }));
  return chosen === undefined ? [...verdicts, NO_RULE] : verdicts;
};

/**
 * What each number of a site's pages becomes for a visit. Of the rules that fit, the most specific kind decides: what the landing page
 * says, a referrer, a kind of referrer, source, medium, campaign and the like, then a pool, a number and the page's own number without conditions. Within
 * a kind the higher priority decides, then the order in the plan.
 *
 * @param site with numbers in E.164
 * @returns one entry a target, in the site's order; `explain` names each rule in the order in which they decide, and after them
 *   `(none)` when none fits
 */
export const chooseNumbers = (site: SitePlan, facts: RuleFacts): readonly TargetChoice[] => {
  const seen = see(facts);
  const findings = inOrder(site).map((read) => find(read, seen));
  let known: { readonly value: string | undefined } | undefined;
  const visitClass = (): string | undefined => {
    known ??= { value: hasAdClick(facts.touch) ? undefined : classOf(facts.touch, facts.landingUrl) };
    return known.value;
  };
  return site.targets.map(({ number: target }) => {
    const chosen = findings.find(({ read, failed }) => failed === undefined && isFor(read, target));
    return {
      target,
      use: chosen === undefined ? { type: 'canonical' } : given(chosen.read.rule, visitClass),
      // Put into words when asked for: page views don't.
      get explain() {
        return explain(findings, target, chosen, seen);
      },
    };
  });
};
