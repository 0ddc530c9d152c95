import type { Sound } from '../../config/index.ts';
import { chooseRound, type DialFailure, type FlowAction, type Round } from '../../flows/index.ts';
import type { Playable } from '../../media/index.ts';
import type { Standing } from '../agents/index.ts';
import type { CallStop } from '../types.ts';
import type { Accept, Question } from './confirm.ts';
import { type AnsweredLine, type LineDependencies, lineTitle } from './line.ts';
import { candidatesOf, type Member, type Membership, membersOf, standingsOf } from './members.ts';
import { type CallFailure, type FailedLeg, failureOf } from './outcome.ts';
import { ringRound } from './round.ts';

type DialAction = Extract<FlowAction, { type: 'dial' }>;

/** What a `dial` step rings with. */
export type RingDependencies = LineDependencies & {
  readonly action: DialAction;
  /** Makes audio of what the step plays, in the call's language. Never rejects. */
  readonly sounds: (sounds: readonly Sound[]) => Promise<readonly Playable[]>;
};

export type Rung =
  | { readonly type: 'answered'; readonly answered: AnsweredLine; readonly tried: number }
  | {
      readonly type: 'failed';
      readonly failure: CallFailure;
      readonly why: DialFailure;
      /** How many were rung. */
      readonly tried: number;
    }
  | { readonly type: 'stopped'; readonly stop: CallStop };

/** Asks who picks up to take the call. */
const DEFAULT_PROMPT: readonly Sound[] = ['whisper-accept'];

/** What who picks up hears, as audio; made while it rings. */
export const questionOf = async (
  {
    accept,
    whisper,
  }: { readonly accept: Accept | undefined; readonly whisper: readonly Sound[] | undefined },
  sounds: RingDependencies['sounds'],
): Promise<Question> => {
  const [whispered, prompt] = await Promise.all([
    whisper ? sounds(whisper) : [],
    accept ? sounds(accept.play ?? DEFAULT_PROMPT) : [],
  ]);
  return { accept, whisper: whispered, prompt };
};

/** Lets the caller hear what the step says, instead of ringback, from now on. */
export const letHear = async (
  { services, progress, sounds }: Pick<RingDependencies, 'services' | 'progress' | 'sounds'>,
  hear: DialAction['hear'],
): Promise<void> => {
  if (hear === 'ringback') return progress.hear('ringback');
  const items = hear === 'music' ? [services.holdMusic] : await sounds(hear);
  progress.hear(items.length > 0 ? items : 'ringback');
  if (items.length > 0) progress.ringing();
};

const WHY: Readonly<Partial<Record<CallFailure['status'], DialFailure>>> = {
  no_answer: 'no-answer',
  busy: 'busy',
  rejected: 'rejected',
  unreachable: 'unavailable',
};

const count = (standings: Iterable<Standing>): string => {
  const counts = new Map<Standing, number>();
  for (const standing of standings) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  return [...counts].map(([standing, number]) => `${number} ${standing}`).join(', ');
};

const titleOf = (targets: DialAction['targets']): string =>
  targets.type === 'group' ? `group ${targets.group.name ?? targets.group.id}` : 'the step';

type Unanswered = { readonly why: DialFailure; readonly failure: CallFailure };

/** Why nobody was rung at all. */
const nobody = (
  { record, action }: RingDependencies,
  { offer }: Membership,
  standings: ReadonlyMap<string, Standing>,
): Unanswered => {
  const states = [...standings.values()];
  if (offer) record.note('nobody', `Nobody of ${titleOf(action.targets)} can be rung: ${count(states)}.`);
  const isBusy = states.some((state) => state === 'busy' || state === 'wrap-up');
  return isBusy
    ? { why: 'busy', failure: { status: 'busy', sipCode: 486, q850: 17 } }
    : { why: 'unavailable', failure: { status: 'unreachable', sipCode: 480, q850: 20 } };
};

