import { makeCalls } from './calls.ts';
import type { SimVisit, Traffic, TrafficOptions } from './types.ts';
import { makeBotVisits, makeVisits } from './visits.ts';

/** Generated traffic of a site with its truth: who came how, who called, and why. */
export { activityAt, arrivals, weekProfile } from './arrivals.ts';
export { WORKLOADS, type Workload, type WorkloadName } from './options.ts';
export { createRandom, type Random } from './random.ts';
export type { SimCall, SimPage, SimPerson, SimVisit, SourceKey, Traffic, TrafficOptions } from './types.ts';
export { SITE_ORIGIN } from './visits.ts';

/** Traffic that its options fix, seed included: the same options give the same bytes. */
export const makeTraffic = (options: TrafficOptions): Traffic => {
  const { people, visits: plain } = makeVisits(options);
  const { visits, calls } = makeCalls(options, people, plain);
  const bots = makeBotVisits(options, (bot) => people.push(bot) - 1);
  // Calls name visits by their index, so bots go last and stay out of the order of time.
  const all: SimVisit[] = [...visits, ...bots];
  return { options, people, visits: all, calls };
};
