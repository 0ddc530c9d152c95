import { describe, expect, it } from 'vitest';
import { beginsVisit, readTouch, type TouchSite } from '../../../../src/tracking/visits/index.ts';

const SITE: TouchSite = { hosts: ['www.example.com'], parameters: {}, ignoredReferrers: [], linkedHosts: [] };
const GOOGLE = 'https://www.google.com/';
const touchOf = (query: string, referrer?: string) =>
  readTouch(`https://www.example.com/${query}`, referrer, SITE);

/** The stored visit that a touch began. */
const lastOf = (query: string, referrer?: string, last_seen_at = 0) => {
  const { source, medium, campaign, term, content, clickIds } = touchOf(query, referrer);
  return {
    source,
    medium,
    campaign,
    term,
    content,
    click_ids: JSON.stringify(clickIds),
    referrer: referrer ?? null,
    last_seen_at,
  };
};

const MINUTE = 60_000;

describe('a visit begins', () => {
  it('with the first page', () => {
    expect(beginsVisit(undefined, touchOf(''), 0)).toBe(true);
  });

  it('after 30 min without a sign, and not a moment before', () => {
    const last = lastOf('?gclid=a', GOOGLE, 1000);
    expect(beginsVisit(last, touchOf('?gclid=a', GOOGLE), 1000 + 30 * MINUTE - 1)).toBe(false);
    expect(beginsVisit(last, touchOf(''), 1000 + 30 * MINUTE)).toBe(true);
  });

  it.each([
    ['another click id', '?gclid=a', GOOGLE, '?gclid=b', GOOGLE],
    ['a click id after none', '', GOOGLE, '?gclid=a', GOOGLE],
    ['another platform', '?gclid=a', undefined, '?gclid=a&msclkid=m', undefined],
    [
      'another campaign',
      '?utm_source=x&utm_campaign=1',
      undefined,
      '?utm_source=x&utm_campaign=2',
      undefined,
    ],
    ['another term', '?utm_source=x&utm_term=1', undefined, '?utm_source=x&utm_term=2', undefined],
    ['a campaign after a referrer', '', GOOGLE, '?utm_source=x', GOOGLE],
    ['another referrer', '', GOOGLE, '', 'https://www.bing.com/'],
    ['a referrer after none', '', undefined, '', GOOGLE],
    ['a referrer after a campaign', '?utm_source=x', undefined, '', GOOGLE],
  ])('with %s', (_, before, from, query, referrer) => {
    expect(beginsVisit(lastOf(before, from), touchOf(query, referrer), MINUTE)).toBe(true);
  });

  it.each([
    ['a direct page', '?gclid=a', GOOGLE, '', undefined],
    ['a page of the site', '?gclid=a', GOOGLE, '', 'https://www.example.com/x'],
    ['the same address again', '?gclid=a&utm_source=x', GOOGLE, '?gclid=a&utm_source=x', GOOGLE],
    [
      'the same campaign, its click id gone',
      '?gclid=a&utm_source=x&utm_medium=cpc',
      GOOGLE,
      '?utm_source=x&utm_medium=cpc',
      GOOGLE,
    ],
    ['an address without its click id, the referrer kept', '?gclid=a', GOOGLE, '', GOOGLE],
    ['the same referrer', '', GOOGLE, '', 'https://www.google.com/search'],
  ])('not with %s', (_, before, from, query, referrer) => {
    expect(beginsVisit(lastOf(before, from), touchOf(query, referrer), MINUTE)).toBe(false);
  });

  it('not at midnight', () => {
    const midnight = Date.UTC(2026, 10, 22);
    expect(beginsVisit(lastOf('?gclid=a', GOOGLE, midnight - MINUTE), touchOf(''), midnight + MINUTE)).toBe(
      false,
    );
  });
});
