import { describe, expect, it } from 'vitest';
import { type Signs, scoreOf } from '../../../src/buttons/score.ts';

const PERSON: Signs = {
  userAgent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  language: 'de-DE',
  automated: false,
  visit: 'known',
  lately: 0,
  missingHeaders: 0,
};

const points = (more: Partial<Signs>): number => scoreOf({ ...PERSON, ...more }).points;

describe('scoreOf', () => {
  it('finds nothing about a visitor of the site', () => {
    expect(scoreOf(PERSON)).toEqual({ points: 0, reasons: [] });
  });

  it('lets a visitor without a visit, or at a second call, go on without work', () => {
    expect(points({ visit: 'none', lately: 2 })).toBeLessThan(50);
    expect(points({ visit: 'none', lately: 3 })).toBeLessThan(50);
  });

  it.each<[string, Partial<Signs>]>([
    ['a driven browser', { automated: true }],
    ['a program', { userAgent: 'curl/8.5.0' }],
    ['no user agent', { userAgent: '' }],
    ['a browser without a window', { userAgent: PERSON.userAgent.replace('Chrome', 'HeadlessChrome') }],
    ['a visit that there is not, without what browsers send', { visit: 'unknown', missingHeaders: 2 }],
    ['many calls of a network', { lately: 12 }],
    ['no language and no visit of an hour', { language: undefined, visit: 'unknown' }],
  ])('makes %s work', (_, more) => {
    expect(points(more)).toBeGreaterThanOrEqual(50);
  });

  it('stays within 100, and says why, the heaviest first', () => {
    const { points: all, reasons } = scoreOf({
      userAgent: '',
      language: undefined,
      automated: true,
      visit: 'unknown',
      lately: 20,
      missingHeaders: 3,
    });
    expect(all).toBe(100);
    expect(reasons.map((reason) => reason.points)).toEqual(
      [...reasons.map((reason) => reason.points)].sort((a, b) => b - a),
    );
    expect(reasons[0]?.reason).toBe('the browser is driven by a program');
  });
});
