import type { JSX } from 'preact';
import { useContext } from 'preact/hooks';
import { useActions, useSelected, useWords } from './context.ts';
import { initials } from './format.ts';
import { Mark } from './icons.tsx';
import { IconButton } from './parts.tsx';
import { OpenSettings } from './settings-switch.ts';

/** Takes calls, or not. */
const ReadySwitch = (): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const ready = useSelected((state) => state.account?.ready ?? false);
  const reason = useSelected((state) => state.account?.awayReason ?? undefined);
  return (
    <button
      type="button"
      role="switch"
      class="ready"
      aria-checked={ready}
      title={ready || reason === undefined ? words.header.readyHint : reason}
      onClick={() => void actions.setReady(!ready)}
    >
      <span class="ready-track" aria-hidden="true">
        <span class="ready-knob" />
      </span>
      {/* Both words keep their room, so that nothing moves. */}
      <span class="ready-words">
        <span class={ready ? '' : 'ready-word-off'} aria-hidden={!ready}>
          {words.header.readyOn}
        </span>
        <span class={ready ? 'ready-word-off' : ''} aria-hidden={ready}>
          {words.header.readyOff}
        </span>
      </span>
    </button>
  );
};

const ConnectionLight = (): JSX.Element => {
  const words = useWords();
  const connection = useSelected((state) => state.connection);
  return (
    <p class="connection" data-connection={connection} role="status">
      <span class="dot" aria-hidden="true" />
      <span class="connection-word">{words.header.connection[connection]}</span>
    </p>
  );
};

export const Header = (): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const openSettings = useContext(OpenSettings);
  const account = useSelected((state) => state.account);
  const name = account?.display ?? account?.name ?? '';
  return (
    <header class="header">
      <h1 class="brand">
        <Mark />
        <span class="brand-name">Dialtrace</span>
      </h1>
      <ReadySwitch />
      <ConnectionLight />
      <div class="header-end">
        <p class="account" title={account?.address ?? ''}>
          <span class="avatar avatar-small" aria-hidden="true">
            {initials(name)}
          </span>
          <span class="account-name">{name}</span>
        </p>
        <IconButton icon="settings" label={words.header.settings} onClick={openSettings} />
        <IconButton icon="logout" label={words.header.logout} onClick={() => void actions.logout()} />
      </div>
    </header>
  );
};
