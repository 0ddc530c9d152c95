import { describe, expect, it } from 'vitest';
import type { ButtonPages, Refusal } from '../../../src/buttons/index.ts';
import { createTally } from '../../../src/buttons/tally.ts';

const refusal = (code: string): Refusal => ({ type: 'refused', status: 403, code, detail: 'No.' });

/** Pages that give these answers, one after the other, whatever they are asked. */
const pagesAnswering = (answers: readonly { readonly type: string }[]): ButtonPages => {
  const left = [...answers];
  return { token: async () => left.shift(), verify: async () => left.shift() } as unknown as ButtonPages;
};

describe('the tally of call buttons', () => {
  it('counts events by type, those of machines apart', () => {
    const tally = createTally();
    tally.noted('view', false);
    tally.noted('view', false);
    tally.noted('view', true);
    tally.noted('click', false);
    expect(tally.read().events).toEqual([
      { type: 'view', machine: false, count: 2 },
      { type: 'view', machine: true, count: 1 },
      { type: 'click', machine: false, count: 1 },
    ]);
  });

  it('counts refusals by what was asked and why, and gives answers on as they are', async () => {
    const tally = createTally();
    const given = { type: 'given' };
    const pages = tally.watch(pagesAnswering([refusal('closed'), given, refusal('closed'), refusal('work')]));
    const ask = (question: 'token' | 'verify') => pages[question]({} as never);
    expect(await ask('token')).toEqual(refusal('closed'));
    expect(await ask('token')).toBe(given);
    await ask('verify');
    await ask('token');
    expect(tally.read().refusals).toEqual([
      { question: 'token', code: 'closed', count: 1 },
      { question: 'verify', code: 'closed', count: 1 },
      { question: 'token', code: 'work', count: 1 },
    ]);
  });
});
