import { endOfBye, reasonOf } from '../../call/sip-text.ts';
import type { CallEnd, EndReason, TokenAnswer } from './contract.ts';

type Refused = Extract<TokenAnswer, { readonly type: 'refused' }>;

/** The final response to an INVITE that brought no call. */
export type Refusal = {
  readonly status: number;
  /** Of the status line. */
  readonly phrase: string;
  /** Value of the Reason header (RFC 3326), and of Retry-After. */
  readonly reason: string | undefined;
  readonly retryAfter: string | undefined;
  /** The WebSocket is up: what stands in `status` came from the gateway and was not made up for lack of an answer. */
  readonly reachable: boolean;
};

const REASONS: Readonly<Record<number, EndReason>> = {
  401: 'refused',
  403: 'refused',
  404: 'no-answer',
  407: 'refused',
  408: 'no-answer',
  410: 'no-answer',
  429: 'too-many',
  480: 'no-answer',
  486: 'busy',
  487: 'no-answer',
  503: 'too-many',
  600: 'busy',
  603: 'busy',
  604: 'no-answer',
};

/** Those that tell of the people called rather than of the gateway. */
const OF_PEOPLE: ReadonlySet<EndReason> = new Set(['busy', 'no-answer']);

/** What the gateway itself says with a status that people's phones use, too. */
const reasonFor = (status: number, words: string): EndReason => {
  if (status === 486 && /as many|too many/i.test(words)) return 'too-many';
  if (status === 480 && /\bis closed\b/i.test(words)) return 'closed';
  return REASONS[status] ?? 'failed';
};

/** Seconds of a Retry-After (RFC 3261 20.33); undefined when there is none worth telling. */
const secondsOf = (retryAfter: string | undefined): number | undefined => {
  const seconds = Number.parseInt(retryAfter ?? '', 10);
  return seconds > 0 ? seconds : undefined;
};

/** How a call ended that was never answered. */
export const endOfRefusal = ({ status, phrase, reason, retryAfter, reachable }: Refusal): CallEnd => {
  const text = reasonOf(reason)?.text || phrase;
  const retryAfterS = secondsOf(retryAfter);
  if (status === 503 && /is stopping/i.test(text))
    return { by: 'gateway', reason: 'unreachable', status, code: 'no-web', text };
  if (!reachable && (status === 408 || status === 503))
    return { by: 'gateway', reason: 'unreachable', status, text };
  const why = reasonFor(status, text);
  return {
    by: OF_PEOPLE.has(why) ? 'other' : 'gateway',
    reason: why,
    status,
    text,
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  };
};

/** The gateway ends a call by the clock of its own. */
const CLOCKS_DIFFER_S = 3;

/**
 * How an answered call ended that the other side took down.
 *
 * @param talkedS seconds since the answer
 * @param maxSeconds how long a call may last, where that is known
 */
export const endOfTakedown = (
  reasonHeader: string | undefined,
  talkedS: number,
  maxSeconds: number | undefined,
): CallEnd => {
  const { by, text } = endOfBye(reasonHeader);
  const timeIsUp = maxSeconds !== undefined && text !== '' && talkedS >= maxSeconds - CLOCKS_DIFFER_S;
  if (/longest time/i.test(text) || timeIsUp) return { by: 'gateway', reason: 'longest-time', text };
  if (by !== 'gateway') return { by, reason: 'hung-up', text };
  // Q.850: recovery on timer expiry. Nothing came any more.
  const isLost = reasonOf(reasonHeader)?.cause === 102;
  return { by, reason: isLost ? 'lost' : 'failed', text };
};

const reasonOfToken = ({ status, code }: Refused): EndReason => {
  if (status === 0) return 'unreachable';
  if (code === 'closed') return 'closed';
  if (status === 429) return 'too-many';
  if (status === 503) return 'unreachable';
  return status >= 500 ? 'failed' : 'refused';
};

/** How a call ended that the gateway gave no permission for. */
export const endOfToken = (answer: Refused): CallEnd => {
  const { status, code, text, retryAfterS } = answer;
  return {
    by: 'gateway',
    reason: reasonOfToken(answer),
    status,
    code,
    ...(text === undefined ? {} : { text }),
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  };
};
