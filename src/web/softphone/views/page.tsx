import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call, PhoneState } from '../contract.ts';
import { Announcer } from './announcer.tsx';
import { CallPanel } from './call-panel.tsx';
import { openCall, ownCalls, ringingCalls, type Stage, sameState, stageOf, storyCall } from './chosen.ts';
import { useSelected, useWide, useWords } from './context.ts';
import { Dialer } from './dialer.tsx';
import { Header } from './header.tsx';
import { History } from './history.tsx';
import { IncomingCard, WaitingCard } from './incoming.tsx';
import { Live } from './live.tsx';
import { Problems } from './problems.tsx';
import { Settings } from './settings.tsx';
import { OpenSettings } from './settings-switch.ts';
import { Story } from './story.tsx';
import { TAB_NAMES, type Tab, Tabs } from './tabs.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import { WrapUp } from './wrap-up.tsx';

const tabsOf = (state: PhoneState, stage: Stage, wide: boolean): readonly Tab[] => {
  const open = openCall(state.calls);
  const present: Readonly<Record<Tab, boolean>> = {
    phone: !wide,
    caller: wide && open !== undefined,
    wrapUp: state.wrapUp !== undefined && stage !== 'wrap-up',
    recent: true,
    live: state.account?.role === 'supervisor',
  };
  return TAB_NAMES.filter((name) => present[name]);
};

/** When what had the focus is gone, the focus goes to the title of what came instead, so that Tab goes on from there. */
const useFocusKept = (marker: string): { current: HTMLElement | null } => {
  const column = useRef<HTMLElement>(null);
  const before = useRef(marker);
  useEffect(() => {
    if (before.current === marker) return;
    before.current = marker;
    const focused = document.activeElement;
    if (focused !== null && focused !== document.body) return;
    column.current?.querySelector<HTMLElement>('h2[tabindex]')?.focus({ preventScroll: true });
  }, [marker]);
  return column;
};

/** The phone's own column: what rings, the call, its wrap-up, or the keys to make one. */
const PhoneColumn = ({
  state,
  stage,
  wide,
  onDialling,
}: {
  readonly state: PhoneState;
  readonly stage: Stage;
  readonly wide: boolean;
  readonly onDialling: (dialling: boolean) => void;
}): JSX.Element | null => {
  const [text, setText] = useState('');
  const [identity, setIdentity] = useState('');
  const open = openCall(state.calls);
  const [ringing] = ringingCalls(state.calls);
  const told = storyCall(state.calls, open);
  if (stage === 'incoming') return ringing ? <IncomingCard key={ringing.key} call={ringing} /> : null;
  if (stage === 'wrap-up') return <WrapUp />;
  if (stage === 'call' && open) {
    return (
      <>
        <CallPanel call={open} calls={ownCalls(state.calls)} onAdd={() => onDialling(true)} />
        {!wide && told?.context && (
          <div class="panel">
            <Story context={told.context} />
          </div>
        )}
      </>
    );
  }
  return (
    <Dialer
      text={text}
      onText={setText}
      identity={identity}
      onIdentity={setIdentity}
      onBack={open && open.phase !== 'ended' ? () => onDialling(false) : undefined}
    />
  );
};

const Desk = ({ tab, call }: { readonly tab: Tab; readonly call: Call | undefined }): JSX.Element | null => {
  if (tab === 'caller') return <Story context={call?.context} />;
  if (tab === 'wrapUp') return <WrapUp />;
  if (tab === 'live') return <Live />;
  return tab === 'recent' ? <History /> : null;
};

/** The calls that ring over what is in view. */
const Waiting = ({
  calls,
  holds,
}: {
  readonly calls: readonly Call[];
  readonly holds: boolean;
}): JSX.Element => (
  <div class="waiting-calls">
    {calls.map((call) => (
      <WaitingCard key={call.key} call={call} holds={holds} />
    ))}
  </div>
);

const Body = ({ state }: { readonly state: PhoneState }): JSX.Element => {
  const words = useWords();
  const wide = useWide();
  const [dialling, setDialling] = useState(false);
  const [wanted, setWanted] = useState<Tab>();
  const open = openCall(state.calls);
  const stage = stageOf(state, dialling);
  const ringing = ringingCalls(state.calls);
  const openKey = open?.key;
  const told = storyCall(state.calls, open);
  // A call that comes into view brings what belongs to it.
  useEffect(() => {
    setDialling(false);
    setWanted(undefined);
  }, [openKey, state.calls.length]);
  useEffect(() => {
    if (!wide) setWanted(undefined);
  }, [stage]);
  const column = useFocusKept(`${stage} ${openKey ?? ''} ${open?.phase ?? ''}`);
  const tabs = tabsOf(state, stage, wide);
  const usual = wide && open?.supervision && tabs.includes('live') ? 'live' : (tabs[0] ?? 'recent');
  const tab = wanted !== undefined && tabs.includes(wanted) ? wanted : usual;
  return (
    <main class="body" data-tab={tab} data-stage={stage}>
      <Tabs
        label={words.sections.label}
        tabs={tabs.map((name) => ({ name, label: words.sections[name], badge: badgeOf(name, state) }))}
        chosen={tab}
        onChoose={setWanted}
      />
      <Problems />
      {(wide || tab === 'phone') && (
        <section ref={column} class="column" aria-label={words.sections.phone}>
          <PhoneColumn state={state} stage={stage} wide={wide} onDialling={setDialling} />
        </section>
      )}
      {tab !== 'phone' && (
        <div class="desk panel" role="tabpanel" id="desk" aria-labelledby={`tab-${tab}`}>
          <Desk tab={tab} call={told} />
        </div>
      )}
      <Waiting
        calls={stage === 'incoming' ? ringing.slice(1) : ringing}
        holds={open !== undefined && open.phase !== 'ended'}
      />
    </main>
  );
};

const badgeOf = (name: Tab, state: PhoneState): string => {
  if (name === 'live' && state.live.length > 0) return String(state.live.length);
  return name === 'wrapUp' ? '•' : '';
};

/** The phone of somebody who is logged in. */
export const Page = (): JSX.Element => {
  const state = useSelected((all) => all, sameState);
  const [settings, setSettings] = useState(false);
  useShortcuts();
  return (
    <OpenSettings.Provider value={() => setSettings(true)}>
      <div class="page">
        <Header />
        <Body state={state} />
        <Announcer />
        {settings && <Settings onClose={() => setSettings(false)} />}
      </div>
    </OpenSettings.Provider>
  );
};
