import type { JSX } from 'preact';
import { useActions, useSelected, useWords } from './context.ts';
import { formatNumber } from './format.ts';
import { Icon } from './icons.tsx';
import { Keypad } from './keypad.tsx';
import { Button, IconButton, Select } from './parts.tsx';
import { dialledNumber } from './targets.ts';

const IdentityChoice = ({
  identity,
  onChoose,
}: {
  readonly identity: string;
  readonly onChoose: (identity: string) => void;
}): JSX.Element | null => {
  const words = useWords();
  const identities = useSelected((state) => state.identities);
  if (identities.length === 0) return null;
  return (
    <Select
      id="dial-identity"
      label={words.dial.identity}
      value={identity}
      onChoose={onChoose}
      options={[
        { value: '', label: words.dial.identityAny },
        ...identities.map(({ number, label, source }) => ({
          value: number,
          label: [formatNumber(number), label ?? source].filter((part) => part !== null).join(' · '),
        })),
      ]}
    />
  );
};

/** Number, keys, and the number that the call is made from. */
export const Dialer = ({
  text,
  onText,
  identity,
  onIdentity,
  onBack,
}: {
  /** What is typed; it outlives a call that comes between. */
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly identity: string;
  readonly onIdentity: (identity: string) => void;
  /** Present while a call goes on behind. */
  readonly onBack: (() => void) | undefined;
}): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const connected = useSelected((state) => state.connection === 'ready');
  const canDialOut = useSelected((state) => state.account?.canDialOut ?? false);
  const target = text.trim();
  const call = (event: Event): void => {
    event.preventDefault();
    if (target === '' || !connected) return;
    onText('');
    void actions.dial(dialledNumber(target) ?? target, identity === '' ? undefined : identity);
  };
  const problem = canDialOut ? words.dial.notConnected : words.dial.notAllowed;
  return (
    <form class="panel dialer" onSubmit={call}>
      <div class="panel-head">
        <h2 tabIndex={-1}>{words.dial.title}</h2>
        {onBack && <Button label={words.back} onClick={onBack} />}
      </div>
      <div class="dial-line">
        <label class="hidden" for="dial-target">
          {words.dial.target}
        </label>
        <input
          id="dial-target"
          class="dial-target"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder={words.dial.target}
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
        />
        <IconButton
          icon="erase"
          label={words.dial.erase}
          disabled={text === ''}
          onClick={() => onText(text.slice(0, -1))}
        />
      </div>
      <Keypad onPress={(key) => onText(text + key)} />
      {canDialOut && <IdentityChoice identity={identity} onChoose={onIdentity} />}
      <button type="submit" class="button button-go button-large" disabled={target === '' || !connected}>
        <Icon name="phone" />
        <span>{words.dial.call}</span>
      </button>
      <p class="quiet dial-note">{connected && canDialOut ? '' : problem}</p>
    </form>
  );
};
