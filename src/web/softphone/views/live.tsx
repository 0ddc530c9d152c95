import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { LiveCall, SupervisionMode } from '../contract.ts';
import { openCall, sameCalls } from './chosen.ts';
import { useActions, useNow, useSelected, useWords } from './context.ts';
import { formatDuration, formatNumber, initials, partyText } from './format.ts';
import { Icon } from './icons.tsx';
import { Chip } from './parts.tsx';
import { MODES } from './supervision-mode.tsx';

const ModeButton = ({
  call,
  mode,
  disabled,
}: {
  readonly call: LiveCall;
  readonly mode: SupervisionMode;
  readonly disabled: boolean;
}): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const who = words.live.with(call.agentName ?? call.agent ?? '', partyText(call, words));
  return (
    <button
      type="button"
      class="button"
      disabled={disabled}
      title={words.live.hint[mode]}
      aria-label={`${words.live[mode]}: ${who}`}
      onClick={() => void actions.supervise(call.id, mode)}
    >
      <Icon name={mode} />
      <span>{words.live[mode]}</span>
    </button>
  );
};

const LiveRow = ({
  call,
  now,
  busy,
}: {
  readonly call: LiveCall;
  readonly now: number;
  readonly busy: boolean;
}): JSX.Element => {
  const words = useWords();
  const agent = call.agentName ?? call.agent;
  const source = [call.sourceName, call.didLabel ?? (call.did === null ? null : formatNumber(call.did))];
  return (
    <li class="live-row">
      <span class="avatar" aria-hidden="true">
        {agent === null ? <Icon name="clock" /> : initials(agent)}
      </span>
      <div class="live-who">
        <p class="live-agent">{agent ?? words.live.waiting}</p>
        <p class="quiet">{[partyText(call, words), ...source].filter((part) => part !== null).join(' · ')}</p>
      </div>
      <p class="live-time">
        <span class="tabular">{formatDuration(now - (call.answeredAt ?? call.startedAt))}</span>
        {call.onHold && <Chip kind="quiet">{words.live.onHold}</Chip>}
        {call.supervisedBy !== null && call.mode !== null && (
          <Chip kind="source">
            {words.live.supervisedBy[call.mode]} {call.supervisedBy}
          </Chip>
        )}
      </p>
      <div class="live-buttons">
        {MODES.map((mode) => (
          <ModeButton
            key={mode}
            call={call}
            mode={mode}
            disabled={busy || call.answeredAt === null || agent === null || call.supervisedBy !== null}
          />
        ))}
      </div>
    </li>
  );
};

/** The calls that go on now, for supervisors. */
export const Live = (): JSX.Element => {
  const words = useWords();
  const actions = useActions();
  const now = useNow();
  const live = useSelected((state) => state.live);
  const busy = useSelected((state) => state.calls, sameCalls);
  const open = openCall(busy);
  useEffect(() => {
    actions.watchLive(true);
    return () => actions.watchLive(false);
  }, [actions]);
  return (
    <section class="live">
      <h2 class="hidden">{words.live.title}</h2>
      {live.length === 0 ? (
        <p class="quiet empty">{words.live.empty}</p>
      ) : (
        <>
          <h3 class="day">{words.live.count(live.length)}</h3>
          <ul class="live-list">
            {live.map((call) => (
              <LiveRow
                key={call.id}
                call={call}
                now={now}
                busy={open !== undefined && open.phase !== 'ended'}
              />
            ))}
          </ul>
        </>
      )}
    </section>
  );
};
