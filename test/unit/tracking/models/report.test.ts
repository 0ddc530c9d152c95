import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AttributionParameters,
  attributionReport,
  canonicalJson,
  compareModels,
  digestOf,
  type EventRow,
  MODELS,
} from '../../../../src/tracking/models/index.ts';
import { callerKey, createLog, DAY, FROM, parameters, sourceOf, visitorKey } from './event-rows.ts';

const report = (rows: readonly EventRow[], more: Partial<AttributionParameters> = {}) =>
  attributionReport(rows, parameters(rows, more)).report;

const credits = (
  rows: readonly EventRow[],
  more: Partial<AttributionParameters> = {},
): Record<string, number> =>
  Object.fromEntries(report(rows, more).rows.map(({ key, credits: micros }) => [key, micros]));

/** A call that surely came from a visit. */
const matched = (visit: string, visitor: string, caller = `phone of ${visitor}`) => ({
  method: 'lease' as const,
  visit,
  visitor,
  caller,
});

describe('touches', () => {
  it("are the visits of the call's visitor in the window, and the call adds none", () => {
    const log = createLog();
    log.visit('old', 'v', -31, 'newsletter');
    log.visit('a', 'v', 1, 'google ads');
    log.visit('b', 'v', 3, 'bing');
    log.call('c', 4, { ...matched('b', 'v'), touch: sourceOf('bing') });
    log.visit('later', 'v', 5, 'direct');
    expect(credits(log.rows, { model: 'linear' })).toEqual({
      'bing / (none)': 500_000,
      'google ads / cpc': 500_000,
    });
    expect(credits(log.rows, { model: 'linear', windowDays: 2 })).toEqual({ 'bing / (none)': 1_000_000 });
  });

  it('are calls on numbers of offline sources, of whoever called', () => {
    const log = createLog();
    const billboard = sourceOf('billboard', { channel: 'offline', medium: 'print' });
    log.call('first', -10, { caller: 'x', method: 'static', touch: billboard });
    log.visit('a', 'v', 1, 'google ads');
    log.link(callerKey('x'), visitorKey('v'));
    log.call('second', 22, { ...matched('a', 'v', 'x') });
    expect(credits(log.rows, { model: 'linear', windowDays: 90 })).toEqual({
      'billboard / print': 500_000,
      'google ads / cpc': 500_000,
    });
  });

  it('of linked keys are one person’s, also when the link was written last', () => {
    const log = createLog();
    log.visit('a', 'phone', 1, 'google ads');
    log.visit('b', 'laptop', 2, 'organic search');
    log.call('c', 3, matched('b', 'laptop', 'x'));
    const before = log.rows.length;
    log.link(callerKey('x'), visitorKey('laptop'));
    log.link({ kind: 'contact', key: 'mail' }, visitorKey('phone'));
    log.link(callerKey('x'), { kind: 'contact', key: 'mail' });
    expect(credits(log.rows, { model: 'first-touch', lastSeq: before })).toEqual({
      'organic search / (none)': 1_000_000,
    });
    expect(credits(log.rows, { model: 'first-touch' })).toEqual({ 'google ads / cpc': 1_000_000 });
  });

  it('of a caller that is known only by earlier calls count without a visit', () => {
    const log = createLog();
    log.visit('a', 'v', -40, 'google ads');
    log.call('c', -39, matched('a', 'v', 'x'));
    log.link(callerKey('x'), visitorKey('v'));
    log.call('d', 5, { caller: 'x' });
    expect(credits(log.rows, { windowDays: 60 })).toEqual({ 'google ads / cpc': 1_000_000 });
  });

  it('are nobody’s for a call without visit, caller or source', () => {
    const log = createLog();
    log.call('a', 1, { caller: null });
    log.call('b', 1, { caller: null });
    expect(credits(log.rows)).toEqual({ '(unattributed)': 2_000_000 });
  });

  it('are those of the source when the visit is not in the log', () => {
    const log = createLog();
    log.call('a', 1, { method: 'lease', visit: 'gone', visitor: 'v', touch: sourceOf('google ads') });
    expect(credits(log.rows)).toEqual({ 'google ads / cpc': 1_000_000 });
  });
});

