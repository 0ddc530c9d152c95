import type { Person, PhoneState } from '../contract.ts';

/** Whom a call can be handed to. */
export type Target =
  | { readonly type: 'person'; readonly id: string; readonly text: string; readonly state: Person['state'] }
  | { readonly type: 'line'; readonly id: string; readonly text: string }
  | { readonly type: 'number'; readonly id: string; readonly text: string };

const ORDER: Readonly<Record<Person['state'], number>> = { ready: 0, busy: 1, away: 2, offline: 3 };

/** A number as a person writes it, to what is dialled: `+49 (30) 12-34` becomes `+49301234`. Undefined for other text. */
export const dialledNumber = (text: string): string | undefined => {
  const plain = text.replace(/[\s()./-]/g, '');
  return /^\+?[\d*#]{2,20}$/.test(plain) ? plain : undefined;
};

const matches = (wanted: string, ...texts: readonly string[]): boolean =>
  texts.some((text) => text.toLocaleLowerCase().includes(wanted));

/** People, lines and the number itself that fit what was typed; who can take a call at once comes first. */
export const findTargets = (
  typed: string,
  { people, lines, account }: Pick<PhoneState, 'people' | 'lines' | 'account'>,
): readonly Target[] => {
  const wanted = typed.trim().toLocaleLowerCase();
  const number = dialledNumber(typed);
  return [
    ...(number === undefined ? [] : [{ type: 'number', id: number, text: number } as const]),
    ...people
      .filter(({ name, display }) => name !== account?.name && matches(wanted, name, display ?? ''))
      .map(
        ({ name, display, state }) => ({ type: 'person', id: name, text: display ?? name, state }) as const,
      )
      .sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.text.localeCompare(b.text)),
    ...lines
      .filter(({ id, name }) => matches(wanted, id, name ?? ''))
      .map(({ id, name }) => ({ type: 'line', id, text: name ?? id }) as const),
  ];
};

/** A list's index after an arrow key, round the ends; -1 stands for none yet. */
export const nextIndex = (key: string, index: number, length: number): number | undefined => {
  if (length === 0) return undefined;
  if (key === 'ArrowDown') return (index + 1) % length;
  if (key === 'ArrowUp') return (Math.max(index, 0) - 1 + length) % length;
  if (key === 'Home') return 0;
  return key === 'End' ? length - 1 : undefined;
};
