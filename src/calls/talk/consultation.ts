import { errorMessage } from '../../base/errors.ts';
import type { MediaLeg, MediaSession } from '../../media/index.ts';
import { NO_PROGRESS } from '../caller-progress.ts';
import type { CallRecord } from '../record/index.ts';
import { type AnsweredLine, dialLines, lineTitle } from '../ring/index.ts';
import { serveMedia } from '../serve-media.ts';
import type { CallStop } from '../types.ts';
import {
  type Found,
  failed,
  nobodyLeft,
  planFor,
  seatedFor,
  TRANSFERRED,
  type TransferDependencies,
  tellRefused,
  UNDER_WAY,
  type Wish,
} from './transfer.ts';
import { nameOf, type Party } from './types.ts';

/** Somebody is asked aside whether he takes a call, while its other side hears music. */
export type Consultation = {
  /** Gives it up: back to who waits. */
  back(): void;
  /** Whom the party talks to aside, once he has answered. */
  partner(): MediaLeg | undefined;
  /** The call goes on with who had it, or with who took it, or is over. Never rejects. */
  readonly done: Promise<void>;
};

type Dependencies = TransferDependencies & { readonly record: CallRecord; readonly session: MediaSession };

/** How talking aside ends: the party hands the call on, or has it back; the call is over. */
type Outcome = 'handed-on' | 'back' | 'refused' | 'over';

const GIVEN_UP: CallStop = { by: 'gateway', reason: 'given up by key', q850: 16, cancelled: true };

/** Asks whom `from` wishes, and joins him with the other side when `from` hangs up. */
export const consult = (deps: Dependencies, from: Party, wish: Wish): Consultation => {
  const { services, conversation, record, session } = deps;
  const { book } = conversation;
  const name = nameOf(from);
  let guest: AnsweredLine | undefined;
  let end: (outcome: Outcome) => void = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    end = resolve;
  });

  const giveBack = (): void => {
    if (conversation.isOver) return;
    conversation.aside(from, undefined);
    conversation.opposite(from).leg.stopPlaying();
    from.leg.stopPlaying();
  };

  const partyOf = ({ line, dialog, leg, row, leave }: AnsweredLine): Party => ({
    side: from.side,
    user: line.user ?? undefined,
    dialog,
    leg,
    row,
    leave,
  });

  const talkAside = (answered: AnsweredLine): void => {
    guest = answered;
    const { leg, dialog } = answered;
    serveMedia(dialog, leg);
    dialog.onHangUp(() => end('refused'));
    session.on('lost', (lost) => {
      if (lost === leg) end('refused');
    });
    session.watch(leg);
    from.leg.stopPlaying();
    conversation.aside(from, leg);
  };

  const handOn = async (answered: AnsweredLine): Promise<void> => {
    const next = partyOf(answered);
    const leaving = seatedFor(deps, from) ?? from;
    conversation.aside(from, undefined);
    if (!conversation.seat(next)) return conversation.dismiss(next, { q850: 16, text: 'the call is over' });
    const { line } = answered;
    record.note('transferred', `${line.name ?? line.id} has the call.`, { line: line.id });
    await conversation.dismiss(leaving, TRANSFERRED);
  };

  let gone = false;
  const left = (): void => {
    gone = true;
    // Whoever rings may still take the call.
    if (guest) end('handed-on');
  };

  const refused = async (reason: string, left: boolean): Promise<void> => {
    record.note('transfer-refused', `A transfer by ${name} was refused: ${reason}.`);
    if (left) {
      conversation.finish(nobodyLeft(from));
      return;
    }
    giveBack();
    await tellRefused(deps, from);
  };

  const notReached = async (reason: string, tell: boolean): Promise<void> => {
    if (conversation.isOver) return;
    record.note('transfer-failed', `The transfer failed: ${reason}.`);
    if (gone) {
      conversation.finish(nobodyLeft(from));
      return;
    }
    giveBack();
    if (tell) await tellRefused(deps, from);
  };

  const talked = async (answered: AnsweredLine, found: Found, release: () => boolean): Promise<void> => {
    if (gone) end('handed-on');
    else talkAside(answered);
    const how = await outcome;
    release();
    if (how === 'handed-on') {
      await handOn(answered);
      return;
    }
    found.leave();
    await conversation.dismiss(partyOf(answered), { q850: 16, text: 'the call goes on without' });
    if (how === 'over') return;
    record.note(
      'transfer-failed',
      `${lineTitle(answered.line)} does not take the call; ${name} has it back.`,
    );
    giveBack();
  };

  const run = async (): Promise<void> => {
    const release = conversation.detain(from.side, left);
    if (!release) return refused(UNDER_WAY.reason, false);
    const found = await planFor(deps, from, wish).catch(failed);
    if ('refusal' in found) return refused(found.reason, release());
    void conversation.ended.then(found.leave);
    const [line] = found.plan.lines;
    const title = line ? lineTitle(line) : wish.target;
    record.note('consultation', `${name} asks ${title} aside.`, { by: name, line: line?.id });
    const { region } = conversation.plan;
    void from.leg.play({ type: 'ringback', ...(region && { region }) }).catch(() => undefined);
    void conversation.stopped.then(() => end('over'));
    const dialled = await dialLines({
      services,
      plan: found.plan,
      session,
      record,
      book,
      progress: NO_PROGRESS,
      stopped: Promise.race([conversation.stopped, outcome.then(() => GIVEN_UP)]),
    });
    if (dialled.type === 'answered') {
      book.open(dialled.answered.row, dialled.answered.leg);
      return talked(dialled.answered, found, release);
    }
    found.leave();
    release();
    const isGivenUp = dialled.type === 'stopped';
    await notReached(isGivenUp ? dialled.stop.reason : dialled.failure.status.replace('_', ' '), !isGivenUp);
  };

  return {
    back: () => end('back'),
    partner: () => guest?.leg,
    done: run().catch((error: unknown) =>
      services.logger.error({ call: conversation.callId, error: errorMessage(error) }, 'transfer failed'),
    ),
  };
};
