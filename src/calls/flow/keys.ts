import type { MediaLeg, MediaSession } from '../../media/index.ts';
import type { SipDialog } from '../../sip/index.ts';
import { createKeyEcho, type KeyWay } from '../key-echo.ts';

/** The keys that a caller presses, however they come: RFC 4733, INFO. */
export type Keys = {
  /** Tells every key from now on, those that came before and nobody took first. @returns how to stop */
  onKey(handler: (key: string) => void): () => void;
  /** Passes over this key if it comes next, within a while: it ends what has ended already. */
  ignore(key: string): void;
  /** Forgets the keys that nobody has taken. */
  forget(): void;
  /** Gives back a key that something else is to have. */
  unread(key: string): void;
  /** Takes what comes as INFO in this dialog, too. */
  attend(dialog: SipDialog): void;
};

/** How long the key that ends an entry may come after a full one. */
const LATE_END_MS = 2000;
/** Keys pressed ahead that are kept. */
const MOST_AHEAD = 40;

export const createKeys = (session: MediaSession, leg: MediaLeg, now: () => number): Keys => {
  let handler: ((key: string) => void) | undefined;
  let waiting: string[] = [];
  let ignored: { readonly key: string; readonly until: number } | undefined;
  const isEcho = createKeyEcho(now);

  const press = (key: string, way: KeyWay): void => {
    if (!/^[0-9*#A-D]$/.test(key) || isEcho(key, way)) return;
    const passOver = ignored?.key === key && now() < ignored.until;
    ignored = undefined;
    if (passOver) return;
    if (handler) handler(key);
    else if (waiting.length < MOST_AHEAD) waiting.push(key);
  };

  session.on('dtmf', (from, key, _durationMs, way) => {
    if (from === leg) press(key, way);
  });

  return {
    onKey: (next) => {
      handler = next;
      const ahead = waiting;
      waiting = [];
      for (const [index, key] of ahead.entries()) {
        // The listener may have heard enough.
        if (handler !== next) {
          waiting.push(...ahead.slice(index));
          break;
        }
        next(key);
      }
      return () => {
        if (handler === next) handler = undefined;
      };
    },
    ignore: (key) => {
      ignored = { key, until: now() + LATE_END_MS };
    },
    forget: () => {
      waiting = [];
    },
    unread: (key) => void waiting.unshift(key),
    attend: (dialog) => dialog.onDigit((key) => press(key, 'info')),
  };
};
