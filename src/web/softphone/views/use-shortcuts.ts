import { useEffect } from 'preact/hooks';
import type { Phone } from '../contract.ts';
import { ringingCalls } from './chosen.ts';
import { useDesk } from './context.ts';
import { type Shortcut, shortcutOf } from './shortcuts.ts';

/** A call that rings is answered or refused wherever the focus is; all else presses the button that is in view. */
const run = (name: Shortcut, { state, actions }: Phone): void => {
  const [ringing] = ringingCalls(state.calls);
  switch (name) {
    case 'answer':
      if (ringing) void actions.answer(ringing.key);
      return;
    case 'reject':
      if (ringing) void actions.reject(ringing.key);
      return;
    case 'ready':
      if (state.account) void actions.setReady(!state.account.ready);
      return;
    default:
      document.querySelector<HTMLButtonElement>(`button[data-shortcut="${name}"]`)?.click();
  }
};

/** The keys of `shortcuts.ts`, all over the page. */
export const useShortcuts = (): void => {
  const { phone } = useDesk();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const name = shortcutOf(event);
      if (name === undefined) return;
      event.preventDefault();
      run(name, phone);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [phone]);
};
