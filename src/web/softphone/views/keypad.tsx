import type { JSX } from 'preact';
import { useWords } from './context.ts';

const KEYS: readonly (readonly [key: string, letters: string])[] = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
];

/** The twelve keys of a telephone. */
export const Keypad = ({ onPress }: { readonly onPress: (key: string) => void }): JSX.Element => {
  const words = useWords();
  return (
    <fieldset class="keypad" aria-label={words.dial.keypad}>
      {KEYS.map(([key, letters]) => (
        <button key={key} type="button" class="keypad-key" onClick={() => onPress(key)}>
          <span class="keypad-digit">{key}</span>
          <span class="keypad-letters" aria-hidden="true">
            {letters}
          </span>
        </button>
      ))}
    </fieldset>
  );
};
