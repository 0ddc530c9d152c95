import { performance } from 'node:perf_hooks';
import type { DialResult, OutgoingInvite } from '../../sip/index.ts';
import type { DialledTarget, DialTargets, Ending } from './dial-targets.ts';
import type { LineTarget } from './line-request.ts';

type Fork = { readonly target: LineTarget; readonly outgoing: OutgoingInvite };
type Refused = Extract<DialResult, { type: 'refused' }>;

/** Q.850: others rang too, and one was picked up. */
const ELSEWHERE = { q850: 26, text: 'answered elsewhere' } as const;

/** The refusal that says most about the person who was called (RFC 3261 16.7 item 6). */
const rank = ({ status }: Refused): number => {
  if (status >= 600) return 0;
  if (status === 486) return 1;
  if (status === 480) return 2;
  if (status === 408) return 4;
  return status < 500 ? 3 : 5;
};

/**
 * Dials a user's phones all at once: the first that answers has the call, and the others stop ringing. One that declines for
 * the user as a whole (6xx) stops the others too. Early media is left alone: there is no telling whose to play.
 */
export const forkTargets: DialTargets = (deps) =>
  new Promise((resolve) => {
    const began = performance.now();
    const { request, silenceMs } = deps;
    let rang = false;
    let done = false;
    const refusals: { fork: Fork; result: Refused }[] = [];

    const start = (target: LineTarget): Fork => ({
      target,
      outgoing: deps.dial(target, (status) => {
        rang = true;
        if (!done) deps.onProgress(status, undefined);
      }),
    });
    const [firstTarget, ...otherTargets] = request.targets;
    const first = start(firstTarget);
    const forks: readonly Fork[] = [first, ...otherTargets.map(start)];

    const settle = (fork: Fork, ending: Ending, reason: { q850: number; text: string }): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      for (const other of forks) if (other !== fork) other.outgoing.cancel(reason);
      const dialled: DialledTarget = { ...fork, ending };
      resolve(dialled);
    };

    const take = (fork: Fork, result: DialResult): void => {
      if (result.type === 'answered') {
        // Two picked up at the same moment.
        if (done) void result.dialog.bye(ELSEWHERE);
        settle(fork, result, ELSEWHERE);
        return;
      }
      refusals.push({ fork, result });
      if (result.status < 600 && refusals.length < forks.length) return;
      const best = refusals.reduce((a, b) => (rank(b.result) < rank(a.result) ? b : a));
      settle(best.fork, best.result, { q850: 21, text: 'declined' });
    };

    const timer = setTimeout(() => {
      const heard = rang || (silenceMs !== undefined && performance.now() - began > silenceMs);
      settle(first, { type: 'timeout', heard }, { q850: 19, text: 'no answer' });
    }, deps.ringMs);
    for (const fork of forks) void fork.outgoing.result.then((result) => take(fork, result));
    void deps.stopped.then((stop) =>
      settle(first, { type: 'stopped', stop }, { q850: stop.q850, text: stop.reason }),
    );
  });
