import type { Candidate } from '../types.ts';
import { afterDensity, DAY_MS, type DelayLaw, GRACE_MS, type NumberKind } from './law.ts';
import { meanInverse } from './visit-length.ts';

/** A visit that was shown the number, as it stood when the call came. Times are ms since the epoch. */
export type Suspect = {
  readonly visitId: string;
  readonly visitorId: string;
  readonly siteId: string;
  /** Source and medium: `google / cpc`. */
  readonly source: string;
  readonly shownAt: number;
  /** When it stopped showing the number; null: still in view when the call came. */
  readonly endedAt: number | null;
  /** The same as is known by now: of a call of the past, when the visit was over after all. */
  readonly overAt: number;
  readonly leaseId: string | null;
  /** Whether that lease was open when the call came. */
  readonly holds: boolean;
  readonly phone: boolean;
  readonly region: string | null;
  /** How long before the call it tapped the number, up to `TAP_MEMORY_MS`; null: it did not. */
  readonly tapMs: number | null;
  readonly copyMs: number | null;
  /** Caller and visitor were known to be one person before the call. */
  readonly linked: boolean;
};

/** Visits too many to be looked at one by one: so many, shown the number so long before the call. */
export type Crowd = { readonly count: number; readonly ageMs: number };

/** The same caller's last call on this number within 30 days, and whose it was likely to be then. */
export type EarlierCall = {
  readonly agoMs: number;
  /** Probabilities by visit. */
  readonly shares: ReadonlyMap<string, number>;
  /** Probability that no visit brought it. */
  readonly nobody: number;
};

/** All that is known when a call comes in. */
export type Scene = {
  readonly at: number;
  readonly kind: NumberKind;
  readonly callerRegion: string | null;
  /** When this caller called this number for the first time, before this call. */
  readonly firstCalledAt: number | null;
  readonly earlier: EarlierCall | null;
  /** The caller called another tracking number within the hour before. */
  readonly dialsAround: boolean;
  readonly suspects: readonly Suspect[];
  readonly crowds: readonly Crowd[];
};

/** Likelihood ratios: how much likelier the sign is when the visit made the call than when it did not. */
export const RATIOS = {
  /** The number was tapped within `TAP_MS` before. */
  tap: 2000,
  /** Copied within `COPY_MS` before. */
  copy: 20,
  /** A phone in view, and the number was not tapped: most people with a phone in hand tap. */
  noTap: 0.15,
  linked: 500,
  /** At most, in a region that nobody else's calls or visits come from. */
  region: 4,
  /** The caller had the number before this visit was shown it. */
  calledEarlier: 0.05,
  /** The caller goes through tracking numbers, and nothing links the two: visitors know one number, or few. */
  dialsAround: 0.05,
} as const;

/** People who called call again on the same number: so many of them, most within hours. */
const AGAIN = { calls: 0.2, soon: 0.7, soonMs: 2 * 3_600_000, later: 0.3, laterMs: 5 * DAY_MS } as const;

/** How much rarer this caller's number is among all callers than among the calls of those who are known by it. */
const NUMBER_RARITY = 500;

export const TAP_MS = 30_000;
export const COPY_MS = 2 * 60_000;
/** A tap so long ago is no sign of a call now, yet shows that this phone's owner taps. */
export const TAP_MEMORY_MS = 2 * 60_000;

/** No circumstantial evidence is certain. */
const LEAST_NOBODY = 1e-4;

/** Evidence of one suspect: `within` bears on a call from within the visit alone, `always` on any. */
export type Ratios = { readonly within: number; readonly always: number };

/** Whether a call at `at` can come from within the visit. */
const maybeWithin = (endedAt: number | null, at: number): boolean =>
  endedAt === null || at <= endedAt + GRACE_MS;

/**
 * A region that most visits share says little: what counts is how seldom it would be met by chance, judged by the visits that
 * were shown the number.
 */
export const regionRatio = ({ callerRegion, suspects }: Pick<Scene, 'callerRegion' | 'suspects'>): number => {
  if (callerRegion === null) return 1;
  let known = 0;
  let same = 0;
  for (const { region } of suspects) {
    if (region === null) continue;
    known += 1;
    if (region === callerRegion) same += 1;
  }
  // Begins at 4 = 0.9 / 0.225, as if four visits with such a share had been seen.
  const byChance = (same + 4 * 0.225) / (known + 4);
  return Math.min(RATIOS.region, Math.max(1, 0.9 / byChance));
};

/** @param region of `regionRatio` */
export const ratiosOf = (suspect: Suspect, scene: Scene, region: number): Ratios => {
  const { tapMs, copyMs, phone } = suspect;
  const tap = tapMs !== null && tapMs <= TAP_MS ? RATIOS.tap : 1;
  const copy = tap === 1 && copyMs !== null && copyMs <= COPY_MS ? RATIOS.copy : 1;
  const early = scene.firstCalledAt !== null && scene.firstCalledAt < suspect.shownAt;
  return {
    within: phone && tapMs === null ? RATIOS.noTap : 1,
    always:
      tap *
      copy *
      (suspect.linked ? RATIOS.linked : 1) *
      (scene.callerRegion !== null && suspect.region === scene.callerRegion ? region : 1) *
      (early ? RATIOS.calledEarlier : 1) *
      (scene.dialsAround && !suspect.linked ? RATIOS.dialsAround : 1),
  };
};

/** Expected calls per ms of somebody who called before, as likely as this very number is to be seen. */
const againIntensity = ({ earlier }: Scene): number => {
  if (earlier === null) return 0;
  const { agoMs } = earlier;
  const { calls, soon, soonMs, later, laterMs } = AGAIN;
  const density =
    (soon / soonMs) * Math.exp(-agoMs / soonMs) + (later / laterMs) * Math.exp(-agoMs / laterMs);
  return calls * density * NUMBER_RARITY;
};

