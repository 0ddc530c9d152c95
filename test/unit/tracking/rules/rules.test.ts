import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SitePlan, siteSchema } from '../../../../src/config/index.ts';
import {
  chooseNumbers,
  classOf,
  explainSite,
  landingGroup,
  RULE_KINDS,
  rankedRules,
} from '../../../../src/tracking/rules/index.ts';
import type { RuleFacts, RuleVerdict } from '../../../../src/tracking/types.ts';
import { hasAdClick, readTouch } from '../../../../src/tracking/visits/index.ts';

const TARGET = '+4930123456';
const OTHER = '+4930123457';
const GOOGLE = 'https://www.google.com/';

const siteOf = (rules: readonly unknown[], more: object = {}): SitePlan =>
  siteSchema.parse({
    id: 'main',
    hosts: ['www.example.com'],
    targets: [{ number: TARGET }, { number: OTHER }],
    rules,
    ...more,
  });

const factsOf = (
  site: SitePlan,
  query = '',
  referrer?: string,
  device: RuleFacts['device'] = 'desktop',
): RuleFacts => {
  const landingUrl = query.startsWith('http') ? query : `https://www.example.com/${query}`;
  return { landingUrl, touch: readTouch(landingUrl, referrer, site), device };
};

const choose = (
  site: SitePlan,
  ...visit: [query?: string, referrer?: string, device?: RuleFacts['device']]
) => {
  const [choice] = chooseNumbers(site, factsOf(site, ...visit));
  if (choice === undefined) throw new Error('no target');
  return choice;
};

const chosen = (...given: Parameters<typeof choose>): string | undefined =>
  choose(...given).explain.find((verdict) => verdict.chosen)?.rule;

const number = (id: string, when?: object, more: object = {}) => ({
  id,
  when,
  use: { number: '+491' },
  ...more,
});
const pool = (id: string, when?: object, more: object = {}) => ({ id, when, use: { pool: 'ads' }, ...more });

describe('precedence', () => {
  const rules = [
    { id: 'canonical', use: { canonical: true } },
    number('always'),
    pool('pool'),
    number('campaign', { source: 'google' }),
    number('group', { referrerGroup: 'search' }),
    number('referrer', { referrer: 'google.com' }),
    number('landing', { landing: { param: 'gclid' } }),
  ];
  const visit = ['?gclid=a', GOOGLE] as const;

  it('goes from the landing page to the page’s own number', () => {
    const inOrder = ['landing', 'referrer', 'group', 'campaign', 'pool', 'always', 'canonical'];
    for (const [index, id] of inOrder.entries()) {
      const left = rules.filter((rule) => !inOrder.slice(0, index).includes(rule.id));
      expect(chosen(siteOf(left, { hybrid: false }), ...visit)).toBe(id);
    }
    expect(rankedRules(siteOf(rules, { hybrid: false })).map(({ rule }) => rule.id)).toEqual(inOrder);
  });

  it("puts an ad's click id before the search engine that it came from, and behind what names a page", () => {
    const ads = [...rules, number('page', { landing: { path: '/' } }, { priority: -1000 })];
    const left = ads.filter(({ id }) => id !== 'landing');
    expect(chosen(siteOf(left), ...visit)).toBe('page');
    expect(chosen(siteOf(rules.filter(({ id }) => id !== 'landing')), ...visit)).toBe('pool');
    expect(chosen(siteOf(rules.filter(({ id }) => id !== 'referrer')), '', GOOGLE)).toBe('group');
  });

  it('is not bent by a priority, which decides within a kind alone', () => {
    const site = siteOf([
      number('low', { source: 'google' }),
      number('high', { medium: 'organic' }, { priority: 5 }),
      number('late', { channel: ['organic'] }, { priority: 5 }),
      number('always', undefined, { priority: 1000 }),
    ]);
    expect(chosen(site, '', GOOGLE)).toBe('high');
  });

  it('belongs to the most specific condition of a rule', () => {
    const [ranked] = rankedRules(siteOf([number('a', { device: 'phone', landing: { path: '/x' } })]));
    expect(ranked).toMatchObject({ kind: 'landing', wants: 'a landing page below /x, device phone' });
    const bare = [pool('b', {}), pool('c', { landing: {} })];
    const kinds = (hybrid: boolean) => rankedRules(siteOf(bare, { hybrid })).map(({ kind }) => kind);
    expect(kinds(true)).toEqual(['landing', 'landing']);
    expect(kinds(false)).toEqual(['pool', 'pool']);
  });

  it('leaves the page its number when nothing fits', () => {
    const { use, explain } = choose(siteOf([number('a', { source: 'bing' })]));
    expect(use).toEqual({ type: 'canonical' });
    expect(explain).toEqual([
      {
        rule: 'a',
        kind: 'campaign',
        matched: false,
        chosen: false,
        reason: 'wants source bing; here: (direct)',
      },
      {
        rule: '(none)',
        kind: 'canonical',
        matched: true,
        chosen: true,
        reason: 'no rule fits: the page keeps its number',
      },
    ]);
  });
});

