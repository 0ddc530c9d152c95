import type { VisitTable } from '../../store/index.ts';
import type { Touch } from '../types.ts';
import { parseUrl } from './address.ts';
import { siteOfHost } from './referrer.ts';

/** A page after so long a pause begins another visit, ms. */
export const VISIT_PAUSE_MS = 30 * 60_000;

type Last = Pick<
  VisitTable,
  'last_seen_at' | 'source' | 'medium' | 'campaign' | 'term' | 'content' | 'click_ids' | 'referrer'
>;

const storedClickIds = (text: string): Readonly<Record<string, unknown>> => {
  const ids: unknown = JSON.parse(text);
  return typeof ids === 'object' && ids !== null ? { ...ids } : {};
};

const sameWords = (last: Last, touch: Touch): boolean =>
  last.source === touch.source &&
  last.medium === touch.medium &&
  last.campaign === touch.campaign &&
  last.term === touch.term &&
  last.content === touch.content;

/** Whether nothing but the referrer names the touch. */
const isByReferrer = ({ referrerHost, source, campaign, clickIds }: Touch): boolean =>
  referrerHost !== null &&
  campaign === null &&
  Object.keys(clickIds).length === 0 &&
  source === siteOfHost(referrerHost).source;

const hostOf = (address: string | null): string | undefined =>
  address === null ? undefined : parseUrl(address)?.hostname.toLowerCase();

/**
 * Whether a page begins a visit or belongs to the last one. It begins one after 30 min without a sign of the visitor, or when
 * its click id, its campaign, or the site that it came from is another. A direct page never does within those 30 min; midnight
 * means nothing.
 *
 * @param last the visitor's latest on the site
 * @param at ms
 */
export const beginsVisit = (last: Last | undefined, touch: Touch, at: number): boolean => {
  if (last === undefined || at - last.last_seen_at >= VISIT_PAUSE_MS) return true;
  if (touch.channel === 'direct') return false;
  const ids = Object.entries(touch.clickIds);
  if (ids.length > 0) {
    const known = storedClickIds(last.click_ids);
    if (ids.some(([parameter, id]) => known[parameter] !== id)) return true;
  }
  if (sameWords(last, touch)) return false;
  // A page that changes its own address keeps its referrer: an ad's visit stays one when the click id leaves the address.
  if (isByReferrer(touch)) return hostOf(last.referrer) !== touch.referrerHost;
  return true;
};
