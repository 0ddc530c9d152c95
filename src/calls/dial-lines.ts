import { errorMessage } from '../base/errors.ts';
import type { MediaLeg, MediaSession } from '../media/index.ts';
import { type Admittance, parseAddress, type SipDialog, type Trunk } from '../sip/index.ts';
import type { LegTable, LineTable } from '../store/index.ts';
import type { CallRecord } from './call-record.ts';
import type { CallerProgress } from './caller-progress.ts';
import { dialTargets } from './dial-targets.ts';
import { forkTargets } from './fork-targets.ts';
import { mediaColumns, newLeg, peerText } from './legs.ts';
import { type LineRequest, lineRequest } from './line-request.ts';
import {
  type CallFailure,
  type FailedLeg,
  failureOf,
  type LegOutcome,
  outcomeOfRefusal,
  q850For,
} from './outcome.ts';
import { phonesOf } from './phones.ts';
import type { CallServices, CallStop, DialPlan } from './types.ts';

/** A line that answered, with its media negotiated. */
export type AnsweredLine = {
  readonly line: LineTable;
  readonly leg: MediaLeg;
  readonly dialog: SipDialog;
  readonly row: LegTable;
  /** Gives back its place on the trunk; when the call is over. */
  readonly leave: () => void;
};

export type Dialled =
  | { readonly type: 'answered'; readonly answered: AnsweredLine; readonly rows: readonly LegTable[] }
  | { readonly type: 'failed'; readonly failure: CallFailure; readonly rows: readonly LegTable[] }
  | { readonly type: 'stopped'; readonly stop: CallStop; readonly rows: readonly LegTable[] };

type Dependencies = {
  readonly services: CallServices;
  readonly plan: DialPlan;
  readonly session: MediaSession;
  readonly record: CallRecord;
  readonly progress: CallerProgress;
  /** Settles when the call is to end before a line answers. */
  readonly stopped: Promise<CallStop>;
};

type Attempt =
  | { readonly type: 'answered'; readonly answered: AnsweredLine }
  | { readonly type: 'failed'; readonly leg: FailedLeg; readonly row: LegTable }
  | { readonly type: 'stopped'; readonly stop: CallStop; readonly row: LegTable };

const lineTitle = (line: LineTable): string => line.name ?? line.id;

/** A line's trunk, and what of it shapes the leg's media. */
const trunkOf = (services: CallServices, line: LineTable): Trunk | undefined =>
  line.trunk_id === null ? undefined : services.trunks.get(line.trunk_id);

const enter = (services: CallServices, trunk: Trunk | undefined): Admittance =>
  trunk ? services.operation.enter(trunk.id, 'out') : { type: 'admitted', leave: () => undefined };

const hostOf = (uri: string): string => parseAddress(uri)?.host ?? uri;

/** A line that is about to be dialled. */
type Opening = {
  readonly line: LineTable;
  readonly position: number;
  readonly trunk: Trunk | undefined;
  readonly request: LineRequest;
  readonly row: LegTable;
  /** Gives back the place on the trunk. */
  readonly leave: () => void;
};

type Failure = {
  readonly outcome: LegOutcome;
  readonly status: number | undefined;
  readonly reason: string;
  readonly q850: number;
};

const failLine = (
  { services, record }: Dependencies,
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
const followProgress = (deps: Dependencies, { line, row }: Opening, leg: MediaLeg) => {
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
      .catch((error) =>
        services.logger.warn({ call: plan.callId, error: errorMessage(error) }, 'early media not usable'),
      );
  };
  return { onProgress, applied: () => applying };
};

