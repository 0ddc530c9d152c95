import type { PathEntry } from '../types.ts';
import type { PastCall } from './types.ts';

/** Fewer cases say too little. */
const LEAST_CASES = 5;

/** What something did before: each value with its share. */
export type Shares = readonly (readonly [value: string, share: number])[];

/** What all calls together tell of what one call does not. Undefined: too few cases. */
export type History = {
  /** How often a line or user answered when rung. */
  answerRate(name: string): number | undefined;
  /** How long that took on average, milliseconds. */
  answerMs(name: string): number;
  /** What callers pressed when a step asked the first time; empty: nothing. */
  inputs(step: string): Shares | undefined;
  /** Exits of a step, and `answered`. */
  exits(step: string): Shares | undefined;
  /** How long callers stood in a queue on average, milliseconds. */
  queueMs(): number;
  /** Share of callers at a mailbox who left a message. */
  messageRate(): number | undefined;
};

const USUAL_ANSWER_MS = 8000;
const USUAL_QUEUE_MS = 45_000;

type Counts = Map<string, number>;

const count = (tables: Map<string, Counts>, name: string, value: string): void => {
  const counts = tables.get(name) ?? new Map<string, number>();
  counts.set(value, (counts.get(value) ?? 0) + 1);
  tables.set(name, counts);
};

const sharesOf = (counts: Counts | undefined): Shares | undefined => {
  const total = [...(counts?.values() ?? [])].reduce((sum, value) => sum + value, 0);
  if (counts === undefined || total < LEAST_CASES) return undefined;
  return [...counts].map(([value, cases]) => [value, cases / total]);
};

const mean = (values: readonly number[], usual: number): number =>
  values.length === 0 ? usual : values.reduce((sum, value) => sum + value, 0) / values.length;

/** A step's entries in a path, without those of being asked again. */
const firstAsked = (path: readonly PathEntry[]): ReadonlyMap<string, PathEntry> => {
  const first = new Map<string, PathEntry>();
  for (const entry of path) if (!first.has(entry.step)) first.set(entry.step, entry);
  return first;
};

type Tables = {
  readonly results: Map<string, Counts>;
  readonly answerTimes: Map<string, number[]>;
  readonly inputs: Map<string, Counts>;
  readonly exits: Map<string, Counts>;
  readonly messages: Map<string, Counts>;
  readonly queueTimes: number[];
};

const MESSAGE = 'message';

const learnLegs = ({ results, answerTimes }: Tables, { legs }: PastCall): void => {
  for (const { name, result, ms } of legs) {
    if (result === 'cut') continue;
    count(results, name, result === 'answer' ? 'answer' : 'none');
    if (result !== 'answer') continue;
    const times = answerTimes.get(name);
    if (times) times.push(ms);
    else answerTimes.set(name, [ms]);
  }
};

/** How a call ended that no exit of its last step tells of. */
const endOf = ({ outcome, gaveUp }: PastCall): string | undefined => {
  if (outcome === 'answered') return 'answered';
  return gaveUp ? 'hung-up' : undefined;
};

const learnPath = ({ inputs, exits, messages }: Tables, call: PastCall): void => {
  for (const [step, { input, exit, kind }] of firstAsked(call.path)) {
    count(inputs, step, input ?? '');
    if (exit !== undefined && exit !== 'again') count(exits, step, exit);
    if (kind === 'voicemail') count(messages, MESSAGE, call.outcome === 'voicemail' ? 'left' : 'none');
  }
  const [last, end] = [call.path.at(-1)?.to, endOf(call)];
  if (last !== undefined && end !== undefined) count(exits, last, end);
};

const shareOf = (value: string, shares: Shares | undefined): number | undefined =>
  shares && (shares.find(([name]) => name === value)?.[1] ?? 0);

/** Learns from all calls of a replay. */
export const learnHistory = (calls: readonly PastCall[]): History => {
  const tables: Tables = {
    results: new Map(),
    answerTimes: new Map(),
    inputs: new Map(),
    exits: new Map(),
    messages: new Map(),
    queueTimes: [],
  };
  for (const call of calls) {
    learnLegs(tables, call);
    learnPath(tables, call);
    if (call.queue && call.outcome === 'answered') tables.queueTimes.push(call.queue.ms);
  }
  const answerMs = new Map(
    [...tables.answerTimes].map(([name, times]) => [name, mean(times, USUAL_ANSWER_MS)]),
  );
  const queueMs = mean(tables.queueTimes, USUAL_QUEUE_MS);
  return {
    answerRate: (name) => shareOf('answer', sharesOf(tables.results.get(name))),
    answerMs: (name) => answerMs.get(name) ?? USUAL_ANSWER_MS,
    inputs: (step) => sharesOf(tables.inputs.get(step)),
    exits: (step) => sharesOf(tables.exits.get(step)),
    queueMs: () => queueMs,
    messageRate: () => shareOf('left', sharesOf(tables.messages.get(MESSAGE))),
  };
};
