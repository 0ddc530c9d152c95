import type { CallTable, NumberRoute, SourceTable, VisitTable } from '../store/index.ts';
import type { Match } from './types.ts';

/** What a call record says of the marketing source behind it: a copy, so that later edits of the source don't rewrite it. */
export type Attribution = Pick<
  CallTable,
  | 'source_id'
  | 'source_name'
  | 'source'
  | 'medium'
  | 'campaign'
  | 'cost_center'
  | 'keyword'
  | 'content'
  | 'channel'
  | 'landing_page'
  | 'site_id'
  | 'visit_id'
  | 'visitor_id'
  | 'lease_id'
  | 'match_method'
  | 'match_prob'
>;

/** From here on a visit counts as the one behind a call on the number of a source. */
const LIKELY = 0.5;

/**
 * Finds the source of a call. A number of a source names it with certainty, and a visit that was shown the number adds its
 * path. A number of a pool has the source of the visit that it was matched to; an extension code or a token outranks the
 * number. An unknown number has none.
 *
 * @param route of the dialled number, if it is a tracking number
 * @param match of the call with visits, where pages show the number
 * @param sources of the plan, for the names of what visits came from
 */
export const attribute = (
  route: NumberRoute | undefined,
  match?: Match,
  sources: readonly SourceTable[] = [],
): Attribution => {
  if (!route) return NO_SOURCE;
  const certain = match?.method === 'token' || match?.method === 'code';
  if (route.source === undefined || certain) return match ? ofVisit(match, sources) : NO_SOURCE;
  return ofSource(route.source, (match?.probability ?? 0) >= LIKELY ? match?.visit : undefined);
};

/**
 * Finds the source of a call that a call button brought: the one of the visit that its token names, else the button's own.
 *
 * @param match by the token; undefined where no visit is known
 * @param own source that the plan gives the button
 */
export const attributeButton = (
  match: Match | undefined,
  own: SourceTable | undefined,
  sources: readonly SourceTable[],
): Attribution => {
  if (match?.method === 'token') return ofVisit(match, sources);
  return own ? ofSource(own, undefined) : NO_SOURCE;
};

const ofSource = (planned: SourceTable, visit: VisitTable | undefined): Attribution => {
  const { id, name, source, medium, campaign, cost_center, keyword, landing_page } = planned;
  return {
    ...NO_SOURCE,
    source_id: id,
    source_name: name,
    source,
    medium,
    campaign,
    cost_center,
    keyword: keyword ?? visit?.term ?? null,
    content: visit?.content ?? null,
    channel: visit?.channel ?? null,
    landing_page: landing_page ?? visit?.landing_url ?? null,
    site_id: visit?.site_id ?? null,
    visit_id: visit?.id ?? null,
    visitor_id: visit?.visitor_id ?? null,
    match_method: 'static',
    match_prob: 1,
  };
};

const ofVisit = (match: Match, sources: readonly SourceTable[]): Attribution => {
  const { visit } = match;
  if (!visit || match.method === 'none') return NO_SOURCE;
  const planned = sources.find(({ id }) => id === visit.source_id);
  return {
    source_id: visit.source_id,
    source_name: planned?.name ?? visit.source,
    source: visit.source,
    medium: visit.medium,
    campaign: visit.campaign,
    cost_center: planned?.cost_center ?? null,
    keyword: visit.term,
    content: visit.content,
    channel: visit.channel,
    landing_page: visit.landing_url,
    site_id: visit.site_id,
    visit_id: visit.id,
    visitor_id: visit.visitor_id,
    lease_id: match.leaseId,
    match_method: match.method,
    match_prob: match.probability,
  };
};

const NO_SOURCE = {
  source_id: null,
  source_name: null,
  source: null,
  medium: null,
  campaign: null,
  cost_center: null,
  keyword: null,
  content: null,
  channel: null,
  landing_page: null,
  site_id: null,
  visit_id: null,
  visitor_id: null,
  lease_id: null,
  match_method: 'none',
  match_prob: null,
} as const;
