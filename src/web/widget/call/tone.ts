import { ringbackOf } from '../../call/cadences.ts';
import type { Sound } from '../../call/sound.ts';

/** What a caller hears while it rings at the other end, made here. */
export type RingingTone = {
  play(on: boolean): void;
  /** Lets it be heard on another device. */
  move(): void;
};

/** Without sound after this long, the browser holds it back. */
const HEARD_WITHIN_MS = 300;
const LEVEL = 0.1;

/** @param blocked called when the browser plays nothing before the visitor touches the page */
export const createRingingTone = (
  sound: Sound,
  language: string,
  speaker: () => string | undefined,
  blocked: () => void,
): RingingTone => {
  let stop: (() => void) | undefined;

  const start = (): void => {
    stop = sound.loop(ringbackOf(language), speaker(), LEVEL);
  };

  return {
    play: (on) => {
      if (on === (stop !== undefined)) return;
      if (on) {
        start();
        setTimeout(() => {
          if (stop && sound.blocked) blocked();
        }, HEARD_WITHIN_MS);
        return;
      }
      stop?.();
      stop = undefined;
    },
    move: () => {
      if (!stop) return;
      stop();
      start();
    },
  };
};
