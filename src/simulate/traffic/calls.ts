import { arrivals } from './arrivals.ts';
import { spamTelephone } from './people.ts';
import { createRandom, type Random } from './random.ts';
import type { SimCall, SimPerson, SimVisit, TrafficOptions } from './types.ts';
import { TAP_MS, withCall } from './visits.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ANSWERED = 0.85;
const TALK_MS = 3 * MINUTE_MS;
const SHORTEST_TALK_MS = 5_000;
const RINGS_MS = { from: 4_000, to: 18_000 } as const;
const GIVES_UP_MS = { from: 15_000, to: 25_000 } as const;
/** People who call again do so within days, a few much later. */
const AGAIN = [
  { weight: 0.85, meanMs: 3 * DAY_MS },
  { weight: 0.15, meanMs: 30 * DAY_MS },
] as const;
/** Who dials a number noted earlier has seen it within this time. */
const NOTED_MS = 30 * DAY_MS;

type Course = Pick<SimCall, 'answered' | 'lengthMs' | 'ringMs'>;

const course = (random: Random): Course => {
  const answered = random.chance(ANSWERED);
  const rings = answered ? RINGS_MS : GIVES_UP_MS;
  const ringMs = Math.round(random.between(rings.from, rings.to));
  const talkMs = answered ? Math.round(Math.max(SHORTEST_TALK_MS, random.lognormal(TALK_MS, 1))) : 0;
  return { answered, ringMs, lengthMs: ringMs + talkMs };
};

/** Machines hang up when they have heard who answers, or before. */
const spamCourse = (random: Random): Course => {
  const answered = random.chance(0.7);
  const ringMs = Math.round(random.between(2_000, 8_000));
  const talkMs = answered ? Math.round(random.between(1_000, 9_000)) : 0;
  return { answered, ringMs, lengthMs: ringMs + talkMs };
};

/** How long after the landing the call comes. */
const delay = (random: Random, { delays }: TrafficOptions, visit: SimVisit): number => {
  const drawn = random.next();
  if (drawn < delays.during) return random.next() * visit.lengthMs;
  if (drawn < delays.during + delays.after) return visit.lengthMs + random.exponential(delays.afterMs);
  return visit.lengthMs + random.exponential(delays.lateMs);
};

const callerOf = (random: Random, options: TrafficOptions, person: SimPerson): string | undefined => {
  const other = random.chance(options.otherPhone);
  if (person.withheld) return undefined;
  return other ? person.otherTelephone : person.telephone;
};

/**
 * Calls that visits lead to. A caller dials what the visit shows, or, having been there before, now and then the number noted
 * then: the truth is the visit all the same, since it made the person call.
 */
const callsOfVisits = (
  options: TrafficOptions,
  people: readonly SimPerson[],
  visits: SimVisit[],
): SimCall[] => {
  const random = createRandom(options.seed, 'calls');
  const calls: SimCall[] = [];
  const latest = new Map<number, { readonly visit: number; readonly at: number }>();
  visits.forEach((visit, index) => {
    const before = latest.get(visit.person);
    latest.set(visit.person, { visit: index, at: visit.at });
    const person = people[visit.person];
    if (person === undefined || !random.chance(options.callRate)) return;
    const afterMs = Math.round(delay(random, options, visit));
    const during = afterMs < visit.lengthMs;
    const how = course(random);
    const tapped = during && person.device === 'phone' && random.chance(options.taps);
    const tapMs = Math.round(afterMs - random.between(TAP_MS.from, TAP_MS.to));
    if (during) {
      const tap = tapped ? Math.max(0, tapMs) : undefined;
      visits[index] = withCall(visit, { afterMs, lengthMs: how.lengthMs, tapMs: tap }, person.device);
    }
    const noted =
      before !== undefined && visit.at - before.at < NOTED_MS && random.chance(options.oldNumber) && !tapped;
    const dialled = noted ? before.visit : index;
    const call: SimCall = {
      at: visit.at + afterMs,
      ...how,
      caller: callerOf(random, options, person),
      kind: 'first',
      dials: { type: 'shown', visit: dialled },
      truth: index,
    };
    calls.push(call);
    if (!random.chance(options.callsAgain)) return;
    const gap = call.lengthMs + random.exponential(random.weighted(AGAIN).meanMs);
    const caller = callerOf(random, options, person);
    calls.push({ ...call, ...course(random), at: Math.round(call.at + gap), caller, kind: 'again' });
  });
  return calls;
};

/** Calls that no visit leads to. */
const strangers = (options: TrafficOptions): SimCall[] => {
  const random = createRandom(options.seed, 'strangers');
  const leakedNumber = random.next();
  const nobody = (
    at: number,
    place: number,
    kind: SimCall['kind'],
    caller: string,
    how: Course,
  ): SimCall => ({
    at,
    ...how,
    caller,
    kind,
    dials: { type: 'any', place },
    truth: undefined,
  });
  const leaked = arrivals(random, options.days, options.leakedPerDay).map((at) =>
    nobody(at, leakedNumber, 'leaked', spamTelephone(random), course(random)),
  );
  const misdialled = arrivals(random, options.days, options.misdialledPerDay).map((at) =>
    nobody(at, random.next(), 'misdialled', spamTelephone(random), spamCourse(random)),
  );
  const spam = arrivals(random, options.days, options.spamBurstsPerDay).flatMap((start) => {
    const caller = spamTelephone(random);
    let at = start;
    return Array.from({ length: 5 + random.below(11) }, () => {
      at += Math.round(random.exponential(1.5 * MINUTE_MS));
      return nobody(at, random.next(), 'spam', caller, spamCourse(random));
    });
  });
  return [...leaked, ...misdialled, ...spam];
};

/** The calls, in the order of time, and the visits with the taps that they come from. */
export const makeCalls = (
  options: TrafficOptions,
  people: readonly SimPerson[],
  plainVisits: readonly SimVisit[],
): { readonly visits: SimVisit[]; readonly calls: SimCall[] } => {
  const visits = [...plainVisits];
  const end = options.days * DAY_MS;
  const calls = [...callsOfVisits(options, people, visits), ...strangers(options)]
    .filter(({ at }) => at < end)
    .sort((a, b) => a.at - b.at);
  return { visits, calls };
};
