import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../contract.ts';
import { CallControls, type Drawer } from './call-controls.tsx';
import { callParty } from './call-party.ts';
import { useActions, useNow, useWords } from './context.ts';
import { formatDuration } from './format.ts';
import { Icon } from './icons.tsx';
import { InCallKeypad } from './in-call-keypad.tsx';
import { Party } from './incoming.tsx';
import { Button, Chip } from './parts.tsx';
import { CallMeters, QualityLight } from './quality.tsx';
import { sourceText } from './story.tsx';
import { SupervisionMode } from './supervision-mode.tsx';
import { Transfer } from './transfer.tsx';

const Timer = ({ call }: { readonly call: Call }): JSX.Element => {
  const words = useWords();
  const running = call.answeredAt !== undefined && call.phase !== 'ended';
  const now = useNow(running);
  return (
    <span class="timer tabular" role="timer" aria-label={words.call.duration}>
      {call.answeredAt === undefined ? '' : formatDuration(now - call.answeredAt)}
    </span>
  );
};

const phaseText = (call: Call, words: ReturnType<typeof useWords>): string => {
  if (call.end) return words.call.endedBy[call.end.by];
  if (call.phase === 'talking' && call.supervision) return words.live.now[call.supervision];
  if (call.phase === 'talking' && call.heldByOther) return words.call.heldByOther;
  return words.call.phase[call.phase];
};

/** The other calls of this browser, one press away. */
const CallStrips = ({
  calls,
  open,
}: {
  readonly calls: readonly Call[];
  readonly open: Call;
}): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  return (
    <ul class="strips" aria-label={words.call.calls}>
      {calls.map((call) => {
        const who = callParty(call, words);
        return (
          <li key={call.key} class="strip" aria-current={call.key === open.key} data-phase={call.phase}>
            <span class="dot" aria-hidden="true" />
            <span class="strip-party">{who}</span>
            <span class="strip-phase">{phaseText(call, words)}</span>
            {call.phase === 'held' && call.key !== open.key && (
              <button
                type="button"
                class="button button-small"
                onClick={() => void actions.hold(call.key, false)}
              >
                <Icon name="play" />
                <span>
                  {words.call.resume}
                  <span class="hidden"> {who}</span>
                </span>
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
};

/** The end of an attended transfer: connect both, or go back. */
const ConsultBar = ({ call, about }: { readonly call: Call; readonly about: Call }): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const [who, other] = [callParty(about, words), callParty(call, words)];
  return (
    <section class="consult" aria-label={words.call.transfer}>
      <p>{words.call.consulting(who)}</p>
      <div class="consult-buttons">
        <button
          type="button"
          class="button button-primary"
          disabled={call.phase !== 'talking' && call.phase !== 'held'}
          title={words.call.completeHint(who, other)}
          onClick={() => void actions.completeTransfer(call.key)}
        >
          <Icon name="transfer" />
          <span>{words.call.complete}</span>
        </button>
        {/* The phone takes the waiting call back by itself. */}
        <Button label={words.call.cancelConsult(who)} onClick={() => void actions.hangUp(call.key)} />
      </div>
    </section>
  );
};

const Notices = ({ call }: { readonly call: Call }): JSX.Element => {
  const words = useWords();
  const supervision = call.context?.supervision;
  const source = sourceText(call.context);
  return (
    <>
      {supervision && (
        <p class="supervised" role="status">
          <Icon name="listen" /> {words.call.supervised[supervision.mode](supervision.by)}
        </p>
      )}
      {source !== '' && (
        <p class="chips source-strip">
          <Chip kind="source">{source}</Chip>
          {call.context?.keyword && <Chip kind="quiet">{call.context.keyword}</Chip>}
        </p>
      )}
    </>
  );
};

/** The call in view. */
export const CallPanel = ({
  call,
  calls,
  onAdd,
}: {
  readonly call: Call;
  readonly calls: readonly Call[];
  readonly onAdd: () => void;
}): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const [drawer, setDrawer] = useState<Drawer>();
  useEffect(() => setDrawer(undefined), [call.key]);
  const about = calls.find(({ key }) => key === call.consultsFor);
  const shown = call.phase === 'ended' ? undefined : drawer;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !shown) return;
    event.stopPropagation();
    setDrawer(undefined);
    document.getElementById(`control-${shown}`)?.focus();
  };
  return (
    <section class="panel call" aria-label={words.call.title} data-phase={call.phase} onKeyDown={onKeyDown}>
      {calls.length > 1 && <CallStrips calls={calls} open={call} />}
      <div class="call-head">
        <Party call={call} />
        <p class="call-phase">
          <span class="phase-word" role="status">
            {phaseText(call, words)}
          </span>
          <Timer call={call} />
        </p>
      </div>
      <Notices call={call} />
      {call.phase !== 'ended' && (
        <>
          <div class="sound">
            <QualityLight callKey={call.key} />
            <CallMeters callKey={call.key} />
          </div>
          {about && <ConsultBar call={call} about={about} />}
          {call.supervision && <SupervisionMode call={call} mode={call.supervision} />}
          <CallControls call={call} drawer={shown} onDrawer={setDrawer} />
          {shown === 'keypad' && <InCallKeypad call={call} onPress={(key) => actions.press(call.key, key)} />}
          {shown === 'transfer' && <Transfer call={call} onClose={() => setDrawer(undefined)} />}
          {!call.supervision && !about && calls.length < 2 && call.answeredAt !== undefined && (
            <button type="button" class="button button-quiet add-call" onClick={onAdd}>
              <Icon name="plus" />
              <span>{words.call.add}</span>
            </button>
          )}
        </>
      )}
    </section>
  );
};
