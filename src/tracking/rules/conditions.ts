import type { SiteRule } from '../../config/index.ts';
import type { RuleFacts } from '../types.ts';
import { hasAdClick, type Landing, parseUrl, readLanding } from '../visits/index.ts';

/** A visit as conditions look at it: read once, whatever the number of rules. */
export type Seen = RuleFacts & { readonly landing: () => Landing };

export const see = (facts: RuleFacts): Seen => {
  let landing: Landing | undefined;
  return {
    ...facts,
    landing: () => {
      landing ??= readLanding(facts.landingUrl);
      return landing;
    },
  };
};

/** One thing that a rule asks for. */
export type Condition = {
  /** `source google or bing` */
  readonly wants: string;
  readonly holds: (seen: Seen) => boolean;
  /** What is there instead. */
  readonly finds: (seen: Seen) => string;
};

type When = NonNullable<SiteRule['when']>;
type LandingWhen = NonNullable<When['landing']>;

const either = (words: readonly string[]): string => words.join(' or ');
const lower = (words: readonly string[]): readonly string[] => words.map((word) => word.toLowerCase());
const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

const parameterCondition = (param: string, { equals, contains }: LandingWhen): Condition => {
  const name = param.toLowerCase();
  const wholes = equals && lower(equals);
  const pieces = contains && lower(contains);
  const values = (seen: Seen): readonly string[] => seen.landing().parameters.get(name) ?? [];
  const fits = (value: string): boolean =>
    (wholes?.includes(value) ?? true) && (pieces?.some((piece) => value.includes(piece)) ?? true);
  return {
    wants: [
      `parameter ${param}`,
      ...(equals ? [`= ${either(equals)}`] : []),
      ...(contains ? [`with ${either(contains)} in it`] : []),
    ].join(' '),
    holds: (seen) => values(seen).some((value) => fits(value.toLowerCase())),
    finds: (seen) => {
      const found = values(seen);
      return found.length === 0 ? 'no such parameter' : `“${shortened(found.join('”, “'))}”`;
    },
  };
};

const addressCondition = (wants: string, fits: (address: string) => boolean): Condition => {
  const address = ({ landing }: Seen): string => landing().url?.href ?? '';
  return {
    wants,
    // People write conditions as they read addresses: without escapes.
    holds: (seen) => {
      const text = address(seen).toLowerCase();
      return fits(text) || fits(decoded(text));
    },
    finds: (seen) => shortened(address(seen)) || 'no address of a web page',
  };
};

const pathCondition = (beginnings: readonly string[]): Condition => {
  const starts = lower(beginnings);
  const path = ({ landing }: Seen): string => landing().url?.pathname ?? '';
  return {
    wants: `a landing page below ${either(beginnings)}`,
    holds: (seen) => {
      const text = path(seen).toLowerCase();
      const plain = decoded(text);
      return starts.some((start) => text.startsWith(start) || plain.startsWith(start));
    },
    finds: (seen) => shortened(path(seen)) || 'no address of a web page',
  };
};

const landingConditions = (landing: LandingWhen): readonly Condition[] => {
  const { param, equals, contains, path } = landing;
  const conditions: Condition[] = [];
  if (param !== undefined) conditions.push(parameterCondition(param, landing));
  else {
    if (equals) {
      const wholes = lower(equals);
      conditions.push(addressCondition(`the address ${either(equals)}`, (text) => wholes.includes(text)));
    }
    if (contains) {
      const pieces = lower(contains);
      const has = (text: string): boolean => pieces.some((piece) => text.includes(piece));
      conditions.push(addressCondition(`an address with ${either(contains)} in it`, has));
    }
  }
  if (path) conditions.push(pathCondition(path));
  return conditions;
};

/** `Example.com`, `https://example.com/`, `bücher.example` → the host as addresses have it. */
const hostIn = (text: string): string => {
  const bare = text.trim().toLowerCase().replace(/^\*\./, '');
  return parseUrl(bare.includes('://') ? bare : `http://${bare}`)?.hostname || bare;
};

const referrerCondition = (given: readonly string[]): Condition => {
  const hosts = given.map(hostIn);
  return {
    wants: `referrer ${either(given)}`,
    holds: ({ touch: { referrerHost } }) =>
      referrerHost !== null &&
      hosts.some((host) => referrerHost === host || referrerHost.endsWith(`.${host}`)),
    finds: ({ touch }) => touch.referrerHost ?? 'none that counts',
  };
};

const wordCondition = (
  name: string,
  given: readonly string[],
  of: (seen: Seen) => string | null,
): Condition => {
  const words = new Set(lower(given));
  return {
    wants: `${name} ${either(given)}`,
    holds: (seen) => words.has((of(seen) ?? '').toLowerCase()),
    finds: (seen) => of(seen) ?? 'none',
  };
};

const clickCondition = (wanted: boolean): Condition => ({
  wants: wanted ? "an ad's click id" : "no ad's click id",
  holds: ({ touch }) => hasAdClick(touch) === wanted,
  finds: ({ touch }) => (wanted ? 'none' : Object.keys(touch.clickIds).join(', ')),
});

const campaignConditions = (when: When): readonly Condition[] => {
  const { channel, source, medium, campaign, clickId, device } = when;
  const conditions: Condition[] = [];
  if (channel) conditions.push(wordCondition('channel', channel, ({ touch }) => touch.channel));
  if (source) conditions.push(wordCondition('source', source, ({ touch }) => touch.source));
  if (medium) conditions.push(wordCondition('medium', medium, ({ touch }) => touch.medium));
  if (campaign) conditions.push(wordCondition('campaign', campaign, ({ touch }) => touch.campaign));
  if (clickId !== undefined) conditions.push(clickCondition(clickId));
  if (device) conditions.push(wordCondition('device', [device], (seen) => seen.device));
  return conditions;
};

/** Conditions of a rule by their kind; a kind without any is empty. */
export type ConditionsByKind = {
  readonly landing: readonly Condition[];
  readonly referrer: readonly Condition[];
  readonly 'referrer-group': readonly Condition[];
  readonly campaign: readonly Condition[];
};

export const conditionsOf = (when: SiteRule['when']): ConditionsByKind => ({
  landing: when?.landing ? landingConditions(when.landing) : [],
  referrer: when?.referrer ? [referrerCondition(when.referrer)] : [],
  'referrer-group': when?.referrerGroup
    ? [wordCondition('referrer group', [when.referrerGroup], ({ touch }) => touch.referrerGroup)]
    : [],
  campaign: when ? campaignConditions(when) : [],
});
