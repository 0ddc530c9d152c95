import type { CallBackOrder, CallBackResult } from '../../buttons/index.ts';
import type { MediaSession, Playable } from '../../media/index.ts';
import type { Trunk } from '../../sip/index.ts';
import type { LegTable, LineTable } from '../../store/index.ts';
import type { Place } from '../agents/index.ts';
import { NO_PROGRESS } from '../caller-progress.ts';
import { numberLine } from '../from-user.ts';
import type { CallRecord, LegBook } from '../record/index.ts';
import { type AnsweredLine, type Attempt, dialLine } from '../ring/index.ts';
import { serveMedia } from '../serve-media.ts';
import type { CallPlan, CallServices, CallStop } from '../types.ts';

type Dependencies = {
  readonly services: CallServices;
  readonly plan: CallPlan;
  readonly session: MediaSession;
  readonly record: CallRecord;
  readonly book: LegBook;
  readonly order: CallBackOrder;
  readonly trunk: Trunk;
  readonly stopped: Promise<CallStop>;
};

/** How long the visitor's telephone rings, seconds: most mailboxes pick up soon after. */
const RING_SECONDS = 40;

/** Notes of the call name no number. */
const visitorLine = (number: string, trunk: Trunk): LineTable => ({
  ...numberLine(number, trunk.id),
  id: 'visitor',
  name: 'of the visitor',
  ring_timeout_s: RING_SECONDS,
});

/** Visitors' time is nobody's to count. */
const NO_PLACE: Place = { answered: () => undefined, missed: () => undefined, leave: () => undefined };

/** Where it went, without whom: `sip:203.0.113.7`. */
const withoutUser = (uri: string | null): string | null => uri?.replace(/^(sips?:)[^@]*@/i, '$1') ?? null;

/** The visitor is the caller of the record: its leg is the first one. */
const asCaller = (row: LegTable): LegTable =>
  Object.assign(row, { role: 'A', position: 0, line_id: null, uri: withoutUser(row.uri) });

/** Whoever answered for the business, while the visitor is being called. */
export type WaitingAgent = {
  readonly answered: AnsweredLine;
  /** Settles when it hangs up, or is lost. */
  readonly gone: Promise<CallStop>;
  /** Plays to it; never rejects. */
  play(what: Playable): Promise<unknown>;
  stopPlaying(): void;
};

/** Looks after the one who answered. */
export const keepAgent = (session: MediaSession, answered: AnsweredLine): WaitingAgent => {
  const { leg, dialog } = answered;
  const gone = new Promise<CallStop>((resolve) => {
    const left = (reason: string, q850: number): void =>
      resolve({ by: 'line', reason, q850, cancelled: true });
    dialog.onHangUp(({ q850 }) => left('the business hung up before the visitor answered', q850 ?? 16));
    session.on('lost', (lost, reason) => {
      if (lost === leg) left(reason ?? 'no audio came from the business any more', 102);
    });
  });
  serveMedia(dialog, leg);
  session.watch(leg);
  return {
    answered,
    gone,
    play: (what) => leg.play(what).catch(() => undefined),
    stopPlaying: () => leg.stopPlaying(),
  };
};

/** Calls the visitor; the one who waits hears it ring, or what the network says. */
export const callVisitor = async (deps: Dependencies, agent: WaitingAgent): Promise<Attempt> => {
  const { services, plan, session, record, book, order, trunk } = deps;
  const { region } = plan;
  void agent.play({ type: 'ringback', ...(region && { region }) });
  const attempt = await dialLine(
    {
      services,
      plan,
      session,
      record,
      book,
      progress: {
        ...NO_PROGRESS,
        earlyMedia: (leg) => {
          agent.stopPlaying();
          session.bridge(agent.answered.leg, leg);
        },
      },
      stopped: Promise.race([agent.gone, deps.stopped]),
    },
    visitorLine(order.number, trunk),
    NO_PLACE,
  );
  agent.stopPlaying();
  asCaller(attempt.type === 'answered' ? attempt.answered.row : attempt.row);
  return attempt;
};

/** Whoever says no on the own telephone, rather than a network for it (RFC 3261 21.6.2, RFC 8197, RFC 8688). */
const DECLINED: ReadonlySet<number> = new Set([603, 607, 608]);

/** Nobody has such a number: ITU-T Q.850 causes 1, 22 and 28, as networks give them with one of these (RFC 3398 7.2.4.1). */
const NO_SUCH_CAUSES: ReadonlySet<number> = new Set([1, 22, 28]);
const NO_SUCH: ReadonlySet<number> = new Set([404, 410, 484, 604]);

type FailedAttempt = Extract<Attempt, { type: 'failed' }>;

/** What it means for the request that the visitor was not reached. */
export const resultOf = ({ leg: { outcome, status = 0, q850 } }: FailedAttempt): CallBackResult => {
  if (DECLINED.has(status)) return { end: 'declined', reason: 'the visitor declined the call' };
  if (NO_SUCH.has(status) && NO_SUCH_CAUSES.has(q850))
    return { end: 'failed', reason: 'the network says that there is no such number' };
  return { end: 'visitor', reason: `the visitor was not reached: ${outcome.replace('_', ' ')}` };
};

/** What the one who waits hears then. */
export const soundFor = ({ leg: { outcome } }: FailedAttempt): string => {
  if (outcome === 'busy') return 'callback-busy';
  return outcome === 'no_answer' || outcome === 'rejected' ? 'callback-no-answer' : 'callback-failed';
};
