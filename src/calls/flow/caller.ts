import { errorMessage } from '../../base/errors.ts';
import type { MediaLeg, MediaSession, Playable, Played } from '../../media/index.ts';
import type { SipDialog } from '../../sip/index.ts';
import type { LegTable } from '../../store/index.ts';
import { type CallerProgress, createCallerProgress } from '../caller-progress.ts';
import { serveMedia } from '../serve-media.ts';
import type { CallServices, CallStop, DialPlan } from '../types.ts';
import { createKeys, type Keys } from './keys.ts';

/** The caller's side of a call before anybody talks. */
export type CallerSide = {
  readonly leg: MediaLeg;
  readonly keys: Keys;
  readonly progress: CallerProgress;
  /** Undefined until the call is answered. */
  readonly dialog: SipDialog | undefined;
  /**
   * Sends the 200, once; for an INVITE without offer, takes the caller's answer from its ACK.
   * @throws Error when the caller is gone
   */
  answer(): Promise<SipDialog>;
  /** Plays to the caller; nothing where it can't be heard. Never rejects. */
  play(items: readonly Playable[], times?: number): Promise<Played>;
  /** Settles when the caller hangs up, is lost, or the call is to end from outside. */
  readonly stopped: Promise<CallStop>;
};

type Dependencies = {
  readonly services: CallServices;
  readonly plan: DialPlan;
  readonly session: MediaSession;
  readonly leg: MediaLeg;
  readonly row: LegTable;
  /** Our answer to the caller's offer; undefined when it made none. */
  readonly answer: string | undefined;
  readonly stopped: Promise<CallStop>;
};

const UNHEARD: Played = { ended: true, heardMs: 0 };

export const createCallerSide = (deps: Dependencies): CallerSide => {
  const { services, plan, session, leg, row } = deps;
  const keys = createKeys(session, leg, services.now);
  let dialog: SipDialog | undefined;
  let answering: Promise<SipDialog> | undefined;
  let stop: (stop: CallStop) => void = () => undefined;
  const stopped = new Promise<CallStop>((resolve) => {
    stop = resolve;
  });
  void deps.stopped.then(stop);

  const attend = (answered: SipDialog): void => {
    answered.onHangUp(({ q850 }) =>
      stop({
        by: 'caller',
        reason: 'the caller hung up before a line answered',
        q850: q850 ?? 16,
        cancelled: true,
      }),
    );
    serveMedia(answered, leg);
    keys.attend(answered);
    leg.listenForTones(true);
    session.watch(leg);
  };

  session.on('lost', (lost, reason) => {
    if (lost !== leg || !dialog) return;
    const words = reason ?? 'no audio came from the caller any more';
    stop({ by: 'gateway', reason: words, q850: 102, cancelled: true });
  });
  session.on('unplayable', (deaf, reason) => {
    if (deaf === leg) services.logger.warn({ call: plan.callId, reason }, 'a prompt is left out');
  });

  const send = async (): Promise<SipDialog> => {
    const sdp = deps.answer;
    dialog =
      sdp === undefined
        ? await plan.invite.answer(leg.createOffer(), (answer) => leg.acceptAnswer(answer))
        : await plan.invite.answer(sdp);
    attend(dialog);
    return dialog;
  };

  return {
    leg,
    keys,
    get dialog() {
      return dialog;
    },
    progress: createCallerProgress({
      plan,
      session,
      leg,
      row,
      answer: deps.answer,
      isAnswered: () => dialog !== undefined,
      now: services.now,
    }),
    answer: () => {
      answering ??= send();
      return answering;
    },
    play: async (items, times = 1) => {
      if (items.length === 0) return UNHEARD;
      try {
        return await leg.play({ type: 'sequence', items, times });
      } catch (error) {
        services.logger.warn({ call: plan.callId, error: errorMessage(error) }, 'a prompt is left out');
        return UNHEARD;
      }
    },
    stopped,
  };
};