const summedUp = (failed: readonly FailedLeg[]): Unanswered => {
  const failure = failureOf(failed);
  return { failure, why: WHY[failure.status] ?? 'failed' };
};

/** Says who rings and why, for groups: who is named by itself needs no reason. */
export const noteChoice = (
  { record }: Pick<LineDependencies, 'record'>,
  { targets, strategy }: Pick<DialAction, 'targets' | 'strategy'>,
  chosen: readonly Member[],
  standings: ReadonlyMap<string, Standing>,
  isSticky: boolean,
): void => {
  if (targets.type !== 'group') return;
  const names = chosen.map(({ line }) => lineTitle(line)).join(', ');
  const reason = isSticky ? 'answered this caller before' : strategy;
  const text = `Of ${titleOf(targets)} (${count(standings.values())}) ${names} rings: ${reason}.`;
  record.note('chosen', text, { group: targets.group.id, strategy, keys: chosen.map(({ key }) => key) });
};

/** The members of a round. */
export const membersIn = (round: Round, { members }: Membership): readonly Member[] =>
  members.filter(({ key }) => round.includes(key));

const stickyKey = (first: string | undefined, { members }: Membership): string | undefined =>
  first === undefined
    ? undefined
    : members.find(({ line }) => line.id === first || (line.user !== null && line.user === first))?.key;

/** Whom the step names, as the database has them now. */
const membersNow = async ({ services, plan, record, action }: RingDependencies): Promise<Membership> => {
  const { agents } = services;
  const look = (): Membership => membersOf(action.targets, { agents, known: plan.lines });
  const membership = look();
  if (membership.missing.length === 0) return membership;
  // Added a moment ago?
  await agents.refresh(true);
  const again = look();
  const { missing } = again;
  if (missing.length > 0) record.note('missing', `Not there any more, and left out: ${missing.join(', ')}.`);
  return again;
};

/**
 * Rings whom a step names until somebody has taken the call: who rings next is `chooseRound`'s to say, who can be rung
 * `Agents`'. Lines and users that are named by themselves are rung in any case.
 */
export const ring = async (deps: RingDependencies): Promise<Rung> => {
  const { action } = deps;
  const { agents } = deps.services;
  const { strategy, turnKey } = action;
  let stop: CallStop | undefined;
  void deps.stopped.then((order) => {
    stop = order;
  });
  const [question] = await Promise.all([
    questionOf(action, deps.sounds),
    agents.refresh(),
    letHear(deps, action.hear),
  ]);
  const membership = await membersNow(deps);

  const until = performance.now() + (action.maxMs ?? Number.POSITIVE_INFINITY);
  const first = stickyKey(action.first, membership);
  const tried = new Set<string>();
  const failed: FailedLeg[] = [];
  for (;;) {
    if (stop) return { type: 'stopped', stop };
    const leftMs = until - performance.now();
    const standings = standingsOf(membership, agents);
    const members = candidatesOf(membership, standings, agents);
    const turns = agents.turnsOf(turnKey);
    const choice = leftMs > 0 ? chooseRound({ strategy, members, turns, tried, first }) : undefined;
    if (!choice) {
      const end = tried.size > 0 ? summedUp(failed) : nobody(deps, membership, standings);
      return { type: 'failed', ...end, tried: tried.size };
    }
    agents.setTurns(turnKey, choice.turns);
    for (const key of choice.round) tried.add(key);
    const chosen = membersIn(choice.round, membership);
    noteChoice(deps, action, chosen, standings, choice.round[0] === first);
    const isPlain = question.accept === undefined && question.whisper.length === 0;
    const end = await ringRound(deps, {
      members: chosen,
      offer: membership.offer,
      ringMs: action.ringMs,
      leftMs,
      question,
      earlyMedia: chosen.length === 1 && isPlain && action.hear === 'ringback',
    });
    if (end.type === 'answered') return { ...end, tried: tried.size };
    if (end.type === 'stopped') return end;
    failed.push(...end.failed);
  }
};
