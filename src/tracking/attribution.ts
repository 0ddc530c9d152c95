import type { CallTable, NumberRoute } from '../store/index.ts';

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
  | 'landing_page'
  | 'match_method'
  | 'match_prob'
>;

/**
 * Finds the source of a call. A static number belongs to one source, so that the match is certain; an unknown number has none.
 *
 * @param route of the dialled number, if it is a tracking number
 */
export const attribute = (route: NumberRoute | undefined): Attribution => {
  if (!route) return NO_SOURCE;
  const { id, name, source, medium, campaign, cost_center, keyword, landing_page } = route.source;
  return {
    source_id: id,
    source_name: name,
    source,
    medium,
    campaign,
    cost_center,
    keyword,
    landing_page,
    match_method: 'static',
    match_prob: 1,
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
  landing_page: null,
  match_method: 'none',
  match_prob: null,
} as const;
