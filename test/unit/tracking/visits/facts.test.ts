import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  botReason,
  matchesHost,
  type PlanSource,
  planSourceOf,
  readBrowser,
  readTouch,
  regionOf,
  trimUrl,
} from '../../../../src/tracking/visits/index.ts';

const MAC =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

describe('browsers', () => {
  it.each([
    [IPHONE, 'phone', 'iOS', 'Safari'],
    [MAC, 'desktop', 'macOS', 'Safari'],
    [
      'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1',
      'tablet',
      'iOS',
      'Safari',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
      'phone',
      'Android',
      'Chrome',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0',
      'desktop',
      'Windows',
      'Firefox',
    ],
    ['', 'other', null, null],
    ['\u0000 \ud800', 'other', null, null],
  ])('%s', (userAgent, device, os, browser) => {
    expect(readBrowser(userAgent)).toEqual({ device, os, browser });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => void readBrowser(text)),
      { numRuns: 50 },
    );
  });
});

describe('machines', () => {
  const person = { userAgent: IPHONE, automated: false, language: 'de-DE' };
  it('are told from people, with the reason', () => {
    expect(botReason(person)).toBeNull();
    expect(botReason({ ...person, automated: true })).toMatch('navigator.webdriver');
    expect(botReason({ ...person, userAgent: ' ' })).toBe('no user agent');
    expect(botReason({ ...person, language: undefined })).toMatch('no language');
    expect(botReason({ ...person, userAgent: 'curl/8.0' })).toMatch('curl');
    expect(
      botReason({
        ...person,
        userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      }),
    ).toMatch('Google');
    expect(
      botReason({ ...person, userAgent: MAC.replace('Version', 'HeadlessChrome/131.0 Version') }),
    ).toMatch('Headless');
  });
});

describe('regions', () => {
  it.each([
    ['en-US', 'Europe/Berlin', 'DE'],
    ['en', 'Asia/Shanghai', 'CN'],
    ['en', 'Asia/Calcutta', 'IN'],
    ['en', 'Asia/Kolkata', 'IN'],
    ['en', 'America/Indiana/Knox', 'US'],
    ['de-AT', 'UTC', 'AT'],
    ['zh-Hant-TW', 'Nowhere/Never', 'TW'],
    ['es-419', undefined, null],
    ['de', undefined, null],
    ['xx-ZZ', 'Etc/GMT+5', null],
    [undefined, '../../etc/passwd', null],
    [undefined, undefined, null],
  ])('%s in %s is %s', (language, timeZone, region) => {
    expect(regionOf({ language, timeZone })).toBe(region);
  });
});

describe('hosts', () => {
  it.each([
    ['www.example.com', 'www.example.com', true],
    ['a.example.com', '*.example.com', true],
    ['example.com', '*.example.com', false],
    ['a.b.example.com', '*.example.com', false],
    ['.example.com', '*.example.com', false],
    ['evilexample.com', '*.example.com', false],
    ['localhost:3000', 'localhost:3000', true],
    ['localhost', 'localhost:3000', false],
  ])('%s under %s: %s', (host, pattern, expected) => {
    expect(matchesHost(host, pattern)).toBe(expected);
  });
});

describe('stored addresses', () => {
  it.each([
    ['https://u:p@x.example/a?b=1#top', 'https://x.example/a?b=1'],
    ['https://x.example/#utm_source=a&token=t', 'https://x.example/#utm_source=a&token=***'],
    ['https://x.example/#/r?utm_source=a', 'https://x.example/#/r?utm_source=a'],
    ['https://x.example/?reset_token=abc&gclid=Xy&q=a', 'https://x.example/?reset_token=***&gclid=Xy&q=a'],
    ['https://x.example/?user%5Bemail%5D=j', 'https://x.example/?user%5Bemail%5D=***'],
    ['https://x.example/?q=jane%40mail.example', 'https://x.example/?q=***'],
    ['https://x.example/?jane@mail.example', 'https://x.example/?***'],
    ['https://x.example/out/jane@mail.example/x', 'https://x.example/out/***/x'],
    ['https://x.example/a;jsessionid=12/b', 'https://x.example/a/b'],
    ['https://x.example/?a=eyJhbGciOiJIUzI1.eyJzdWIiOiIx.abc', 'https://x.example/?a=***'],
    ['https://x.example/@name/post?code=&author=me', 'https://x.example/@name/post?code=&author=me'],
    ['https://x.example/?utm_campaign=%E0%A4%A', 'https://x.example/?utm_campaign=%E0%A4%A'],
    ['https://x.example/?_dt=01J.t.m&gclid=x', 'https://x.example/?gclid=x'],
    ['https://x.example/?_dt=01J.t.m', 'https://x.example/'],
    ['android-app://com.app.x/', 'android-app://com.app.x/'],
    ['file:///home/jane/x.html', ''],
    ['javascript:alert(1)', ''],
    ['nonsense', ''],
  ])('%s', (url, stored) => {
    expect(trimUrl(url)).toBe(stored);
  });

  it('have at most 2,000 characters, whole escapes, and no secret that was in them', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('%', '&', '=', '/', '?', '#', '@', '&password=', '&email='),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.boolean(), (parts, inQuery) => {
        const stored = trimUrl(`https://me:geheim@x.example/${inQuery ? '?' : ''}${parts.join('')}`);
        expect(stored.length).toBeLessThanOrEqual(2000);
        expect(stored).toMatch(/^https:\/\/x\.example\//);
        expect(stored).not.toMatch(/geheim/);
        // What is stored is stored alike a second time.
        expect(trimUrl(trimUrl(stored))).toBe(trimUrl(stored));
      }),
      { numRuns: 40 },
    );
    const cut = trimUrl(`https://x.example/?q=${'%C3%A4'.repeat(600)}`);
    expect(cut.length).toBeGreaterThan(1990);
    expect(cut).toMatch(/%[0-9A-F]{2}$/);
  });
});

describe('sources of the plan', () => {
  const source = (id: string, fields: Partial<PlanSource> = {}): PlanSource => ({
    id,
    source: 'google',
    medium: null,
    campaign: null,
    keyword: null,
    landing_page: null,
    ...fields,
  });
  const touch = readTouch(
    'https://x.example/?utm_source=google&utm_medium=CPC&utm_campaign=Brand&utm_term=roof+repair',
    undefined,
    { hosts: [], parameters: {}, ignoredReferrers: [], linkedHosts: [] },
  );
  const any = source('any');
  const medium = source('medium', { medium: 'cpc' });
  const campaign = source('campaign', { campaign: 'brand' });
  const keyword = source('keyword', { source: 'Google', keyword: 'Roof repair' });

  it('are found by what they name, the narrowest first, in whatever order they stand', () => {
    const all = [any, medium, campaign, keyword, source('bing', { source: 'bing' })];
    expect(planSourceOf(touch, all)).toBe('keyword');
    expect(planSourceOf(touch, [campaign, medium, any])).toBe('campaign');
    expect(planSourceOf(touch, [any, medium])).toBe('medium');
    expect(planSourceOf(touch, [any])).toBe('any');
  });

  it('that name something else don’t fit', () => {
    expect(
      planSourceOf(touch, [source('x', { campaign: 'other' }), source('y', { source: 'bing' })]),
    ).toBeNull();
    expect(planSourceOf({ ...touch, term: null }, [keyword])).toBeNull();
    expect(planSourceOf(touch, [])).toBeNull();
  });

  it('of equals one without a page of its own, then the first by id', () => {
    expect(planSourceOf(touch, [source('a', { landing_page: '/x' }), source('c'), source('b')])).toBe('b');
  });
});