/** Expected calls per ms of this visit at the moment of the call, evidence counted in. */
const intensity = (law: DelayLaw, suspect: Suspect, at: number, { within, always }: Ratios): number => {
  const { endedAt, shownAt } = suspect;
  const [inVisit] = law.shares;
  if (endedAt === null) {
    const length = 1 / meanInverse(law.visit, at - shownAt) + GRACE_MS;
    return law.callsPerVisit * (inVisit / length) * within * always;
  }
  const length = Math.max(0, endedAt - shownAt) + GRACE_MS;
  const inside = maybeWithin(endedAt, at) ? (inVisit / length) * within : 0;
  const after = afterDensity(law, Math.max(0, at - endedAt));
  return law.callsPerVisit * (inside + after) * always;
};

/** What spoke for a suspect, by name: ratios, and times before the call in ms (`…_ms`). */
const evidenceOf = (suspect: Suspect, scene: Scene, region: number): Record<string, number> => {
  const { at } = scene;
  const { tapMs, copyMs, endedAt, phone } = suspect;
  const tapped = tapMs !== null && tapMs <= TAP_MS;
  return {
    shown_ms: at - suspect.shownAt,
    ...(endedAt === null ? { in_view: 1 } : { ended_ms: at - endedAt }),
    ...(suspect.holds && { lease: 1 }),
    ...(tapped && { tap: RATIOS.tap, tap_ms: tapMs }),
    ...(!tapped && copyMs !== null && { copy: RATIOS.copy, copy_ms: copyMs }),
    ...(phone && tapMs === null && maybeWithin(endedAt, at) && { no_tap: RATIOS.noTap }),
    ...(suspect.linked && { linked: RATIOS.linked }),
    ...(region > 1 && suspect.region === scene.callerRegion && { region: Math.round(region * 100) / 100 }),
    ...(scene.firstCalledAt !== null &&
      scene.firstCalledAt < suspect.shownAt && { called_earlier: RATIOS.calledEarlier }),
    ...(scene.dialsAround && !suspect.linked && { dials_around: RATIOS.dialsAround }),
    ...((scene.earlier?.shares.get(suspect.visitId) ?? 0) >= 0.5 && { called_again: 1 }),
  };
};

/** One suspect and its share of the expected calls at the moment of the call. */
export type Weighed = { readonly suspect: Suspect; readonly probability: number };

export type Posterior = {
  /** The likeliest first. */
  readonly weighed: readonly Weighed[];
  /** Probability that no visit brought the caller. */
  readonly nobody: number;
};

/**
 * Whose call it is: each one's intensity at the moment of the call over the sum of all. What is missing to 1 is the crowd's.
 *
 * @param lawOf the delay law of a site; undefined asks for the one of calls that no visit brought
 */
export const weigh = (scene: Scene, lawOf: (siteId: string | undefined) => DelayLaw): Posterior => {
  const { at, suspects } = scene;
  const region = regionRatio(scene);
  const again = againIntensity(scene);
  const intensities = suspects.map(
    (suspect) =>
      intensity(lawOf(suspect.siteId), suspect, at, ratiosOf(suspect, scene, region)) +
      again * (scene.earlier?.shares.get(suspect.visitId) ?? 0),
  );
  const common = lawOf(suspects[0]?.siteId);
  const crowd = scene.crowds.reduce(
    (sum, { count, ageMs }) => sum + count * common.callsPerVisit * afterDensity(common, ageMs),
    0,
  );
  const visits = intensities.reduce((sum, value) => sum + value, crowd);
  const others = common.othersPerDay[scene.kind] / DAY_MS + again * (scene.earlier?.nobody ?? 0);
  const nobody = Math.max(others, visits * LEAST_NOBODY);
  const total = visits + nobody;
  const weighed = suspects
    .map((suspect, index) => ({ suspect, probability: (intensities[index] ?? 0) / total }))
    .sort((a, b) => b.probability - a.probability || b.suspect.shownAt - a.suspect.shownAt);
  return { weighed, nobody: nobody / total };
};

/**
 * The likeliest source and its likeliest visit. Many visits that hardly differ may each be less likely than nobody and yet name
 * their source together: a call that comes days later was brought by one of them.
 *
 * @returns undefined when no source is as likely as nobody, or there is no visit
 */
export const likeliest = ({
  weighed,
  nobody,
}: Posterior): { readonly best: Weighed; readonly ofSource: number } | undefined => {
  const sums = new Map<string, number>();
  for (const { suspect, probability } of weighed)
    sums.set(suspect.source, (sums.get(suspect.source) ?? 0) + probability);
  const [source, ofSource = 0] = [...sums].sort((a, b) => b[1] - a[1])[0] ?? [];
  const best = weighed.find(({ suspect }) => suspect.source === source);
  return best === undefined || nobody >= ofSource ? undefined : { best, ofSource };
};

const MOST_CANDIDATES = 10;

/** The ten likeliest, nobody among them. */
export const candidatesOf = (scene: Scene, { weighed, nobody }: Posterior): readonly Candidate[] => {
  const region = regionRatio(scene);
  const visits = weighed.slice(0, MOST_CANDIDATES).map(
    ({ suspect, probability }): Candidate => ({
      visitId: suspect.visitId,
      probability,
      evidence: evidenceOf(suspect, scene, region),
    }),
  );
  const others: Candidate = { visitId: undefined, probability: nobody, evidence: {} };
  return [...visits, others].sort((a, b) => b.probability - a.probability).slice(0, MOST_CANDIDATES);
};