const noteDialling = (deps: Dependencies, { line, position, trunk, request }: Opening): void => {
  const { targets } = request;
  const phones = targets.length === 1 ? 'the phone' : `${targets.length} phones`;
  const host = line.type === 'user' ? `${phones} of ${line.user}` : hostOf(targets[0].uri);
  const through = trunk ? ` through trunk ${trunk.id}` : '';
  const quick = request.isQuickTry ? ', though none of its gateways answers' : '';
  const text = `Dialling line ${lineTitle(line)} at ${host}${through}${quick}, for ${line.ring_timeout_s} s at most.`;
  deps.record.note('dialling', text, { line: line.id, position });
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
const ringLine = async (deps: Dependencies, opening: Opening, leg: MediaLeg): Promise<Attempt> => {
  const { services, record } = deps;
  const { line, trunk, request, row } = opening;
  const closeLeg = async (): Promise<void> => {
    opening.leave();
    Object.assign(row, mediaColumns(await leg.close()));
  };
  const { onProgress, applied } = followProgress(deps, opening, leg);
  noteDialling(deps, opening);
  const { headers, auth } = request;
  const sdp = leg.createOffer();
  const dialAll = line.type === 'user' ? forkTargets : dialTargets;
  const { ending, outgoing, target } = await dialAll({
    dial: ({ uri, proxy }, onTargetProgress) =>
      services.dial({ uri, proxy, headers, auth, sdp, onProgress: onTargetProgress }),
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
      await closeLeg();
      const ended_at = services.now();
      Object.assign(row, { ended_at, outcome: 'cancelled', sip_code: 487, q850_cause: stop.q850 });
      return { type: 'stopped', stop, row };
    }
    case 'timeout': {
      outgoing.cancel({ q850: 19, text: 'no answer' });
      await closeLeg();
      return failLine(deps, opening, timedOut(opening, ending.heard));
    }
    case 'refused': {
      const { status, reason, q850 } = ending;
      row.peer = peerText(ending.peer);
      await closeLeg();
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
        await leg.acceptAnswer(ending.sdp);
      } catch (error) {
        void dialog.bye({ q850: 88, text: 'incompatible media' });
        await closeLeg();
        const reason = `its answer is not usable: ${errorMessage(error)}`;
        return failLine(deps, opening, { outcome: 'failed', status: 488, reason, q850: 88 });
      }
      const answered_at = services.now();
      Object.assign(row, { answered_at, outcome: 'answered', sip_code: 200, sip_reason: 'OK' });
      return { type: 'answered', answered: { line, leg, dialog, row, leave: opening.leave } };
    }
  }
};

const dialLine = async (deps: Dependencies, line: LineTable, position: number): Promise<Attempt> => {
  const { services, plan, session } = deps;
  const trunk = trunkOf(services, line);
  const phones = await phonesOf(services, line);
  const request = lineRequest({
    callId: plan.callId,
    line,
    trunk,
    route: trunk && services.operation.route(trunk.id),
    caller: plan.caller,
    trackingNumber: plan.route.number.number,
    phones: phones.type === 'phones' ? phones.targets : [],
    echoUri: line.type === 'echo' ? await services.echoUri() : undefined,
  });
  const row = newLeg({
    call_id: plan.callId,
    role: 'B',
    position,
    line_id: line.id,
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

  const { leave } = room;
  try {
    const leg = await session.addLeg({
      label: `line ${position}`,
      nat: trunk?.nat ?? (line.nat === 1 || request.targets.some((target) => target.nat === true)),
      codecs: trunk?.codecs ?? ['PCMU', 'PCMA'],
      ...services.mediaAddress(parseAddress(request.targets[0].proxy ?? request.targets[0].uri)?.host ?? ''),
    });
    return await ringLine(deps, { line, position, trunk, request, row, leave }, leg);
  } catch (error) {
    leave();
    throw error;
  }
};

/** Dials the tracking number's lines one after the other until one answers. */
export const dialLines = async (deps: Dependencies): Promise<Dialled> => {
  const rows: LegTable[] = [];
  const failed: FailedLeg[] = [];
  for (const [index, line] of deps.plan.route.lines.entries()) {
    const attempt = await dialLine(deps, line, index + 1);
    if (attempt.type === 'answered') return { type: 'answered', answered: attempt.answered, rows };
    rows.push(attempt.row);
    if (attempt.type === 'stopped') return { type: 'stopped', stop: attempt.stop, rows };
    failed.push(attempt.leg);
  }
  return { type: 'failed', failure: failureOf(failed), rows };
};