describe('conditions', () => {
  it.each<[object, string, string | undefined, boolean]>([
    [{ landing: { param: 'SRC' } }, '?src=x', undefined, true],
    [{ landing: { param: 'src', equals: ['a', 'B'] } }, '?src=b', undefined, true],
    [{ landing: { param: 'src', equals: 'a' } }, '?src=ab', undefined, false],
    [{ landing: { param: 'src', equals: 'a' } }, '?src=x&src=a', undefined, true],
    [{ landing: { param: 'src', contains: 'b' } }, '#/r?src=abc', undefined, true],
    [{ landing: { param: 'src' } }, '?other=src', undefined, false],
    [{ landing: { contains: 'dach reparatur' } }, 'x?q=dach%20reparatur', undefined, true],
    [{ landing: { contains: '屋顶' } }, '屋顶/维修', undefined, true],
    [{ landing: { equals: 'https://www.example.com/x' } }, 'x', undefined, true],
    [{ landing: { equals: 'https://www.example.com/x' } }, 'x?y', undefined, false],
    [{ landing: { path: '/Roof' } }, 'roof-repair/1', undefined, true],
    [{ landing: { path: '/roof' } }, '?p=/roof', undefined, false],
    [{ landing: { path: '/dächer' } }, 'd%C3%A4cher/1', undefined, true],
    [{ landing: { path: '/roof', param: 'a', equals: '1' } }, 'roof?a=2', undefined, false],
    [{ landing: { path: '/' } }, 'not-an-address://', undefined, false],
    [{ referrer: 'google.com' }, '', GOOGLE, true],
    [{ referrer: 'https://Google.com/' }, '', GOOGLE, true],
    [{ referrer: 'oogle.com' }, '', GOOGLE, false],
    [{ referrer: 'bücher.example' }, '', 'https://www.bücher.example/', true],
    [{ referrer: 'google.com' }, '', undefined, false],
    [{ referrerGroup: 'none' }, '', undefined, true],
    [{ referrerGroup: 'ai' }, '', 'https://chatgpt.com/', true],
    [{ channel: ['paid', 'ai'] }, '?gclid=a', undefined, true],
    [{ source: ['Bing', 'Google'] }, '', GOOGLE, true],
    [{ campaign: 'brand' }, '?utm_source=x&utm_campaign=Brand', undefined, true],
    [{ campaign: 'brand' }, '', undefined, false],
    [{ clickId: true }, '?gclid=a', undefined, true],
    [{ clickId: true }, '?fbclid=a', undefined, false],
    [{ clickId: false }, '', undefined, true],
    [{ source: 'google', device: 'phone' }, '', GOOGLE, false],
  ])('%j on %s from %s: %s', (when, query, referrer, expected) => {
    const site = siteOf([number('rule', when)]);
    const url = query.includes('://') ? query : `https://www.example.com/${query}`;
    const touch = readTouch(url, referrer, site);
    const [choice] = chooseNumbers(site, { landingUrl: url, touch, device: 'desktop' });
    expect(choice?.explain[0]?.matched).toBe(expected);
  });

  it('say in words what they want and what there is', () => {
    const reason = (
      when: object,
      ...visit: Parameters<typeof factsOf> extends [SitePlan, ...infer V] ? V : never
    ) => choose(siteOf([number('rule', when)]), ...visit).explain[0]?.reason;
    expect(reason({ landing: { param: 'src', equals: ['a', 'b'] } }, '?src=c')).toBe(
      'wants parameter src = a or b; here: “c”',
    );
    expect(reason({ landing: { param: 'src' } })).toBe('wants parameter src; here: no such parameter');
    expect(reason({ landing: { path: '/roof' } }, 'x')).toBe('wants a landing page below /roof; here: /x');
    expect(reason({ referrer: 'a.example' })).toBe('wants referrer a.example; here: none that counts');
    expect(reason({ clickId: false }, '?gclid=a')).toBe("wants no ad's click id; here: gclid");
    expect(reason({ source: 'google', device: 'phone' }, '', GOOGLE)).toBe(
      'wants device phone; here: desktop',
    );
    expect(reason({ source: 'google', device: 'phone' }, '', GOOGLE, 'phone')).toBe(
      'fits: source google, device phone',
    );
  });
});

