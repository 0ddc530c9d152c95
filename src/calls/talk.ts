import type { MediaLeg, MediaSession } from '../media/index.ts';
import type { HangUp, SipDialog } from '../sip/index.ts';
import type { HangupBy } from '../store/index.ts';
import type { CallRecord } from './call-record.ts';
import type { CallEnd, CallStop } from './types.ts';

/** One side of an answered call. */
export type Side = { readonly dialog: SipDialog; readonly leg: MediaLeg; readonly by: 'caller' | 'line' };

/** Lets a side change its media: hold, new address, codec. The media edge stands between the sides, so neither sees the other's. */
const serveMedia = (side: Side, record: CallRecord): void => {
  const { dialog, leg, by } = side;
  const noteHold = (before: boolean): void => {
    if (leg.held === before) return;
    record.note(
      leg.held ? 'held' : 'resumed',
      `The ${by} ${leg.held ? 'put the call on hold' : 'took the call off hold'}.`,
    );
  };
  dialog.onMedia({
    receiveOffer: async (offer) => {
      const before = leg.held;
      const answer = await leg.acceptOffer(offer);
      noteHold(before);
      return answer;
    },
    makeOffer: () => leg.createOffer(),
    receiveAnswer: async (answer) => {
      const before = leg.held;
      await leg.acceptAnswer(answer);
      noteHold(before);
    },
  });
};

const answeredEnd = (by: HangupBy, reason: string, q850: number): CallEnd => ({
  status: 'answered',
  sipCode: 200,
  sipReason: 'OK',
  q850,
  by,
  reason,
});

const endOf = (by: 'caller' | 'line', hangUp: HangUp): CallEnd =>
  hangUp.by === 'peer'
    ? answeredEnd(by, `the ${by} hung up`, hangUp.q850 ?? 16)
    : answeredEnd(
        'gateway',
        `the ${by}'s side was lost: ${hangUp.text ?? 'no reason given'}`,
        hangUp.q850 ?? 102,
      );

/**
 * Keeps an answered call up until somebody ends it, then hangs up the sides that are still there.
 *
 * @param stopped settles when the call is to end from outside
 * @returns how it ended, at once; `hungUp` settles when the BYEs are answered
 */
export const talk = async (
  sides: readonly [Side, Side],
  session: MediaSession,
  record: CallRecord,
  stopped: Promise<CallStop>,
): Promise<{ end: CallEnd; hungUp: Promise<unknown> }> => {
  const [caller, line] = sides;
  const ended = new Promise<CallEnd>((resolve) => {
    for (const side of sides) {
      serveMedia(side, record);
      const opposite = side === caller ? line : caller;
      side.dialog.onDigit(
        (digit, durationMs) => void opposite.leg.sendDigits(digit, durationMs).catch(() => undefined),
      );
      side.dialog.onHangUp((hangUp) => resolve(endOf(side.by, hangUp)));
    }
    session.on('timeout', (leg) => {
      const silent = leg === caller.leg ? 'caller' : 'line';
      resolve(answeredEnd('gateway', `no audio came from the ${silent} any more`, 102));
    });
    void stopped.then((stop) => resolve(answeredEnd(stop.by, stop.reason, stop.q850)));
  });

  const end = await ended;
  const cause = { q850: end.q850, text: end.reason };
  const hungUp = Promise.all(
    sides.filter((side) => side.by !== end.by).map((side) => side.dialog.bye(cause)),
  );
  return { end, hungUp };
};
