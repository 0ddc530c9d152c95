import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/base/errors.ts';
import type { LeadTable } from '../../../../src/store/index.ts';
import { maskEmail } from '../../../../src/tracking/people/forms.ts';
import { LEAD_STATUSES } from '../../../../src/tracking/people/lead-rows.ts';
import { patchLead } from '../../../../src/tracking/people/leads.ts';
import { money } from '../../../../src/tracking/people/money.ts';
import { mergeLeads } from '../../../../src/tracking/people/persons.ts';
import { isSureMatch, sourceChannel, touchOf } from '../../../../src/tracking/people/touch.ts';
import { statusOfDisposition } from '../../../../src/tracking/people/wrap-up.ts';

const LEAD: LeadTable = {
  person_id: 'P',
  status: 'new',
  value_micros: null,
  quote_micros: null,
  sale_micros: null,
  currency: null,
  owner: null,
  created_at: 1000,
  qualified_at: null,
  converted_at: null,
  updated_at: 1000,
};

describe('a lead', () => {
  it('is qualified and converted once', () => {
    const qualified = patchLead(LEAD, { status: 'qualified' }, 2000);
    expect(qualified).toMatchObject({ status: 'qualified', qualified_at: 2000, converted_at: null });
    const customer = patchLead(qualified, { status: 'customer' }, 3000);
    expect(customer).toMatchObject({ qualified_at: 2000, converted_at: 3000 });
    const again = patchLead(patchLead(customer, { status: 'new' }, 4000), { status: 'customer' }, 5000);
    expect(again).toMatchObject({ qualified_at: 2000, converted_at: 3000 });
  });

  it('that is sold to is a customer, unless it is said otherwise', () => {
    expect(patchLead(LEAD, { sale: money(900, 'EUR') }, 2000)).toMatchObject({
      status: 'customer',
      sale_micros: 900_000_000,
      currency: 'EUR',
      qualified_at: 2000,
      converted_at: 2000,
    });
    expect(patchLead(LEAD, { sale: money(900, 'EUR'), status: 'qualified' }, 2000).status).toBe('qualified');
    expect(patchLead(LEAD, { sale: null }, 2000).status).toBe('new');
  });

  it('keeps what is not named, and unsets null', () => {
    const valued = patchLead(LEAD, { value: money(250.5, 'EUR'), owner: 'alice' }, 2000);
    expect(patchLead(valued, { status: 'qualified' }, 3000)).toMatchObject({
      value_micros: 250_500_000,
      currency: 'EUR',
      owner: 'alice',
    });
    expect(patchLead(valued, { value: null, owner: null }, 3000)).toMatchObject({
      value_micros: null,
      currency: null,
      owner: null,
    });
  });

  it('is in one currency', () => {
    const valued = patchLead(LEAD, { value: money(250, 'EUR') }, 2000);
    expect(() => patchLead(valued, { sale: money(10, 'USD') }, 3000)).toThrow(UsageError);
    expect(() => patchLead(LEAD, { value: money(1, 'EUR'), quote: money(1, 'USD') }, 3000)).toThrow(
      UsageError,
    );
    // The only amount may change its money.
    expect(patchLead(valued, { value: money(300, 'USD') }, 3000)).toMatchObject({ currency: 'USD' });
  });

  it('of two is the further one, with what the other knows', () => {
    const merged = mergeLeads(
      { ...LEAD, status: 'new', value_micros: 5, currency: 'EUR', created_at: 500, updated_at: 900 },
      {
        ...LEAD,
        person_id: 'Q',
        status: 'customer',
        sale_micros: 7,
        currency: 'EUR',
        qualified_at: 800,
        converted_at: 801,
      },
    );
    expect(merged).toMatchObject({
      person_id: 'P',
      status: 'customer',
      value_micros: 5,
      sale_micros: 7,
      created_at: 500,
      qualified_at: 800,
      converted_at: 801,
      updated_at: 1000,
    });
  });

  it('of two in different money keeps the further one’s amounts alone', () => {
    const merged = mergeLeads(
      { ...LEAD, status: 'qualified', value_micros: 5, currency: 'EUR' },
      { ...LEAD, person_id: 'Q', status: 'new', quote_micros: 7, currency: 'USD' },
    );
    expect(merged).toMatchObject({ value_micros: 5, quote_micros: null, currency: 'EUR' });
  });

  it('comes out the same whichever of two is kept', () => {
    const leads = fc.record({
      person_id: fc.constant('P'),
      status: fc.constantFrom(...LEAD_STATUSES),
      value_micros: fc.option(fc.nat()),
      quote_micros: fc.constant(null),
      sale_micros: fc.option(fc.nat()),
      currency: fc.constant('EUR'),
      owner: fc.option(fc.constantFrom('alice', 'bob')),
      created_at: fc.nat(),
      qualified_at: fc.option(fc.nat()),
      converted_at: fc.option(fc.nat()),
      updated_at: fc.nat(),
    });
    fc.assert(
      fc.property(leads, leads, (a, b) => {
        fc.pre(a.status !== b.status);
        expect(mergeLeads(a, b)).toEqual(mergeLeads(b, a));
      }),
    );
  });
});

describe('dispositions', () => {
  it.each([
    ['sale', 'customer'],
    ['Lead', 'qualified'],
    ['appointment', 'qualified'],
    ['wrong number', 'unqualified'],
    ['spam', 'spam'],
    ['support', undefined],
    ['other', undefined],
    [null, undefined],
  ])('%s stands for %s', (disposition, status) => {
    expect(statusOfDisposition(disposition)).toBe(status);
  });
});

describe('what a call came from', () => {
  it.each([
    ['google', 'cpc', 'paid'],
    ['google', 'organic', 'organic'],
    ['facebook', 'social', 'social'],
    ['news', 'email', 'email'],
    ['billboard-a8', 'print', 'offline'],
    ['billboard-a8', null, 'offline'],
    ['direct', null, 'direct'],
    ['(direct)', '(none)', 'direct'],
  ])('%s / %s is %s', (source, medium, channel) => {
    expect(sourceChannel(source, medium)).toBe(channel);
  });

  const call = {
    match_method: 'static',
    match_prob: 1,
    source_id: 'google-ads',
    source: 'google',
    medium: 'cpc',
    campaign: null,
    keyword: 'roof',
    content: null,
    channel: null,
  } as const;

  it('is the source of its number', () => {
    expect(touchOf(call, undefined)).toEqual({
      channel: 'paid',
      source: 'google',
      medium: 'cpc',
      campaign: null,
      term: 'roof',
      content: null,
      source_id: 'google-ads',
    });
  });

  it('is nothing when it is unattributed', () => {
    expect(touchOf({ ...call, match_method: 'none', source: null, source_id: null }, undefined)).toBeNull();
  });

  it.each([
    ['token', 1, true],
    ['code', null, true],
    ['tel_tap', 0.94, false],
    ['lease', 0.95, true],
    ['posterior', 0.9499, false],
    ['static', 1, false],
    ['none', null, false],
  ] as const)('tells who called, matched by %s with %s: %s', (match_method, match_prob, sure) => {
    expect(isSureMatch({ match_method, match_prob })).toBe(sure);
  });
});

describe('an address', () => {
  it.each([
    ['mary@example.com', 'm***@e***.com'],
    ['a@b', 'a***@b***'],
    ['x.y@mail.example.co.uk', 'x***@m***.uk'],
    ['nonsense', '***'],
  ])('%s is shown as %s', (email, masked) => {
    expect(maskEmail(email)).toBe(masked);
  });
});
