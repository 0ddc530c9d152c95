import { describe, expect, it } from 'vitest';
import { assembleSourcesReport, namedPeriod } from '../../../src/reports/index.ts';
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

const counts = (id: string | null, calls: number, answered: number) => ({
  source_id: id,
  source_name: id === null ? null : `${id} as it was`,
  source: id,
  medium: null,
  campaign: null,
  cost_center: null,
  calls,
  answered,
  missed: calls - answered,
  blocked: 0,
  first_time: 1,
  talk_ms: answered * 60_000,
  talked: answered,
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
    [counts('ads', 10, 8), counts('gone', 2, 1), counts(null, 1, 0), counts('radio', 4, 2)],
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

  it('lets days to come cost nothing yet', () => {
    const november = {
      from: namedPeriod('month', ZONE, NOW).from,
      to: Date.UTC(2026, 10, 30, 23),
      zone: ZONE,
      now: NOW,
    };
    const sofar = assembleSourcesReport([source('ads', [300, 'EUR', 'month'])], [], november);
    expect(sofar.sources[0]?.cost).toBe(100);
  });
});
