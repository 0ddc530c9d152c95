import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call, PhoneState } from '../contract.ts';
import { useActions, useSelected, useWords } from './context.ts';
import { formatNumber } from './format.ts';
import { Icon, type IconName } from './icons.tsx';
import { Button } from './parts.tsx';
import { findTargets, nextIndex, type Target } from './targets.ts';

const ICONS: Readonly<Record<Target['type'], IconName>> = {
  person: 'person',
  line: 'phone',
  number: 'keypad',
};

const optionId = (index: number): string => `transfer-option-${index}`;

const Option = ({
  target,
  index,
  chosen,
  onChoose,
}: {
  readonly target: Target;
  readonly index: number;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}): JSX.Element => {
  const words = useWords();
  const text = target.type === 'number' ? words.transfer.number(formatNumber(target.text)) : target.text;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above moves through the options by arrow keys
    <div
      id={optionId(index)}
      role="option"
      tabIndex={-1}
      class="target"
      aria-selected={chosen}
      data-state={target.type === 'person' ? target.state : ''}
      // The field keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      <Icon name={ICONS[target.type]} />
      <span class="target-name">{text}</span>
      {target.type === 'person' && (
        <span class="target-state">
          <span class="dot" aria-hidden="true" /> {words.transfer.state[target.state]}
        </span>
      )}
      {target.type === 'line' && <span class="target-state">{words.transfer.lines}</span>}
    </div>
  );
};

const samePeople = (a: PhoneState, b: PhoneState): boolean =>
  a.people === b.people && a.lines === b.lines && a.account === b.account;

/** Whom to hand a call to, and how. */
export const Transfer = ({
  call,
  onClose,
}: {
  readonly call: Call;
  readonly onClose: () => void;
}): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const state = useSelected((all) => all, samePeople);
  const [text, setText] = useState('');
  const [index, setIndex] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    void actions.loadPeople();
  }, [actions]);
  const targets = findTargets(text, state);
  const chosen = targets[index];
  const hand = (how: 'transfer' | 'consult'): void => {
    if (!chosen) return;
    onClose();
    void actions[how](call.key, chosen.id);
  };
  const choose = (next: number): void => {
    setIndex(next);
    document.getElementById(optionId(next))?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextIndex(event.key, index, targets.length);
    if (next === undefined || (text !== '' && (event.key === 'Home' || event.key === 'End'))) return;
    event.preventDefault();
    choose(next);
  };
  return (
    <form
      class="drawer transfer"
      aria-label={words.transfer.title}
      onSubmit={(event) => {
        event.preventDefault();
        hand('consult');
      }}
    >
      <label for="transfer-target">{words.transfer.title}</label>
      <input
        id="transfer-target"
        ref={field}
        role="combobox"
        aria-expanded="true"
        aria-controls="transfer-options"
        aria-autocomplete="list"
        aria-activedescendant={chosen ? optionId(index) : undefined}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        placeholder={words.transfer.search}
        value={text}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setIndex(event.currentTarget.value.trim() === '' ? -1 : 0);
        }}
      />
      <div class="transfer-buttons">
        <button type="submit" class="button button-primary" disabled={!chosen}>
          <Icon name="whisper" />
          <span>{words.transfer.consult}</span>
        </button>
        <Button
          icon="transfer"
          label={words.transfer.blind}
          disabled={!chosen}
          onClick={() => hand('transfer')}
        />
      </div>
      <div id="transfer-options" role="listbox" aria-label={words.transfer.people} class="targets">
        {targets.map((target, place) => (
          <Option
            key={`${target.type} ${target.id}`}
            target={target}
            index={place}
            chosen={place === index}
            onChoose={() => choose(place)}
          />
        ))}
      </div>
      {targets.length === 0 && <p class="quiet">{words.transfer.nobody}</p>}
    </form>
  );
};
