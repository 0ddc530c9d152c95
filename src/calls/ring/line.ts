import { errorMessage, FailureError } from '../../base/errors.ts';
import type { MediaLeg, MediaSession } from '../../media/index.ts';
import { type Admittance, type Caller, parseAddress, type SipDialog, type Trunk } from '../../sip/index.ts';
import type { LegTable, LineTable } from '../../store/index.ts';
import type { Place } from '../agents/index.ts';
import type { CallerProgress } from '../caller-progress.ts';
import {
  type CallRecord,
  type LegBook,
  mediaColumns,
  newLeg,
  peerText,
  wireColumns,
} from '../record/index.ts';
import type { CallPlan, CallServices, CallStop } from '../types.ts';
import { dialTargets } from './dial-targets.ts';
import { forkTargets } from './fork-targets.ts';
import { type LineLegs, openLineLegs } from './line-legs.ts';
import { type LineRequest, lineRequest } from './line-request.ts';
import { type FailedLeg, type LegOutcome, outcomeOfRefusal, q850For } from './outcome.ts';
import { phonesOf } from './phones.ts';

/** A line that answered, with its media negotiated. */
export type AnsweredLine = {
  readonly line: LineTable;
  readonly leg: MediaLeg;
  readonly dialog: SipDialog;
  readonly row: LegTable;
  /** Gives back its place on the trunk, and its time; when the call is over. */
  readonly leave: () => void;
};

/** What a line is dialled with. */
export type LineDependencies = {
  readonly services: CallServices;
  readonly plan: CallPlan;
  readonly session: MediaSession;
  readonly record: CallRecord;
  /** Takes the rows of those that did not answer. */
  readonly book: LegBook;
  readonly progress: CallerProgress;
  /** Settles when the line is to be left alone before it answers. */
  readonly stopped: Promise<CallStop>;
};

/** What became of a line that was dialled. */
export type Attempt =
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'failed'; readonly leg: FailedLeg; readonly row: LegTable }
  | { readonly type: 'stopped'; readonly stop: CallStop; readonly row: LegTable };

/** A line as people know it. */
export const lineTitle = (line: LineTable): string => line.name ?? line.id;

/** A line's trunk, and what of it shapes the leg's media. */
const trunkOf = (services: CallServices, line: LineTable): Trunk | undefined =>
  line.trunk_id === null ? undefined : services.trunks.get(line.trunk_id);

const enter = (services: CallServices, trunk: Trunk | undefined): Admittance =>
  trunk ? services.operation.enter(trunk.id, 'out') : { type: 'admitted', leave: () => undefined };

const hostOf = (uri: string): string => parseAddress(uri)?.host ?? uri;

/** A line that is about to be dialled. */
type Opening = {
  readonly line: LineTable;
  readonly trunk: Trunk | undefined;
  readonly request: LineRequest;
  readonly row: LegTable;
  /** Gives back the place on the trunk, and the line's time. */
  readonly leave: () => void;
};

type Failure = {
  readonly outcome: LegOutcome;
  readonly status: number | undefined;
  readonly reason: string;
  readonly q850: number;
};

const failLine = (
  { services, record }: LineDependencies,
  { line, row }: Pick<Opening, 'line' | 'row'>,
  { outcome, status, reason, q850 }: Failure,
): Attempt => {
  Object.assign(row, {
    ended_at: services.now(),
    outcome,
    sip_code: status ?? null,
    sip_reason: reason,
    q850_cause: q850,
  });
  const text = `Line ${lineTitle(line)}: ${outcome.replace('_', ' ')} (${reason}).`;
  record.note('line-failed', text, { status, q850 });
  return { type: 'failed', leg: { outcome, status, q850 }, row };
};

/** Takes the line's provisional responses; answers to our offer are applied in the order of the wire. */
const followProgress = (deps: LineDependencies, { line, row }: Opening, leg: MediaLeg) => {
  const { services, plan, record } = deps;
  let applying: Promise<unknown> = Promise.resolve();
  const onProgress = (status: number, sdp: string | undefined): void => {
    if (status > 100 && row.ringing_at === null) {
      row.ringing_at = services.now();
      record.note('line-rang', `Line ${lineTitle(line)} rings (${status}).`, { status });
    }
    if (!sdp) {
      deps.progress.ringing();
      return;
    }
    applying = applying
      .then(() => leg.acceptAnswer(sdp))
      .then(() => {
        row.early_media = 1;
        deps.progress.earlyMedia(leg);
      })
      .catch((error) => {
        services.logger.warn({ call: plan.callId, error: errorMessage(error) }, 'early media not usable');
        deps.progress.ringing();
      });
  };
  return { onProgress, applied: () => applying };
};

