import { keyOf } from '../agents/index.ts';
import type { CallStop } from '../types.ts';
import { type AnsweredLine, dialLine, type LineDependencies } from './line.ts';
import { type CallFailure, type FailedLeg, failureOf } from './outcome.ts';

export type Dialled =
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'failed'; readonly failure: CallFailure }
  | { readonly type: 'stopped'; readonly stop: CallStop };

/** Dials the lines of the plan one after the other until one answers, whoever else may be free. */
export const dialLines = async (deps: LineDependencies): Promise<Dialled> => {
  const { plan, services, book } = deps;
  const failed: FailedLeg[] = [];
  for (const line of plan.lines) {
    const place = services.agents.take(keyOf(line), plan.callId);
    const attempt = await dialLine(deps, line, place);
    if (attempt.type === 'answered') {
      place.answered();
      return attempt;
    }
    book.add(attempt.row);
    if (attempt.type === 'stopped') return { type: 'stopped', stop: attempt.stop };
    failed.push(attempt.leg);
  }
  return { type: 'failed', failure: failureOf(failed) };
};
