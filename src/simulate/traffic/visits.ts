import { arrivals } from './arrivals.ts';
import { makeBot, makePerson } from './people.ts';
import { createRandom, type Random } from './random.ts';
import type { SimPage, SimPerson, SimVisit, SourceKey, TrafficOptions } from './types.ts';

export const SITE_ORIGIN = 'https://www.example.com';

const PATHS = ['/', '/roof-repair', '/gutters', '/prices', '/contact', '/about'] as const;
const CAMPAIGNS = ['roof', 'gutters', 'brand'] as const;
const CLICK_ID = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A visitor who comes back sooner goes on with the same visit. */
const NEW_VISIT_MS = 31 * MINUTE_MS;
/** Spread of the logarithm of a visit's length. */
const LENGTH_SIGMA = 1;
const SHORTEST_VISIT_MS = 4_000;
const LONGEST_VISIT_MS = 2 * 60 * MINUTE_MS;
/** People who come back do so within days. */
const RETURN_MEAN_MS = 4 * DAY_MS;
const RETURN_WITHIN_MS = 30 * DAY_MS;
/** Of visits: the browser dies or the phone goes to sleep before it can tell. */
const NO_BYE = 0.2;
/** Between the tap on a number and the call's arrival. */
export const TAP_MS = { from: 1_500, to: 9_000 } as const;
const SHORTEST_CALL_MS = 5_000;

type Landing = { readonly url: string; readonly referrer: string | undefined };

/** Where somebody lands, and from where. */
const landing = (random: Random, source: SourceKey): Landing => {
  const page = `${SITE_ORIGIN}${random.pick(PATHS)}`;
  switch (source) {
    case 'google-ads':
      return { url: `${page}?gclid=${random.text(40, CLICK_ID)}`, referrer: 'https://www.google.com/' };
    case 'bing-ads':
      return {
        url: `${page}?msclkid=${random.text(32, '0123456789abcdef')}&utm_source=bing&utm_medium=cpc&utm_campaign=${random.pick(CAMPAIGNS)}`,
        referrer: 'https://www.bing.com/',
      };
    case 'organic':
      return { url: page, referrer: 'https://www.google.com/' };
    case 'referral':
      return { url: page, referrer: 'https://partner.example/roofers' };
    case 'direct':
      return { url: page, referrer: undefined };
  }
};

const moreCount = (random: Random): number => {
  let count = 1;
  while (random.chance(0.5)) count += 1;
  return count;
};

const pagesOf = (random: Random, options: TrafficOptions, url: string, lengthMs: number): SimPage[] => {
  const more = random.chance(options.manyPages) ? moreCount(random) : 0;
  const moments = Array.from({ length: more }, () => Math.round(random.next() * lengthMs)).sort(
    (a, b) => a - b,
  );
  return [
    { afterMs: 0, url },
    ...moments.map((afterMs) => ({ afterMs, url: `${SITE_ORIGIN}${random.pick(PATHS)}` })),
  ];
};

const lengthOf = (random: Random, options: TrafficOptions): number =>
  Math.round(
    Math.min(LONGEST_VISIT_MS, Math.max(SHORTEST_VISIT_MS, random.lognormal(options.visitMs, LENGTH_SIGMA))),
  );

const idleTap = (random: Random, options: TrafficOptions, person: SimPerson, lengthMs: number): number[] =>
  person.device === 'phone' && random.chance(options.idleTaps) ? [Math.round(random.next() * lengthMs)] : [];

/** The latest of a person's visits. */
type Last = { readonly at: number; readonly endedAt: number; readonly source: SourceKey };