describe('probable calls', () => {
  it('are spread over the people they may be of, the rest over nobody', () => {
    const log = createLog();
    log.visit('a1', 'a', 1, 'newsletter');
    log.visit('a2', 'a', 2, 'google ads');
    log.visit('b', 'b', 2, 'bing');
    log.call('c', 3, {
      method: 'posterior',
      visit: 'a2',
      visitor: 'a',
      touch: sourceOf('google ads'),
      candidates: [
        { visit: 'a2', p: 0.7 },
        { visit: 'b', p: 0.2 },
      ],
    });
    expect(credits(log.rows)).toEqual({
      'google ads / cpc': 700_000,
      'bing / (none)': 200_000,
      '(unattributed)': 100_000,
    });
    expect(credits(log.rows, { model: 'linear' })).toEqual({
      'google ads / cpc': 350_000,
      'newsletter / (none)': 350_000,
      'bing / (none)': 200_000,
      '(unattributed)': 100_000,
    });
    log.lead('l', callerKey('of c'), 4, { status: 'customer', sale_micros: 90_000_001, currency: 'EUR' });
    const sales = report(log.rows, { conversion: 'sale' });
    expect(sales.rows.map(({ key, values }) => [key, values])).toEqual([
      ['google ads / cpc', { EUR: 63_000_001 }],
      ['bing / (none)', { EUR: 18_000_000 }],
      ['(unattributed)', { EUR: 9_000_000 }],
    ]);
  });

  it('on a number of a source leave the rest to the source', () => {
    const log = createLog();
    log.visit('a', 'a', 2, 'bing');
    log.call('c', 3, { method: 'static', touch: sourceOf('bing'), candidates: [{ visit: 'a', p: 0.25 }] });
    expect(credits(log.rows)).toEqual({ 'bing / (none)': 1_000_000 });
  });
});

describe('conversions', () => {
  it('are no tests, spam or blocked calls, and what was written last of a call holds', () => {
    const log = createLog();
    log.call('a', 1, { test: true });
    log.call('b', 1, { spam: true });
    log.call('c', 1, { blocked: true });
    log.call('d', 1);
    log.call('e', 1, { spam: true });
    log.call('e', 1);
    expect(report(log.rows).totals).toMatchObject({ conversions: 2, repeats: 0 });
  });

  it('of one person count once in the dedupe window, from the last one that counted', () => {
    const log = createLog();
    for (const day of [-20, -1, 9, 12, 20, 43]) log.call(`c${day}`, day, { caller: 'x' });
    for (const id of ['n1', 'n2']) log.call(id, 5, { caller: null });
    expect(report(log.rows, { to: FROM + 60 * DAY }).totals).toMatchObject({ conversions: 4, repeats: 2 });
    expect(report(log.rows, { to: FROM + 60 * DAY, dedupeDays: 0 }).totals).toMatchObject({
      conversions: 6,
      repeats: 0,
    });
  });

  it('are of the period that they fall in', () => {
    const log = createLog();
    for (const day of [-0.001, 0, 29.999, 30]) log.call(`c${day}`, day);
    expect(report(log.rows).totals.conversions).toBe(2);
  });

  it('of each kind', () => {
    const log = createLog();
    log.call('a', 1, { answered: false });
    log.call('b', 2);
    log.form('f', 3, { visitor: 'v' });
    log.lead('a', callerKey('of a'), 4, { status: 'qualified' });
    log.lead('b', callerKey('of b'), 4, { status: 'qualified' });
    log.lead('b', callerKey('of b'), 5, { status: 'unqualified' });
    log.lead('f', visitorKey('v'), 6, { status: 'customer', sale_micros: 5_000_000, currency: 'EUR' });
    log.lead('f', visitorKey('v'), 7, { status: 'customer', sale_micros: 7_000_000, currency: 'EUR' });
    const count = (conversion: AttributionParameters['conversion']) =>
      report(log.rows, { conversion }).totals;
    expect(count('call').conversions).toBe(2);
    expect(count('answered').conversions).toBe(1);
    expect(count('form').conversions).toBe(1);
    expect(count('lead').conversions).toBe(3);
    expect(count('qualified').conversions).toBe(2);
    expect(count('sale')).toMatchObject({ conversions: 1, values: { EUR: 7_000_000 } });
    expect(count('form').values).toEqual({ EUR: 7_000_000 });
  });

  it('find their milestones', () => {
    const log = createLog();
    log.visit('a', 'v', 1, 'google ads');
    log.visit('b', 'v', 3, 'newsletter');
    log.call('c', 4, matched('b', 'v', 'x'));
    log.link(callerKey('x'), visitorKey('v'));
    log.visit('d', 'v', 6, 'bing');
    log.lead('p', callerKey('x'), 7, { status: 'qualified' });
    log.visit('e', 'v', 8, 'direct');
    log.lead('p', callerKey('x'), 9, { status: 'customer', sale_micros: 1, currency: 'EUR' });
    const sale = (model: string) => credits(log.rows, { conversion: 'sale', model });
    expect(sale('lead-creation')).toEqual({ 'newsletter / (none)': 1_000_000 });
    expect(sale('qualified')).toEqual({ 'bing / (none)': 1_000_000 });
    expect(sale('full-path')).toEqual({
      'google ads / cpc': 250_000,
      'newsletter / (none)': 250_000,
      'bing / (none)': 250_000,
      'direct / (none)': 250_000,
    });
    expect(credits(log.rows, { model: 'qualified' })).toEqual({ 'newsletter / (none)': 1_000_000 });
  });
});

