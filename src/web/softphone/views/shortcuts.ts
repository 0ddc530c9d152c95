export const SHORTCUTS = [
  'answer',
  'reject',
  'hangUp',
  'mute',
  'hold',
  'keypad',
  'transfer',
  'ready',
] as const;

export type Shortcut = (typeof SHORTCUTS)[number];

/**
 * By the key's place, not its letter: Alt writes other letters on some systems. All need Alt, so that nothing typed into a
 * field can answer or end a call.
 */
const CODES: Readonly<Record<Shortcut, string>> = {
  answer: 'KeyA',
  reject: 'KeyR',
  hangUp: 'KeyX',
  mute: 'KeyM',
  hold: 'KeyO',
  keypad: 'KeyK',
  transfer: 'KeyT',
  ready: 'KeyY',
};

export type KeyPress = {
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly repeat: boolean;
};

/** What a key press asks for. AltGr arrives as Ctrl+Alt and writes letters: it asks for nothing. */
export const shortcutOf = (press: KeyPress): Shortcut | undefined => {
  if (!press.altKey || press.ctrlKey || press.metaKey || press.shiftKey || press.repeat) return undefined;
  return SHORTCUTS.find((name) => CODES[name] === press.code);
};

/** The keys of a shortcut as they are printed. */
export const shortcutKeys = (name: Shortcut): readonly string[] => ['Alt', CODES[name].slice(-1)];

/** The telephone key that a key press means (RFC 4733 events 0 to 15), or undefined. */
export const digitOf = (key: string): string | undefined => (/^[0-9*#]$/.test(key) ? key : undefined);
