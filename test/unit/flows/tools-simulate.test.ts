import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CallDescription,
  compileFlow,
  MOST_STEPS,
  scenarioOf,
  simulateCall,
  simulateMany,
} from '../../../src/flows/index.ts';
import { anyFlow } from './arbitrary.ts';
import { definitionOf, flowPlan, groupPlan, officeHours } from './plans.ts';

const YEAR = Date.UTC(2028, 0, 1);
const AT = Date.UTC(2026, 10, 23, 10);

const flow = compileFlow(
  definitionOf(
    flowPlan(
      {
        menu: { do: 'menu', play: 'hello', keys: { 1: 'sales', 2: 'order', 3: 'wait' }, otherwise: 'sales' },
        order: { do: 'collect', play: 'order', as: 'card', min: 4, max: 8, sensitive: true, next: 'sales' },
        sales: { do: 'dial', lines: ['one', 'two'], ringSeconds: 15, busy: 'wait', next: 'box' },
        wait: { do: 'queue', group: 'team', exitKey: '*', maxWaitSeconds: 60, exit: 'box', next: 'box' },
        box: { do: 'voicemail', next: 'crm' },
        crm: { do: 'decide', url: 'https://crm.example/', exits: { vip: 'sales' }, otherwise: 'end' },
        end: { do: 'hangup' },
      },
      { start: 'menu' },
    ),
    { groups: [groupPlan()], schedules: [officeHours()] },
  ),
);

const call = (more: Partial<CallDescription> = {}) =>
  simulateCall(flow, scenarioOf(flow, { at: AT, from: '+8613912345678', ...more }));

const steps = (simulation: ReturnType<typeof call>): readonly string[] =>
  simulation.path.map(({ step, exit }) => `${step}:${exit}`);

describe('simulateCall', () => {
  it('lets whoever is not named answer, and times what comes before', () => {
    const simulation = call({ keys: ['1'], answers: { one: 'no-answer' } });
    expect(steps(simulation)).toEqual(['menu:1']);
    expect(simulation.ending).toMatchObject({ how: 'answered', step: 'sales', by: 'two' });
    // The first line rings for 15 s, the second answers after 6 s.
    expect(simulation.waitMs).toBe(21_000);
    expect(simulation.ending.at - AT).toBe(simulation.durationMs);
  });

  it('gives each question its keys, and keeps secret ones out of what it says', () => {
    const simulation = call({ keys: ['2', '4929123#'] });
    expect(steps(simulation)).toEqual(['menu:2', 'order:next']);
    expect(JSON.stringify(simulation.path)).not.toContain('4929123');
    expect(steps(call({ keys: ['24929123#'] }))).toEqual(['menu:2', 'order:next']);
    expect(steps(call({ keys: ['', '7', '1'] }))).toEqual(['menu:again', 'menu:again', 'menu:1']);
  });

  it('goes the way of the busy when all are, through the queue to the mailbox', () => {
    const simulation = call({ keys: ['1', '*'], answers: { one: 'busy', two: 'busy', team: 'no-answer' } });
    expect(steps(simulation)).toEqual([
      'menu:1',
      'sales:busy',
      'wait:exit',
      'box:next',
      'crm:otherwise',
      'end:undefined',
    ]);
    expect(simulation.ending.how).toBe('voicemail');
    const waited = call({ keys: ['3'], answers: { team: 'no-answer' } });
    expect(waited.waitMs).toBe(60_000);
  });

  it('hangs up when patience is over, and asks no address', () => {
    expect(call({ keys: ['1'], answers: { one: 'no-answer' }, patienceMs: 4000 }).ending).toMatchObject({
      how: 'hung-up',
      step: 'sales',
    });
    const decided = call({ keys: ['3', '*'], decisions: { crm: 'vip' } });
    expect(decided.ending.by).toBe('one');
    expect(call({ keys: ['3', '*'] }).assumed).toContain('The address of crm was not asked.');
  });

  it('refuses names that the flow does not have', () => {
    expect(() => call({ answers: { onee: 'busy' } })).toThrow('The flow rings no onee');
    expect(() => call({ decisions: { menu: 'vip' } })).toThrow('no decide step menu');
  });
});

describe('simulateMany', () => {
  it('ends each of 10,000 callers of a year with a leap day within bounds', () => {
    const many = simulateMany(flow, 10_000, 1, { from: YEAR });
    expect(many.failures).toEqual({ calls: 0, first: undefined });
    expect(many.endings.endless).toBe(0);
    expect(Object.values(many.endings).reduce((sum, count) => sum + count, 0)).toBe(10_000);
    expect(many.unseen).toEqual([]);
    expect(many.longestPath).toBeLessThanOrEqual(MOST_STEPS);
  });

  it('does the same for the same seed, and something else for another', () => {
    const run = (seed: number) => simulateMany(flow, 100, seed, { from: YEAR });
    expect(run(7)).toEqual(run(7));
    expect(run(8)).not.toEqual(run(7));
  });

  it('ends every call of any flow', () => {
    fc.assert(
      fc.property(anyFlow, fc.nat(), (any, seed) => {
        const many = simulateMany(any, 4, seed, { from: YEAR });
        expect(many.failures.first).toBeUndefined();
        expect(many.endings.endless).toBe(0);
        expect(many.longestPath).toBeLessThanOrEqual(MOST_STEPS + 2);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });
});