const noteDialling = (deps: LineDependencies, { line, trunk, request, row }: Opening): void => {
  const { targets } = request;
  const phones = targets.length === 1 ? 'the phone' : `${targets.length} phones`;
  const host = line.type === 'user' ? `${phones} of ${line.user}` : hostOf(targets[0].uri);
  const through = trunk ? ` through trunk ${trunk.id}` : '';
  const quick = request.isQuickTry ? ', though none of its gateways answers' : '';
  const text = `Dialling line ${lineTitle(line)} at ${host}${through}${quick}, for ${line.ring_timeout_s} s at most.`;
  deps.record.note('dialling', text, { line: line.id, position: row.position });
};

const timedOut = ({ line, row }: Opening, heard: boolean): Failure => {
  const rang = row.ringing_at !== null;
  const what = rang ? 'rang' : heard ? 'was being reached' : 'gave no sign';
  return {
    outcome: heard ? 'no_answer' : 'unreachable',
    status: 408,
    reason: `${what} for ${line.ring_timeout_s} s`,
    q850: rang ? 19 : 18,
  };
};

/** Rings one line until it answers, fails, or its time or the call is over. */
const ringLine = async (deps: LineDependencies, opening: Opening, legs: LineLegs): Promise<Attempt> => {
  const { services, record } = deps;
  const { line, trunk, request, row } = opening;
  const closeLegs = async (): Promise<void> => {
    Object.assign(row, wireColumns(legs.first), mediaColumns(await legs.close()));
  };
  const { onProgress, applied } = followProgress(deps, opening, legs.first);
  noteDialling(deps, opening);
  const { headers, auth } = request;
  const dialAll = line.type === 'user' ? forkTargets : dialTargets;
  const { ending, outgoing, target } = await dialAll({
    dial: (to, onTargetProgress) =>
      services.dial({
        uri: to.uri,
        proxy: to.proxy,
        headers,
        auth,
        sdp: legs.offerFor(to),
        onProgress: onTargetProgress,
      }),
    request,
    ringMs: line.ring_timeout_s * 1000,
    silenceMs: services.silenceMs,
    onProgress,
    onNext: (next, before, why) => {
      const text = `Gateway ${hostOf(before.uri)} failed (${why}): trying ${hostOf(next.uri)}.`;
      record.note('next-gateway', text, { line: line.id, failed: before.gateway, next: next.gateway });
    },
    report: (gateway, event) => trunk && services.operation.report(trunk.id, gateway, event),
    stopped: deps.stopped,
  });
  row.uri = target.uri;
  row.sip_call_id = outgoing.sipCallId() ?? null;

  switch (ending.type) {
    case 'stopped': {
      const { stop } = ending;
      outgoing.cancel({ q850: stop.q850, text: stop.reason });
      await closeLegs();
      const ended_at = services.now();
      Object.assign(row, { ended_at, outcome: 'cancelled', sip_code: 487, q850_cause: stop.q850 });
      return { type: 'stopped', stop, row };
    }
    case 'timeout': {
      outgoing.cancel({ q850: 19, text: 'no answer' });
      await closeLegs();
      return failLine(deps, opening, timedOut(opening, ending.heard));
    }
    case 'refused': {
      const { status, reason, q850 } = ending;
      row.peer = peerText(ending.peer);
      await closeLegs();
      return failLine(deps, opening, {
        outcome: outcomeOfRefusal({ status, rang: row.ringing_at !== null }),
        status,
        reason: `${status} ${reason}`.trim(),
        q850: q850For(status, q850),
      });
    }
    case 'answered': {
      const { dialog } = ending;
      row.peer = peerText(ending.peer);
      try {
        await applied();
        const leg = await legs.answer(target, ending.sdp);
        const answered_at = services.now();
        Object.assign(row, { answered_at, outcome: 'answered', sip_code: 200, sip_reason: 'OK' });
        return { type: 'answered', answered: { line, leg, dialog, row, leave: opening.leave } };
      } catch (error) {
        void dialog.bye({ q850: 88, text: 'incompatible media' });
        await closeLegs();
        const reason = `its answer is not usable: ${errorMessage(error)}`;
        return failLine(deps, opening, { outcome: 'failed', status: 488, reason, q850: 88 });
      }
    }
  }
};

