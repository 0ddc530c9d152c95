import { type Candidate, chooseRound, NO_TURNS } from '../ring/index.ts';
import type { DialFailure, FlowAction, Targets } from '../types.ts';
import type { Answering, Scenario } from './types.ts';

const RING_MS = 20_000;
const ANSWER_MS = 6000;
/** Of its ringing time at most, so that who answers does so before it ends. */
const ANSWER_SHARE = 0.8;
/** Until a phone that doesn't ring has said so. */
const REFUSAL_MS: Readonly<Record<Exclude<Answering, 'answer' | 'no-answer'>, number>> = {
  busy: 300,
  rejected: 3000,
  unavailable: 500,
};

/** What came of ringing. `tried` are those that rang, in their order. */
export type Rung = {
  /** Who answered; undefined: nobody. */
  readonly by: string | undefined;
  /** How it failed; undefined when somebody answered. */
  readonly why: DialFailure | undefined;
  readonly ms: number;
  readonly tried: readonly string[];
};

type DialAction = Extract<FlowAction, { type: 'dial' }>;

/** What somebody does in a scenario: as named there, or as the group is. */
export const answeringOf = (name: string, targets: Targets, answers: Scenario['answers']): Answering => {
  const group = targets.type === 'group' ? answers.get(targets.group.id) : undefined;
  const answering = answers.get(name) ?? group ?? 'answer';
  return answering === 'full' || answering === 'empty' ? 'unavailable' : answering;
};

/** Who can be rung, in the order of the plan. */
export const candidatesOf = (targets: Targets, answers: Scenario['answers']): readonly Candidate[] => {
  const candidate = (id: string, weight: number, priority: number): Candidate => ({
    id,
    weight,
    priority,
    available: answeringOf(id, targets, answers) !== 'unavailable',
    idleSince: undefined,
  });
  if (targets.type === 'lines') {
    return [...targets.lines, ...targets.users].map((name) => candidate(name, 1, 1));
  }
  const { group, skills } = targets;
  return group.members
    .filter((member) => skills.every((skill) => member.skills.includes(skill)))
    .map((member) => candidate(member.line ?? member.user ?? '', member.weight, member.priority));
};

/** How an attempt failed as a whole: as all of them did, else nobody answered. */
export const failureOf = (results: readonly Answering[]): DialFailure => {
  const [first] = results;
  if (first === undefined) return 'unavailable';
  return first !== 'answer' && results.every((result) => result === first) ? first : 'no-answer';
};

/** How long somebody rings who does not answer in time. */
const ringsFor = (answering: Answering, ringMs: number): number =>
  answering === 'answer' || answering === 'no-answer' ? ringMs : REFUSAL_MS[answering];

/** Rings as a `dial` action says, nobody's turn being before anybody else's. */
export const ring = (action: DialAction, scenario: Scenario): Rung => {
  const { targets, strategy, first, maxMs: most = Number.POSITIVE_INFINITY } = action;
  const members = candidatesOf(targets, scenario.answers);
  const results: Answering[] = [];
  const tried = new Set<string>();
  let turns = NO_TURNS;
  let ms = 0;
  while (ms < most) {
    const choice = chooseRound({ strategy, members, turns, tried, first });
    if (choice === undefined || choice.round.length === 0) break;
    turns = choice.turns;
    let roundMs = 0;
    for (const name of choice.round) tried.add(name);
    for (const name of choice.round) {
      const answering = answeringOf(name, targets, scenario.answers);
      const ringMs = action.ringMs ?? scenario.lineRingMs.get(name) ?? RING_MS;
      const after = ms + Math.min(scenario.answerMs ?? ANSWER_MS, ringMs * ANSWER_SHARE);
      if (answering === 'answer' && after < most) {
        return { by: name, why: undefined, ms: after, tried: [...tried] };
      }
      results.push(answering === 'answer' ? 'no-answer' : answering);
      roundMs = Math.max(roundMs, ringsFor(answering, ringMs));
    }
    ms += roundMs;
  }
  return { by: undefined, why: failureOf(results), ms: Math.min(ms, most), tried: [...tried] };
};
