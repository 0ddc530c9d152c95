import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WrapUp as Draft, PhoneState } from '../contract.ts';
import { useActions, useSelected, useWords } from './context.ts';
import { partyText, readAmount } from './format.ts';
import { Icon } from './icons.tsx';
import { Button, Keys, Segments } from './parts.tsx';
import { addTag } from './tags.ts';

const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'CNY', 'HKD', 'JPY', 'SGD', 'AUD', 'CAD'] as const;
const CURRENCY_KEY = 'dialtrace.currency';

const usualCurrency = (): string => {
  try {
    return localStorage.getItem(CURRENCY_KEY) ?? CURRENCIES[0];
  } catch {
    return CURRENCIES[0];
  }
};

const rememberCurrency = (currency: string): void => {
  try {
    localStorage.setItem(CURRENCY_KEY, currency);
  } catch {
    // It holds for this call, then.
  }
};

type DraftProps = { readonly draft: Draft; readonly onDraft: (change: Partial<Draft>) => void };

const Tags = ({ draft, onDraft }: DraftProps): JSX.Element => {
  const words = useWords();
  const [text, setText] = useState('');
  const add = (): void => {
    onDraft({ tags: addTag(draft.tags, text) });
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.key === 'Enter' || event.key === ',') {
      event.preventDefault();
      add();
    }
    if (event.key === 'Backspace' && text === '') onDraft({ tags: draft.tags.slice(0, -1) });
  };
  return (
    <div class="field">
      <label for="wrap-tags">{words.wrapUp.tags}</label>
      <div class="tag-field">
        {draft.tags.map((tag) => (
          <button
            key={tag}
            type="button"
            class="tag"
            aria-label={words.wrapUp.removeTag(tag)}
            onClick={() => onDraft({ tags: draft.tags.filter((other) => other !== tag) })}
          >
            {tag} <Icon name="close" />
          </button>
        ))}
        <input
          id="wrap-tags"
          autocomplete="off"
          maxLength={40}
          placeholder={words.wrapUp.tagsHint}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={add}
        />
      </div>
    </div>
  );
};

const amountText = ({ value }: Draft): string => {
  if (!value) return '';
  return Number.isInteger(value.amount) ? String(value.amount) : value.amount.toFixed(2);
};

const Value = ({
  draft,
  onDraft,
  onValid,
}: DraftProps & { readonly onValid: (valid: boolean) => void }): JSX.Element => {
  const words = useWords();
  const [text, setText] = useState(() => amountText(draft));
  const [currency, setCurrency] = useState(() => draft.value?.currency ?? usualCurrency());
  const amount = readAmount(text);
  const change = (written: string, money: string): void => {
    const read = readAmount(written);
    onValid(read !== undefined);
    onDraft({ value: read === undefined || read === null ? null : { amount: read, currency: money } });
  };
  return (
    <fieldset class="field value-field">
      <legend>{words.wrapUp.value}</legend>
      <div class="value-row">
        <input
          inputMode="decimal"
          autocomplete="off"
          aria-label={words.wrapUp.amount}
          aria-invalid={amount === undefined}
          aria-describedby="wrap-amount-problem"
          placeholder="0.00"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            change(event.currentTarget.value, currency);
          }}
        />
        <select
          aria-label={words.wrapUp.currency}
          onChange={(event) => {
            setCurrency(event.currentTarget.value);
            rememberCurrency(event.currentTarget.value);
            change(text, event.currentTarget.value);
          }}
        >
          {[...new Set([...CURRENCIES, currency])].map((code) => (
            <option key={code} value={code} selected={code === currency}>
              {code}
            </option>
          ))}
        </select>
      </div>
      <p id="wrap-amount-problem" class="field-problem" role="status">
        {amount === undefined ? words.wrapUp.badAmount : ''}
      </p>
    </fieldset>
  );
};

const sameWrapUp = (a: PhoneState, b: PhoneState): boolean =>
  a.wrapUp === b.wrapUp && a.account === b.account;

const NONE: readonly string[] = [];

/** What the call was: for the call record. */
export const WrapUp = (): JSX.Element | null => {
  const words = useWords();
  const actions = useActions();
  const { wrapUp, account } = useSelected((state) => state, sameWrapUp);
  const [valid, setValid] = useState(true);
  const [saving, setSaving] = useState(false);
  // What was written last: a field that loses the focus writes just before the save.
  const latest = useRef(wrapUp?.draft);
  latest.current = wrapUp?.draft;
  useEffect(() => setValid(true), [wrapUp?.callId]);
  if (!wrapUp) return null;
  const { draft, saved, callId } = wrapUp;
  const onDraft = (change: Partial<Draft>): void => {
    latest.current = { ...(latest.current ?? draft), ...change };
    actions.draftWrapUp(latest.current);
  };
  const save = async (): Promise<void> => {
    if (!valid || saving) return;
    setSaving(true);
    try {
      await actions.saveWrapUp();
    } finally {
      setSaving(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void save();
  };
  return (
    <form
      key={callId}
      class="panel wrap-up"
      aria-label={words.wrapUp.title}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="panel-head">
        <h2 tabIndex={-1}>{words.wrapUp.title}</h2>
        <p class="quiet">{words.wrapUp.about(partyText(wrapUp, words))}</p>
      </div>
      <Segments
        name="disposition"
        label={words.wrapUp.disposition}
        value={draft.disposition ?? undefined}
        choices={(account?.dispositions ?? NONE).map((value) => ({ value, label: value }))}
        onChoose={(disposition) => onDraft({ disposition })}
      />
      <Tags draft={draft} onDraft={onDraft} />
      <div class="field">
        <label for="wrap-note">{words.wrapUp.note}</label>
        <textarea
          id="wrap-note"
          rows={4}
          maxLength={2000}
          value={draft.note}
          onInput={(event) => onDraft({ note: event.currentTarget.value })}
        />
      </div>
      <Value draft={draft} onDraft={onDraft} onValid={setValid} />
      <div class="wrap-up-buttons">
        <button type="submit" class="button button-primary button-large" disabled={!valid}>
          {saved && <Icon name="check" />}
          <span role="status">
            {saved ? words.wrapUp.saved : saving ? words.wrapUp.saving : words.wrapUp.save}
          </span>
          <Keys keys={words.wrapUp.saveKey.split(' ')} />
        </button>
        <Button label={saved ? words.close : words.wrapUp.skip} onClick={() => actions.skipWrapUp()} />
      </div>
    </form>
  );
};
