import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icons.tsx';

type ButtonProps = {
  readonly icon?: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly disabled?: boolean;
};

/** A button of icon and word. */
export const Button = ({
  icon,
  label,
  onClick,
  disabled = false,
  kind = 'plain',
}: ButtonProps & { readonly kind?: 'plain' | 'primary' | 'go' | 'stop' }): JSX.Element => (
  <button type="button" class={`button button-${kind}`} disabled={disabled} onClick={onClick}>
    {icon && <Icon name={icon} />}
    <span>{label}</span>
  </button>
);

/** A button of an icon alone; its word is for those who hear it, and shows on hovering. */
export const IconButton = ({
  icon,
  label,
  onClick,
  disabled = false,
}: ButtonProps & { readonly icon: IconName }): JSX.Element => (
  <button
    type="button"
    class="icon-button"
    aria-label={label}
    title={label}
    disabled={disabled}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
);

/** Keys of a shortcut beside the button that they press. */
export const Keys = ({ keys }: { readonly keys: readonly string[] }): JSX.Element => (
  <span class="keys" aria-hidden="true">
    {keys.map((key) => (
      <kbd key={key}>{key}</kbd>
    ))}
  </span>
);

export const Chip = ({
  kind = 'plain',
  children,
}: {
  readonly kind?: 'plain' | 'source' | 'quiet';
  readonly children: ComponentChildren;
}): JSX.Element => <span class={`chip chip-${kind}`}>{children}</span>;

type Choice<T extends string> = { readonly value: T; readonly label: string; readonly hint?: string };

/** One of a few, all in view: radio buttons that look like a row of buttons. */
export const Segments = <T extends string>({
  label,
  name,
  choices,
  value,
  onChoose,
}: {
  readonly label: string;
  readonly name: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T | undefined;
  readonly onChoose: (value: T) => void;
}): JSX.Element => (
  <fieldset class="segments">
    <legend>{label}</legend>
    <div class="segments-row">
      {choices.map((choice) => (
        <label key={choice.value} class="segment">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChoose(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </div>
  </fieldset>
);

/** A list to choose one of, with its name above. */
export const Select = ({
  id,
  label,
  value,
  options,
  onChoose,
  disabled = false,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChoose: (value: string) => void;
  readonly disabled?: boolean;
}): JSX.Element => (
  <div class="field">
    <label for={id}>{label}</label>
    <select id={id} disabled={disabled} onChange={(event) => onChoose(event.currentTarget.value)}>
      {options.map((option) => (
        <option key={option.value} value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>
  </div>
);
