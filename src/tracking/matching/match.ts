import type { SqliteFile, VisitTable } from '../../store/index.ts';
import type { Candidate, LivePlan, Match } from '../types.ts';
import { resolveCode } from './codes.ts';
import { type DelayLaw, readLaw } from './law.ts';
import {
  candidatesOf,
  likeliest,
  type Posterior,
  type Scene,
  type Suspect,
  TAP_MS,
  weigh,
} from './posterior.ts';
import { type IncomingCall, readScene } from './scene.ts';
import { planHeartbeats } from './sites.ts';
import { statementsOf } from './statements.ts';
import { candidateWords, percentWords } from './words.ts';

export type MatchRequest = IncomingCall & {
  /** Extension code that the caller dialled. */
  readonly code?: string;
  /** Visit that a call button's token names; the token's signature was checked. */
  readonly visitToken?: string;
};

/** Visits that are looked at one by one; earlier ones are weighed by their number. */
export const NEAREST = 150;
const TAP_SURE = 0.9;
/** So much surer of the source than of the visit. */
const WORTH_TELLING = 0.01;

/** Laws of sites in force at `at`, each read once. */
export const lawsAt = (file: SqliteFile, at: number): ((siteId: string | undefined) => DelayLaw) => {
  const laws = new Map<string | undefined, DelayLaw>();
  return (siteId) => {
    const found = laws.get(siteId);
    if (found) return found;
    const row =
      siteId === undefined
        ? undefined
        : (statementsOf(file).law.get(siteId, at) as { readonly law: string } | undefined);
    const law = readLaw(row?.law);
    laws.set(siteId, law);
    return law;
  };
};

const visitOf = (file: SqliteFile, id: string | undefined): VisitTable | undefined =>
  id === undefined ? undefined : (statementsOf(file).visit.get(id) as VisitTable | undefined);

/** A match that leaves no doubt. */
const certain = (
  file: SqliteFile,
  method: 'token' | 'code',
  visit: VisitTable,
  { did }: MatchRequest,
): Match => {
  const shown = statementsOf(file).shown.get(visit.id, did) as { lease_id: string | null } | undefined;
  const candidate: Candidate = { visitId: visit.id, probability: 1, evidence: { [method]: 1 } };
  return {
    method,
    probability: 1,
    visit,
    leaseId: shown?.lease_id ?? null,
    candidates: [candidate],
    reason:
      method === 'token'
        ? 'The call was placed from the page of this visit.'
        : 'The caller dialled the extension code that this visit was shown.',
  };
};

const none = (candidates: readonly Candidate[], reason: string): Match => ({
  method: 'none',
  probability: null,
  visit: undefined,
  leaseId: null,
  candidates,
  reason,
});

const tapped = ({ tapMs }: Suspect): boolean => tapMs !== null && tapMs <= TAP_MS;

/** How the likeliest visit was found. */
export const methodOf = (
  best: Suspect,
  probability: number,
  suspects: readonly Suspect[],
): 'tel_tap' | 'lease' | 'posterior' => {
  const stranger = ({ visitorId }: Suspect): boolean => visitorId !== best.visitorId;
  if (tapped(best) && probability >= TAP_SURE && !suspects.some((each) => stranger(each) && tapped(each)))
    return 'tel_tap';
  return best.holds && !suspects.some((each) => stranger(each) && each.holds) ? 'lease' : 'posterior';
};

const HOW = {
  tel_tap: 'One visit tapped the number just before the call',
  lease: 'One visitor alone held the number',
  posterior: 'The likeliest of the visits that were shown the number',
} as const;

/** The match that the weights amount to. */
const conclude = (file: SqliteFile, scene: Scene, posterior: Posterior): Match => {
  const candidates = candidatesOf(scene, posterior);
  const [first] = posterior.weighed;
  if (first === undefined) return none([], 'No visit was shown this number within 30 days.');
  const found = likeliest(posterior);
  if (found === undefined) {
    const { probability } = first;
    return none(
      candidates,
      posterior.weighed.length === 1
        ? `Unattributed: the one visit that was shown the number is less likely (${percentWords(probability)}) ` +
            `than a caller whom no visit brought (${percentWords(posterior.nobody)}).`
        : `Unattributed: none of ${posterior.weighed.length} visits is as likely (${percentWords(probability)} at best) ` +
            `as a caller whom no visit brought (${percentWords(posterior.nobody)}).`,
    );
  }
  const { suspect, probability } = found.best;
  const method = methodOf(suspect, probability, scene.suspects);
  const why = candidateWords(
    candidates.find(({ visitId }) => visitId === suspect.visitId) ?? {
      visitId: suspect.visitId,
      evidence: {},
    },
  );
  return {
    method,
    probability,
    visit: visitOf(file, suspect.visitId),
    leaseId: suspect.leaseId,
    candidates,
    reason:
      found.ofSource > probability + WORTH_TELLING
        ? `${HOW[method]} (${percentWords(probability)}; its source, ${suspect.source}: ${percentWords(found.ofSource)}): ${why}.`
        : `${HOW[method]} (${percentWords(probability)}): ${why}.`,
  };
};

/**
 * Whose call it is: by the call button's token, the extension code, a tap on the number, the lease, else the likeliest of all
 * visits that were shown the number within 30 days, or nobody. Synchronous; reads only.
 */
export const matchCall = (file: SqliteFile, plan: Pick<LivePlan, 'sites'>, request: MatchRequest): Match => {
  const { did, at, code, visitToken } = request;
  const byToken = visitOf(file, visitToken);
  if (byToken) return certain(file, 'token', byToken, request);
  const byCode = code === undefined ? undefined : visitOf(file, resolveCode(file, did, code, at));
  if (byCode) return certain(file, 'code', byCode, request);
  const scene = readScene(file, request, { heartbeatMs: planHeartbeats(plan), nearest: NEAREST });
  return conclude(file, scene, weigh(scene, lawsAt(file, at)));
};

/** Notes a call's candidates in place of earlier ones, all or none. The call's record must be there. */
export const recordCandidates = (
  file: SqliteFile,
  callId: string,
  { candidates }: Pick<Match, 'candidates'>,
): void => {
  const { forget, remember } = statementsOf(file);
  file
    .transaction(() => {
      forget.run(callId);
      for (const [index, { visitId, probability, evidence }] of candidates.entries()) {
        remember.run(callId, index + 1, visitId ?? null, probability, JSON.stringify(evidence));
      }
    })
    .immediate();
};

/** What `recordCandidates` noted, the likeliest first; empty for a call that has none. */
export const readCandidates = (file: SqliteFile, callId: string): readonly Candidate[] => {
  const rows = statementsOf(file).candidates.all(callId) as readonly {
    readonly visit_id: string | null;
    readonly probability: number;
    readonly evidence: string;
  }[];
  return rows.map(({ visit_id, probability, evidence }) => ({
    visitId: visit_id ?? undefined,
    probability,
    evidence: JSON.parse(evidence) as Candidate['evidence'],
  }));
};
