import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CallProblem, CallState } from '../call/contract.ts';
import type { PanelWords } from '../words/en.ts';
import { Ended } from './ended.tsx';
import { Icon } from './icons.tsx';
import { Alert, Button, focusFirst, IconButton, Round, Title, useScope } from './parts.tsx';
import { Sound } from './sound.tsx';

/** Two presses of Esc within so long hang up. */
const ESCAPE_MS = 2000;

/** What the call is doing, in words. */
export const phaseText = ({ call: words }: PanelWords, { phase, heldByOther }: CallState): string => {
  if (phase === 'talking' && heldByOther) return words.held;
  return phase === 'ended' ? '' : words[phase];
};

export const problemText = ({ problems }: PanelWords, problem: CallProblem): string => {
  switch (problem.type) {
    case 'microphone-refused':
      return problems[`refused-${problem.by}`];
    case 'device-gone':
      return problems[`gone-${problem.kind}${problem.replaced ? '' : '-all'}`](problem.label);
    default:
      return problems[problem.type];
  }
};

/** `1:05`, `1:00:05` */
export const clockText = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
};

/** Time since the answer. */
const Timer = ({ since }: { readonly since: number }): JSX.Element => {
  const { words } = useScope();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span class="timer">
      <span class="unseen">{words.call.time} </span>
      {clockText(now - since)}
    </span>
  );
};

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

const Keypad = ({ sent }: { readonly sent: string }): JSX.Element => {
  const { words, session } = useScope();
  return (
    <div class="keypad">
      <output class="keys" dir="ltr" aria-label={words.call.keys}>
        {sent}
      </output>
      <fieldset class="pad" dir="ltr" aria-label={words.call.keypad}>
        {KEYS.map((key) => (
          <button key={key} type="button" class="key" onClick={() => session.call?.press(key)}>
            {key}
          </button>
        ))}
      </fieldset>
    </div>
  );
};

/** What is in the call's way, and what can be done about it. */
const Problem = ({ call }: { readonly call: CallState }): JSX.Element | null => {
  const { words, session } = useScope();
  const { problem, phase } = call;
  if (!problem) return null;
  const { problems } = words;
  const isWaiting = phase === 'microphone';
  const mayAsk = problem.type !== 'insecure-origin' && problem.type !== 'microphone-framed';
  return (
    <div class="problem">
      <Alert>{problemText(words, problem)}</Alert>
      {problem.type === 'no-sound-yet' && (
        <Button kind="main" label={words.call.playSound} onClick={() => session.call?.playSound()} />
      )}
      {problem.type === 'device-gone' && (
        <Button label={words.close} onClick={() => session.call?.dismiss()} />
      )}
      {isWaiting && (
        <div class="row">
          {mayAsk && <Button kind="main" label={problems.again} onClick={() => session.goOn('ask')} first />}
          <Button label={problems.listen} onClick={() => session.goOn('none')} />
          <Button label={words.cancel} onClick={() => session.call?.hangUp()} />
          <Button kind="link" label={problems.other} onClick={session.offerOthers} />
        </div>
      )}
    </div>
  );
};

type Drawer = 'keypad' | 'sound' | undefined;

const Live = ({ call }: { readonly call: CallState }): JSX.Element => {
  const { words, session } = useScope();
  const [drawer, setDrawer] = useState<Drawer>();
  const { phase, muted, answeredAt, quality, listenOnly, keys } = call;
  const isLive = phase === 'talking' || phase === 'reconnecting';
  const isWaiting = phase === 'microphone' && call.problem !== undefined;
  const warning = isLive ? quality?.warnings[0] : undefined;
  const toggle = (which: Drawer): void => setDrawer(drawer === which ? undefined : which);
  return (
    <>
      {!isWaiting && (
        <p class="phase">
          {phaseText(words, call)}
          {answeredAt !== undefined && <Timer since={answeredAt} />}
        </p>
      )}
      <Problem call={call} />
      {isLive && listenOnly && <p class="quiet">{words.call.listening}</p>}
      {isLive && muted && !listenOnly && <p class="quiet">{words.call.muted}</p>}
      {warning && <Alert>{words.call.warnings[warning]}</Alert>}
      {drawer === 'keypad' && isLive && <Keypad sent={keys} />}
      {drawer === 'sound' && isLive && <Sound call={call} />}
      <div class="rounds">
        {isLive && !listenOnly && (
          <Round
            icon={muted ? 'microphoneOff' : 'microphone'}
            label={words.call.mute}
            pressed={muted}
            keys="m"
            onClick={() => session.call?.mute(!muted)}
          />
        )}
        {isLive && (
          <Round
            icon="keypad"
            label={words.call.keypad}
            expanded={drawer === 'keypad'}
            onClick={() => toggle('keypad')}
          />
        )}
        {isLive && (
          <Round
            icon="sound"
            label={words.call.sound}
            expanded={drawer === 'sound'}
            onClick={() => toggle('sound')}
          />
        )}
        {!isWaiting && (
          <Round
            icon="hangUp"
            label={words.call.hangUp}
            keys="Escape Escape"
            onClick={() => session.call?.hangUp()}
          />
        )}
      </div>
    </>
  );
};

