import type { JSX } from 'preact';
import type { CallDevice, CallState } from '../call/contract.ts';
import { Button, useScope } from './parts.tsx';

type PickerProps = {
  readonly id: string;
  readonly label: string;
  readonly devices: readonly CallDevice[];
  readonly chosen: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
};

const Picker = ({ id, label, devices, chosen, onChoose }: PickerProps): JSX.Element => {
  const { words } = useScope();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={chosen ?? ''}
        onChange={(event) => onChoose(event.currentTarget.value || undefined)}
      >
        <option value="">{words.call.system}</option>
        {devices.map((device, index) => (
          <option key={device.id} value={device.id}>
            {device.label || words.call.device(index + 1)}
          </option>
        ))}
      </select>
    </div>
  );
};

const SEGMENTS = 12;

/** Loudness of the microphone. */
const Meter = ({ level }: { readonly level: number }): JSX.Element => {
  const { words } = useScope();
  const lit = Math.round(level * SEGMENTS);
  return (
    <div class="level">
      <meter class="unseen" min="0" max="100" value={Math.round(level * 100)} aria-label={words.call.level} />
      <div class="meter" aria-hidden="true">
        {Array.from({ length: SEGMENTS }, (_, index) => (
          <span key={index} class={index < lit ? 'lit' : ''} />
        ))}
      </div>
    </div>
  );
};

const HearTest = ({ call }: { readonly call: CallState }): JSX.Element => {
  const { words, session } = useScope();
  const { hearTest } = call;
  const { call: said } = words;
  const isRunning = hearTest?.phase === 'recording' || hearTest?.phase === 'playing';
  const text = (): string => {
    if (!hearTest) return said.hearWhy;
    if (hearTest.phase === 'recording') return said.hearRecording;
    if (hearTest.phase === 'failed') return said.hearFailed;
    const verdict = hearTest.verdict ? said.verdicts[hearTest.verdict] : '';
    return hearTest.phase === 'playing' ? `${said.hearPlaying} ${verdict}` : verdict;
  };
  return (
    <div class="hear">
      <h3>{said.hear}</h3>
      <p role="status">{text()}</p>
      <Button label={said.hearGo} onClick={() => session.call?.hearTest()} off={isRunning} />
    </div>
  );
};

/** Devices, how loud the visitor is, and a test of being heard. */
export const Sound = ({ call }: { readonly call: CallState }): JSX.Element => {
  const { words, session } = useScope();
  const { devices, levels, listenOnly } = call;
  return (
    <div class="sound-drawer">
      {!listenOnly && (
        <>
          <Picker
            id="microphone"
            label={words.call.yourMicrophone}
            devices={devices.microphones}
            chosen={devices.microphone}
            onChoose={(id) => session.call?.setMicrophone(id)}
          />
          <Meter level={call.muted ? 0 : levels.microphone} />
        </>
      )}
      {devices.canChooseSpeaker && (
        <Picker
          id="speaker"
          label={words.call.yourSpeaker}
          devices={devices.speakers}
          chosen={devices.speaker}
          onChoose={(id) => session.call?.setSpeaker(id)}
        />
      )}
      {!listenOnly && <HearTest call={call} />}
    </div>
  );
};
