import type { SitePlan } from '../../config/index.ts';
import type { VisitTable } from '../../store/index.ts';
import type { SessionAnswer } from '../types.ts';
import { type Given, modeOf, numbersOf, type Wish } from './choose.ts';

/** A visit lasts so long without a page: what is not lent changes with the next one at the earliest. */
const VISIT_SECONDS = 1800;
/** Where a limit stood in the way, the page may ask again soon. */
const LIMITED_SECONDS = 60;

/** How long a page may show its numbers again without asking: as long as they are kept for the visit. */
const ttlOf = (site: SitePlan, wishes: readonly Wish[], given: readonly Given[]): number => {
  const lent = new Set(given.filter(({ leaseId }) => leaseId !== null).map(({ target }) => target));
  const holds = wishes.flatMap(({ target, pool }) => (pool && lent.has(target) ? pool.idleMinutes * 60 : []));
  return Math.round(Math.max(site.heartbeatSeconds, Math.min(VISIT_SECONDS, ...holds)));
};

/** What a page is told that keeps its own numbers. */
export const canonicalAnswer = (site: SitePlan): SessionAnswer => ({
  visitor: undefined,
  visit: undefined,
  ttlSeconds: VISIT_SECONDS,
  heartbeatSeconds: site.heartbeatSeconds,
  numbers: {},
  mode: 'canonical',
});

/** What a page is told of whose visit nothing is kept. */
export const unstoredAnswer = (site: SitePlan, given: readonly Given[], limited: boolean): SessionAnswer => ({
  ...canonicalAnswer(site),
  ttlSeconds: limited ? LIMITED_SECONDS : VISIT_SECONDS,
  numbers: numbersOf(site, given),
  mode: modeOf(given),
});

/** What a page is told of a visit. */
export const visitAnswer = (
  site: SitePlan,
  visit: Pick<VisitTable, 'id' | 'visitor_id'>,
  wishes: readonly Wish[],
  given: readonly Given[],
  limited: boolean,
): SessionAnswer => ({
  visitor: visit.visitor_id,
  visit: visit.id,
  ttlSeconds: limited ? LIMITED_SECONDS : ttlOf(site, wishes, given),
  heartbeatSeconds: site.heartbeatSeconds,
  numbers: numbersOf(site, given),
  mode: modeOf(given),
});
