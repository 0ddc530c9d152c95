import { describe, expect, it } from 'vitest';
import type { NumberRoute, VisitTable } from '../../../src/store/index.ts';
import { attribute, type Match } from '../../../src/tracking/index.ts';
import { OF_SOURCE } from '../../support/tracking-rows.ts';

const route: NumberRoute = {
  number: { number: '+12025550123', label: null, source_id: 'ads', ...OF_SOURCE, record: null, enabled: 1 },
  source: {
    id: 'ads',
    name: 'Ads',
    source: 'google',
    medium: 'cpc',
    campaign: null,
    cost_center: 'online',
    cost_amount: 5,
    cost_currency: 'EUR',
    cost_per: 'day',
    keyword: 'roof repair',
    landing_page: '/roofs',
  },
  lines: [],
  flow: undefined,
};

const visit: VisitTable = {
  id: 'V1',
  visitor_id: 'P1',
  site_id: 'main',
  started_at: 0,
  last_seen_at: 0,
  hidden_at: null,
  landing_url: 'https://acme.example/tiles?gclid=x',
  last_url: 'https://acme.example/tiles',
  referrer: null,
  channel: 'paid',
  source: 'bing',
  medium: 'cpc',
  campaign: 'tiles',
  term: 'red tiles',
  content: null,
  source_id: 'bing-ads',
  click_ids: '{}',
  device: 'phone',
  os: null,
  browser: null,
  language: null,
  region: null,
  address_hmac: null,
  pages: 1,
  bot: null,
};
const match = (
  method: Match['method'],
  probability: number | null,
  of = visit as VisitTable | undefined,
): Match => ({
  method,
  probability,
  visit: of,
  leaseId: method === 'lease' ? 'L1' : null,
  candidates: [],
  reason: '',
});
const poolRoute: NumberRoute = {
  number: { ...route.number, source_id: null, pool_id: 'ads' },
  source: undefined,
  lines: [],
  flow: undefined,
};

describe('attribute', () => {
  it('gives a call on a number of a pool the source of its visit', () => {
    expect(attribute(poolRoute, match('lease', 0.97))).toMatchObject({
      source_id: 'bing-ads',
      source_name: 'bing',
      source: 'bing',
      medium: 'cpc',
      campaign: 'tiles',
      keyword: 'red tiles',
      channel: 'paid',
      visit_id: 'V1',
      visitor_id: 'P1',
      lease_id: 'L1',
      match_method: 'lease',
      match_prob: 0.97,
    });
  });

  it('leaves a call on a number of a pool unattributed when no visit fits', () => {
    for (const nothing of [undefined, match('none', null, undefined)])
      expect(attribute(poolRoute, nothing)).toMatchObject({
        source: null,
        visit_id: null,
        match_method: 'none',
      });
  });

  it('keeps the source of a static number, and adds the path of a likely visit', () => {
    expect(attribute(route, match('posterior', 0.8))).toMatchObject({
      source: 'google',
      keyword: 'roof repair',
      visit_id: 'V1',
      match_method: 'static',
      match_prob: 1,
    });
    expect(attribute(route, match('posterior', 0.3))).toMatchObject({ source: 'google', visit_id: null });
  });

  it('believes a dialled code more than the number', () => {
    expect(attribute(route, match('code', 1))).toMatchObject({ source: 'bing', match_method: 'code' });
  });

  it('gives a static number its source with certainty, and copies it', () => {
    expect(attribute(route)).toMatchObject({
      source_id: 'ads',
      source_name: 'Ads',
      source: 'google',
      medium: 'cpc',
      campaign: null,
      cost_center: 'online',
      keyword: 'roof repair',
      landing_page: '/roofs',
      match_method: 'static',
      match_prob: 1,
    });
  });

  it('gives an unknown number no source', () => {
    expect(attribute(undefined)).toMatchObject({
      source_id: null,
      match_method: 'none',
      match_prob: null,
    });
  });
});