describe('rows', () => {
  it('stand for what the report is by', () => {
    const log = createLog();
    log.visit('a', 'v', 1, 'google ads', { campaign: 'brand', term: 'roof repair' });
    log.call('c', 2, matched('a', 'v'));
    const row = (by: AttributionParameters['by']) => report(log.rows, { by }).rows[0];
    expect(row('channel')).toMatchObject({ key: 'paid', channel: 'paid', source: null });
    expect(row('campaign')).toMatchObject({
      key: 'google ads / cpc / brand',
      campaign: 'brand',
      keyword: null,
    });
    expect(row('keyword')).toMatchObject({ keyword: 'roof repair' });
    expect(row('landing')).toMatchObject({
      key: 'www.example.com/google ads',
      landing: 'www.example.com/google ads',
    });
  });

  it('come with 90 % intervals', () => {
    const log = createLog();
    for (let index = 0; index < 10; index += 1) {
      log.visit(`v${index}`, `v${index}`, 1, index < 3 ? 'bing' : 'google ads');
      log.call(`c${index}`, 2, matched(`v${index}`, `v${index}`));
    }
    const [, bing] = report(log.rows).rows;
    // Exact Poisson interval of a count of 3: 0.818 to 7.754; Wilson's of 3 in 10: 0.127 to 0.558.
    expect((bing?.creditsLow ?? 0) / 1e6).toBeCloseTo(0.818, 1);
    expect((bing?.creditsHigh ?? 0) / 1e6).toBeCloseTo(7.754, 1);
    expect(bing).toMatchObject({ credits: 3_000_000, conversions: 3, share: 300_000 });
    expect((bing?.shareLow ?? 0) / 1e6).toBeCloseTo(0.127, 2);
    expect((bing?.shareHigh ?? 0) / 1e6).toBeCloseTo(0.56, 2);
  });
});

type Step = { readonly who: number; readonly day: number; readonly source: string; readonly p: number };
type Visit = { readonly id: string; readonly visitor: string };
type Write = (
  log: ReturnType<typeof createLog>,
  id: string,
  step: Step,
  visit: Visit,
  visits: Visit[],
) => void;

const callerOf = ({ who }: Step): string | null => (who === 0 ? null : `caller ${who}`);

const WRITE: Readonly<Record<'visit' | 'call' | 'maybe' | 'static' | 'form' | 'link' | 'lead', Write>> = {
  visit: (log, id, { who, day, source }, _, visits) => {
    visits.push({ id, visitor: `visitor ${who}` });
    log.visit(id, `visitor ${who}`, day, source);
  },
  call: (log, id, step, { id: visit, visitor }) =>
    log.call(id, step.day, { caller: callerOf(step), method: 'lease', visit, visitor }),
  maybe: (log, id, step, _, visits) =>
    log.call(id, step.day, {
      caller: callerOf(step),
      method: 'posterior',
      candidates: visits.slice(0, 3).map((visit) => ({ visit: visit.id, p: step.p / 3 })),
    }),
  static: (log, id, step) =>
    log.call(id, step.day, { caller: callerOf(step), method: 'static', touch: sourceOf(step.source) }),
  form: (log, id, { day, who }) => log.form(id, day, { visitor: `visitor ${who}` }),
  link: (log, _, { who, p }) =>
    log.link(callerKey(`caller ${who}`), visitorKey(`visitor ${Math.floor(p * 6)}`)),
  lead: (log, _, { who, day, p }) =>
    log.lead(`lead ${who}`, callerKey(`caller ${who}`), day, {
      status: p > 0.5 ? 'customer' : 'qualified',
      sale_micros: Math.floor(p * 1e9),
      currency: p > 0.7 ? 'EUR' : 'CNY',
    }),
};

