import { describe, expect, it } from 'vitest';
import {
  type CallDescription,
  compileFlow,
  type Flow,
  type PastCall,
  type PathEntry,
  replayCalls,
  scenarioOf,
  simulateCall,
} from '../../../src/flows/index.ts';
import { callFacts, definitionOf, flowPlan, groupPlan, MONDAY_MORNING, type Written } from './plans.ts';

const STEPS: Readonly<Record<string, Written>> = {
  menu: { do: 'menu', play: 'hello', keys: { 1: 'sales', 2: 'support', 3: 'wait' }, otherwise: 'sales' },
  sales: { do: 'dial', lines: ['one'], next: 'box' },
  support: { do: 'dial', lines: ['two'], next: 'sales' },
  wait: { do: 'queue', group: 'team', maxWaitSeconds: 60, next: 'box' },
  box: { do: 'voicemail' },
};

const flowOf = (steps: Readonly<Record<string, Written>>): Flow =>
  compileFlow(definitionOf(flowPlan(steps), { groups: [groupPlan()] }));

const RING_MS = 20_000;

const lineOf = (flow: Flow, step: string | undefined): string => {
  const plan = flow.steps.get(step ?? '')?.step;
  return plan?.do === 'dial' ? (plan.lines?.[0] ?? '') : '';
};

/** A call as the store would have it, made by a simulation in which each dial step rings one line. */
const pastCall = (
  flow: Flow,
  index: number,
  keys: readonly string[],
  answers: NonNullable<CallDescription['answers']>,
  patienceMs?: number,
): PastCall => {
  const at = MONDAY_MORNING + index * 60_000;
  const made = simulateCall(flow, scenarioOf(flow, { at, keys, answers, patienceMs }));
  const { how, step } = made.ending;
  const rung = (entry: PathEntry): PastCall['legs'][number] => ({
    name: lineOf(flow, entry.step),
    result: entry.input === 'no-answer' || entry.input === 'busy' ? entry.input : ('unavailable' as const),
    ms: RING_MS,
  });
  const legs: PastCall['legs'][number][] = made.path.filter(({ kind }) => kind === 'dial').map(rung);
  if (how === 'answered') legs.push({ name: lineOf(flow, step) || 'one', result: 'answer', ms: 6000 });
  if (how === 'hung-up') legs.push({ name: lineOf(flow, step), result: 'cut', ms: made.waitMs });
  const queued = [...made.path.map((entry) => entry.step), step].includes('wait');
  return {
    id: `call-${index}`,
    at,
    facts: callFacts({ callId: `call-${index}` }),
    path: made.path,
    legs,
    outcome: how === 'answered' || how === 'voicemail' ? how : 'lost',
    gaveUp: how === 'hung-up',
    waitMs: made.durationMs,
    queue: queued ? { group: 'team', ms: made.waitMs } : undefined,
  };
};

const flow = flowOf(STEPS);

/** 30 calls that went every way. */
const calls = Array.from({ length: 30 }, (_, index): PastCall => {
  const kinds = [
    () => pastCall(flow, index, ['1'], {}),
    () => pastCall(flow, index, ['1'], { one: 'no-answer' }),
    () => pastCall(flow, index, ['7', '2'], { two: 'busy' }),
    () => pastCall(flow, index, ['3'], {}),
    () => pastCall(flow, index, ['2'], { two: 'no-answer' }, 8000),
    () => pastCall(flow, index, ['', '', ''], { one: 'no-answer' }),
  ];
  const make = kinds[index % kinds.length];
  if (make === undefined) throw new RangeError('no kind');
  return make();
});

describe('replayCalls', () => {
  it('changes nothing on the version that the calls ran', () => {
    const replay = replayCalls(flow, calls);
    const { unknown, meanAnswerMs, ...after } = replay.after;
    const { meanAnswerMs: before, ...counts } = replay.before;
    expect(counts).toEqual({ answered: 15, voicemail: 10, lost: 5, waited: 5 });
    expect(after).toEqual(counts);
    expect(unknown).toBe(0);
    expect(Math.abs((meanAnswerMs ?? 0) - (before ?? 0))).toBeLessThan(3000);
    expect(replay.partings).toEqual([]);
    expect(replay.certain).toBe(30);
  });

  it('tells where calls part, by what their records have', () => {
    const { support: _, ...rest } = STEPS;
    const replay = replayCalls(
      flowOf({ ...rest, menu: { ...STEPS['menu'], do: 'menu', keys: { 1: 'sales', 2: 'box', 3: 'wait' } } }),
      calls,
    );
    expect(replay.partings.map(({ step, was, now }) => [step, was, now])).toEqual(
      Array.from({ length: 10 }, () => ['menu', '2, on to support', '2, on to box']),
    );
    // Those whom the second line kept waiting until they hung up leave no message either; the others do.
    expect(replay.after).toMatchObject({ answered: 10, voicemail: 15, lost: 5, unknown: 0 });
  });

  it('guesses by rates of other calls where a line was not rung, and says so', () => {
    const replay = replayCalls(
      flowOf({ ...STEPS, support: { do: 'dial', lines: ['one'], next: 'box' } }),
      calls,
    );
    // Line one was rung by 20 calls and answered 10 of them; 5 of those that pressed 2 had not rung it.
    expect(replay.estimated).toBeGreaterThan(0);
    const { answered, voicemail, lost, unknown } = replay.after;
    expect(answered + voicemail + lost + unknown).toBeCloseTo(30, 2);
    expect(unknown).toBe(0);
  });

  it('does not pretend to know a line that never rang, or a question that was never asked', () => {
    const stranger = replayCalls(
      flowOf({ ...STEPS, sales: { do: 'dial', lines: ['three'], next: 'box' } }),
      calls,
    );
    expect(stranger.after.unknown).toBe(20);
    expect(stranger.notes[0]).toMatch(/^Nobody knows whether three would have answered.*\(20 calls\)$/);
    const asked = replayCalls(
      flowOf({
        first: { do: 'collect', play: 'order', as: 'order', next: 'menu' },
        ...STEPS,
      }),
      calls,
    );
    expect(asked.after.unknown).toBe(30);
    expect(asked.notes[0]).toContain('what callers press at first');
  });
});
