import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Device } from '../contract.ts';
import { LANGUAGES, wordsOf } from '../words/index.ts';
import { THEMES } from './choices.ts';
import { useActions, useDesk, useSelected, useWords } from './context.ts';
import { Button, IconButton, Keys, Segments, Select } from './parts.tsx';
import { Meter } from './quality.tsx';
import { SHORTCUTS, shortcutKeys } from './shortcuts.ts';

const TestMeter = (): JSX.Element => {
  const words = useWords();
  const level = useSelected((state) => state.testLevel);
  return (
    <div class="test-meter">
      <Meter label={words.settings.level} level={level ?? 0} />
      <p class="quiet">{words.settings.levelHint}</p>
    </div>
  );
};

const DeviceSelect = ({
  id,
  label,
  devices,
  chosen,
  onChoose,
}: {
  readonly id: string;
  readonly label: string;
  readonly devices: readonly Device[];
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
}): JSX.Element => {
  const words = useWords();
  const options = devices.map((device, index) => ({
    value: device.id,
    label: device.label === '' ? `${label} ${index + 1}` : device.label,
  }));
  const hasDefault = options.some(({ value }) => value === 'default' || value === '');
  return (
    <Select
      id={id}
      label={label}
      value={chosen ?? ''}
      options={hasDefault ? options : [{ value: '', label: words.settings.standard }, ...options]}
      onChoose={onChoose}
    />
  );
};

const Sound = (): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const devices = useSelected((state) => state.devices);
  return (
    <section class="settings-part">
      <h3>{words.settings.sound}</h3>
      <DeviceSelect
        id="settings-microphone"
        label={words.settings.microphone}
        devices={devices.microphones}
        chosen={devices.microphone}
        onChoose={(id) => void actions.chooseMicrophone(id)}
      />
      <TestMeter />
      {devices.canChooseSpeaker ? (
        <>
          <DeviceSelect
            id="settings-speaker"
            label={words.settings.speaker}
            devices={devices.speakers}
            chosen={devices.speaker}
            onChoose={(id) => void actions.chooseSpeaker(id)}
          />
          <DeviceSelect
            id="settings-ringer"
            label={words.settings.ringer}
            devices={devices.speakers}
            chosen={devices.ringer}
            onChoose={(id) => void actions.chooseRinger(id)}
          />
        </>
      ) : (
        <p class="quiet">{words.settings.cannotChoose}</p>
      )}
      <Button icon="speaker" label={words.settings.test} onClick={() => void actions.testSpeaker()} />
    </section>
  );
};

const Notifications = (): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const state = useSelected((all) => all.notifications);
  return (
    <section class="settings-part">
      <h3>{words.settings.notifications}</h3>
      <p class="quiet" role="status">
        {words.settings.notificationsState[state]}
      </p>
      {state === 'unknown' && (
        <Button label={words.settings.allow} onClick={() => void actions.askForNotifications()} />
      )}
    </section>
  );
};

const Appearance = (): JSX.Element => {
  const { words, choices, choose } = useDesk();
  return (
    <section class="settings-part">
      <h3>{words.settings.appearance}</h3>
      <Segments
        name="theme"
        label={words.settings.theme}
        value={choices.theme}
        choices={THEMES.map((value) => ({ value, label: words.settings.themes[value] }))}
        onChoose={(theme) => choose({ ...choices, theme })}
      />
      <Segments
        name="language"
        label={words.settings.language}
        value={choices.language}
        choices={LANGUAGES.map((value) => ({ value, label: wordsOf(value).language }))}
        onChoose={(language) => choose({ ...choices, language })}
      />
    </section>
  );
};

const ShortcutList = (): JSX.Element => {
  const words = useWords();
  return (
    <section class="settings-part">
      <h3>{words.settings.shortcuts}</h3>
      <ul class="shortcut-list">
        {SHORTCUTS.map((name) => (
          <li key={name}>
            <span>{words.settings.shortcutNames[name]}</span>
            <Keys keys={shortcutKeys(name)} />
            <span class="hidden">{shortcutKeys(name).join(' ')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
};

/** Devices, notifications, appearance, keys. The microphone is open while it is. */
export const Settings = ({ onClose }: { readonly onClose: () => void }): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    void actions.testMicrophone(true);
    return () => void actions.testMicrophone(false);
  }, [actions]);
  return (
    <dialog ref={dialog} class="settings" aria-labelledby="settings-title" onClose={onClose}>
      <div class="settings-head">
        <h2 id="settings-title">{words.settings.title}</h2>
        <IconButton icon="close" label={words.close} onClick={() => dialog.current?.close()} />
      </div>
      <div class="settings-body">
        <Sound />
        <Notifications />
        <Appearance />
        <ShortcutList />
      </div>
    </dialog>
  );
};
