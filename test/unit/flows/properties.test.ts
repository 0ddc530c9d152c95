import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Advance,
  advanceFlow,
  beginFlow,
  type Flow,
  type FlowEvent,
  type FlowFacts,
  MOST_STEPS,
} from '../../../src/flows/index.ts';
import { answerFrom, anyEvent, anyFacts, anyFlow, CALLER_NUMBER } from './arbitrary.ts';
import { SUNDAY_EVENING } from './plans.ts';

const supply = fc.array(anyEvent, { minLength: 1, maxLength: 40 });
const RUNS = { numRuns: 60 };
const TURN_MS = 3_600_000;

/** Every advance of a call whose answers come from a supply, until it is over or `turns` are taken. */
const play = (
  flow: Flow,
  facts: FlowFacts,
  events: readonly FlowEvent[],
  turns: number,
  kept: (advance: Advance) => Advance = (advance) => advance,
): readonly Advance[] => {
  const all = [kept(beginFlow(flow, facts, SUNDAY_EVENING))];
  for (let turn = 0; turn < turns; turn += 1) {
    const last = all.at(-1);
    if (!last || last.state.at === undefined) break;
    const event = answerFrom(events, last.action, turn);
    all.push(kept(advanceFlow(flow, facts, last.state, event, SUNDAY_EVENING + turn * TURN_MS)));
  }
  return all;
};

const happened = ({ type, ...rest }: FlowEvent): boolean =>
  type === 'answered' || type === 'begin' || type === 'decided' || type === 'failed'
    ? false
    : Object.values(rest).some((value) => value !== undefined && value !== '' && value !== 0);

describe('the interpreter', () => {
  it('ends or waits for an answer at a step that there is, after each event', () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, supply, (flow, facts, events) => {
        for (const { state, action, path } of play(flow, facts, events, 60)) {
          expect(action.type === 'hangup').toBe(state.at === undefined);
          if (state.at !== undefined) expect(flow.steps.has(state.at)).toBe(true);
          for (const entry of path) if (entry.to !== undefined) expect(flow.steps.has(entry.to)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('follows its path: each entry leads to the next, the last to the step that waits', () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, supply, (flow, facts, events) => {
        let at: string | undefined = flow.start;
        for (const { state, path } of play(flow, facts, events, 60)) {
          for (const entry of path) {
            // A flow that is stopped says so after the step that it was stopped at.
            if (entry.kind !== 'end') expect(entry.step).toBe(at);
            at = entry.to;
          }
          expect(state.at).toBe(at);
        }
      }),
      RUNS,
    );
  });

  it('takes no more steps with nothing happening than a flow has', () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, supply, (flow, facts, events) => {
        let idle = 0;
        const advances = play(flow, facts, events, 60);
        for (const [index, { path, action }] of advances.entries()) {
          const before = advances[index - 1];
          const event = before && answerFrom(events, before.action, index - 1);
          if (event && happened(event)) idle = 0;
          idle += path.filter(({ exit }) => exit !== undefined && exit !== 'again').length;
          expect(idle).toBeLessThanOrEqual(flow.steps.size + 1);
          if (idle > flow.steps.size) expect(action.type).toBe('hangup');
        }
      }),
      RUNS,
    );
  });

  it('ends, whatever goes on happening', () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, supply, (flow, facts, events) => {
        // Each step asks four times at most.
        const last = play(flow, facts, events, MOST_STEPS * 4 + 1).at(-1);
        expect(last?.state.at).toBeUndefined();
        expect(last?.state.steps).toBeLessThanOrEqual(MOST_STEPS);
      }),
      { numRuns: 20 },
    );
  });

  it('goes the same way for the same call, and its state survives JSON', () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, supply, (flow, facts, events) => {
        const through = (advance: Advance): Advance => ({
          ...advance,
          state: JSON.parse(JSON.stringify(advance.state)) as Advance['state'],
        });
        expect(play(flow, facts, events, 60, through)).toEqual(play(flow, facts, events, 60));
      }),
      RUNS,
    );
  });

  it("shows neither sensitive digits nor the caller's number", () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, supply, (flow, facts, events) => {
        const hidden = [...flow.steps.values()].every(({ step }) => step.do !== 'collect' || step.sensitive);
        for (const { path } of play(flow, facts, events, 60)) {
          const shown = JSON.stringify(path.map(({ at: _, ...entry }) => entry));
          if (facts.callerNumber === CALLER_NUMBER) expect(shown).not.toContain('30901820');
          if (hidden) expect(shown).not.toMatch(/12345|4929123/);
        }
      }),
      RUNS,
    );
  });

  it('stays over when it is over', () => {
    fc.assert(
      fc.property(anyFlow, anyFacts, anyEvent, (flow, facts, event) => {
        const over = { ...beginFlow(flow, facts, SUNDAY_EVENING).state, at: undefined };
        const after = advanceFlow(flow, facts, over, event, SUNDAY_EVENING);
        expect(after).toMatchObject({ action: { type: 'hangup' }, path: [] });
        expect(after.state.at).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});
