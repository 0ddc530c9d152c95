import { errorMessage } from '../../base/errors.ts';
import type { MediaLeg, MediaSession } from '../../media/index.ts';
import type { HangUp } from '../../sip/index.ts';
import type { HangupBy } from '../../store/index.ts';
import type { Board } from '../board.ts';
import type { CallRecord, CallRecording, LegBook } from '../record/index.ts';
import { serveMedia } from '../serve-media.ts';
import type { CallEnd, CallPlan, CallServices, CallStop } from '../types.ts';
import { agentOf, asideHearing, hearingOf } from './hearing.ts';
import { openKeypad } from './keypad.ts';
import { createOpusChoice } from './opus.ts';
import { askForScore, mayBeScored } from './scoring.ts';
import { takeTransfer } from './transfer.ts';
import type { Conversation, Ended, Party, Supervisor } from './types.ts';

type Dependencies = {
  readonly services: CallServices;
  readonly board: Board;
  readonly plan: CallPlan;
  readonly record: CallRecord;
  readonly session: MediaSession;
  readonly book: LegBook;
  readonly recording: CallRecording | undefined;
  /** Legs whose worker died before anybody answered: their peers know nothing of it yet. */
  readonly moved: ReadonlySet<MediaLeg>;
  readonly caller: Party;
  readonly line: Party;
  /** Settles when the call is to end from outside. */
  readonly stopped: Promise<CallStop>;
};

const answeredEnd = (by: HangupBy, reason: string, q850: number): CallEnd => ({
  status: 'answered',
  sipCode: 200,
  sipReason: 'OK',
  q850,
  by,
  reason,
});

const endOf = (side: Party['side'], hangUp: HangUp): CallEnd =>
  hangUp.by === 'peer'
    ? answeredEnd(side, `the ${side} hung up`, hangUp.q850 ?? 16)
    : answeredEnd(
        'gateway',
        `the ${side}'s side was lost: ${hangUp.text ?? 'no reason given'}`,
        hangUp.q850 ?? 102,
      );

