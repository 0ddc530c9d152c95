import type { Admittance, CalledNumber, Caller, Trunk } from '../sip/index.ts';
import type { NumberRoute } from '../store/index.ts';
import { type Refusal, refuse } from './refusal.ts';

/** Everything that decides what happens to a call before a line is dialled. */
export type Facts = {
  readonly draining: boolean;
  readonly trunk: Trunk;
  /** Whether the trunk's limits have room for the call. */
  readonly room: Admittance;
  readonly called: CalledNumber | undefined;
  readonly caller: Caller;
  readonly callerBlocked: boolean;
  readonly route: NumberRoute | undefined;
};

export type Decision = { readonly type: 'dial'; readonly route: NumberRoute } | Refusal;

const RETRY_WHEN_STOPPING_S = 10;

/** Decides whether a call is dialled on, pure and in the order in which reasons outrank each other. */
export const decide = (facts: Facts): Decision => {
  const { trunk, called, route, room } = facts;
  if (facts.draining) {
    const retryAfterSeconds = RETRY_WHEN_STOPPING_S;
    return { ...refuse('failed', 503, 41, 'the gateway is stopping'), retryAfterSeconds };
  }
  if (room.type === 'full') {
    const { reason, retryAfterSeconds } = room;
    return { ...refuse('failed', 503, 42, reason), retryAfterSeconds };
  }
  if (!called) return refuse('failed', 404, 1, `the request names no number in ${trunk.didFrom.join(', ')}`);
  if (!called.e164) return refuse('failed', 404, 1, `"${called.raw}" in ${called.header} is no phone number`);
  if (!route) return refuse('failed', 404, 1, `${called.e164} is no tracking number`);
  if (facts.callerBlocked) return refuse('blocked', 603, 21, 'the caller is on the block list');
  if (route.number.state === 'retired')
    return refuse('failed', 404, 1, `tracking number ${called.e164} was taken off its pool and has retired`);
  if (!route.number.enabled)
    return refuse('blocked', 480, 18, `tracking number ${called.e164} is switched off`);
  if (route.lines.length === 0 && !route.flow)
    return refuse('failed', 480, 3, `tracking number ${called.e164} has no line`);
  return { type: 'dial', route };
};
