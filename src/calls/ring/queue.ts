import { chooseRound, type FlowAction, type FlowEvent } from '../../flows/index.ts';
import type { Playable } from '../../media/index.ts';
import { sayPosition, sayWait } from '../../prompts/index.ts';
import type { Ticket } from '../agents/index.ts';
import type { CallStop } from '../types.ts';
import type { Question } from './confirm.ts';
import type { AnsweredLine } from './line.ts';
import { candidatesOf, membersOf, standingsOf } from './members.ts';
import { letHear, membersIn, noteChoice, questionOf, type RingDependencies } from './ring.ts';
import { type RoundEnd, ringRound } from './round.ts';

type QueueAction = Extract<FlowAction, { type: 'queue' }>;

/** What a `queue` step works with. The call is answered. */
export type QueueDependencies = Omit<RingDependencies, 'action'> & {
  readonly action: QueueAction;
  readonly caller: {
    /** Plays to the caller, until its end or until something else is played. Never rejects. */
    play(items: readonly Playable[]): Promise<unknown>;
  };
  /** Of the words that tell the caller its place: ISO 639-1. */
  readonly language: string;
  /** Keys that the caller presses. @returns how to stop listening */
  readonly keys: { onKey(handler: (key: string) => void): () => void };
};

export type Queued = { readonly waitedMs: number } & (
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'left'; readonly why: Extract<FlowEvent, { type: 'left-queue' }>['why'] }
  | { readonly type: 'stopped'; readonly stop: CallStop }
);

type End =
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'left'; readonly why: 'exit-key' | 'empty' | 'timeout' }
  | { readonly type: 'stopped'; readonly stop: CallStop };

/** When all who are free have let it ring, they are asked again so much later. */
const AGAIN_MS = 5000;

const LEFT: CallStop = { by: 'caller', reason: 'the caller left the queue', q850: 16, cancelled: true };

