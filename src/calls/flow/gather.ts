import type { FlowAction, FlowEvent } from '../../flows/index.ts';
import type { Played } from '../../media/index.ts';
import type { Keys } from './keys.ts';

export type Question = Omit<Extract<FlowAction, { type: 'gather' }>, 'sounds' | 'before' | 'type'>;

type Dependencies = {
  readonly keys: Pick<Keys, 'onKey' | 'forget' | 'ignore'>;
  /** Plays the question to its end, or until it is stopped. */
  readonly ask: () => Promise<Played>;
  readonly stopAsking: () => void;
  /** Settles when the caller is gone. */
  readonly stopped: Promise<unknown>;
};

type Gathered = Extract<FlowEvent, { type: 'gathered' }>;

/**
 * Asks for keys: the first may come while the question is still heard, where that is allowed, or within the timeout after
 * its end; each further one within `betweenMs`.
 */
export const gather = (deps: Dependencies, question: Question): Promise<Gathered> =>
  new Promise((resolve) => {
    const { keys, ask, stopAsking, stopped } = deps;
    const { min, max, end, timeoutMs, betweenMs, bargeIn, typeAhead, sensitive } = question;
    let digits = '';
    let asking = true;
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    let stopListening = (): void => undefined;

    const finish = (by: Gathered['by']): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      stopListening();
      if (asking) stopAsking();
      // What was keyed in too much must not be heard by a step that shows it.
      if (sensitive) keys.forget();
      resolve({ type: 'gathered', digits, by });
    };
    const wait = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => finish('timeout'), ms);
    };
    const press = (key: string): void => {
      if (over || (asking && !bargeIn)) return;
      if (asking) stopAsking();
      asking = false;
      // The end key is a key like any other where nothing stands before it that it could end.
      if (key === end && (digits !== '' || min === 0)) {
        finish('end');
        return;
      }
      digits += key;
      if (digits.length >= max) {
        if (end !== undefined) keys.ignore(end);
        finish('full');
        return;
      }
      wait(betweenMs);
    };

    if (!typeAhead) keys.forget();
    void stopped.then(() => finish('timeout'));
    stopListening = keys.onKey(press);
    if (over) return;
    void ask()
      .catch(() => undefined)
      .then(() => {
        if (over || !asking) return;
        asking = false;
        wait(timeoutMs);
      });
    // Keys pressed ahead have answered already.
    if (!asking) stopAsking();
  });
