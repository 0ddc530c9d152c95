import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

export const TAB_NAMES = ['phone', 'caller', 'wrapUp', 'recent', 'live'] as const;

export type Tab = (typeof TAB_NAMES)[number];

type TabShown = { readonly name: Tab; readonly label: string; readonly badge: string };

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** One tab stop for all; arrow keys go between them (WAI-ARIA, tabs). */
export const Tabs = ({
  label,
  tabs,
  chosen,
  onChoose,
}: {
  readonly label: string;
  readonly tabs: readonly TabShown[];
  readonly chosen: Tab;
  readonly onChoose: (tab: Tab) => void;
}): JSX.Element => {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined || event.altKey) return;
    const place = tabs.findIndex(({ name }) => name === chosen);
    const next = tabs[(place + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChoose(next.name);
    list.current?.querySelector<HTMLElement>(`#tab-${next.name}`)?.focus();
  };
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
      {tabs.map(({ name, label: text, badge }) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          class="tab"
          aria-selected={name === chosen}
          aria-controls={name === chosen && name !== 'phone' ? 'desk' : undefined}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {text}
          {badge !== '' && (
            <span class="badge" aria-hidden="true">
              {badge}
            </span>
          )}
        </button>
      ))}
    </div>
  );
};
