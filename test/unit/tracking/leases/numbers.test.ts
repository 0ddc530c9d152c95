import { describe, expect, it } from 'vitest';
import type { NumberState } from '../../../../src/store/index.ts';
import { enlistedState, nextNumberState, withdrawnState } from '../../../../src/tracking/leases/numbers.ts';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;
const plan = { quietDays: 7, quarantineDays: 60 };

const next = (
  state: NumberState,
  days: number,
  { callDaysAgo, leased = false }: { readonly callDaysAgo?: number; readonly leased?: boolean } = {},
): NumberState =>
  nextNumberState(
    {
      state,
      stateSince: NOW - days * DAY,
      lastCallAt: callDaysAgo === undefined ? null : NOW - callDaysAgo * DAY,
    },
    leased,
    plan,
    NOW,
  );

describe('the life of a number', () => {
  it('begins with quiet days: a call begins them anew', () => {
    expect(next('testing', 6.9)).toBe('testing');
    expect(next('testing', 7)).toBe('active');
    expect(next('testing', 30, { callDaysAgo: 6.9 })).toBe('testing');
    expect(next('testing', 30, { callDaysAgo: 7 })).toBe('active');
    expect(next('testing', 3, { callDaysAgo: 100 })).toBe('testing');
  });

  it('ends by draining, quarantine and retirement', () => {
    expect(next('draining', 90, { leased: true })).toBe('draining');
    expect(next('draining', 0)).toBe('quarantine');
    expect(next('quarantine', 59.9)).toBe('quarantine');
    expect(next('quarantine', 60)).toBe('retired');
  });

  it('stays where it is otherwise', () => {
    for (const state of ['active', 'retired', 'failed'] as const) expect(next(state, 1000)).toBe(state);
  });

  it('drains when it is taken off while it is lent, and rests when somebody may have seen it', () => {
    expect(withdrawnState('active', true, true)).toBe('draining');
    expect(withdrawnState('active', false, true)).toBe('quarantine');
    expect(withdrawnState('testing', false, false)).toBe('retired');
    expect(withdrawnState('quarantine', false, true)).toBe('quarantine');
  });

  it('is taken back where it was still draining, and tested anew elsewhere', () => {
    expect(enlistedState('draining', true, 7)).toBe('active');
    expect(enlistedState('active', true, 7)).toBe('active');
    expect(enlistedState('quarantine', true, 7)).toBe('testing');
    expect(enlistedState('active', false, 7)).toBe('testing');
    expect(enlistedState('retired', true, 0)).toBe('active');
  });
});
