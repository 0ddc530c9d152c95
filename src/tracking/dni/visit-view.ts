import { z } from 'zod';
import type { VisitTable } from '../../store/index.ts';
import type { VisitDetail } from './visit-log.ts';

const text = z.string().nullable();
const instant = z.string().meta({ description: 'ISO 8601, UTC', format: 'date-time' });

/** A visit as `--json` and the API show it: nothing of the address it came from. */
export const visitViewSchema = z.object({
  id: z.string().meta({ description: 'ULID: later visits have greater ids' }),
  visitor: z.string(),
  site: z.string(),
  startedAt: instant,
  lastSeenAt: instant.meta({ description: 'Last page, heartbeat or click' }),
  inView: z.boolean().meta({ description: 'Its page was not hidden since' }),
  channel: z.enum(['paid', 'organic', 'social', 'ai', 'email', 'referral', 'campaign', 'direct']),
  source: z.string(),
  medium: z.string(),
  campaign: text,
  term: text,
  content: text,
  sourceId: text.meta({ description: 'Source of the tracking plan' }),
  clickIds: z.record(z.string(), z.string()),
  landingUrl: z.string(),
  lastUrl: z.string(),
  referrer: text,
  pages: z.int(),
  device: z.enum(['phone', 'tablet', 'desktop', 'other']),
  os: text,
  browser: text,
  language: text,
  region: text,
});

/** A visit with its pages, clicks, numbers and calls. */
export const visitDetailViewSchema = visitViewSchema.extend({
  pageViews: z.array(
    z.object({
      at: instant,
      url: z.string(),
      title: text,
      dwellMs: z.int().nullable().meta({ description: 'In view; null: not left yet' }),
    }),
  ),
  clicks: z.array(z.object({ at: instant, kind: z.enum(['tel', 'sms', 'copy', 'button']), number: text })),
  numbers: z
    .array(z.object({ number: z.string(), code: text, leaseId: text, shownAt: instant }))
    .meta({ description: 'Tracking numbers that it was shown' }),
  calls: z.array(
    z.object({
      id: z.string(),
      startedAt: instant,
      status: z.string(),
      number: text,
      match: z.object({ method: z.string(), probability: z.number().nullable() }),
    }),
  ),
});

export type VisitView = z.output<typeof visitViewSchema>;
export type VisitDetailView = z.output<typeof visitDetailViewSchema>;

const iso = (at: number): string => new Date(at).toISOString();

const clickIdsOf = (json: string): Record<string, string> => {
  const ids: unknown = JSON.parse(json);
  if (typeof ids !== 'object' || ids === null) return {};
  return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, String(id)]));
};

export const visitView = (visit: VisitTable): VisitView => ({
  id: visit.id,
  visitor: visit.visitor_id,
  site: visit.site_id,
  startedAt: iso(visit.started_at),
  lastSeenAt: iso(visit.last_seen_at),
  inView: visit.hidden_at === null,
  channel: visit.channel,
  source: visit.source,
  medium: visit.medium,
  campaign: visit.campaign,
  term: visit.term,
  content: visit.content,
  sourceId: visit.source_id,
  clickIds: clickIdsOf(visit.click_ids),
  landingUrl: visit.landing_url,
  lastUrl: visit.last_url,
  referrer: visit.referrer,
  pages: visit.pages,
  device: visit.device,
  os: visit.os,
  browser: visit.browser,
  language: visit.language,
  region: visit.region,
});

export const visitDetailView = ({ visit, pages, clicks, numbers, calls }: VisitDetail): VisitDetailView => ({
  ...visitView(visit),
  pageViews: pages.map((page) => ({ ...page, at: iso(page.at) })),
  clicks: clicks.map((click) => ({ ...click, at: iso(click.at) })),
  numbers: numbers.map(({ shownAt, ...number }) => ({ ...number, shownAt: iso(shownAt) })),
  calls: calls.map(({ id, startedAt, status, number, method, probability }) => ({
    id,
    startedAt: iso(startedAt),
    status,
    number,
    match: { method, probability },
  })),
});
