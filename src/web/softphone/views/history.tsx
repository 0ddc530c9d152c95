import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { HistoryCall } from '../contract.ts';
import type { Words } from '../words/index.ts';
import { useActions, useNow, useSelected, useWords } from './context.ts';
import { formatDay, formatDuration, formatMoney, formatTime, partyText } from './format.ts';
import { Icon, type IconName } from './icons.tsx';
import { Button, Chip, IconButton } from './parts.tsx';

const isMissed = (call: HistoryCall): boolean => call.direction !== 'outbound' && call.answeredAt === null;

const iconOf = (call: HistoryCall): IconName => {
  if (isMissed(call)) return 'missed';
  return ({ inbound: 'incoming', outbound: 'outgoing', internal: 'internal' } as const)[call.direction];
};

const outcomeOf = (call: HistoryCall, words: Words): string => {
  if (call.talkMs !== null && call.answeredAt !== null) return formatDuration(call.talkMs);
  const status = words.history.status as Readonly<Record<string, string>>;
  return isMissed(call) ? words.history.missed : (status[call.status] ?? call.status);
};

const sourceOf = (call: HistoryCall): string =>
  [call.sourceName, call.campaign, call.didLabel].filter((part) => part !== null).join(' · ');

const HistoryRow = ({ call }: { readonly call: HistoryCall }): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const canCall = useSelected(
    (state) => state.connection === 'ready' && (state.account?.canDialOut ?? false),
  );
  const number = partyText(call, words);
  const who = call.partyName ?? number;
  return (
    <li class="history-row" data-missed={isMissed(call)}>
      <span class="history-icon">
        <Icon name={iconOf(call)} />
        <span class="hidden">{words.history.direction[call.direction]}</span>
      </span>
      <div class="history-who">
        <p class="history-name">
          {who}
          {call.partyName !== null && ' '}
          {call.partyName !== null && <span class="quiet">{number}</span>}
        </p>
        <p class="history-source">{sourceOf(call)}</p>
        {call.note !== null && call.note !== '' && <p class="history-note">{call.note}</p>}
      </div>
      <p class="chips history-chips">
        {call.disposition !== null && <Chip>{call.disposition}</Chip>}
        {call.value && <Chip kind="quiet">{formatMoney(call.value, words)}</Chip>}
        {call.tags.map((tag) => (
          <Chip key={tag} kind="quiet">
            {tag}
          </Chip>
        ))}
      </p>
      <p class="history-when tabular">
        <time dateTime={new Date(call.startedAt).toISOString()}>{formatTime(call.startedAt, words)}</time>
        <span class="history-outcome">
          {call.recorded && (
            <span class="recorded" title={words.history.recorded}>
              <Icon name="record" />
              <span class="hidden">{words.history.recorded}</span>
            </span>
          )}
          {outcomeOf(call, words)}
        </span>
      </p>
      <IconButton
        icon="phone"
        label={words.history.callBack(who)}
        disabled={!canCall || call.party === null}
        onClick={() => {
          if (call.party !== null) {
            void actions.dial(call.party, call.direction === 'inbound' ? (call.did ?? undefined) : undefined);
          }
        }}
      />
    </li>
  );
};

type Day = { readonly title: string; readonly calls: readonly HistoryCall[] };

const daysOf = (calls: readonly HistoryCall[], now: number, words: Words): readonly Day[] => {
  const days = new Map<string, HistoryCall[]>();
  for (const call of calls) {
    const title = formatDay(call.startedAt, now, words);
    const day = days.get(title);
    if (day) day.push(call);
    else days.set(title, [call]);
  }
  return [...days].map(([title, ofDay]) => ({ title, calls: ofDay }));
};

/** The user's own calls, the latest first. */
export const History = (): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const now = useNow(false);
  const { calls, more, loading } = useSelected((state) => state.history);
  useEffect(() => void actions.loadHistory(false), [actions]);
  return (
    <section class="history" aria-busy={loading}>
      <h2 class="hidden">{words.history.title}</h2>
      {calls.length === 0 && (
        <p class="quiet empty">{loading ? words.history.loading : words.history.empty}</p>
      )}
      {daysOf(calls, now, words).map(({ title, calls: ofDay }) => (
        <section key={title} aria-label={title}>
          <h3 class="day">{title}</h3>
          <ul class="history-list">
            {ofDay.map((call) => (
              <HistoryRow key={call.id} call={call} />
            ))}
          </ul>
        </section>
      ))}
      {more && (
        <Button
          label={loading ? words.history.loading : words.history.more}
          disabled={loading}
          onClick={() => void actions.loadHistory(true)}
        />
      )}
    </section>
  );
};
