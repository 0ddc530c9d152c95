import type { PhoneState } from '../contract.ts';

/** How a person who looks elsewhere learns that somebody calls. */
export type Notices = {
  permission(): PhoneState['notifications'];
  ask(): Promise<PhoneState['notifications']>;
  /** Shows or renews the notice of a call. */
  show(key: string, who: string, about: string): void;
  hide(key: string): void;
};

const BLINK_MS = 1000;

/** Desktop notifications, and the page's title that blinks while the page is not looked at. */
export const createNotices = (): Notices => {
  const shown = new Map<string, { readonly notice: Notification | undefined; readonly who: string }>();
  let blinking: ReturnType<typeof setInterval> | undefined;
  let title = '';

  const permission = (): PhoneState['notifications'] => {
    if (!('Notification' in globalThis)) return 'unavailable';
    return Notification.permission === 'default' ? 'unknown' : Notification.permission;
  };

  const blink = (): void => {
    const who = [...shown.values()].at(-1)?.who ?? '';
    document.title = document.title === title && document.hidden ? `☎ ${who}` : title;
  };

  const startBlinking = (): void => {
    if (blinking !== undefined) return;
    title = document.title;
    blinking = setInterval(blink, BLINK_MS);
    blink();
  };

  const stopBlinking = (): void => {
    if (blinking === undefined) return;
    clearInterval(blinking);
    blinking = undefined;
    document.title = title;
  };

  const notify = (key: string, who: string, about: string): Notification | undefined => {
    if (permission() !== 'granted' || document.hasFocus()) return undefined;
    try {
      const notice = new Notification(who, { body: about, tag: key, requireInteraction: true });
      notice.addEventListener('click', () => {
        focus();
        notice.close();
      });
      return notice;
    } catch {
      // Some telephones have the class but allow it in service workers only.
      return undefined;
    }
  };

  return {
    permission,
    ask: async () => {
      if (permission() === 'unknown') await Notification.requestPermission().catch(() => undefined);
      return permission();
    },
    show: (key, who, about) => {
      shown.set(key, { notice: notify(key, who, about) ?? shown.get(key)?.notice, who });
      startBlinking();
    },
    hide: (key) => {
      shown.get(key)?.notice?.close();
      shown.delete(key);
      if (shown.size === 0) stopBlinking();
    },
  };
};
