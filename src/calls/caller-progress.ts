import type { MediaLeg, MediaSession, Playable } from '../media/index.ts';
import type { LegTable } from '../store/index.ts';
import type { DialPlan } from './types.ts';

/** What the caller hears while somebody is rung. */
export type Waiting = 'ringback' | readonly Playable[];

/** What the caller is to hear before anybody talks. */
export type CallerProgress = {
  /** Chooses what `ringing` sounds like from now on; ringback at first. */
  hear(what: Waiting): void;
  /** Somebody is rung, and sends no audio that the caller is to hear. */
  ringing(): void;
  /** The line sends early media, which the caller is to hear. */
  earlyMedia(line: MediaLeg): void;
  /** Opens the way for audio before the answer (183); false when there is none, since the caller made no offer. */
  openEarly(): boolean;
  /** Something else is played, or nothing: `ringing` begins anew. */
  silence(): void;
};

/** Somebody else is to hear nothing of it. */
export const NO_PROGRESS: CallerProgress = {
  hear: () => undefined,
  ringing: () => undefined,
  earlyMedia: () => undefined,
  openEarly: () => false,
  silence: () => undefined,
};

type Dependencies = {
  readonly plan: DialPlan;
  readonly session: MediaSession;
  /** The caller's leg and its row. */
  readonly leg: MediaLeg;
  readonly row: LegTable;
  /** Our answer to the caller's offer; undefined when it made none, so that nothing can be heard before the call is answered. */
  readonly answer: string | undefined;
  /** Whether the caller's network is switched through by our 200: what is to be heard is audio then. */
  readonly isAnswered: () => boolean;
  readonly now: () => number;
};

/**
 * Before the answer the caller gets 180, or audio in a 183: the line's early media, our music, or our own ringback after
 * early media. After it there is audio alone.
 */
export const createCallerProgress = (deps: Dependencies): CallerProgress => {
  const { plan, session, leg, row, answer, isAnswered, now } = deps;
  let told: 'nothing' | 'ringing' | 'media' = 'nothing';
  let waiting: Waiting = 'ringback';
  let playing = false;

  const tell = (what: 'ringing' | 'media'): void => {
    if (isAnswered() || told === what) return;
    // Once the caller's network has been switched through, a 180 makes no sound.
    if (told === 'media') return;
    row.ringing_at ??= now();
    told = what;
    if (what === 'media') plan.invite.ring(183, answer);
    else plan.invite.ring(180);
  };

  const sound = (): Playable =>
    waiting === 'ringback'
      ? { type: 'ringback', ...(plan.region && { region: plan.region }) }
      : { type: 'sequence', items: waiting, times: Number.POSITIVE_INFINITY };

  const play = (): void => {
    if (playing) return;
    playing = true;
    void leg.play(sound()).catch(() => undefined);
  };

  const openEarly = (): boolean => {
    if (isAnswered()) return true;
    if (answer === undefined) return false;
    tell('media');
    row.early_media = 1;
    return true;
  };

  const ringing = (): void => {
    const inAudio = isAnswered() || told === 'media' || (waiting !== 'ringback' && openEarly());
    if (inAudio) play();
    else tell('ringing');
  };

  return {
    hear: (what) => {
      const changed = what !== waiting;
      waiting = what;
      if (changed) playing = false;
    },
    ringing,
    openEarly,
    earlyMedia: (line) => {
      if (!openEarly()) return ringing();
      playing = false;
      leg.stopPlaying();
      session.bridge(leg, line);
    },
    silence: () => {
      playing = false;
      leg.stopPlaying();
    },
  };
};
