import type { Sound, StepPlan } from '../config/index.ts';

type SoundPart = readonly Sound[] | string | undefined;

/** What stands in place of sounds (`ringback`, `music`) is none. */
const parts = (...all: readonly SoundPart[]): readonly Sound[] =>
  all.flatMap((part) => (part === undefined || typeof part === 'string' ? [] : part));

/** All that a step may play, to the caller or to who answers; shipped prompts that it names nowhere are not among it. */
export const soundsOf = (step: StepPlan): readonly Sound[] => {
  switch (step.do) {
    case 'play':
    case 'consent':
      return step.play;
    case 'menu':
      return parts(step.play, step.invalid, step.silent);
    case 'collect':
      return parts(step.play, step.invalid);
    case 'dial':
      return parts(step.hear, step.whisper, step.accept?.play);
    case 'queue':
      return parts(step.play, step.hear, step.whisper, step.accept?.play);
    case 'voicemail':
      return parts(step.greeting);
    default:
      return [];
  }
};
