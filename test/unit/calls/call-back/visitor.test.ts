import { describe, expect, it } from 'vitest';
import { resultOf, soundFor } from '../../../../src/calls/call-back/visitor.ts';
import { SHIPPED_PROMPTS } from '../../../../src/prompts/shipped.ts';

type Failed = Parameters<typeof resultOf>[0];

const failed = (outcome: Failed['leg']['outcome'], status?: number, q850 = 16): Failed => ({
  type: 'failed',
  leg: { outcome, status, q850 },
  row: {} as Failed['row'],
});

describe('a visitor who was not reached', () => {
  it.each([
    [failed('busy', 486), 'visitor', 'callback-busy'],
    [failed('no_answer', 408), 'visitor', 'callback-no-answer'],
    // No route to it at this moment, says the network; and here: nobody has that number.
    [failed('unreachable', 404, 3), 'visitor', 'callback-failed'],
    [failed('unreachable', 404, 1), 'failed', 'callback-failed'],
    [failed('unreachable', 484, 28), 'failed', 'callback-failed'],
    [failed('unreachable'), 'visitor', 'callback-failed'],
    // The own carrier refuses us: that says nothing about the visitor.
    [failed('rejected', 403), 'visitor', 'callback-no-answer'],
    [failed('rejected', 603), 'declined', 'callback-no-answer'],
    [failed('rejected', 608), 'declined', 'callback-no-answer'],
  ])('%o', (attempt, end, sound) => {
    expect(resultOf(attempt).end).toBe(end);
    expect(soundFor(attempt)).toBe(sound);
    const languages = SHIPPED_PROMPTS.filter(({ id }) => id === sound).map(({ language }) => language);
    expect(languages.sort()).toEqual(['en', 'zh']);
  });
});
