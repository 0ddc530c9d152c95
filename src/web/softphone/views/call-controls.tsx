import type { JSX } from 'preact';
import type { Call } from '../contract.ts';
import { useActions, useWords } from './context.ts';
import { Icon, type IconName } from './icons.tsx';
import { type Shortcut, shortcutKeys } from './shortcuts.ts';

/** What stands open below the controls. */
export type Drawer = 'keypad' | 'transfer' | undefined;

type Control = {
  readonly name: Extract<Shortcut, 'mute' | 'hold' | 'keypad' | 'transfer'>;
  readonly icon: IconName;
  readonly label: string;
  readonly on: boolean;
  readonly enabled: boolean;
  readonly press: () => void;
};

const ControlButton = ({ name, icon, label, on, enabled, press }: Control): JSX.Element => (
  <button
    type="button"
    id={`control-${name}`}
    class="control"
    data-shortcut={name}
    aria-pressed={name === 'mute' || name === 'hold' ? on : undefined}
    aria-expanded={name === 'keypad' || name === 'transfer' ? on : undefined}
    title={`${label} (${shortcutKeys(name).join(' ')})`}
    disabled={!enabled}
    onClick={press}
  >
    <span class="control-icon">
      <Icon name={icon} />
    </span>
    <span class="control-label">{label}</span>
  </button>
);

/** Mute, hold, keypad, transfer, and the end of the call. */
export const CallControls = ({
  call,
  drawer,
  onDrawer,
}: {
  readonly call: Call;
  readonly drawer: Drawer;
  readonly onDrawer: (drawer: Drawer) => void;
}): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const held = call.phase === 'held';
  const talking = call.phase === 'talking';
  const toggled = (name: 'keypad' | 'transfer') => (): void => onDrawer(drawer === name ? undefined : name);
  const controls: readonly Control[] = [
    {
      name: 'mute',
      icon: call.muted ? 'microphoneOff' : 'microphone',
      label: call.muted ? words.call.unmute : words.call.mute,
      on: call.muted,
      enabled: talking || held,
      press: () => actions.mute(call.key, !call.muted),
    },
    {
      name: 'hold',
      icon: held ? 'play' : 'pause',
      label: held ? words.call.resume : words.call.hold,
      on: held,
      enabled: talking || held,
      press: () => void actions.hold(call.key, !held),
    },
    {
      name: 'keypad',
      icon: 'keypad',
      label: words.call.keypad,
      on: drawer === 'keypad',
      enabled: talking,
      press: toggled('keypad'),
    },
    {
      name: 'transfer',
      icon: 'transfer',
      label: words.call.transfer,
      on: drawer === 'transfer',
      enabled: (talking || held) && call.consultsFor === undefined,
      press: toggled('transfer'),
    },
  ];
  // A supervisor's leg is neither held nor handed on, and silent already while it listens.
  const supervised = call.supervision === 'listen' ? [] : controls.filter(({ name }) => name === 'mute');
  const shown = call.supervision ? supervised : controls;
  return (
    <div class="controls" data-count={shown.length + 1}>
      {shown.map((control) => (
        <ControlButton key={control.name} {...control} />
      ))}
      <button
        type="button"
        class="control control-stop"
        data-shortcut="hangUp"
        title={`${words.call.hangUp} (${shortcutKeys('hangUp').join(' ')})`}
        onClick={() => void actions.hangUp(call.key)}
      >
        <span class="control-icon">
          <Icon name="hangUp" />
        </span>
        <span class="control-label">{call.supervision ? words.live.leave : words.call.hangUp}</span>
      </button>
    </div>
  );
};
