import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { MediaLeg } from '../../media/index.ts';
import type { Party } from './types.ts';

/** Whoever sits down is left alone for so long: what is said first is not to meet a new offer. */
const SETTLED_MS = 500;

/** Sees to it that two browsers talk Opus with each other (RFC 7587), and G.711 with everybody else. */
export type OpusChoice = {
  /** Seats, or who holds whom, have changed. */
  look(): void;
  /** Does something else that is offered to one of them, before or after. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** No more. */
  stop(): void;
};

export type OpusParts = {
  readonly callId: string;
  readonly logger: Pick<Logger, 'debug'>;
  /** Those who have seats. */
  readonly parties: () => readonly [Party, Party];
};

/**
 * A call begins with G.711, which everybody has. Where both sides are browsers each is offered Opus once they talk; if that fails
 * nothing changes, and it is not tried again. The media edge understands both at any time, so that it does not matter which side
 * changes first.
 */
export const createOpusChoice = ({ callId, logger, parties }: OpusParts): OpusChoice => {
  const failed = new WeakSet<MediaLeg>();
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let stopped = false;

  const offer = async ({ dialog, leg }: Party, on: boolean): Promise<void> => {
    if (!leg.preferOpus(on)) return;
    try {
      await leg.acceptAnswer(await dialog.offer(leg.createOffer()));
    } catch (error) {
      failed.add(leg);
      leg.preferOpus(false);
      if (!stopped) logger.debug({ call: callId, error: errorMessage(error) }, 'Opus not agreed on');
    }
  };

  const choose = async (): Promise<void> => {
    const both = parties();
    // A hold is a new offer on its own, and the end of it looks again.
    if (stopped || both.some(({ leg }) => leg.held)) return;
    const mayBoth = (): boolean => both.every(({ leg }) => leg.mayTalkOpus && !failed.has(leg));
    const on = mayBoth();
    await Promise.all(both.map((party) => offer(party, on)));
    if (on && !mayBoth()) await Promise.all(both.map((party) => offer(party, false)));
  };

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };

  return {
    look() {
      clearTimeout(timer);
      if (stopped || !parties().some(({ leg }) => leg.mayTalkOpus)) return;
      timer = setTimeout(inTurn, SETTLED_MS, choose).unref();
    },
    inTurn,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
