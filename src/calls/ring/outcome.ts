import type { CallStatus, LegTable } from '../../store/index.ts';

/** What became of one dialled leg. */
export type LegOutcome = Exclude<LegTable['outcome'], null>;

/** Why a line was not reached, from its final response. */
export type Refusal = { readonly status: number; readonly rang: boolean };

const REJECTED = new Set([401, 403, 407, 433, 436, 437, 438, 603, 607, 608]);
const UNREACHABLE = new Set([404, 410, 484, 502, 503, 504, 604]);

/**
 * Reads a final response of 300 to 699 to a dialled INVITE as a person would: RFC 3261 21, RFC 3398 8.2.6.1.
 * 408 means that nobody picked up where the line had rung, and that nothing answered where it had not.
 */
export const outcomeOfRefusal = ({ status, rang }: Refusal): LegOutcome => {
  if (status === 486 || status === 600) return 'busy';
  if (status === 480 || status === 487) return 'no_answer';
  if (status === 408) return rang ? 'no_answer' : 'unreachable';
  if (REJECTED.has(status)) return 'rejected';
  if (UNREACHABLE.has(status)) return 'unreachable';
  return 'failed';
};

/** Q.850 cause of a SIP status, RFC 3398 8.2.6.1 and 7.2.6. */
const Q850: Readonly<Record<number, number>> = {
  400: 41,
  401: 21,
  403: 21,
  404: 1,
  405: 63,
  408: 102,
  410: 22,
  415: 79,
  420: 127,
  480: 18,
  484: 28,
  486: 17,
  487: 16,
  488: 65,
  500: 41,
  501: 79,
  502: 38,
  503: 41,
  504: 102,
  600: 17,
  603: 21,
  604: 1,
  606: 88,
  607: 21,
  608: 21,
};

/** The peer's own cause if it gave one, else the one that the SIP status maps to (31, normal unspecified, by default). */
export const q850For = (status: number, given?: number): number => given ?? Q850[status] ?? 31;

/** The most telling outcome first: one line that rang matters more than another that could not be reached. */
const TELLING: readonly LegOutcome[] = ['no_answer', 'busy', 'rejected', 'unreachable', 'failed'];

export type FailedLeg = {
  readonly outcome: LegOutcome;
  readonly status: number | undefined;
  readonly q850: number;
};

/** What the caller met when no line answered, and what to answer. */
export type CallFailure = { readonly status: CallStatus; readonly sipCode: number; readonly q850: number };

/** Our final response for an outcome; a line's own refusal is passed on where it says more. */
const sipCodeFor = (leg: FailedLeg): number => {
  switch (leg.outcome) {
    case 'busy':
      return 486;
    case 'rejected':
      return leg.status === 603 || leg.status === 403 ? leg.status : 603;
    case 'failed':
      return leg.status === 488 || leg.status === 415 ? leg.status : 500;
    default:
      return 480;
  }
};

/** Sums up legs none of which answered. */
export const failureOf = (legs: readonly FailedLeg[]): CallFailure => {
  for (const outcome of TELLING) {
    const leg = legs.find((candidate) => candidate.outcome === outcome);
    if (leg) return { status: outcome, sipCode: sipCodeFor(leg), q850: leg.q850 };
  }
  return { status: 'failed', sipCode: 500, q850: 41 };
};
