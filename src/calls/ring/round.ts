import type { LegTable } from '../../store/index.ts';
import type { Agents, Offer, Place } from '../agents/index.ts';
import { mediaColumns, wireColumns } from '../record/index.ts';
import type { CallStop } from '../types.ts';
import { confirmLine, type Question, type Verdict } from './confirm.ts';
import { type AnsweredLine, dialLine, type LineDependencies, lineTitle } from './line.ts';
import type { Member } from './members.ts';
import type { FailedLeg } from './outcome.ts';

/** Those who ring at once, and what they are rung with. */
export type RoundPlan = {
  readonly members: readonly Member[];
  /** What their group asks of them; undefined for those who are named by themselves. */
  readonly offer: Offer | undefined;
  /** Milliseconds; undefined: as each line says. */
  readonly ringMs: number | undefined;
  /** Milliseconds that are left for all rounds. */
  readonly leftMs: number;
  readonly question: Question;
  /** The caller may hear what a line sends before it answers. */
  readonly earlyMedia: boolean;
};

export type RoundEnd =
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'failed'; readonly failed: readonly FailedLeg[] }
  | { readonly type: 'stopped'; readonly stop: CallStop };

/** Q.850 26: somebody else has the call (RFC 3326). */
const ELSEWHERE: CallStop = { by: 'line', reason: 'answered elsewhere', q850: 26, cancelled: true };

const isAsked = ({ accept, whisper }: Question): boolean => accept !== undefined || whisper.length > 0;

/** The line with the time that it has to ring. */
const timed = ({ line }: Member, { ringMs, leftMs }: RoundPlan): Member['line'] => {
  const ms = Math.min(ringMs ?? line.ring_timeout_s * 1000, leftMs);
  return { ...line, ring_timeout_s: Math.round(ms) / 1000 };
};

type Refusal = {
  readonly outcome: NonNullable<LegTable['outcome']>;
  readonly q850: number;
  readonly reason: string;
};

/** Hangs up a line that has picked up and does not get the call. */
const hangUp = async (
  { services, book }: LineDependencies,
  { leg, dialog, row, leave }: AnsweredLine,
  { outcome, q850, reason }: Refusal,
): Promise<void> => {
  void dialog.bye({ q850, text: reason });
  leave();
  const ended = { ended_at: services.now(), outcome, sip_reason: reason, q850_cause: q850 };
  Object.assign(row, wireColumns(leg), mediaColumns(await leg.close()), ended);
  book.add(row);
};

const UNCONFIRMED: Readonly<
  Record<'no-key' | 'hung-up', { readonly reason: string; readonly q850: number }>
> = {
  'no-key': { reason: 'picked up and pressed no key', q850: 16 },
  'hung-up': { reason: 'picked up and hung up', q850: 16 },
};

/** Offers of a group that nobody took, though the phone rang. */
const isMissed = ({ ringing_at, answered_at }: LegTable, { outcome }: FailedLeg): boolean =>
  (ringing_at !== null || answered_at !== null) &&
  (outcome === 'no_answer' || outcome === 'rejected' || outcome === 'busy');

/**
 * Rings several at once until one has taken the call, or all have failed. Who picks up has the call, unless it must press a
 * key first: the others go on ringing meanwhile. All members' time is taken before this returns for the first time.
 *
 * @param dial rings one of them
 */