describe('a hybrid site', () => {
  const rules = [pool('all'), number('rest')];
  it('lends from a pool without conditions to ads alone', () => {
    expect(chosen(siteOf(rules), '?gclid=a')).toBe('all');
    expect(chosen(siteOf(rules), '?fbclid=a')).toBe('rest');
    const { explain } = choose(siteOf(rules), '', GOOGLE);
    expect(explain.map((verdict) => [verdict.rule, verdict.chosen])).toEqual([
      ['all', false],
      ['rest', true],
    ]);
    expect(explain[0]?.reason).toMatch(/^wants an ad's click id, since the site is hybrid/);
  });

  it('lends from a pool with conditions to all that fit, and otherwise to everybody', () => {
    expect(chosen(siteOf([pool('search', { channel: ['organic'] }), number('rest')]), '', GOOGLE)).toBe(
      'search',
    );
    expect(chosen(siteOf(rules, { hybrid: false }), '', GOOGLE)).toBe('all');
  });

  it('gives visits without the click id of an ad a class to share by', () => {
    const site = siteOf([pool('all')], { hybrid: false });
    const use = (...visit: [string?, string?]) => choose(site, ...visit).use;
    expect(use('?gclid=a')).toEqual({ type: 'pool', pool: 'ads', class: undefined });
    const facts = factsOf(site, 'roof/1', GOOGLE);
    expect(use('roof/1', GOOGLE)).toEqual({
      type: 'pool',
      pool: 'ads',
      class: classOf(facts.touch, facts.landingUrl),
    });
    expect(use('roof/2', GOOGLE)).toEqual(use('roof/1', GOOGLE));
    expect(use('wall/1', GOOGLE)).not.toEqual(use('roof/1', GOOGLE));
    expect(use('roof/1', 'https://www.bing.com/')).not.toEqual(use('roof/1', GOOGLE));
  });
});

it('a rule for some numbers leaves the others alone', () => {
  const site = siteOf([
    number('one', undefined, { targets: [OTHER] }),
    { id: 'own', use: { canonical: true } },
  ]);
  const [first, second] = chooseNumbers(site, factsOf(site));
  expect(first).toMatchObject({ target: TARGET, use: { type: 'canonical' } });
  expect(first?.explain[0]).toMatchObject({ matched: false, reason: 'is for other numbers of the page' });
  expect(second).toMatchObject({ target: OTHER, use: { type: 'number', number: '+491' } });
  expect(second?.explain[1]?.reason).toBe('fits: asks for nothing; one comes before it');
});

it.each([
  ['https://x.example/', '/'],
  ['https://x.example/Roof/1?a', '/roof'],
  ['https://x.example/de/roof/1', '/de/roof'],
  ['https://x.example/de', '/de'],
  ['https://x.example/en-gb/roof', '/en-gb/roof'],
  ['junk', '/'],
])('the landing group of %s is %s', (url, group) => {
  expect(landingGroup(url)).toBe(group);
});

it('explains a visit from its address on', () => {
  const site = siteOf([pool('all'), number('rest')]);
  const sources = [
    { id: 'ads', source: 'google', medium: 'cpc', campaign: null, keyword: null, landing_page: null },
  ];
  const explanation = explainSite(site, sources, { url: 'https://www.example.com/?gclid=a' });
  expect(explanation).toMatchObject({
    site: 'main',
    onSite: true,
    adClick: true,
    sourceId: 'ads',
    device: 'desktop',
  });
  expect(JSON.parse(JSON.stringify(explanation)).targets[0].explain[0]).toMatchObject({
    rule: 'all',
    chosen: true,
  });
  expect(explainSite(site, sources, { url: 'https://elsewhere.example/' }).onSite).toBe(false);
});

describe('whatever the rules', () => {
  const when = fc.oneof(
    fc.constant(undefined),
    fc.constant({}),
    fc.constantFrom(
      { landing: { param: 'src' } },
      { landing: { path: '/roof' } },
      { landing: { param: 'src', equals: 'a' }, device: 'phone' },
      { referrer: 'google.com' },
      { referrer: 'bing.com', source: 'bing' },
      { referrerGroup: 'search' },
      { referrerGroup: 'none', device: 'desktop' },
      { source: 'google' },
      { channel: ['paid', 'social'] },
      { clickId: true },
      { clickId: false },
    ),
  );
  const rule = fc.record(
    {
      when,
      use: fc.constantFrom({ pool: 'ads' }, { number: '+491' }, { canonical: true }),
      priority: fc.integer({ min: -2, max: 2 }),
      targets: fc.constantFrom([TARGET], [OTHER], [TARGET, OTHER]),
    },
    { requiredKeys: ['use', 'when'] },
  );
  const rulesOf = fc
    .array(rule, { maxLength: 8 })
    .map((rules) => rules.map((given, index) => ({ ...given, id: `r${index}` })));
  const visit = fc.tuple(
    fc.constantFrom('', '?src=a', '?src=b', 'roof', '?gclid=a', '?fbclid=a', 'roof?src=a&gclid=b'),
    fc.constantFrom(undefined, GOOGLE, 'https://www.bing.com/', 'https://blog.example/'),
    fc.constantFrom('phone' as const, 'desktop' as const),
  );
  const readSite = (rules: readonly object[], hybrid: boolean): SitePlan =>
    siteOf(
      rules.map((given) =>
        Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      ),
      { hybrid },
    );
  /** Where a verdict's rule stands: kind, whether it names a page or takes all ads, priority, place; the smaller decides. */
  const place = (site: SitePlan, { rule: id, kind }: RuleVerdict): readonly number[] => {
    const index = site.rules.findIndex((given) => given.id === id);
    const rule = site.rules[index];
    const forAds = kind === 'landing' && rule?.when?.landing === undefined ? 1 : 0;
    return [RULE_KINDS.indexOf(kind), forAds, -(rule?.priority ?? 0), index];
  };
  const compare = (a: readonly number[], b: readonly number[]): number => {
    const at = a.findIndex((value, index) => value !== b[index]);
    return (a[at] ?? 0) - (b[at] ?? 0);
  };

  it('exactly one decides, it fits, and nothing that fits stands before it', () => {
    fc.assert(
      fc.property(rulesOf, visit, fc.boolean(), (rules, given, hybrid) => {
        const site = readSite(rules, hybrid);
        const facts = factsOf(site, ...given);
        for (const { target, use, explain } of chooseNumbers(site, facts)) {
          const fitting = explain.filter(({ matched }) => matched);
          const first = [...fitting].sort((a, b) => compare(place(site, a), place(site, b)))[0];
          expect(explain.filter((verdict) => verdict.chosen)).toEqual([first]);
          for (const { rule: id } of fitting)
            expect(site.rules.find((known) => known.id === id)?.targets ?? [target]).toContain(target);
          // Each rule is explained, once.
          const ids = explain.map((verdict) => verdict.rule).filter((id) => id !== '(none)');
          expect(ids.sort()).toEqual(site.rules.map(({ id }) => id).sort());
          if (use.type === 'pool') expect(use.class === undefined).toBe(hasAdClick(facts.touch));
        }
      }),
    );
  });

  it('another one that does not decide changes nothing', () => {
    fc.assert(
      fc.property(rulesOf, rule, visit, fc.nat(8), fc.boolean(), (rules, added, given, at, hybrid) => {
        const before = readSite(rules, hybrid);
        const after = readSite(
          [...rules.slice(0, at), { ...added, id: 'added' }, ...rules.slice(at)],
          hybrid,
        );
        const facts = factsOf(before, ...given);
        const old = chooseNumbers(before, facts);
        for (const [index, { use, explain }] of chooseNumbers(after, facts).entries()) {
          if (explain.some((verdict) => verdict.rule === 'added' && verdict.chosen)) continue;
          expect(use).toEqual(old[index]?.use);
          expect(explain.find((verdict) => verdict.chosen)).toMatchObject({
            rule: old[index]?.explain.find((verdict) => verdict.chosen)?.rule,
          });
        }
      }),
    );
  });
});
