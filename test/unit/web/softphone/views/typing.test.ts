import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChoiceStorage,
  loadChoices,
  saveChoices,
} from '../../../../../src/web/softphone/views/choices.ts';
import { reasonOf } from '../../../../../src/web/softphone/views/refusals.ts';
import {
  digitOf,
  SHORTCUTS,
  shortcutKeys,
  shortcutOf,
} from '../../../../../src/web/softphone/views/shortcuts.ts';
import { addTag } from '../../../../../src/web/softphone/views/tags.ts';
import { dialledNumber, findTargets, nextIndex } from '../../../../../src/web/softphone/views/targets.ts';

const press = (code: string, more = {}) => ({
  code,
  altKey: true,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  repeat: false,
  ...more,
});

describe('shortcuts', () => {
  it('each has a key of its own, with Alt', () => {
    const keys = SHORTCUTS.map((name) => shortcutKeys(name).join('+'));
    expect(new Set(keys).size).toBe(SHORTCUTS.length);
    expect(keys.every((key) => /^Alt\+[A-Z]$/.test(key))).toBe(true);
    for (const name of SHORTCUTS) expect(shortcutOf(press(`Key${shortcutKeys(name)[1]}`))).toBe(name);
  });

  it('nothing that is typed into a field asks for anything: no bare key, no AltGr, no key held down', () => {
    const changes = [
      { altKey: false },
      { ctrlKey: true },
      { metaKey: true },
      { shiftKey: true },
      { repeat: true },
    ];
    for (const change of changes) expect(shortcutOf(press('KeyA', change))).toBeUndefined();
    expect(shortcutOf(press('Enter'))).toBeUndefined();
  });

  it('telephone keys are those of RFC 4733 that keyboards have', () => {
    expect([...'0123456789*#'].every((key) => digitOf(key) === key)).toBe(true);
    for (const key of ['a', 'Enter', '12', '+', '']) expect(digitOf(key)).toBeUndefined();
  });
});

describe('whom to transfer to', () => {
  const state = {
    account: undefined,
    people: [
      { name: 'paul', display: null, state: 'offline' },
      { name: 'ines', display: 'Ines Falk', state: 'busy' },
      { name: 'wei', display: 'Wei Zhang', state: 'ready' },
      { name: 'anna', display: 'Anna Berg', state: 'ready' },
    ],
    lines: [{ id: 'office', name: 'Main office' }],
  } as const;
  const ids = (typed: string, own?: string): string[] =>
    findTargets(typed, {
      ...state,
      account: own === undefined ? undefined : ({ name: own } as never),
    }).map(({ id }) => id);

  it('who can take the call comes first', () =>
    expect(ids('')).toEqual(['anna', 'wei', 'ines', 'paul', 'office']));
  it('finds parts of names, case aside', () => {
    expect(ids('FALK')).toEqual(['ines']);
    expect(ids('off')).toEqual(['office']);
    expect(ids('nobody')).toEqual([]);
  });
  it('never oneself', () => expect(ids('', 'wei')).not.toContain('wei'));
  it('a number is a target itself', () => expect(ids('+49 (30) 12-34')).toEqual(['+49301234']));
  it.each([
    ['030 / 123', '030123'],
    ['12', '12'],
    ['1', undefined],
    ['alice', undefined],
    ['1+2', undefined],
  ])('%s is dialled as %s', (text, number) => expect(dialledNumber(text)).toBe(number));

  it('arrow keys stay in the list', () => {
    const keys = fc.constantFrom('ArrowUp', 'ArrowDown', 'Home', 'End');
    fc.assert(
      fc.property(fc.array(keys), fc.integer({ min: 1, max: 9 }), (pressed, length) => {
        const index = pressed.reduce((place, key) => nextIndex(key, place, length) ?? place, -1);
        expect(index).toBeGreaterThanOrEqual(pressed.length === 0 ? -1 : 0);
        expect(index).toBeLessThan(length);
      }),
    );
    expect(nextIndex('ArrowDown', -1, 3)).toBe(0);
    expect(nextIndex('ArrowDown', 2, 3)).toBe(0);
    expect(nextIndex('ArrowUp', 0, 3)).toBe(2);
    expect(nextIndex('ArrowDown', -1, 0)).toBeUndefined();
    expect(nextIndex('a', 0, 3)).toBeUndefined();
  });
});

describe('tags', () => {
  it('are trimmed, short, few and different', () => {
    expect(addTag(['boiler'], '  new   customer ')).toEqual(['boiler', 'new customer']);
    expect(addTag(['Boiler'], 'boiler')).toEqual(['Boiler']);
    expect(addTag([], ' ')).toEqual([]);
    expect(addTag([], 'x'.repeat(50))).toEqual(['x'.repeat(40)]);
    const full = Array.from({ length: 20 }, (_, index) => `tag ${index}`);
    expect(addTag(full, 'one more')).toBe(full);
  });
});

describe('choices', () => {
  const memory = (): ChoiceStorage => {
    const items = new Map<string, string>();
    return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
  };
  const forbidden: ChoiceStorage = {
    getItem: () => {
      throw new Error('SecurityError');
    },
    setItem: () => {
      throw new Error('SecurityError');
    },
  };

  it('are kept', () => {
    const storage = memory();
    saveChoices(storage, { language: 'zh', theme: 'dark' });
    expect(loadChoices(storage, ['en'])).toEqual({ language: 'zh', theme: 'dark' });
  });
  it('follow the browser before', () => {
    expect(loadChoices(memory(), ['fr', 'zh-Hans-CN', 'en'])).toEqual({ language: 'zh', theme: 'system' });
    expect(loadChoices(memory(), ['fr'])).toEqual({ language: 'en', theme: 'system' });
  });
  it('where storage is forbidden, are made anew each time', () => {
    expect(() => saveChoices(forbidden, { language: 'zh', theme: 'dark' })).not.toThrow();
    expect(loadChoices(forbidden, [])).toEqual({ language: 'en', theme: 'system' });
  });
});

describe('refusals', () => {
  it.each([
    [486, 'busy'],
    [603, 'declined'],
    [403, 'forbidden'],
    [503, 'overloaded'],
    [499, 'other'],
  ])('%d is %s', (status, reason) => expect(reasonOf(status)).toBe(reason));
});
