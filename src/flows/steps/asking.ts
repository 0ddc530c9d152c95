import type { Sound } from '../../config/index.ts';
import type { FlowAction, Outcome } from '../types.ts';

/** Shipped prompts that are played before a question is asked again. */
export const INVALID_PROMPT = 'invalid-choice';
export const SILENT_PROMPT = 'no-input';

/** Asks once more, saying why. Keys pressed before the question count no longer. */
export const askAgain = (
  gather: Extract<FlowAction, { type: 'gather' }>,
  again: {
    /** Undefined: the shipped prompt. */
    readonly sounds: readonly Sound[] | undefined;
    readonly silent: boolean;
    /** How often it has been asked. */
    readonly tries: number;
    readonly of: number;
    readonly input: string | undefined;
    readonly why: string;
  },
): Outcome => ({
  type: 'do',
  action: {
    ...gather,
    before: again.sounds ?? [again.silent ? SILENT_PROMPT : INVALID_PROMPT],
    typeAhead: false,
  },
  state: { tries: again.tries },
  input: again.input,
  text: `${again.why}; asked again (${again.tries + 1} of ${again.of})`,
});
