import { describe, expect, it } from 'vitest';
import { assembleSourcesReport, namedPeriod } from '../../../src/reports/index.ts';
import type { SourceCalls } from '../../../src/reports/sources.ts';
import type { Spending } from '../../../src/reports/spending.ts';
import type { SourceTable } from '../../../src/store/index.ts';

const ZONE = 'Europe/Berlin';
const NOW = Date.UTC(2026, 10, 10, 12);

const source = (id: string, cost?: readonly [number, string, SourceTable['cost_per']]): SourceTable => ({
  id,
  name: id.toUpperCase(),
  source: id,
  medium: null,
  campaign: null,
  cost_center: null,
  cost_amount: cost?.[0] ?? null,
  cost_currency: cost?.[1] ?? null,
  cost_per: cost?.[2] ?? null,
  keyword: null,
  landing_page: null,
});

const calls = (
  id: string | null,
  count: number,
  answered: number,
  more: Partial<SourceCalls> = {},
): SourceCalls => ({
  sourceId: id,
  sourceName: id === null ? null : `${id} as it was`,
  costCenter: null,
  source: id,
  medium: null,
  campaign: null,
  channel: null,
  spam: 0,
  calls: count,
  answered,
  missed: count - answered,
  blocked: 0,
  first_time: 1,
  qualified: 0,
  talked: answered,
  talk_ms: answered * 60_000,
  answer_ms: 0,
  ...more,
});

/** What a source costs by itself. */
const own = (id: string, amount: number, currency: string): Spending => ({
  ...spent(id, amount, currency),
  sourceId: id,
});

const spent = (name: string, amount: number, currency: string, more: Partial<Spending> = {}): Spending => ({
  sourceId: null,
  source: name,
  medium: null,
  campaign: null,
  day: null,
  currency,
  micros: amount * 1_000_000,
  ...more,
});

const lastMonth = { ...namedPeriod('last-month', ZONE, NOW), now: NOW };

describe('assembleSourcesReport', () => {
  const report = assembleSourcesReport(
    [
      source('ads', [310, 'EUR', 'month']),
      source('radio', [700, 'USD', 'week']),
      source('mail'),
      source('fair', [62, 'EUR', 'month']),
    ],
    [calls('ads', 10, 8), calls('gone', 2, 1), calls(null, 1, 0), calls('radio', 4, 2)],
    [own('ads', 310, 'EUR'), own('fair', 62, 'EUR'), own('radio', 3100, 'USD')],
    lastMonth,
  );
  const row = (id: string | null) => report.sources.find((one) => one.sourceId === id);

  it('puts cost beside calls', () => {
    expect(row('ads')).toMatchObject({
      calls: 10,
      cost: 310,
      costPerCall: 31,
      costPerAnswered: 38.75,
      answerRate: 0.8,
    });
  });

  it('lists sources that cost but brought no call, leaves out those without either', () => {
    expect(row('fair')).toMatchObject({ calls: 0, cost: 62, costPerCall: null, answerRate: null });
    expect(row('mail')).toBeUndefined();
  });

  it('keeps calls of sources that are gone, and those without a source', () => {
    expect(row('gone')).toMatchObject({ name: 'gone as it was', calls: 2, cost: null });
    expect(row(null)).toMatchObject({ name: 'no source', calls: 1 });
  });

  it('shows the present name of a source that is still there', () => {
    expect(row('ads')?.name).toBe('ADS');
  });

  it('adds up, each currency apart', () => {
    expect(report.totals).toMatchObject({ calls: 17, answered: 11, missed: 6, averageTalkMs: 60_000 });
    expect(report.totals.costs.map(({ currency }) => currency)).toEqual(['EUR', 'USD']);
    expect(report.totals.costs[0]).toEqual({
      currency: 'EUR',
      cost: 372,
      costPerCall: 37.2,
      costPerAnswered: 46.5,
    });
  });

  it('puts the source with most calls first', () => {
    expect(report.sources.map(({ calls }) => calls)).toEqual([10, 4, 2, 1, 0]);
  });

  it('keeps what visits came from apart, where it is no source of the plan', () => {
    const visit = { sourceId: null, sourceName: null, medium: 'organic' };
    const { sources } = assembleSourcesReport(
      [],
      [
        calls(null, 3, 3, { ...visit, source: 'bing', channel: 'organic' }),
        calls(null, 2, 2, { ...visit, source: 'Bing', channel: 'organic', spam: 1 }),
        calls(null, 1, 1),
      ],
      [],
      lastMonth,
    );
    expect(sources.map((one) => [one.name, one.calls, one.spam])).toEqual([
      ['bing / organic', 5, 2],
      ['no source', 1, 0],
    ]);
  });

  it("puts imported spend on the plan's source that it means, or on what it names", () => {
    const brand = {
      ...source('brand', [31, 'EUR', 'month']),
      source: 'google',
      medium: 'cpc',
      campaign: 'brand',
    };
    const rest = { ...source('google'), medium: 'cpc' };
    const cpc = { medium: 'cpc' };
    const { sources, totals } = assembleSourcesReport(
      [brand, rest, source('paper')],
      [calls('brand', 2, 2)],
      [
        { ...own('brand', 31, 'EUR'), source: 'google', medium: 'cpc', campaign: 'brand' },
        spent('google', 10, 'EUR', { ...cpc, campaign: 'Brand' }),
        spent('google', 7, 'USD', { ...cpc, campaign: 'brand' }),
        spent('google', 5, 'EUR', { ...cpc, campaign: 'other' }),
        spent('bing', 3, 'EUR', cpc),
        spent('paper', 2, 'EUR'),
      ],
      lastMonth,
    );
    expect(sources.map((one) => [one.sourceId, one.name, one.cost, one.currency, one.otherCosts])).toEqual([
      ['brand', 'BRAND', 41, 'EUR', [{ currency: 'USD', cost: 7 }]],
      ['google', 'GOOGLE', 5, 'EUR', []],
      [null, 'bing / cpc', 3, 'EUR', []],
      ['paper', 'PAPER', 2, 'EUR', []],
    ]);
    expect(totals.costs.map(({ currency, cost }) => [currency, cost])).toEqual([
      ['EUR', 51],
      ['USD', 7],
    ]);
  });
});
