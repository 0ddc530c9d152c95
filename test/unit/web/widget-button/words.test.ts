import { describe, expect, it } from 'vitest';
import { clockText, phaseText, problemText } from '../../../../src/web/widget/panel/call.tsx';
import { endText } from '../../../../src/web/widget/panel/ended.tsx';
import { whenText } from '../../../../src/web/widget/panel/scenes.tsx';
import { buttonWordsEn, panelWordsEn } from '../../../../src/web/widget/words/en.ts';
import { buttonWordsZh, panelWordsZh } from '../../../../src/web/widget/words/zh.ts';

const INPUT = ['Desk microphone', 2] as const;

/** Every sentence there is, functions with an input. */
const sentences = (words: object): string[] =>
  Object.entries(words).flatMap(([name, value]) => {
    if (typeof value === 'function')
      return INPUT.map((input) => String((value as (given: unknown) => unknown)(input)));
    if (typeof value === 'object') return sentences(value as object);
    return name === 'direction' || name === 'locale' ? [] : [String(value)];
  });

const pathsOf = (words: object, path = ''): string[] =>
  Object.entries(words).flatMap(([name, value]) =>
    typeof value === 'object' ? pathsOf(value as object, `${path}${name}.`) : [`${path}${name}`],
  );

describe('the words', () => {
  it('are there in both languages, and differ', () => {
    expect(pathsOf(panelWordsZh)).toEqual(pathsOf(panelWordsEn));
    expect(pathsOf(buttonWordsZh)).toEqual(pathsOf(buttonWordsEn));
    const english = new Set(sentences(panelWordsEn));
    const same = sentences(panelWordsZh).filter((text) => text !== '' && english.has(text));
    expect(same).toEqual([]);
    for (const text of sentences(panelWordsZh).filter((each) => each !== ''))
      expect(text).toMatch(/\p{Script=Han}/u);
  });

  it('tell every problem and every end apart', () => {
    const gone = (kind: 'microphone' | 'speaker', replaced: boolean) =>
      ({ type: 'device-gone', kind, label: '', replaced }) as const;
    for (const words of [panelWordsEn, panelWordsZh]) {
      const problems = [
        { type: 'microphone-refused', by: 'person' },
        { type: 'microphone-refused', by: 'dismissed' },
        { type: 'microphone-refused', by: 'system' },
        { type: 'microphone-framed' },
        { type: 'no-microphone' },
        { type: 'microphone-busy' },
        { type: 'microphone-unfit' },
        { type: 'insecure-origin' },
        { type: 'no-webrtc' },
        { type: 'no-sound-yet' },
        gone('microphone', true),
        gone('microphone', false),
        gone('speaker', true),
        gone('speaker', false),
      ] as const;
      expect(new Set(problems.map((problem) => problemText(words, problem))).size).toBe(problems.length);
      const reasons = Object.keys(words.ended.reasons) as (keyof typeof words.ended.reasons)[];
      const ends = reasons.map((reason) => endText(words, { by: 'other', reason }));
      expect(new Set(ends).size).toBe(reasons.length);
    }
  });

  it('say why the gateway refused, and when to try again', () => {
    const refused = { by: 'gateway', reason: 'refused', code: 'origin' } as const;
    expect(endText(panelWordsEn, refused)).toBe('Calls are not allowed from this page.');
    expect(endText(panelWordsEn, { ...refused, code: 'unheard-of' })).toBe(
      'The call could not be put through.',
    );
    expect(endText(panelWordsEn, { by: 'gateway', reason: 'too-many', retryAfterS: 20 })).toBe(
      'Too many calls were made from here. Try again in 20 s.',
    );
    expect(endText(panelWordsEn, { by: 'gateway', reason: 'too-many' })).toBe(
      'Too many calls were made from here. Try again later.',
    );
  });

  it('write times as people read them', () => {
    const now = new Date(2026, 2, 2, 8).getTime();
    expect(clockText(65_400)).toBe('1:05');
    expect(clockText(3_605_000)).toBe('1:00:05');
    expect(clockText(-5)).toBe('0:00');
    expect(whenText('en-GB', now + 3_600_000, now)).toBe('09:00');
    expect(whenText('en-GB', now + 25 * 3_600_000, now)).toMatch(/^Tuesday.* 09:00$/);
    expect(whenText('en-GB', now + 10 * 86_400_000, now)).toMatch(/^12 March.* 08:00$/);
    expect(whenText('zh-CN', now + 25 * 3_600_000, now)).toContain('星期二');
  });

  it('name each phase', () => {
    const state = { heldByOther: false } as Parameters<typeof phaseText>[1];
    expect(phaseText(panelWordsEn, { ...state, phase: 'talking', heldByOther: true })).toBe(
      'You are on hold',
    );
    expect(phaseText(panelWordsEn, { ...state, phase: 'ended' })).toBe('');
  });
});
