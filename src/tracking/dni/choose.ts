import type { PoolPlan, SitePlan } from '../../config/index.ts';
import { chooseNumbers } from '../rules/index.ts';
import type { LivePlan, RuleFacts, SessionAnswer, ShownNumber, TargetChoice } from '../types.ts';
import { dialOf, displayOf } from './display.ts';

/** The number that takes the place of a target, and how the visit came to it. */
export type Given = {
  readonly target: string;
  readonly number: string;
  readonly mode: Exclude<SessionAnswer['mode'], 'canonical'>;
  /** Null: it is not lent. */
  readonly leaseId: string | null;
  /** Extension code. */
  readonly code?: string | undefined;
};

/** What a target gets of the rules, and what it gets when its pool lends nothing. */
export type Wish = {
  readonly target: string;
  readonly pool: PoolPlan | undefined;
  readonly class: string | undefined;
  /** Its static number where a rule says so, else the pool's overflow number; undefined: its own number stays. */
  readonly otherwise: Given | undefined;
  /** A code goes with it. */
  readonly coded: boolean;
};

const withoutPools = new WeakMap<SitePlan, SitePlan>();

const staticSite = (site: SitePlan): SitePlan => {
  const found = withoutPools.get(site);
  if (found) return found;
  const stripped = { ...site, rules: site.rules.filter(({ use }) => !('pool' in use)) };
  withoutPools.set(site, stripped);
  return stripped;
};

const staticNumber = ({ target, use }: TargetChoice): Given | undefined =>
  use.type === 'number' ? { target, number: use.number, mode: 'static', leaseId: null } : undefined;

const overflowOf = (target: string, pool: PoolPlan | undefined): Given | undefined =>
  pool?.overflow === undefined
    ? undefined
    : { target, number: pool.overflow, mode: 'overflow', leaseId: null };

/** No rule of the site's spoke: not even one that wants the page's own number. */
const isUnruled = (choice: TargetChoice, site: SitePlan): boolean =>
  choice.use.type === 'canonical' &&
  !choice.explain.some(({ chosen, rule }) => chosen && site.rules.some(({ id }) => id === rule));

const isCoded = (choice: TargetChoice, site: SitePlan): boolean => {
  if (site.codes === undefined) return false;
  return choice.use.type === 'number' ? choice.use.number === site.codes.number : isUnruled(choice, site);
};

/** What the rules wish for each target. */
export const wishesOf = (plan: LivePlan, site: SitePlan, facts: RuleFacts): readonly Wish[] => {
  let statics: readonly TargetChoice[] | undefined;
  const fallback = (target: string): Given | undefined => {
    statics ??= chooseNumbers(staticSite(site), facts);
    const choice = statics.find((other) => other.target === target);
    return choice && staticNumber(choice);
  };
  return chooseNumbers(site, facts).map((choice): Wish => {
    const { target, use } = choice;
    if (use.type !== 'pool') {
      const coded = isCoded(choice, site);
      return { target, pool: undefined, class: undefined, otherwise: staticNumber(choice), coded };
    }
    const pool = plan.pools.get(use.pool);
    return {
      target,
      pool,
      class: pool?.shareClasses ? use.class : undefined,
      otherwise: fallback(target) ?? overflowOf(target, pool),
      coded: false,
    };
  });
};

/** Numbers for a visit of which nothing is kept: those of sources. */
export const unlent = (wishes: readonly Wish[]): readonly Given[] =>
  wishes.flatMap(({ otherwise }) => otherwise ?? []);

/** The more a number says of its visit, the earlier. */
const MODES: readonly SessionAnswer['mode'][] = ['exclusive', 'shared', 'static', 'overflow', 'canonical'];

/** What a page with these numbers is called as a whole: after the number that says the most. */
export const modeOf = (given: readonly Given[]): SessionAnswer['mode'] =>
  MODES.find((mode) => given.some((one) => one.mode === mode)) ?? 'canonical';

const shownNumber = (site: SitePlan, { target, number, code }: Given): ShownNumber => {
  const pattern = site.targets.find((known) => known.number === target)?.display;
  return {
    e164: number,
    display: displayOf(number, pattern),
    tel: dialOf(number, code),
    ...(code !== undefined && { suffix: `${site.codes?.separator ?? ' '}${code}` }),
  };
};

/** As the page gets them; those that are the page's own are left out. */
export const numbersOf = (site: SitePlan, given: readonly Given[]): SessionAnswer['numbers'] =>
  Object.fromEntries(
    given
      .filter(({ target, number, code }) => number !== target || code !== undefined)
      .map((one) => [one.target, shownNumber(site, one)]),
  );