const OUTCOMES = { answered: 'answered', left: 'left', stopped: 'abandoned' } as const;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`;

/**
 * Lets a caller wait for a member of a group: first come, first served; a caller who can only be helped by others does not
 * hold up those behind. Members are offered the caller as they become free.
 */
export const waitInQueue = async (deps: QueueDependencies): Promise<Queued> => {
  const { services, record, action } = deps;
  const { step, targets } = action;
  const { group } = targets;
  const [question] = await Promise.all([
    questionOf({ accept: step.accept, whisper: step.whisper }, deps.sounds),
    services.agents.refresh(),
  ]);
  const room = services.queues.room(group, step.serviceLevelSeconds * 1000);
  const title = `queue ${group.name ?? group.id}`;
  if (room.waiting >= step.max) {
    room.turnAway();
    record.note('queue-full', `${room.waiting} wait in ${title}, as many as may.`);
    return { type: 'left', why: 'full', waitedMs: 0 };
  }

  let finish: (end: End) => void = () => undefined;
  const ended = new Promise<End>((resolve) => {
    finish = resolve;
  });
  const turn = takingTurns(deps, question, room.dispatch, finish);
  const ticket = room.enter({ callId: deps.plan.callId, priority: 0, offer: turn.offer });
  record.note('queued', `Waits in ${title} at place ${ticket.position()}.`, { group: group.id });
  void deps.stopped.then((stop) => finish({ type: 'stopped', stop }));
  const longest = setTimeout(turn.giveUp, step.maxWaitSeconds * 1000);
  const stopListening =
    step.exitKey === undefined
      ? () => undefined
      : deps.keys.onKey((key) => {
          if (key === step.exitKey) finish({ type: 'left', why: 'exit-key' });
        });
  room.dispatch();
  void entertain(deps, ticket, turn.isOffered, ended);

  const end = await ended;
  const waitedMs = ticket.waitedMs();
  clearTimeout(longest);
  stopListening();
  turn.stop();
  ticket.leave(OUTCOMES[end.type]);
  if (end.type !== 'answered') deps.progress.silence();
  const words = { answered: 'Was answered', left: 'Left', stopped: 'Hung up' }[end.type];
  const why = end.type === 'left' ? ` (${end.why})` : '';
  record.note('queue-left', `${words} after ${seconds(waitedMs)} in ${title}${why}.`, { group: group.id });
  return { ...end, waitedMs };
};

/** Somebody answered in the moment in which the caller left. */
const sendAway = ({ dialog, leg, leave }: AnsweredLine): void => {
  void dialog.bye({ q850: LEFT.q850, text: LEFT.reason });
  leave();
  void leg.close();
};

/** Offers the caller to members as they become free, one round after the other. */
const takingTurns = (
  deps: QueueDependencies,
  question: Question,
  /** Asks all who wait, those in front first. */
  dispatch: () => void,
  finish: (end: End) => void,
) => {
  const { services, plan, action } = deps;
  const { agents } = services;
  const { targets, step } = action;
  const { group } = targets;
  const turnKey = `group/${group.id}`;
  let tried = new Set<string>();
  let againAt = 0;
  let offered = false;
  let isOver = false;
  let hasGivenUp = false;
  let withdraw: (stop: CallStop) => void = () => undefined;
  const withdrawn = new Promise<CallStop>((resolve) => {
    withdraw = resolve;
  });
  const stopped = Promise.race([deps.stopped, withdrawn]);

  const take = (end: RoundEnd): void => {
    offered = false;
    if (end.type === 'answered') {
      if (isOver) sendAway(end.answered);
      else finish(end);
      return;
    }
    if (isOver) return;
    againAt = performance.now() + AGAIN_MS;
    if (hasGivenUp) finish({ type: 'left', why: 'timeout' });
    else dispatch();
  };

  const offer = (): void => {
    if (offered || isOver) return;
    const membership = membersOf(targets, { agents, known: plan.lines });
    const standings = standingsOf(membership, agents);
    const isStaffed = [...standings.values()].some((state) => state !== 'away' && state !== 'offline');
    if (!isStaffed && step.empty !== undefined) {
      finish({ type: 'left', why: 'empty' });
      return;
    }
    const asking = {
      strategy: group.strategy,
      members: candidatesOf(membership, standings, agents),
      turns: agents.turnsOf(turnKey),
    };
    if (tried.size > 0 && performance.now() >= againAt && !chooseRound({ ...asking, tried }))
      tried = new Set();
    const choice = chooseRound({ ...asking, tried });
    if (!choice) return;
    agents.setTurns(turnKey, choice.turns);
    for (const key of choice.round) tried.add(key);
    const members = membersIn(choice.round, membership);
    noteChoice(deps, { targets, strategy: group.strategy }, members, standings, false);
    offered = true;
    const round = {
      members,
      offer: membership.offer,
      ringMs: group.ringSeconds * 1000,
      leftMs: Number.POSITIVE_INFINITY,
      question,
      earlyMedia: false,
    };
    // What the caller hears is no business of those who ring.
    const progress = { ...deps.progress, ringing: () => undefined };
    ringRound({ ...deps, progress, stopped }, round).then(take, (error: unknown) => {
      services.logger.error({ call: plan.callId, error }, 'offer failed');
      take({ type: 'failed', failed: [] });
    });
  };

  return {
    offer,
    isOffered: () => offered,
    /** The longest wait is over: who rings just now may still answer. */
    giveUp: () => {
      hasGivenUp = true;
      if (!offered) finish({ type: 'left', why: 'timeout' });
    },
    stop: () => {
      isOver = true;
      withdraw(LEFT);
    },
  };
};

/** Tells the caller its place now and then, with music or what else the step says in between. */
const entertain = async (
  deps: QueueDependencies,
  ticket: Ticket,
  isOffered: () => boolean,
  ended: Promise<unknown>,
): Promise<void> => {
  const { sounds, caller, progress, action, language } = deps;
  const { step } = action;
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const pause = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, step.announceSeconds * 1000);
    });
    await Promise.race([late, ended]);
    clearTimeout(timer);
  };
  const announcement = (): Promise<readonly Playable[]> => {
    const waitMs = step.announce === 'position-and-wait' ? ticket.expectedWaitMs() : undefined;
    return sounds([
      ...sayPosition(ticket.position(), language),
      ...(waitMs === undefined ? [] : sayWait(waitMs, language)),
    ]);
  };

  await letHear(deps, step.hear);
  if (isOver) return;
  if (step.play) {
    const items = await sounds(step.play);
    if (!isOver) await caller.play(items);
  }
  while (!isOver) {
    // Whoever is about to be answered need not hear a place.
    if (step.announce !== 'nothing' && !isOffered()) {
      const items = await announcement();
      if (!isOver) await caller.play(items);
    }
    if (isOver) return;
    progress.silence();
    progress.ringing();
    await pause();
  }
};
