import type { JSX } from 'preact';
import type { CallContext } from '../contract.ts';
import type { Words } from '../words/index.ts';
import { useNow, useWords } from './context.ts';
import { formatDay, formatMoney, formatNumber, formatPage, formatTime } from './format.ts';
import { Chip } from './parts.tsx';

type Earlier = CallContext['history'][number];

/** Source and campaign in a word or two. */
export const sourceText = (context: CallContext | undefined): string =>
  [context?.sourceName ?? context?.source, context?.campaign]
    .filter((part) => part !== null && part !== undefined)
    .join(' · ');

const numberText = (context: CallContext): string | null =>
  context.did === null
    ? context.didLabel
    : [context.didLabel, formatNumber(context.did)].filter((part) => part !== null).join(' · ');

type Fact = { readonly name: string; readonly text: string; readonly full?: string; readonly wide?: boolean };

const factsOf = (context: CallContext, words: Words): readonly Fact[] => {
  const { story } = words;
  const source = context.sourceName ?? context.source;
  const number = numberText(context);
  const facts: readonly (Fact | undefined)[] = [
    context.callBack ? { name: story.callBack, text: story.callsBack, wide: true } : undefined,
    context.intent === null ? undefined : { name: story.intent, text: context.intent, wide: true },
    source === null ? undefined : { name: story.source, text: source },
    context.medium === null ? undefined : { name: story.medium, text: context.medium },
    context.campaign === null ? undefined : { name: story.campaign, text: context.campaign },
    context.keyword === null ? undefined : { name: story.keyword, text: context.keyword },
    context.landingPage === null
      ? undefined
      : {
          name: story.landingPage,
          text: formatPage(context.landingPage),
          full: context.landingPage,
          wide: true,
        },
    context.button === null ? undefined : { name: story.button, text: context.button },
    context.page === null ? undefined : { name: story.page, text: context.page },
    number === null
      ? undefined
      : { name: context.direction === 'outbound' ? story.didOut : story.did, text: number, wide: true },
  ];
  return facts.filter((fact) => fact !== undefined);
};

/** What brought the caller, as names and values. */
export const Facts = ({ context }: { readonly context: CallContext }): JSX.Element => {
  const facts = factsOf(context, useWords());
  return (
    <dl class="facts">
      {facts.map(({ name, text, full, wide }) => (
        <div key={name} class={wide ? 'fact fact-wide' : 'fact'}>
          <dt>{name}</dt>
          <dd title={full ?? text}>{text}</dd>
        </div>
      ))}
    </dl>
  );
};

const outcomeOf = (call: Earlier, words: Words): string => {
  const status = words.history.status as Readonly<Record<string, string>>;
  return call.disposition ?? status[call.status] ?? call.status;
};

const EarlierCall = ({ call }: { readonly call: Earlier }): JSX.Element => {
  const words = useWords();
  const now = useNow(false);
  return (
    <li class="earlier-call">
      <p class="earlier-head">
        <span class="earlier-when">
          {formatDay(call.startedAt, now, words)}, {formatTime(call.startedAt, words)}
        </span>
        {call.agent !== null && <span class="quiet">{words.story.by(call.agent)}</span>}
        <span class="chips">
          <Chip kind={call.disposition === null ? 'quiet' : 'plain'}>{outcomeOf(call, words)}</Chip>
          {call.value && <Chip kind="quiet">{formatMoney(call.value, words)}</Chip>}
          {call.tags.map((tag) => (
            <Chip key={tag} kind="quiet">
              {tag}
            </Chip>
          ))}
        </span>
      </p>
      {call.note !== null && call.note !== '' && <p class="earlier-note">{call.note}</p>}
    </li>
  );
};

/** The caller's earlier calls with what came of them. */
export const EarlierCalls = ({
  context,
  limit,
}: {
  readonly context: CallContext;
  /** How many are shown at most. */
  readonly limit: number;
}): JSX.Element => {
  const words = useWords();
  const count = context.priorCalls ?? context.history.length;
  return (
    <section class="earlier">
      <h3>{count === 0 ? words.story.earlier : words.story.count(count)}</h3>
      {context.history.length === 0 ? (
        <p class="quiet">{count === 0 ? words.story.noneEarlier : ''}</p>
      ) : (
        <ol class="earlier-list">
          {context.history.slice(0, limit).map((call) => (
            <EarlierCall key={call.id} call={call} />
          ))}
        </ol>
      )}
    </section>
  );
};

/** All that is known of the caller and what brought them. */
export const Story = ({ context }: { readonly context: CallContext | undefined }): JSX.Element => {
  const words = useWords();
  if (!context) return <p class="quiet empty">{words.story.noCall}</p>;
  return (
    <div class="story">
      <h2 class="story-title">{words.story.title}</h2>
      <Facts context={context} />
      <EarlierCalls context={context} limit={5} />
    </div>
  );
};
