import { chooseRound, NO_TURNS } from '../ring/index.ts';
import { answeringOf, candidatesOf } from '../simulate/index.ts';
import type { DialFailure, FlowAction } from '../types.ts';
import type { History } from './history.ts';
import type { PastCall, PastLeg } from './types.ts';

type DialAction = Extract<FlowAction, { type: 'dial' }>;

const RING_MS = 20_000;
/** Until a phone that doesn't ring has said so. */
const REFUSAL_MS = 1000;
const REFUSALS: readonly PastLeg['result'][] = ['busy', 'rejected', 'unavailable'];
const NO_ANSWERS: ReadonlyMap<string, never> = new Map<string, never>();

/** What ringing would have come to. Probabilities sum to 1. */
export type Chances = {
  readonly answered: number;
  readonly answerMs: number;
  /** Nobody answered. */
  readonly not: number;
  readonly notMs: number;
  readonly why: DialFailure;
  readonly tried: number;
  /** Nothing kept says what would have come of it. */
  readonly unknown: number;
  /** Names of those of whom nothing is known. */
  readonly strangers: readonly string[];
  /** Rates of other calls were used. */
  readonly estimated: boolean;
};

/** What one target would have done: for certain, by its rate, or not known. */
type Guess = {
  readonly rate: number | undefined;
  readonly certain: boolean;
  readonly leg: PastLeg | undefined;
};

const guess = (name: string, ringMs: number, call: PastCall, history: History): Guess => {
  const leg = call.legs.find((each) => each.name === name);
  // Whose ringing was cut short because another answered may have answered as well.
  if (leg && (leg.result !== 'cut' || call.gaveUp))
    return { rate: leg.result === 'answer' && leg.ms <= ringMs ? 1 : 0, certain: true, leg };
  return { rate: history.answerRate(name), certain: false, leg: undefined };
};

const whyOf = (results: readonly (PastLeg['result'] | undefined)[]): DialFailure => {
  const [first] = results;
  const same = first !== undefined && results.every((result) => result === first);
  return same && first !== 'answer' && first !== 'cut' ? first : 'no-answer';
};

/** How long somebody rings when nobody answers. */
const ringsFor = (leg: PastLeg | undefined, ringMs: number): number =>
  leg !== undefined && REFUSALS.includes(leg.result) ? REFUSAL_MS : ringMs;

/** What has become of a call while round after round is rung. */
type Ringing = {
  left: number;
  answered: number;
  /** Times of answers by their probability, summed. */
  answeredMs: number;
  ms: number;
  estimated: boolean;
  readonly results: (PastLeg['result'] | undefined)[];
  readonly strangers: string[];
};

/** Rings one round, and is told how long it lasts. */
const ringRound = (
  ringing: Ringing,
  round: readonly string[],
  guessOf: (name: string) => Guess & { readonly ringMs: number; readonly answerMs: number },
): void => {
  let roundMs = 0;
  for (const name of round) {
    const { rate, certain, leg, ringMs, answerMs } = guessOf(name);
    ringing.results.push(leg?.result);
    if (rate === undefined) {
      ringing.strangers.push(name);
      continue;
    }
    ringing.estimated ||= !certain;
    ringing.answered += ringing.left * rate;
    ringing.answeredMs += ringing.left * rate * (ringing.ms + Math.min(answerMs, ringMs));
    ringing.left *= 1 - rate;
    roundMs = Math.max(roundMs, ringsFor(leg, ringMs));
  }
  ringing.ms += roundMs;
};

/**
 * Who would have answered, round by round as the gateway rings: lines that were rung for this call do what they did, others
 * what they do in general.
 */
export const ringChances = (
  action: DialAction,
  call: PastCall,
  history: History,
  lineRingMs: { get(name: string): number | undefined },
): Chances => {
  const { targets, strategy, first, maxMs: most = Number.POSITIVE_INFINITY } = action;
  const members = candidatesOf(targets, NO_ANSWERS);
  const guessOf = (name: string) => {
    const ringMs = action.ringMs ?? lineRingMs.get(name) ?? RING_MS;
    const known = guess(name, ringMs, call, history);
    return { ...known, ringMs, answerMs: known.leg?.ms ?? history.answerMs(name) };
  };
  const ringing: Ringing = {
    left: 1,
    answered: 0,
    answeredMs: 0,
    ms: 0,
    estimated: false,
    results: [],
    strangers: [],
  };
  const tried = new Set<string>();
  let turns = NO_TURNS;
  // What follows somebody of whom nothing is known is not known either.
  while (ringing.ms < most && ringing.left > 0 && ringing.strangers.length === 0) {
    const choice = chooseRound({ strategy, members, turns, tried, first });
    if (choice === undefined || choice.round.length === 0) break;
    turns = choice.turns;
    for (const name of choice.round) tried.add(name);
    ringRound(ringing, choice.round, guessOf);
  }
  const { left, answered, answeredMs, ms, estimated, results, strangers } = ringing;
  return {
    answered,
    answerMs: answered === 0 ? 0 : answeredMs / answered,
    not: strangers.length > 0 ? 0 : left,
    notMs: Math.min(ms, most),
    why: tried.size === 0 ? 'unavailable' : whyOf(results),
    tried: tried.size,
    unknown: strangers.length > 0 ? left : 0,
    strangers,
    estimated,
  };
};

/** Whether anybody may be rung at all. */
export const hasTargets = ({ targets }: Pick<DialAction, 'targets'>): boolean =>
  candidatesOf(targets, NO_ANSWERS).some(({ id }) => answeringOf(id, targets, NO_ANSWERS) === 'answer');
