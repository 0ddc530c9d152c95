import type { TransactionBase } from '../transaction/types.ts';
import { hasCredentials, judge } from './judge.ts';
import type { Wall } from './types.ts';

const TAG = /;\s*tag=/i;

/** Tells the wall whom we ask for something outside dialogs, and what each final response says about who asked us. */
export const observe = (wall: Wall): Required<Pick<TransactionBase, 'asked' | 'answered'>> => ({
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
