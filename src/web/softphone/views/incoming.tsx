import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../contract.ts';
import { numberOf } from './call-party.ts';
import { useActions, useNow, useWords } from './context.ts';
import { formatDuration, formatRegion } from './format.ts';
import { Icon } from './icons.tsx';
import { Chip, Keys } from './parts.tsx';
import { shortcutKeys } from './shortcuts.ts';
import { EarlierCalls, Facts, sourceText } from './story.tsx';

/** A click meant for what was here before must not answer or refuse a call (milliseconds). */
const GUARD_MS = 400;

const useGuard = (): boolean => {
  const [guarded, setGuarded] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setGuarded(false), GUARD_MS);
    return () => clearTimeout(timer);
  }, []);
  return guarded;
};

const AnswerButtons = ({ call, holds }: { readonly call: Call; readonly holds: boolean }): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const guarded = useGuard();
  return (
    <div class="answer-row" data-guarded={guarded}>
      <button
        type="button"
        class="button button-go button-huge"
        disabled={guarded}
        onClick={() => void actions.answer(call.key)}
      >
        <Icon name="phone" />
        <span>{holds ? words.incoming.answerHolding : words.incoming.answer}</span>
        <Keys keys={shortcutKeys('answer')} />
      </button>
      <button
        type="button"
        class="button button-stop button-huge"
        disabled={guarded}
        onClick={() => void actions.reject(call.key)}
      >
        <Icon name="hangUp" />
        <span>{words.incoming.reject}</span>
        <Keys keys={shortcutKeys('reject')} />
      </button>
    </div>
  );
};

/** Who it is, in one or two lines. */
export const Party = ({ call }: { readonly call: Call }): JSX.Element => {
  const words = useWords();
  const number = numberOf(call, words);
  const name = call.context?.partyName ?? null;
  const region = call.context?.region ?? null;
  const below = [name === null ? null : number, region === null ? null : formatRegion(region, words)];
  return (
    <div class="party">
      <h2 class="party-name" tabIndex={-1}>
        {name ?? number}
      </h2>
      <p class="party-number">{below.filter((part) => part !== null).join(' · ')}</p>
    </div>
  );
};

const RingingFor = ({ since }: { readonly since: number }): JSX.Element => {
  const words = useWords();
  return <span class="tabular">{words.incoming.ringing(formatDuration(useNow() - since))}</span>;
};

/** A call that rings, with all that an agent may want to know before answering. */
export const IncomingCard = ({ call }: { readonly call: Call }): JSX.Element => {
  const words = useWords();
  return (
    <section class="panel incoming" aria-label={words.incoming.title}>
      <p class="incoming-title">
        <span class="pulse" aria-hidden="true">
          <Icon name="phone" />
        </span>
        <strong>{words.incoming.title}</strong>
        <RingingFor since={call.startedAt} />
      </p>
      <Party call={call} />
      <AnswerButtons call={call} holds={false} />
      {call.context ? (
        <>
          <Facts context={call.context} />
          <EarlierCalls context={call.context} limit={2} />
        </>
      ) : (
        <p class="quiet empty">{words.incoming.finding}</p>
      )}
    </section>
  );
};

/** A call that rings during another, or during a wrap-up: over the page, so that nothing below moves. */
export const WaitingCard = ({
  call,
  holds,
}: {
  readonly call: Call;
  /** Answering puts another call on hold. */
  readonly holds: boolean;
}): JSX.Element => {
  const words = useWords();
  const { context } = call;
  const title = holds ? words.incoming.waiting : words.incoming.title;
  const source = sourceText(context);
  const earlier = context?.priorCalls ?? 0;
  return (
    <section class="waiting" aria-label={title}>
      <p class="incoming-title">
        <span class="pulse" aria-hidden="true">
          <Icon name="phone" />
        </span>
        <strong>{title}</strong>
        <RingingFor since={call.startedAt} />
      </p>
      <Party call={call} />
      <p class="chips waiting-short">
        {source !== '' && <Chip kind="source">{source}</Chip>}
        {context?.keyword && <Chip kind="quiet">{context.keyword}</Chip>}
        {context && <Chip kind="quiet">{earlier > 0 ? words.story.count(earlier) : words.story.first}</Chip>}
      </p>
      <AnswerButtons call={call} holds={holds} />
      {context && (
        <div class="waiting-more">
          <Facts context={context} />
          <EarlierCalls context={context} limit={1} />
        </div>
      )}
    </section>
  );
};
