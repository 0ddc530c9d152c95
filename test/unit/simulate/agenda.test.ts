import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAgenda } from '../../../src/simulate/agenda.ts';

describe('the agenda', () => {
  it('gives the earliest first, and those of one moment as they were noted', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (moments) => {
        const agenda = createAgenda();
        const done: { at: number; order: number }[] = [];
        moments.forEach((at, order) => {
          agenda.add(at, () => void done.push({ at, order }));
        });
        for (let next = agenda.next(); next; next = agenda.next()) void next.work();
        const sorted = moments
          .map((at, order) => ({ at, order }))
          .sort((a, b) => a.at - b.at || a.order - b.order);
        expect(done).toEqual(sorted);
      }),
    );
  });

  it('takes what is noted meanwhile', () => {
    const agenda = createAgenda();
    const done: string[] = [];
    agenda.add(1, () => {
      done.push('first');
      agenda.add(2, () => void done.push('second'));
    });
    agenda.add(3, () => void done.push('third'));
    for (let next = agenda.next(); next; next = agenda.next()) void next.work();
    expect(done).toEqual(['first', 'second', 'third']);
  });
});
