import type { SourceTable } from '../../store/index.ts';
import type { Touch } from '../types.ts';

/** What of a source of the plan says which visits are its own. */
export type PlanSource = Pick<
  SourceTable,
  'id' | 'source' | 'medium' | 'campaign' | 'keyword' | 'landing_page'
>;

const same = (word: string, given: string | null): boolean =>
  given !== null && word.toLowerCase() === given.toLowerCase();

/** A field that the source leaves open fits anything. */
const fits = (source: PlanSource, touch: Touch): boolean =>
  same(source.source, touch.source) &&
  (source.medium === null || same(source.medium, touch.medium)) &&
  (source.campaign === null || same(source.campaign, touch.campaign)) &&
  (source.keyword === null || same(source.keyword, touch.term));

/** A keyword is narrower than a campaign, a campaign than a medium; a page that numbers stand on says nothing of visits. */
const weight = ({ keyword, campaign, medium, landing_page }: PlanSource): number =>
  (keyword === null ? 0 : 8) +
  (campaign === null ? 0 : 4) +
  (medium === null ? 0 : 2) +
  (landing_page === null ? 1 : 0);

/**
 * The source of the tracking plan that a touch belongs to: the most specific one that fits, of equals the first by id.
 *
 * @returns its id; null when none fits
 */
export const planSourceOf = (touch: Touch, sources: readonly PlanSource[]): string | null => {
  let best: PlanSource | undefined;
  for (const source of sources) {
    if (!fits(source, touch)) continue;
    const gain = best === undefined ? 1 : weight(source) - weight(best);
    if (gain > 0 || (gain === 0 && best !== undefined && source.id < best.id)) best = source;
  }
  return best?.id ?? null;
};
