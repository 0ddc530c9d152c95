import type { SitePlan } from '../../config/index.ts';
import type { RuleFacts, TargetChoice, Touch } from '../types.ts';
import {
  hasAdClick,
  matchesHost,
  type PlanSource,
  parseUrl,
  planSourceOf,
  readTouch,
} from '../visits/index.ts';
import { chooseNumbers } from './choose.ts';

/** A visit that never was, to see what the rules would make of it. */
export type ImaginedVisit = {
  readonly url: string;
  readonly referrer?: string | undefined;
  readonly device?: RuleFacts['device'] | undefined;
};

/** How a site reads a visit, and what its pages would show. */
export type SiteExplanation = {
  readonly site: string;
  readonly touch: Touch;
  /** Whether the page lies on one of the site's hosts: others are answered nothing. */
  readonly onSite: boolean;
  readonly adClick: boolean;
  /** Source of the tracking plan that the visit belongs to. */
  readonly sourceId: string | null;
  readonly device: RuleFacts['device'];
  readonly targets: readonly TargetChoice[];
};

/** Reads a visit as a page view would be, and says of each rule why it decides or not. Nothing is stored, no number lent. */
export const explainSite = (
  site: SitePlan,
  sources: readonly PlanSource[],
  { url, referrer, device = 'desktop' }: ImaginedVisit,
): SiteExplanation => {
  const touch = readTouch(url, referrer, site);
  const host = parseUrl(url)?.host ?? '';
  return {
    site: site.id,
    touch,
    onSite: site.hosts.some((pattern) => matchesHost(host, pattern)),
    adClick: hasAdClick(touch),
    sourceId: planSourceOf(touch, sources),
    device,
    targets: chooseNumbers(site, { landingUrl: url, touch, device }),
  };
};
