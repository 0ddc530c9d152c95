import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffFlows, formatFlowDiff } from '../../../src/flows/index.ts';
import { anyFlow } from './arbitrary.ts';
import { definitionOf, flowPlan, groupPlan, officeHours } from './plans.ts';

const steps = {
  a: { do: 'dial', group: 'team', ringSeconds: 20, next: 'b' },
  b: { do: 'voicemail' },
  r: { do: 'route', cases: [{ when: { country: 'DE' }, to: 'a' }], otherwise: 'b' },
} as const;

describe('diffFlows', () => {
  it('names what is added, removed and changed, down to the field', () => {
    const parts = { groups: [groupPlan()], schedules: [officeHours()] };
    const from = definitionOf(flowPlan(steps), parts);
    const to = definitionOf(
      flowPlan({
        a: { ...steps.a, ringSeconds: 30 },
        r: { ...steps.r, cases: [{ when: { country: ['DE', 'AT'] }, to: 'a' }], otherwise: 'c' },
        c: { do: 'hangup' },
      }),
      { groups: [{ ...groupPlan(), wrapUpSeconds: 5 }], schedules: [] },
    );
    expect(formatFlowDiff(diffFlows(from, to))).toEqual([
      '~ step a (dial)',
      '    ringSeconds: 20 → 30',
      '- step b (voicemail)',
      '~ step r (route)',
      '    cases[0].when.country: ["DE"] → ["DE","AT"]',
      '    otherwise: "b" → "c"',
      '~ group team',
      '    wrapUpSeconds: 30 → 5',
      '- schedule office',
      '+ step c (hangup)',
    ]);
  });

  it('is empty only for what says the same, and mirrors when turned round', () => {
    fc.assert(
      fc.property(anyFlow, anyFlow, (one, other) => {
        expect(diffFlows(one.definition, structuredClone(one.definition))).toEqual([]);
        const there = diffFlows(one.definition, other.definition);
        const back = diffFlows(other.definition, one.definition);
        const names = (changes: typeof there, action: string): string[] =>
          changes.flatMap((change) => (change.action === action ? `${change.what} ${change.id}` : [])).sort();
        expect(names(back, 'added')).toEqual(names(there, 'removed'));
        expect(names(back, 'changed')).toEqual(names(there, 'changed'));
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