/** A small button in the corner that stands for the call. */
const Bubble = ({ call }: { readonly call: CallState }): JSX.Element => {
  const { words, session } = useScope();
  return (
    <button type="button" class="bubble" data-first onClick={() => session.minimise(false)}>
      <Icon name={call.muted ? 'microphoneOff' : 'phone'} />
      <span class="unseen">{`${words.call.restore}: ${phaseText(words, call)}`}</span>
      {call.answeredAt !== undefined && <Timer since={call.answeredAt} />}
    </button>
  );
};

const isField = (target: EventTarget | null): boolean => target instanceof HTMLSelectElement;

/** The call, in a corner of the page, which can be used beside it. */
export const CallCard = ({ call }: { readonly call: CallState }): JSX.Element => {
  const { words, session, view } = useScope();
  const box = useRef<HTMLElement>(null);
  const escapedAt = useRef(Number.NEGATIVE_INFINITY);
  const [hint, setHint] = useState('');
  const { minimised, press } = view;
  const isEnded = call.phase === 'ended';
  const isAsked = call.phase === 'microphone' && call.problem !== undefined;
  const hasFocus = (): boolean => {
    const { current } = box;
    const focused = (current?.getRootNode() as ShadowRoot | undefined)?.activeElement;
    return !!focused && !!current?.contains(focused);
  };
  const hadFocus = hasFocus();
  useEffect(() => {
    // Not taken away from what somebody is at in the page, but for the beginning, and when words of the card were replaced.
    if (!hasFocus()) focusFirst(box.current);
  }, [minimised, isEnded, isAsked]);
  useEffect(() => {
    // What had it is gone.
    if (hadFocus && !hasFocus()) focusFirst(box.current);
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key } = event;
    if (isEnded || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === 'Escape') {
      event.preventDefault();
      if (event.timeStamp - escapedAt.current < ESCAPE_MS) session.call?.hangUp();
      escapedAt.current = event.timeStamp;
      setHint(words.call.escape);
      setTimeout(() => setHint(''), ESCAPE_MS);
    } else if (isField(event.target)) return;
    else if (key === 'm' || key === 'M') session.call?.mute(!call.muted);
    else if (/^[0-9*#]$/.test(key)) session.call?.press(key);
  };
  const status = isEnded ? '' : [phaseText(words, call), call.muted ? words.call.muted : '', hint].join(' ');
  return (
    <section
      ref={box}
      class={minimised ? 'small' : 'card'}
      role={minimised ? 'region' : 'dialog'}
      aria-label={words.call.title}
      onKeyDown={onKeyDown}
    >
      <p class="unseen" role="status">
        {status.trim()}
      </p>
      {minimised ? (
        <Bubble call={call} />
      ) : (
        <div dir={words.direction}>
          <div class="close">
            {isEnded ? (
              <IconButton icon="close" label={words.close} onClick={session.close} />
            ) : (
              <IconButton
                icon="minimise"
                label={words.call.minimise}
                onClick={() => session.minimise(true)}
              />
            )}
          </div>
          <Title first={!isAsked}>
            <span dir="auto">{press.facts.text}</span>
          </Title>
          {press.facts.notice && !isEnded && (
            <p class="quiet" dir="auto">
              {press.facts.notice}
            </p>
          )}
          {isEnded ? <Ended call={call} /> : <Live call={call} />}
          {hint && !isEnded && <p class="quiet">{hint}</p>}
        </div>
      )}
    </section>
  );
};