/** Logs of anything that may happen, in any order. */
const logs = fc
  .array(
    fc.record({
      what: fc.constantFrom(
        ...(['visit', 'visit', 'visit', 'call', 'maybe', 'static', 'form', 'link', 'lead'] as const),
      ),
      who: fc.nat(5),
      day: fc.double({ min: -40, max: 35, noNaN: true }),
      source: fc.constantFrom('direct', 'bing', 'google ads', 'newsletter', 'baidu ads'),
      p: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    const log = createLog();
    const visits: { id: string; visitor: string }[] = [];
    for (const [index, step] of steps.entries()) {
      const visit = visits[Math.floor(step.p * visits.length)] ?? { id: 'gone', visitor: 'nobody' };
      WRITE[step.what](log, `${step.what} ${index}`, step, visit, visits);
    }
    return log.rows;
  });

describe('reports', () => {
  it('tie out to the millionth, in credit and in money, by every model', () => {
    const kinds = fc.constantFrom('call', 'lead', 'qualified', 'sale');
    fc.assert(
      fc.property(logs, kinds, (rows, conversion) => {
        for (const { id } of MODELS) {
          const { rows: lines, totals } = report(rows, { model: id, conversion, dedupeDays: 3 });
          expect(lines.reduce((sum, row) => sum + row.credits, 0)).toBe(totals.conversions * 1_000_000);
          expect(Math.min(0, ...lines.map((row) => row.credits))).toBe(0);
          if (totals.conversions > 0) expect(lines.reduce((sum, row) => sum + row.share, 0)).toBe(1_000_000);
          for (const [currency, micros] of Object.entries(totals.values))
            expect(lines.reduce((sum, row) => sum + (row.values[currency] ?? 0), 0)).toBe(micros);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('have the same bytes whatever order the events are read in, and whatever came later', () => {
    fc.assert(
      fc.property(logs, fc.constantFrom(...MODELS), (rows, { id }) => {
        const given = parameters(rows, { model: id, conversion: 'lead' });
        const made = attributionReport(rows, given);
        const later = rows.map((row) => ({ ...row, seq: row.seq + rows.length }));
        expect(attributionReport([...later, ...[...rows].reverse()], given).text).toBe(made.text);
        expect(made.digest).toBe(digestOf(made.text));
        expect(canonicalJson(JSON.parse(made.text) as object)).toBe(made.text);
      }),
      { numRuns: 40 },
    );
  });

  it('have no fractions', () => {
    expect(() => canonicalJson({ share: 0.5 })).toThrow('no whole number');
    expect(canonicalJson({ b: [1, { z: null, a: 'ä"' }], a: undefined })).toBe(
      '{"b":[1,{"a":"ä\\"","z":null}]}',
    );
  });

  it('refuse a model in a version that is not there', () => {
    expect(() => report([], { version: 9 })).toThrow('There is no model "last-touch@9"');
  });

  it('side by side say what each alone says', () => {
    const log = createLog();
    log.visit('a', 'v', 1, 'google ads');
    log.visit('b', 'v', 3, 'bing');
    log.visit('n', 'w', 3, 'bing');
    log.call('c', 4, matched('b', 'v'));
    const compared = compareModels(log.rows, parameters(log.rows));
    for (const { id } of MODELS) {
      const alone = credits(log.rows, { model: id });
      const found = compared.rows.flatMap((row) => (row.credits[id] ? [[row.key, row.credits[id]]] : []));
      expect(Object.fromEntries(found)).toEqual(alone);
    }
  });

  it('by the Markov chain count people who did not convert', () => {
    const log = createLog();
    for (const id of ['a', 'b', 'c']) log.visit(`${id}1`, id, 1, 'newsletter');
    log.visit('a2', 'a', 2, 'bing');
    log.call('call', 3, matched('a2', 'a'));
    log.visit('d', 'd', 1, 'bing');
    log.call('call2', 3, matched('d', 'd'));
    // start → newsletter 3/4, bing 1/4; newsletter → bing 1/3; bing → call: without newsletter 1/4 of 1/2 is left.
    expect(credits(log.rows, { model: 'markov' })).toEqual({
      'bing / (none)': 1_333_333,
      'newsletter / (none)': 666_667,
    });
  });
});
