import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Call } from '../contract.ts';
import { useWords } from './context.ts';
import { Keypad } from './keypad.tsx';
import { digitOf } from './shortcuts.ts';

/** Keys for menus at the other side; the keyboard's own digits work too while it stands open. */
export const InCallKeypad = ({
  call,
  onPress,
}: {
  readonly call: Call;
  readonly onPress: (key: string) => void;
}): JSX.Element => {
  const words = useWords();
  const sent = useRef<HTMLOutputElement>(null);
  useEffect(() => sent.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent): void => {
    const key = digitOf(event.key);
    if (key === undefined || event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    event.preventDefault();
    onPress(key);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: takes the digits typed while the focus is inside
    <div class="drawer" onKeyDown={onKeyDown}>
      <output ref={sent} class="keys-sent tabular" tabIndex={-1} aria-label={words.call.keys}>
        {call.keys}
      </output>
      <Keypad onPress={onPress} />
    </div>
  );
};