export const ringRound = (
  deps: LineDependencies,
  plan: RoundPlan,
  dial: typeof dialLine = dialLine,
): Promise<RoundEnd> => {
  const { services, record, session } = deps;
  const { callId } = deps.plan;
  const agents: Agents = services.agents;
  const places = plan.members.map(({ key }) => agents.take(key, callId, plan.offer));

  let cancel: (stop: CallStop) => void = () => undefined;
  const cancelled = new Promise<CallStop>((resolve) => {
    cancel = resolve;
  });
  let callStop: CallStop | undefined;
  void deps.stopped.then((stop) => {
    callStop = stop;
  });
  const stopped = Promise.race([deps.stopped, cancelled]);
  const progress = plan.earlyMedia
    ? deps.progress
    : { ...deps.progress, earlyMedia: () => deps.progress.ringing() };
  /** Picked up where that is enough, so that nobody else needs to ring; it may still be whispered to. */
  let claimed: AnsweredLine | undefined;
  let winner: AnsweredLine | undefined;

  const note = (type: string, answered: AnsweredLine, what: string): void =>
    record.note(type, `Line ${lineTitle(answered.line)} ${what}.`, { line: answered.line.id });

  const dropped = async (
    answered: AnsweredLine,
    verdict: Exclude<Verdict, 'confirmed'>,
  ): Promise<FailedLeg | undefined> => {
    if (verdict === 'over') {
      const { q850, reason } = callStop ?? ELSEWHERE;
      await hangUp(deps, answered, { outcome: 'cancelled', q850, reason });
      return undefined;
    }
    const { reason, q850 } = UNCONFIRMED[verdict];
    note('not-accepted', answered, reason);
    await hangUp(deps, answered, { outcome: 'no_answer', q850, reason });
    return { outcome: 'no_answer', status: undefined, q850: 19 };
  };

  /** Whispers and asks for the key, as the step wants. */
  const confirm = async (answered: AnsweredLine): Promise<Verdict> => {
    const { question } = plan;
    const { accept } = question;
    if (!isAsked(question)) return 'confirmed';
    const hears = accept ? `is asked to press ${accept.key}` : 'hears who calls';
    note('whispered', answered, `picked up, and ${hears}`);
    const over = accept ? stopped : deps.stopped;
    const verdict = await confirmLine({ session, answered, question, over });
    if (verdict === 'confirmed' && accept && !winner) note('accepted', answered, `pressed ${accept.key}`);
    return verdict;
  };

  /** @returns why it does not get the call; undefined when it does, or is not wanted any more */
  const offer = async (answered: AnsweredLine, place: Place): Promise<FailedLeg | undefined> => {
    if (claimed) return dropped(answered, 'over');
    if (!plan.question.accept) {
      claimed = answered;
      cancel(ELSEWHERE);
    }
    const verdict = await confirm(answered);
    if (verdict !== 'confirmed') return dropped(answered, verdict);
    if (winner) return dropped(answered, 'over');
    claimed = answered;
    winner = answered;
    place.answered();
    cancel(ELSEWHERE);
    return undefined;
  };

  const ringMember = async (member: Member, place: Place): Promise<FailedLeg | undefined> => {
    const attempt = await dial({ ...deps, progress, stopped }, timed(member, plan), place);
    switch (attempt.type) {
      case 'answered': {
        const failed = await offer(attempt.answered, place);
        if (failed && isMissed(attempt.answered.row, failed)) place.missed();
        return failed;
      }
      case 'failed':
        deps.book.add(attempt.row);
        if (isMissed(attempt.row, attempt.leg)) place.missed();
        return attempt.leg;
      case 'stopped':
        deps.book.add(attempt.row);
        return undefined;
    }
  };

  return new Promise((resolve, reject) => {
    const ringing = plan.members.map((member, index) => {
      const place = places[index];
      if (!place) return Promise.resolve(undefined);
      return ringMember(member, place).then((failed) => {
        // The others are still being cancelled: nobody waits for that.
        if (winner && !failed) resolve({ type: 'answered', answered: winner });
        return failed;
      });
    });
    Promise.all(ringing).then(
      (failed) => {
        if (callStop) return resolve({ type: 'stopped', stop: callStop });
        if (winner) return resolve({ type: 'answered', answered: winner });
        resolve({ type: 'failed', failed: failed.filter((leg) => leg !== undefined) });
      },
      (error: unknown) => {
        cancel(ELSEWHERE);
        reject(error);
      },
    );
  });
};
