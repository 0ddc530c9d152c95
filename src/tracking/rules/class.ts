import { createHash } from 'node:crypto';
import type { Touch } from '../types.ts';
import { parseUrl } from '../visits/index.ts';

const LANGUAGE = /^[a-z]{2}(?:-[a-z]{2,4})?$/;

/**
 * The part of a site that a page lies in: the first folder of its path, after a language: `/roof-repair/berlin` →
 * `/roof-repair`, `/de/roof-repair/berlin` → `/de/roof-repair`.
 */
export const landingGroup = (landingUrl: string): string => {
  const folders = (parseUrl(landingUrl)?.pathname ?? '').toLowerCase().split('/').filter(Boolean);
  const [first = '', second] = folders;
  return `/${LANGUAGE.test(first) && second !== undefined ? `${first}/${second}` : first}`;
};

/**
 * Digest of what visits have in common that may share a number: source, medium, campaign, search term and landing group. To count
 * calls by any of these, one such visit is as good as another.
 *
 * @returns 22 characters, base64url
 */
export const classOf = (
  { source, medium, campaign, term }: Pick<Touch, 'source' | 'medium' | 'campaign' | 'term'>,
  landingUrl: string,
): string =>
  createHash('sha256')
    .update(JSON.stringify([source, medium, campaign, term, landingGroup(landingUrl)]))
    .digest('base64url')
    .slice(0, 22);
