import { performance } from 'node:perf_hooks';
import type { DialResult, HealthEvent, OutgoingInvite } from '../../sip/index.ts';
import type { CallStop } from '../types.ts';
import type { LineRequest, LineTarget } from './line-request.ts';

/** What became of a line that was dialled at one place after the other. */
export type Ending =
  | {
      readonly type: 'timeout';
      /** Something answered the INVITE, though nobody picked up. */
      readonly heard: boolean;
    }
  | { readonly type: 'stopped'; readonly stop: CallStop }
  | DialResult;

type Dependencies = {
  readonly dial: (
    target: LineTarget,
    onProgress: (status: number, sdp: string | undefined) => void,
  ) => OutgoingInvite;
  readonly request: Pick<LineRequest, 'targets' | 'isQuickTry'>;
  readonly ringMs: number;
  /** How long the SIP server waits for a first response; undefined when it doesn't tell. */
  readonly silenceMs: number | undefined;
  readonly onProgress: (status: number, sdp: string | undefined) => void;
  /** The next place is about to be tried, and why the one before is given up. */
  readonly onNext: (next: LineTarget, before: LineTarget, why: string) => void;
  /** What was learned of a trunk's gateway. */
  readonly report: (gateway: string, event: HealthEvent) => void;
  readonly stopped: Promise<CallStop>;
};

export type DialledTarget = {
  readonly ending: Ending;
  readonly outgoing: OutgoingInvite;
  readonly target: LineTarget;
};

/** Dials the places of one line. */
export type DialTargets = (deps: Dependencies) => Promise<DialledTarget>;

/** How long a gateway that is known to be down is given, where the SIP server doesn't notice silence itself. */
const QUICK_TRY_MS = 4000;

/** Another gateway may do better: overload, failure, nobody there (RFC 3261 21.5, 16.7 item 5). */
const TRY_NEXT: ReadonlySet<number> = new Set([408, 500, 502, 503, 504]);
/** Nothing is wrong with a gateway that refuses otherwise. */
const GATEWAY_FAILURE: ReadonlySet<number> = new Set([408, 503]);

/** The final response, or the time is up, or the end of the call, whichever comes first. */
const firstEnding = async (
  outgoing: OutgoingInvite,
  limitMs: number,
  stopped: Promise<CallStop>,
): Promise<DialResult | { type: 'timeout' } | { type: 'stopped'; stop: CallStop }> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<{ type: 'timeout' }>((resolve) => {
    timer = setTimeout(() => resolve({ type: 'timeout' }), limitMs);
  });
  const stop = stopped.then((stop) => ({ type: 'stopped' as const, stop }));
  const ending = await Promise.race([outgoing.result, timeout, stop]);
  clearTimeout(timer);
  return ending;
};

/** What an ending says about the gateway; undefined when nothing. */
const verdict = (ending: Ending, rang: boolean, quick: boolean): HealthEvent | undefined => {
  if (rang || ending.type === 'answered') return { type: 'answered' };
  switch (ending.type) {
    case 'refused':
      return GATEWAY_FAILURE.has(ending.status)
        ? { type: 'failed', reason: `INVITE: ${ending.status} ${ending.reason}`.trim() }
        : { type: 'answered' };
    case 'timeout':
      if (ending.heard) return { type: 'answered' };
      return quick ? { type: 'failed', reason: 'INVITE: no answer' } : undefined;
    case 'stopped':
      return undefined;
  }
};

/**
 * Dials the places at which a line can be reached in their order: the next one when the last failed before it rang, all
 * within the line's ring time. Places are never dialled at the same time.
 */
export const dialTargets: DialTargets = async (deps) => {
  const { request, silenceMs } = deps;
  const until = performance.now() + deps.ringMs;

  const attempt = async (target: LineTarget): Promise<DialledTarget & { readonly rang: boolean }> => {
    const began = performance.now();
    let rang = false;
    const outgoing = deps.dial(target, (status, sdp) => {
      rang = true;
      deps.onProgress(status, sdp);
    });
    const quick = request.isQuickTry && silenceMs === undefined;
    const left = Math.max(0, until - began);
    const first = await firstEnding(outgoing, quick ? Math.min(left, QUICK_TRY_MS) : left, deps.stopped);
    const heard = rang || (silenceMs !== undefined && performance.now() - began > silenceMs);
    const ending: Ending = first.type === 'timeout' ? { type: 'timeout', heard } : first;
    const event = verdict(ending, rang, quick);
    if (target.gateway !== undefined && event) deps.report(target.gateway, event);
    return { ending, outgoing, target, rang };
  };

  const from = async (index: number): Promise<DialledTarget> => {
    const target = request.targets[index] ?? request.targets[0];
    const dialled = await attempt(target);
    const next = request.targets[index + 1];
    const { ending, rang } = dialled;
    const mayGoOn = ending.type === 'refused' && !rang && TRY_NEXT.has(ending.status);
    if (!mayGoOn || next === undefined || performance.now() >= until) return dialled;
    deps.onNext(next, target, `${ending.status} ${ending.reason}`.trim());
    return from(index + 1);
  };
  return from(0);
};
