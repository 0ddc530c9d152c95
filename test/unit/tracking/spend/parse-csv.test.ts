import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Problem, UsageError } from '../../../../src/base/errors.ts';
import { parseSpendCsv, readAmount, type SpendRow } from '../../../../src/tracking/spend/index.ts';

const problemsOf = (text: string): readonly Problem[] => {
  try {
    parseSpendCsv(text);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
};

const HEAD = 'date,source,medium,campaign,cost,currency\n';

describe('parseSpendCsv', () => {
  const row: SpendRow = {
    day: '2026-11-01',
    source: 'google',
    medium: 'cpc',
    campaign: 'Brand, EU',
    currency: 'EUR',
    micros: 12_345_600,
    clicks: 17,
    impressions: 900,
  };

  it.each([
    ['as we name them', 'date,source,medium,campaign,cost,currency,clicks,impressions'],
    ['as others do', 'Day,utm_source,UTM Medium,Campaign name,Amount spent,Currency code,Clicks,Impr.'],
    ['with a byte order mark', '\uFEFFdate,source,medium,campaign,spend,currency,clicks,impressions'],
  ])('reads headings %s', (_, head) => {
    expect(parseSpendCsv(`${head}\r\n2026-11-01,Google,CPC,"Brand, EU",12.3456,eur,17,900\r\n`)).toEqual([
      row,
    ]);
  });

  it('reads columns in any order, others left aside, and takes what is missing from the defaults', () => {
    const text = 'Ad group;Cost;Date\nx;5;2026-11-02\n';
    expect(parseSpendCsv(text, { source: 'bing', currency: 'USD' })).toEqual([
      {
        day: '2026-11-02',
        source: 'bing',
        medium: '',
        campaign: '',
        currency: 'USD',
        micros: 5_000_000,
        clicks: null,
        impressions: null,
      },
    ]);
  });

  it('tells every mistake at once, each with its line', () => {
    const text = `${HEAD}2026-02-30,google,cpc,,1,EUR\n01/02/2026,google,cpc,,"1,50",EUR\n\n2026-11-01,,cpc,,"1.234,50",EURO\n`;
    expect(problemsOf(text).map(({ path }) => path)).toEqual([
      'line 2, day',
      'line 3, day',
      'line 3, amount',
      'line 5, source',
      'line 5, amount',
      'line 5, currency',
    ]);
    for (const { mend } of problemsOf(text)) expect(mend).toMatch(/\w/);
  });

  it('says which columns are missing', () => {
    expect(problemsOf('day,campaign\n').map(({ message }) => message)).toEqual([
      'there is no column source',
      'there is no column cost',
      'there is no column currency',
    ]);
  });

  it('refuses two columns of one meaning', () => {
    expect(problemsOf('date,source,cost,spend,currency\n')).toMatchObject([{ path: 'line 1' }]);
  });

  it('refuses an empty file, and quotes that do not end', () => {
    expect(problemsOf('')).toMatchObject([{ path: 'line 1' }]);
    expect(problemsOf(`${HEAD}2026-11-01,"google,cpc,,1,EUR\n`)).toHaveLength(1);
  });
});

describe('readAmount', () => {
  it.each([
    '1,5',
    '1.234,50',
    '1,234',
    '1 234',
    '1’234',
    '',
    '-3',
    '1e3',
    '€ 4',
    '.5',
    '1.',
    '1.1234567',
    '1000000001',
  ])('refuses %j', (text) => {
    expect(readAmount(text).ok).toBe(false);
  });

  it('is exact to the millionth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (micros) => {
        const text = `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
        expect(readAmount(text)).toEqual({ ok: true, value: micros });
      }),
    );
  });
});
