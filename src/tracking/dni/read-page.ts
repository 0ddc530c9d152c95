import type { SitePlan } from '../../config/index.ts';
import type { LivePlan, SessionRequest } from '../types.ts';
import { planSourceOf, readBrowser, readTouch, regionOf, trimUrl } from '../visits/index.ts';
import { isId } from './ids.ts';
import { languageOf, type ReadPage, titleOf } from './visit-row.ts';

/** Whether anything may be kept of a visit: what the visitor said, else what the site takes for granted. */
export const mayStore = (site: SitePlan, consent: SessionRequest['consent']): boolean =>
  consent === 'granted' || (consent === 'unknown' && site.consent === 'granted');

const idOrNothing = (text: string | undefined): string | undefined =>
  text !== undefined && isId(text) ? text : undefined;

/**
 * Reads what a page tells of itself.
 *
 * @param addressHmac keyed pseudonym of the address
 */
export const readPage = (
  plan: LivePlan,
  site: SitePlan,
  request: SessionRequest,
  addressHmac: string,
): ReadPage => {
  const touch = readTouch(request.url, request.referrer, site);
  return {
    siteId: site.id,
    visitorId: idOrNothing(request.visitorId),
    visitId: idOrNothing(request.visitId),
    touch,
    browser: readBrowser(request.userAgent),
    url: trimUrl(request.url),
    title: titleOf(request.title),
    // The site's own pages refer to each other; that tells nothing.
    referrer: request.referrer && touch.referrerHost !== null ? trimUrl(request.referrer) : null,
    language: languageOf(request),
    region: regionOf({ language: request.language, timeZone: request.timeZone }),
    sourceId: planSourceOf(touch, plan.sources),
    addressHmac,
  };
};
