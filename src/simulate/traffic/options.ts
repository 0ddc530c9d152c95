import type { TrafficOptions } from './types.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What the traffic is like, apart from its seed and size. */
export type Workload = Omit<TrafficOptions, 'seed' | 'days' | 'visitsPerDay'>;

/** A site that gets leads by telephone, with all that goes wrong there: one visit in twenty leads to a call. */
const usual: Workload = {
  mix: { 'google-ads': 0.34, organic: 0.28, direct: 0.18, 'bing-ads': 0.12, referral: 0.08 },
  returnsOtherway: 0.15,
  returnsSameWay: 0.1,
  forgetful: 0.2,
  callRate: 0.05,
  delays: { during: 0.7, after: 0.22, late: 0.08, afterMs: 30 * MINUTE_MS, lateMs: 2 * DAY_MS },
  manyPages: 0.39,
  visitMs: 3.5 * MINUTE_MS,
  phones: 0.6,
  taps: 0.85,
  idleTaps: 0.01,
  oldNumber: 0.1,
  callsAgain: 0.2,
  withheld: 0.06,
  otherPhone: 0.08,
  leakedPerDay: 0.3,
  misdialledPerDay: 0.2,
  spamBurstsPerDay: 0.1,
  bots: 0.15,
};

/** The same site without what blurs the picture: each visit calls once or not at all, from a number of its own, and nobody else does. */
const plain: Workload = {
  ...usual,
  oldNumber: 0,
  callsAgain: 0,
  withheld: 0,
  otherPhone: 0,
  leakedPerDay: 0,
  misdialledPerDay: 0,
  spamBurstsPerDay: 0,
  bots: 0,
};

/** `usual` with more ads: 62 % of the visits come by one, 34 and 28 % by either platform. */
const ads: Workload = {
  ...usual,
  mix: { 'google-ads': 0.34, 'bing-ads': 0.28, organic: 0.18, direct: 0.12, referral: 0.08 },
};

export const WORKLOADS = { usual, plain, ads } as const;
export type WorkloadName = keyof typeof WORKLOADS;