/** Somebody to come back at `at`: who was there last about so long ago as people stay away. */
const returning = (
  random: Random,
  at: number,
  visits: readonly SimVisit[],
  last: readonly Last[],
): number | undefined => {
  const wanted = at - NEW_VISIT_MS - random.exponential(RETURN_MEAN_MS);
  if (wanted < 0 || at - wanted > RETURN_WITHIN_MS) return undefined;
  let low = 0;
  let high = visits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((visits[middle]?.at ?? Number.POSITIVE_INFINITY) < wanted) low = middle + 1;
    else high = middle;
  }
  const person = visits[low]?.person;
  if (person === undefined) return undefined;
  return at - (last[person]?.endedAt ?? at) >= NEW_VISIT_MS ? person : undefined;
};

const otherSource = (random: Random, options: TrafficOptions, but: SourceKey | undefined): SourceKey => {
  const entries = Object.entries(options.mix) as [SourceKey, number][];
  const choices = entries
    .filter(([source]) => source !== but)
    .map(([source, weight]) => ({ source, weight }));
  return random.weighted(choices).source;
};

/** Who comes to the site, when and how: people first, then bots, in the order of time. Calls come later. */
export const makeVisits = (
  options: TrafficOptions,
): { readonly people: SimPerson[]; readonly visits: SimVisit[] } => {
  const when = createRandom(options.seed, 'arrivals');
  const who = createRandom(options.seed, 'people');
  const what = createRandom(options.seed, 'visits');
  const people: SimPerson[] = [];
  const last: Last[] = [];
  const visits: SimVisit[] = [];
  const add = (person: SimPerson): number => people.push(person) - 1;

  for (const at of arrivals(when, options.days, options.visitsPerDay)) {
    const drawn = who.next();
    const otherway = drawn < options.returnsOtherway;
    const returns = drawn < options.returnsOtherway + options.returnsSameWay;
    const known = returns ? returning(who, at, visits, last) : undefined;
    const index = known ?? add(makePerson(who, options));
    const person = people[index];
    if (person === undefined) continue;
    const before = known === undefined ? undefined : last[known]?.source;
    const source =
      before !== undefined && !otherway ? before : otherSource(what, options, otherway ? before : undefined);
    const { url, referrer } = landing(what, source);
    const lengthMs = lengthOf(what, options);
    visits.push({
      at,
      person: index,
      source,
      referrer,
      pages: pagesOf(what, options, url, lengthMs),
      lengthMs,
      taps: idleTap(what, options, person, lengthMs),
      hidden: [],
      saysBye: !what.chance(NO_BYE),
    });
    last[index] = { at, endedAt: at + lengthMs, source };
  }
  return { people, visits };
};

/** Visits of bots, which call nobody. Each is somebody else. */
export const makeBotVisits = (options: TrafficOptions, add: (bot: SimPerson) => number): SimVisit[] => {
  const random = createRandom(options.seed, 'bots');
  return arrivals(random, options.days, options.visitsPerDay * options.bots).map((at) => {
    const source = random.pick<SourceKey>(['organic', 'direct', 'google-ads']);
    const { url, referrer } = landing(random, source);
    const lengthMs = Math.round(random.between(500, 5_000));
    return {
      at,
      person: add(makeBot(random)),
      source: undefined,
      referrer,
      pages: [{ afterMs: 0, url }],
      lengthMs,
      taps: [],
      hidden: [],
      saysBye: random.chance(0.5),
    };
  });
};

/** The visit with a call in it: the tap before it, and the page hidden while the telephone is used for the call. */
export const withCall = (
  visit: SimVisit,
  call: { readonly afterMs: number; readonly lengthMs: number; readonly tapMs: number | undefined },
  device: SimPerson['device'],
): SimVisit => {
  if (device !== 'phone') return visit;
  const fromMs = call.tapMs ?? Math.max(0, call.afterMs - TAP_MS.to);
  const toMs = call.afterMs + Math.max(SHORTEST_CALL_MS, call.lengthMs);
  return {
    ...visit,
    taps: call.tapMs === undefined ? visit.taps : [...visit.taps, call.tapMs].sort((a, b) => a - b),
    hidden: [{ fromMs, toMs: Math.min(toMs, visit.lengthMs) }],
  };
};