/** Keeps an answered call up until somebody ends it, then hangs up the sides that are still there. */
export const openConversation = (deps: Dependencies): Conversation => {
  const { services, plan, record, session, book } = deps;
  let seats: Readonly<Record<Party['side'], Party>> = { caller: deps.caller, line: deps.line };
  let supervisor: Supervisor | undefined;
  let detained: { readonly side: Party['side']; gone: boolean; readonly left: () => void } | undefined;
  /** Who talks to somebody without a seat. */
  let aside: { readonly side: Party['side']; readonly guest: MediaLeg } | undefined;
  let over = false;
  let settle: (ended: Ended) => void = () => undefined;
  const ended = new Promise<Ended>((resolve) => {
    settle = resolve;
  });

  const parties = (): readonly [Party, Party] => [seats.caller, seats.line];
  const opposite = ({ side }: Party): Party => (side === 'caller' ? seats.line : seats.caller);
  const isSeated = (party: Party): boolean => seats[party.side] === party;
  const opus = createOpusChoice({ callId: plan.callId, logger: services.logger, parties });

  const finish = (end: CallEnd, away: readonly Party[] = []): void => {
    if (over) return;
    over = true;
    const at = services.now();
    // Not when the session closes: that comes later when many calls end at once.
    session.endRecording();
    opus.stop();
    book.look();
    const { caller, line } = seats;
    const goodbyes: Promise<unknown>[] = [];
    if (supervisor) goodbyes.push(supervisor.dialog.bye({ q850: 16, text: 'the call is over' }));
    const sayGoodbye = (): void => {
      const cause = { q850: end.q850, text: end.reason };
      for (const party of [caller, line]) {
        if (!away.includes(party)) goodbyes.push(party.dialog.bye(cause));
        party.leave();
      }
      settle({ end, at, hungUp: Promise.all(goodbyes) });
    };
    const callerLeft = end.by === 'caller' && away.includes(caller);
    if (!callerLeft || detained !== undefined || !mayBeScored(deps, line)) {
      sayGoodbye();
      return;
    }
    void askForScore(deps, line).then(sayGoodbye, sayGoodbye);
  };

  /** Who hears whom, and what is recorded, as the seats are now. */
  const arrange = (): void => {
    const { caller, line } = seats;
    session.connect(
      aside
        ? asideHearing(seats[aside.side].leg, aside.guest, opposite(seats[aside.side]).leg)
        : hearingOf(caller, line, supervisor),
    );
    const heard = supervisor?.mode === 'barge' ? [line.leg, supervisor.leg] : [line.leg];
    deps.recording?.listen(caller.leg, heard);
  };

  /** Users' phones send nothing while they hold; a telephone system plays music of its own. */
  const followHold = (party: Party, before: boolean): void => {
    const { held } = party.leg;
    if (held === before || !isSeated(party)) return;
    const who = party.user ?? `the ${party.side}`;
    const subject = who.charAt(0).toUpperCase() + who.slice(1);
    record.note(
      held ? 'held' : 'resumed',
      held ? `${subject} put the call on hold.` : `${subject} took the call off hold.`,
    );
    const other = opposite(party).leg;
    if (held && party.user !== undefined) void other.play(services.holdMusic).catch(() => undefined);
    else other.stopPlaying();
    if (!held) opus.look();
  };

  /** Lets a side change its media. The media edge stands between the sides, so neither sees the other's. */
  const serveParty = (party: Party): void => {
    const { dialog, leg } = party;
    dialog.onMedia({
      receiveOffer: async (offer) => {
        const before = leg.held;
        const answer = await leg.acceptOffer(offer);
        followHold(party, before);
        return answer;
      },
      makeOffer: () => leg.createOffer(),
      receiveAnswer: async (answer) => {
        const before = leg.held;
        await leg.acceptAnswer(answer);
        followHold(party, before);
      },
    });
  };

  const leaveDetained = (away: NonNullable<typeof detained>): void => {
    if (away.gone) return;
    away.gone = true;
    away.left();
  };

  const hungUp = (party: Party, hangUp: HangUp): void => {
    // Who hands a call on may leave before it is known whether somebody takes it.
    if (!isSeated(party)) return;
    if (detained?.side === party.side) leaveDetained(detained);
    else finish(endOf(party.side, hangUp), [party]);
  };

  const attend = (party: Party): void => {
    serveParty(party);
    const { dialog, user } = party;
    dialog.onDigit((digit, durationMs) => keypad.pressed(party, digit, durationMs));
    keypad.attend(party);
    dialog.onHangUp((how) => hungUp(party, how));
    if (user !== undefined)
      dialog.onRefer((refer) => void takeTransfer({ ...deps, conversation }, party, user, refer));
  };

  const removeSupervisor = (why: string): void => {
    if (!supervisor) return;
    const { leg, user } = supervisor;
    supervisor = undefined;
    record.note('supervision-ended', `Supervisor ${user} left (${why}).`, { supervisor: user });
    if (over) return;
    arrange();
    book.look();
    void leg.close().then((stats) => book.close(leg, { at: services.now(), q850: 16, stats }));
  };

  const lost = (leg: MediaLeg, reason?: string): void => {
    if (supervisor?.leg === leg) {
      void supervisor.dialog.bye({ q850: 102, text: 'no audio' });
      removeSupervisor('no audio came any more');
      return;
    }
    const party = parties().find((each) => each.leg === leg);
    if (!party) return;
    if (detained?.side === party.side) {
      leaveDetained(detained);
      return;
    }
    const words =
      reason === undefined
        ? `no audio came from the ${party.side} any more`
        : `the ${party.side}'s audio was lost (${reason})`;
    finish(answeredEnd('gateway', words, 102));
  };

  /** A web page that is being left sends nothing until the next one is there: who waits for the visitor hears music. */
  const park = (leg: MediaLeg, quiet: boolean): void => {
    const { caller, line } = seats;
    if (over || plan.origin.type !== 'web' || leg !== caller.leg || line.leg.held) return;
    record.note(
      quiet ? 'parked' : 'unparked',
      quiet ? 'Nothing comes from the page.' : 'The page is heard again.',
    );
    if (quiet) void line.leg.play(services.holdMusic).catch(() => undefined);
    else line.leg.stopPlaying();
  };

  /** The worker that encrypted a leg died: its peer is led to another one. */
  const reconnect = async (leg: MediaLeg): Promise<void> => {
    const found = [...parties(), supervisor].find((each) => each?.leg === leg);
    if (!found || over) return;
    record.note('media-moved', 'The media worker of a leg died; its peer is being connected again.');
    try {
      await opus.inTurn(async () => leg.acceptAnswer(await found.dialog.offer(leg.createOffer())));
    } catch (error) {
      services.logger.warn({ call: plan.callId, error: errorMessage(error) }, 'leg not connected again');
      lost(leg, `The media worker died, and ${errorMessage(error)}`);
    }
  };

  const conversation: Conversation = {
    callId: plan.callId,
    plan,
    session,
    record,
    book,
    ended,
    stopped: Promise.race([
      deps.stopped,
      ended.then(
        ({ end }): CallStop => ({ by: end.by, reason: end.reason, q850: end.q850, cancelled: false }),
      ),
    ]),
    parties,
    opposite,
    isSeated,
    get isOver() {
      return over;
    },
    seat: (party) => {
      if (over) return false;
      seats = { ...seats, [party.side]: party };
      attend(party);
      opposite(party).leg.stopPlaying();
      party.leg.stopPlaying();
      arrange();
      session.watch(party.leg);
      opus.look();
      return true;
    },
    dismiss: async (party, cause) => {
      party.leave();
      book.look();
      const goodbye = party.dialog.bye(cause);
      const stats = await party.leg.close();
      book.close(party.leg, { at: services.now(), q850: cause.q850, stats });
      await goodbye;
    },
    release: (party, reason) => {
      book.look();
      book.close(party.leg, { at: services.now(), q850: 16 });
      // Its place on a trunk goes with it.
      const released: Party = { ...party, leave: () => undefined };
      seats = { ...seats, [party.side]: released };
      finish(answeredEnd('gateway', reason, 16), [released]);
    },
    aside: (party, guest) => {
      aside = guest && { side: party.side, guest };
      if (!over) arrange();
    },
    detain: (side, left = () => undefined) => {
      if (detained || over) return undefined;
      const mine = { side, gone: false, left };
      detained = mine;
      return () => {
        if (detained === mine) detained = undefined;
        return mine.gone;
      };
    },
    finish,
    agent: () => agentOf(seats.caller, seats.line).user,
    supervision: () => supervisor && { by: supervisor.user, mode: supervisor.mode },
    seatSupervisor: (next, row) => {
      if (supervisor || over) return false;
      session.watch(next.leg);
      supervisor = next;
      book.open(row, next.leg);
      const { dialog, leg } = next;
      serveMedia(dialog, leg);
      dialog.onHangUp(() => removeSupervisor('hung up'));
      arrange();
      return true;
    },
    setSupervision: (user, mode) => {
      if (supervisor?.user !== user) return false;
      supervisor = { ...supervisor, mode };
      record.note('supervised', `Supervisor ${user}: ${mode}.`, { supervisor: user, mode });
      arrange();
      return true;
    },
  };

  const keypad = openKeypad({ ...deps, conversation, isRecorded: deps.recording !== undefined });
  session.on('lost', lost);
  session.on('quiet', park);
  session.on('moved', (leg) => void reconnect(leg));
  void deps.stopped.then((stop) => finish(answeredEnd(stop.by, stop.reason, stop.q850)));
  attend(seats.caller);
  attend(seats.line);
  for (const { leg } of parties()) if (deps.moved.has(leg)) void reconnect(leg);
  opus.look();
  return conversation;
};
