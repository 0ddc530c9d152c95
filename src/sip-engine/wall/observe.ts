import type { TransactionBase } from '../transaction/types.ts';
import { hasCredentials, judge } from './judge.ts';
import type { Wall } from './types.ts';

const TAG = /;\s*tag=/i;

/**
 * Ties transactions to the wall: it is told whom we ask for something outside dialogs, and what each final response says
 * about who asked us; the banned get no response.
 */
export const observe = (
  wall: Wall,
): Required<Pick<TransactionBase, 'unanswered' | 'asked' | 'answered'>> => ({
  unanswered: wall.isBanned,
  asked({ to }, { remote }) {
    if (!TAG.test(to)) wall.partner(remote.address);
  },
  answered(request, { remote }, status) {
    const verdict = judge(request, status);
    if (verdict === undefined) return;
    if (verdict !== 'welcome') {
      wall.offence(remote.address, verdict);
      return;
    }
    wall.welcome(remote.address);
    if (hasCredentials(request)) wall.partner(remote.address);
  },
});
