import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inkOn, luminance } from '../../../../src/web/widget/button/contrast.ts';
import { languageOf } from '../../../../src/web/widget/button/language.ts';
import { createViews } from '../../../../src/web/widget/button/views.ts';
import { numberOf, randomId } from '../../../../src/web/widget/button/visitor.ts';

describe('inkOn', () => {
  it('follows WCAG', () => {
    expect(luminance('#fff')).toBeCloseTo(1, 5);
    expect(luminance('#000000')).toBe(0);
    expect(luminance('#777')).toBeCloseTo(0.1845, 3);
    expect([inkOn('#0a7d46'), inkOn('#ffe08a'), inkOn('#f00'), inkOn('#00f')]).toEqual([
      '#fff',
      '#000',
      '#000',
      '#fff',
    ]);
  });

  it('can be read on every colour: the better of the two, 4.5 : 1 or more', () => {
    const ratio = (ink: string, ground: string): number => {
      const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a) as [number, number];
      return (light + 0.05) / (dark + 0.05);
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (value) => {
        const color = `#${value.toString(16).padStart(6, '0')}`;
        expect(ratio(inkOn(color), color)).toBeGreaterThan(4.5);
      }),
    );
  });
});

describe('languageOf', () => {
  it.each([
    [['zh', 'en'], 'zh'],
    [['zh-Hant-HK'], 'zh'],
    [['ZH_CN'], 'zh'],
    [[undefined, null, '', 'de-DE', 'zh-CN', 'en'], 'zh'],
    [['de', 'fr'], 'en'],
    [['zha', 'enm', 'zh'], 'zh'],
    [[], 'en'],
  ] as const)('%j: %s', (wished, language) => {
    expect(languageOf(wished)).toBe(language);
  });
});

describe('numberOf', () => {
  const given = { e164: '+493023125000', tel: '+493023125000', display: '030 23125000' };
  const link = (href: string, textContent: string) => ({ href, textContent }) as HTMLAnchorElement;

  it('is that of the gateway, unless the page shows another one', () => {
    expect(numberOf(null, '', given)).toBe(given);
    expect(numberOf(link('tel:+493023125000', 'Call us'), '', given)).toBe(given);
    expect(numberOf(link('https://example.com/', '030 999999'), '', given)).toBe(given);
  });

  it('is that of the link as dt.js has left it, with its words where they are a number', () => {
    expect(numberOf(link('tel:+493055512345', ' 030 55512345 '), '', given)).toEqual({
      e164: '+493055512345',
      tel: '+493055512345',
      display: '030 55512345',
    });
    expect(numberOf(link('tel:+493055512345,,4821', 'Call us'), '', given)).toEqual({
      e164: '+493055512345',
      tel: '+493055512345,,4821',
      display: '+493055512345,,4821',
    });
    expect(numberOf(link('tel:4001234567', '400-123-4567'), '', given).e164).toBe(given.e164);
  });

  it('is the attribute’s where there is no link', () => {
    expect(numberOf(null, '+493011111111', given).tel).toBe('+493011111111');
  });
});

describe('randomId', () => {
  it('is 128 random bits in base64url', () => {
    const ids = new Set(Array.from({ length: 1000 }, randomId));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });
});

describe('createViews', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const watch = () => {
    const seen: string[] = [];
    const state = { page: '/', inSight: true };
    const views = createViews({
      page: () => state.page,
      inSight: () => state.inSight,
      onView: (button) => seen.push(`${state.page} ${button}`),
    });
    return { seen, state, views };
  };

  it('counts half of a button for a second, once', () => {
    const { seen, views } = watch();
    views.see('a', 'sales', 0.5);
    vi.advanceTimersByTime(999);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['/ sales']);
    views.see('a', 'sales', 0);
    views.see('a', 'sales', 1);
    vi.advanceTimersByTime(5000);
    expect(seen).toEqual(['/ sales']);
  });

  it('does not count less than half, nor less than a second', () => {
    const { seen, views } = watch();
    views.see('a', 'sales', 0.49);
    views.see('b', 'service', 1);
    vi.advanceTimersByTime(900);
    views.see('b', 'service', 0.3);
    vi.advanceTimersByTime(5000);
    expect(seen).toEqual([]);
  });

  it('counts one of two buttons of the same kind although the other is out of view', () => {
    const { seen, views } = watch();
    views.see('a', 'sales', 1);
    views.see('b', 'sales', 0);
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual(['/ sales']);
  });

  it('waits while the window is not seen', () => {
    const { seen, state, views } = watch();
    state.inSight = false;
    views.see('a', 'sales', 1);
    vi.advanceTimersByTime(5000);
    expect(seen).toEqual([]);
    state.inSight = true;
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual(['/ sales']);
  });

  it('counts what stays in view anew on another page', () => {
    const { seen, state, views } = watch();
    views.see('a', 'sales', 1);
    vi.advanceTimersByTime(1000);
    views.turn();
    vi.advanceTimersByTime(1000);
    state.page = '/next';
    views.turn();
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual(['/ sales', '/next sales']);
  });
});
