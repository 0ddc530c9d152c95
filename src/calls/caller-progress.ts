import type { MediaLeg, MediaSession } from '../media/index.ts';
import type { LegTable } from '../store/index.ts';
import type { DialPlan } from './types.ts';

/** What the caller is to hear while a line is dialled. */
export type CallerProgress = {
  /** The line rings and sends no audio of its own. */
  ringing(): void;
  /** The line sends early media, which the caller is to hear. */
  earlyMedia(line: MediaLeg): void;
};

type Dependencies = {
  readonly plan: DialPlan;
  readonly session: MediaSession;
  /** The caller's leg and its row. */
  readonly leg: MediaLeg;
  readonly row: LegTable;
  /** Our answer to the caller's offer; undefined when it made none, so that nothing can be heard before the call is answered. */
  readonly answer: string | undefined;
  readonly now: () => number;
};

/** Before the answer the caller gets 180, or the line's early media in a 183, or our own ringback after early media. */
export const createCallerProgress = (deps: Dependencies): CallerProgress => {
  const { plan, session, leg, row, answer, now } = deps;
  let heard: 'nothing' | 'ringing' | 'media' = 'nothing';

  const first = (what: 'ringing' | 'media'): void => {
    row.ringing_at ??= now();
    heard = what;
  };

  const ringing = (): void => {
    if (heard === 'media') {
      // Once the caller's network has been switched through, a 180 makes no sound: the ringback is ours to play.
      void leg.play({ type: 'ringback', ...(plan.region && { region: plan.region }) }).catch(() => undefined);
      return;
    }
    if (heard === 'ringing') return;
    first('ringing');
    plan.invite.ring(180);
  };

  return {
    ringing,
    earlyMedia: (line) => {
      if (answer === undefined) return ringing();
      leg.stopPlaying();
      session.bridge(leg, line);
      if (heard !== 'media') plan.invite.ring(183, answer);
      first('media');
      row.early_media = 1;
    },
  };
};
