import type { SitePlan } from '../../config/index.ts';
import type { VisitTable } from '../../store/index.ts';
import type { RuleFacts, Touch } from '../types.ts';
import { readTouch } from '../visits/index.ts';
import type { ReadPage } from './visit-row.ts';

const clickIdsOf = (json: string): Touch['clickIds'] => {
  const ids: unknown = JSON.parse(json);
  if (typeof ids !== 'object' || ids === null) return {};
  return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, String(id)]));
};

/** What rules look at on a page alone. */
export const pageFacts = ({ url, touch, browser }: ReadPage): RuleFacts => ({
  landingUrl: url,
  touch,
  device: browser.device,
});

/** What rules look at: the page that the visit began with, whichever it shows now. Its number stays with it. */
export const visitFacts = (visit: VisitTable, site: SitePlan): RuleFacts => ({
  landingUrl: visit.landing_url,
  touch: {
    ...readTouch(visit.landing_url, visit.referrer ?? undefined, site),
    // The address is kept up to a length: what it named is in columns of its own.
    channel: visit.channel,
    source: visit.source,
    medium: visit.medium,
    campaign: visit.campaign,
    term: visit.term,
    content: visit.content,
    clickIds: clickIdsOf(visit.click_ids),
  },
  device: visit.device,
});
