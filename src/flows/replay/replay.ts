import type { Flow, PathEntry } from '../types.ts';
import type { Way } from './branch.ts';
import { exploreCall } from './explore.ts';
import { learnHistory } from './history.ts';
import type { OutcomeCounts, Parting, PastCall, Replay } from './types.ts';

const ALWAYS = [
  'Whoever did not answer is taken not to answer however long it rings; who hung up waiting hangs up after the same time.',
  'Callers who did not hang up are taken to wait as long as the flow makes them.',
];

type Sums = {
  answered: number;
  voicemail: number;
  lost: number;
  unknown: number;
  waited: number;
  answerMs: number;
};

const noSums = (): Sums => ({ answered: 0, voicemail: 0, lost: 0, unknown: 0, waited: 0, answerMs: 0 });

const round = (value: number): number => Math.round(value * 1000) / 1000;

const countsOf = (sums: Sums): OutcomeCounts => ({
  answered: round(sums.answered),
  voicemail: round(sums.voicemail),
  lost: round(sums.lost),
  waited: round(sums.waited),
  meanAnswerMs: sums.answered === 0 ? null : Math.round(sums.answerMs / sums.answered),
});

const addBefore = (sums: Sums, call: PastCall): void => {
  sums[call.outcome] += 1;
  if (call.queue !== undefined) sums.waited += 1;
  if (call.outcome === 'answered') sums.answerMs += call.waitMs;
};

const addWay = (sums: Sums, way: Way): void => {
  sums[way.outcome] += way.weight;
  if (way.queued) sums.waited += way.weight;
  if (way.outcome === 'answered') sums.answerMs += way.weight * way.waitMs;
};

const exitWords = ({ exit, to }: PathEntry): string =>
  `${exit ?? 'the end'}, ${to === undefined ? 'the call ends' : `on to ${to}`}`;

const OUTCOME_WORDS: Readonly<Record<Way['outcome'], string>> = {
  answered: 'somebody answers',
  voicemail: 'a message is left',
  lost: 'nobody answers',
  unknown: 'it is not known',
};

/** What happened at one place of a way: a step was left, or the call ended at it. */
type Place = { readonly step: string | undefined; readonly words: string };

const placeOf = (entry: PathEntry | undefined, end: Place): Place =>
  entry === undefined ? end : { step: entry.step, words: exitWords(entry) };

/** Where two ways part: the first step that is another or is left another way. */
const partingOf = (call: PastCall, way: Way): Pick<Parting, 'step' | 'was' | 'now'> | undefined => {
  const [old, path] = [call.path, way.path];
  const same = (index: number): boolean =>
    old[index]?.step === path[index]?.step &&
    old[index]?.exit === path[index]?.exit &&
    old[index]?.to === path[index]?.to;
  let index = 0;
  while (index < Math.max(old.length, path.length) && same(index)) index += 1;
  const last = old.at(-1);
  const before = placeOf(old[index], { step: last?.to ?? last?.step, words: OUTCOME_WORDS[call.outcome] });
  const after = placeOf(path[index], { step: way.at, words: OUTCOME_WORDS[way.outcome] });
  if (old[index] === undefined && path[index] === undefined) {
    const known = way.outcome !== 'unknown' && way.outcome !== call.outcome;
    return known ? { step: after.step, was: before.words, now: after.words } : undefined;
  }
  if (before.step === after.step) return { step: before.step, was: before.words, now: after.words };
  const step = old[index - 1]?.step;
  return { step, was: `on to ${before.step ?? 'the end'}`, now: `on to ${after.step ?? 'the end'}` };
};

const likeliest = (ways: readonly Way[]): Way | undefined =>
  ways.reduce<Way | undefined>((best, way) => (best && best.weight >= way.weight ? best : way), undefined);

const shareOf = (ways: readonly Way[], outcome: Way['outcome']): number =>
  ways.reduce((sum, way) => (way.outcome === outcome ? sum + way.weight : sum), 0);

const partOf = (call: PastCall, ways: readonly Way[]): Parting | undefined => {
  const way = likeliest(ways);
  if (way === undefined || call.path.length + call.legs.length === 0) return undefined;
  const parting = partingOf(call, way);
  if (parting === undefined) return undefined;
  const likely = round(Math.min(1, shareOf(ways, way.outcome)));
  return { id: call.id, at: call.at, ...parting, before: call.outcome, after: way.outcome, likely };
};

/** Sentences that several calls have in common, with their number, the most frequent first. */
const notesOf = (whys: ReadonlyMap<string, number>, withoutPath: number): readonly string[] => {
  const found = [...whys]
    .sort(([, a], [, b]) => b - a)
    .map(([why, calls]) => `${why} (${calls} ${calls === 1 ? 'call' : 'calls'})`);
  const bare =
    withoutPath === 0
      ? []
      : [`Of ${withoutPath} of the calls no way is kept: they are run from the beginning.`];
  return [...found, ...bare, ...ALWAYS];
};

/**
 * Calls of the past on another version of their flow: what would have become of them. Each does again what its record has:
 * keys pressed, who answered; what it did not come to then is guessed from all calls together, and said to be unknown where
 * those tell nothing.
 *
 * @param lineRingMs how long lines ring where the flow doesn't say
 */
export const replayCalls = (
  flow: Flow,
  calls: readonly PastCall[],
  lineRingMs: { get(name: string): number | undefined } = new Map(),
): Replay => {
  const history = learnHistory(calls);
  const before = noSums();
  const after = noSums();
  const whys = new Map<string, number>();
  const partings: Parting[] = [];
  let certain = 0;
  let estimated = 0;
  for (const call of calls) {
    addBefore(before, call);
    const ways = exploreCall(flow, call, history, lineRingMs);
    for (const way of ways) addWay(after, way);
    for (const why of new Set(ways.map((way) => way.why))) {
      if (why !== undefined) whys.set(why, (whys.get(why) ?? 0) + 1);
    }
    const guessed = ways.some((way) => way.estimated);
    if (guessed) estimated += 1;
    else if (ways.every((way) => way.outcome !== 'unknown')) certain += 1;
    const parting = partOf(call, ways);
    if (parting) partings.push(parting);
  }
  return {
    calls: calls.length,
    before: countsOf(before),
    after: { ...countsOf(after), unknown: round(after.unknown) },
    certain,
    estimated,
    partings: partings.sort((a, b) => a.at - b.at),
    notes: notesOf(whys, calls.filter(({ path }) => path.length === 0).length),
  };
};
