import { createSound, type Sound } from '../../call/sound.ts';
import { createCall } from './call.ts';
import type { OpenCall } from './contract.ts';

let sound: Sound | undefined;

/**
 * Calls the gateway for a visitor, or takes a call of the page before up again. Call it in the handler of the click itself:
 * browsers give sound, and some of them the microphone, to a gesture alone. Never throws.
 */
export const openCall: OpenCall = (options) => {
  sound ??= createSound();
  return createCall(options, sound);
};

export { readKept } from './kept.ts';
