import { describe, expect, it } from 'vitest';
import type { NumberRoute } from '../../../src/store/index.ts';
import { attribute } from '../../../src/tracking/index.ts';

const route: NumberRoute = {
  number: { number: '+12025550123', label: null, source_id: 'ads', record: null, enabled: 1 },
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
};

describe('attribute', () => {
  it('gives a static number its source with certainty, and copies it', () => {
    expect(attribute(route)).toEqual({
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
