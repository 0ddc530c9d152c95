import type { ComponentChildren, JSX } from 'preact';
import { createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { PanelWords } from '../words/en.ts';
import { Icon, type IconName } from './icons.tsx';
import type { Session, View } from './view.ts';

export type Scope = { readonly words: PanelWords; readonly session: Session; readonly view: View };

const ScopeContext = createContext<Scope | undefined>(undefined);

export const ScopeProvider = ScopeContext.Provider;

/** What a scene is drawn from. */
export const useScope = (): Scope => {
  const scope = useContext(ScopeContext);
  if (!scope) throw new Error('outside of a panel');
  return scope;
};

type ButtonProps = {
  readonly label: string;
  readonly onClick?: () => void;
  readonly kind?: 'plain' | 'main' | 'stop' | 'link';
  readonly icon?: IconName;
  /** Gets the focus when its scene appears. */
  readonly first?: boolean;
  /** Can't be pressed just now; keeps the focus. */
  readonly off?: boolean;
};

/** Without `onClick` it sends its form. */
export const Button = ({ label, onClick, kind = 'plain', icon, first, off }: ButtonProps): JSX.Element => (
  <button
    type={onClick ? 'button' : 'submit'}
    class={`button ${kind}`}
    {...(onClick && { onClick })}
    aria-disabled={off}
    data-first={first || undefined}
  >
    {icon && <Icon name={icon} />}
    <span>{label}</span>
  </button>
);

type ToggleProps = {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly keys?: string;
};

/** A round button of an icon with its word below. */
export const Round = ({ icon, label, onClick, pressed, expanded, keys }: ToggleProps): JSX.Element => (
  <button
    type="button"
    class={`round ${icon}`}
    onClick={onClick}
    aria-pressed={pressed}
    aria-expanded={expanded}
    aria-keyshortcuts={keys}
  >
    <Icon name={icon} />
    <span>{label}</span>
  </button>
);

export const IconButton = ({ icon, label, onClick }: ToggleProps): JSX.Element => (
  <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
    <Icon name={icon} />
  </button>
);

/** A heading that can get the focus, so that a scene without a field is read from its beginning. */
export const Title = ({ children, first }: { children: ComponentChildren; first?: boolean }): JSX.Element => (
  <h2 id="title" tabIndex={-1} data-first={first || undefined}>
    {children}
  </h2>
);

export const Alert = ({ id, children }: { id?: string; children: ComponentChildren }): JSX.Element => (
  <p class="alert" role="alert" id={id}>
    {children}
  </p>
);

/** The business's number, as a link that dials it. */
export const NumberLink = (): JSX.Element => {
  const { session, view } = useScope();
  const { tel, display } = view.press.number;
  return (
    <a class="number" dir="ltr" href={`tel:${tel}`} onClick={session.dialled}>
      {display}
    </a>
  );
};

const FOCUSABLE = 'button,a[href],input,select,[tabindex="0"]';

/** Keeps Tab among the fields of `box`. */
const trap = (event: KeyboardEvent, box: HTMLElement): void => {
  if (event.key !== 'Tab') return;
  const all = [...box.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((each) => each.offsetParent !== null);
  const root = box.getRootNode() as ShadowRoot;
  const leaving = event.shiftKey ? all[0] : all.at(-1);
  const next = event.shiftKey ? all.at(-1) : all[0];
  const isOutside = !all.some((each) => each === root.activeElement);
  if (!next || (root.activeElement !== leaving && !(isOutside && event.shiftKey))) return;
  event.preventDefault();
  next.focus();
};

export const focusFirst = (box: HTMLElement | null): void => {
  const first = box?.querySelector<HTMLElement>('[data-first]') ?? box?.querySelector<HTMLElement>('#title');
  first?.focus();
};

type DialogProps = {
  /** Another one: what is in it has changed altogether. */
  readonly scene: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
};

/** A sheet over the page, which waits for it. */
export const Dialog = ({ scene, onClose, children }: DialogProps): JSX.Element => {
  const { words, view } = useScope();
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = box.current;
    if (!dialog) return undefined;
    // Browsers without it: Safari before 15.4.
    if (dialog.showModal) dialog.showModal();
    else dialog.setAttribute('open', '');
    return () => dialog.close?.();
  }, []);
  useEffect(() => focusFirst(box.current), [scene]);
  return (
    <dialog
      ref={box}
      class="sheet"
      aria-labelledby="title"
      aria-modal="true"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => trap(event, event.currentTarget)}
    >
      <div class="body" key={scene} aria-busy={view.busy} dir={words.direction}>
        <div class="close">
          <IconButton icon="close" label={words.close} onClick={onClose} />
        </div>
        {children}
      </div>
      <p class="unseen" role="status">
        {view.busy ? words.starting : ''}
      </p>
    </dialog>
  );
};

type FieldProps = {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | undefined;
  readonly kind: 'number' | 'code';
  readonly first?: boolean;
};

/** A field for a number or a code, with what is wrong with it. */
export const Field = ({ id, label, hint, problem, kind, first }: FieldProps): JSX.Element => (
  <div class="field">
    <label for={id}>{label}</label>
    <input
      id={id}
      name={id}
      dir="ltr"
      type="tel"
      autocomplete={kind === 'number' ? 'tel' : 'one-time-code'}
      inputMode={kind === 'number' ? 'tel' : 'numeric'}
      maxLength={kind === 'number' ? 24 : 8}
      required
      aria-invalid={problem !== undefined}
      aria-describedby={`${id}-hint ${id}-problem`}
      data-first={first || undefined}
    />
    <p class="quiet" id={`${id}-hint`}>
      {hint}
    </p>
    {problem !== undefined && <Alert id={`${id}-problem`}>{problem}</Alert>}
  </div>
);

/** What a form's fields say when it is sent. */
export const onSend =
  (send: (fields: FormData) => void) =>
  (event: Event): void => {
    event.preventDefault();
    send(new FormData(event.currentTarget as HTMLFormElement));
  };
