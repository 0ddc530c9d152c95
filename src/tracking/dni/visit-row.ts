import type { VisitTable } from '../../store/index.ts';
import type { TrackingEvent } from '../events.ts';
import type { BrowserFacts, SessionRequest, Touch } from '../types.ts';
import { hasAdClick } from '../visits/index.ts';

/** What a page view tells, read and trimmed: nothing of it needs the database. */
export type ReadPage = {
  readonly siteId: string;
  readonly visitorId: string | undefined;
  readonly visitId: string | undefined;
  readonly touch: Touch;
  readonly browser: BrowserFacts;
  readonly url: string;
  readonly title: string | null;
  readonly referrer: string | null;
  readonly language: string | null;
  readonly region: string | null;
  readonly sourceId: string | null;
  readonly addressHmac: string;
};

const TITLE = 300;
const LANGUAGE = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/;

/** A page's title on one line. */
export const titleOf = (title: string | undefined): string | null => {
  if (title === undefined) return null;
  const line = title
    .slice(0, 2 * TITLE)
    .replace(/\p{Bidi_Control}/gu, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, TITLE);
  return line === '' ? null : line;
};

export const languageOf = ({ language }: Pick<SessionRequest, 'language'>): string | null =>
  language !== undefined && LANGUAGE.test(language) ? language : null;

/** The row of a visit that begins. */
export const visitRow = (id: string, visitorId: string, page: ReadPage, at: number): VisitTable => ({
  id,
  visitor_id: visitorId,
  site_id: page.siteId,
  started_at: at,
  last_seen_at: at,
  hidden_at: null,
  landing_url: page.url,
  last_url: page.url,
  referrer: page.referrer,
  channel: page.touch.channel,
  source: page.touch.source,
  medium: page.touch.medium,
  campaign: page.touch.campaign,
  term: page.touch.term,
  content: page.touch.content,
  source_id: page.sourceId,
  click_ids: JSON.stringify(page.touch.clickIds),
  device: page.browser.device,
  os: page.browser.os,
  browser: page.browser.browser,
  language: page.language,
  region: page.region,
  address_hmac: page.addressHmac,
  pages: 1,
  bot: null,
});

/** That a visit began, for the event log. */
export const visitStarted = (visit: VisitTable, touch: Touch): TrackingEvent => ({
  type: 'visit.started',
  at: visit.started_at,
  subject: visit.id,
  body: {
    visitor: visit.visitor_id,
    site: visit.site_id,
    landing: visit.landing_url,
    paid_click: hasAdClick(touch),
    channel: touch.channel,
    source: touch.source,
    medium: touch.medium,
    campaign: touch.campaign,
    term: touch.term,
    content: touch.content,
    source_id: visit.source_id,
  },
});