/**
 * Dials one line for as long as its ring time says, or until it is to stop.
 *
 * @param place its time, which is given back unless it answers
 */
export const dialLine = async (deps: LineDependencies, line: LineTable, place: Place): Promise<Attempt> => {
  let attempt: Attempt | undefined;
  try {
    attempt = await dialPlace(deps, line, place);
    return attempt;
  } finally {
    if (attempt?.type !== 'answered') place.leave();
  }
};

/** A telephone network shows no names of web pages, and who is called back calls nobody: it is told the tracking number. */
const callerFor = ({ origin, caller, trackingNumber }: CallPlan, trunk: Trunk | undefined): Caller => {
  if (origin.type === 'callback' && trunk && trackingNumber !== undefined)
    return { type: 'known', number: trackingNumber, isPhone: true, region: undefined, display: undefined };
  const isNamed = origin.type === 'web' && caller.type === 'known' && !caller.isPhone;
  if (!isNamed || !trunk || trackingNumber === undefined) return caller;
  return { ...caller, number: trackingNumber, isPhone: true };
};

const dialPlace = async (deps: LineDependencies, line: LineTable, place: Place): Promise<Attempt> => {
  const { services, plan } = deps;
  const trunk = trunkOf(services, line);
  const phones = await phonesOf(services, line);
  const request = lineRequest({
    callId: plan.callId,
    line,
    trunk,
    route: trunk && services.operation.route(trunk.id),
    caller: callerFor(plan, trunk),
    trackingNumber: plan.trackingNumber,
    diverted: plan.origin.type === 'trunk',
    phones: phones.type === 'phones' ? phones.targets : [],
    echoUri: line.type === 'echo' ? await services.echoUri() : undefined,
  });
  const row = newLeg({
    call_id: plan.callId,
    role: 'B',
    position: deps.book.takePosition(),
    line_id: line.id,
    user: line.user,
    trunk_id: line.trunk_id,
    uri: request?.targets[0].uri ?? null,
    started_at: services.now(),
  });
  const fail = (outcome: LegOutcome, reason: string, q850: number): Attempt =>
    failLine(deps, { line, row }, { outcome, status: undefined, reason, q850 });
  if (phones.type === 'none') return fail('unreachable', phones.reason, 20);
  if (!request) return fail('failed', `trunk ${line.trunk_id} is missing or has no gateway`, 3);
  const room = enter(services, trunk);
  if (room.type === 'full') return fail('unreachable', room.reason, 34);

  const leave = (): void => {
    room.leave();
    place.leave();
  };
  const opening: Opening = { line, trunk, request, row, leave };
  const position = row.position;
  const ring = async (encrypt: boolean): Promise<Attempt> => {
    const parts = { services, session: deps.session, line, trunk, request, encrypt, position };
    const legs = await openLineLegs(parts).catch((error: unknown) => {
      // No port, no media worker: another line may need less.
      if (error instanceof FailureError) return error;
      throw error;
    });
    return legs instanceof FailureError ? fail('failed', legs.message, 34) : ringLine(deps, opening, legs);
  };
  let attempt: Attempt | undefined;
  try {
    attempt = await ring(true);
    // RFC 3264 has no way to offer SRTP as a wish: who lacks it refuses, and is asked again without.
    if (attempt.type === 'failed' && attempt.leg.status === 488 && trunk?.srtp === 'optional') {
      Object.assign(row, {
        ended_at: null,
        outcome: null,
        sip_code: null,
        sip_reason: null,
        q850_cause: null,
      });
      deps.record.note('unencrypted', `Line ${lineTitle(line)} takes no SRTP: dialling it without.`);
      attempt = await ring(false);
    }
    return attempt;
  } finally {
    if (attempt?.type !== 'answered') room.leave();
  }
};
