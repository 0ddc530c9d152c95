import { errorMessage } from '../base/errors.ts';
import type { MediaLeg, MediaSession } from '../media/index.ts';
import {
  type DialResult,
  type OutgoingInvite,
  parseAddress,
  type SipDialog,
  type Trunk,
} from '../sip/index.ts';
import type { LegTable, LineTable } from '../store/index.ts';
import type { CallRecord } from './call-record.ts';
import type { CallerProgress } from './caller-progress.ts';
import { mediaColumns, newLeg, peerText } from './legs.ts';
import { lineRequest } from './line-request.ts';
import {
  type CallFailure,
  type FailedLeg,
  failureOf,
  type LegOutcome,
  outcomeOfRefusal,
  q850For,
} from './outcome.ts';
import type { CallServices, CallStop, DialPlan } from './types.ts';

/** A line that answered, with its media negotiated. */
export type AnsweredLine = {
  readonly line: LineTable;
  readonly leg: MediaLeg;
  readonly dialog: SipDialog;
  readonly row: LegTable;
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

type Ending =
  | { readonly type: 'timeout' }
  | { readonly type: 'stopped'; readonly stop: CallStop }
  | DialResult;

const lineTitle = (line: LineTable): string => line.name ?? line.id;

/** The line's final response, or the ring timeout, or the end of the call, whichever comes first. */
const firstEnding = async (
  outgoing: OutgoingInvite,
  ringTimeoutMs: number,
  stopped: Promise<CallStop>,
): Promise<Ending> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Ending>((resolve) => {
    timer = setTimeout(() => resolve({ type: 'timeout' }), ringTimeoutMs);
  });
  const stop = stopped.then((stop): Ending => ({ type: 'stopped', stop }));
  const ending = await Promise.race([outgoing.result, timeout, stop]);
  clearTimeout(timer);
  return ending;
};

/** A line's trunk, and what of it shapes the leg's media. */
const trunkOf = (services: CallServices, line: LineTable): Trunk | undefined =>
  line.trunk_id === null ? undefined : services.trunks.get(line.trunk_id);

const dialLine = async (deps: Dependencies, line: LineTable, position: number): Promise<Attempt> => {
  const { services, plan, session, record } = deps;
  const trunk = trunkOf(services, line);
  const request = lineRequest({
    callId: plan.callId,
    line,
    trunk,
    caller: plan.caller,
    trackingNumber: plan.route.number.number,
    echoUri: line.type === 'echo' ? await services.echoUri() : undefined,
  });
  const row = newLeg({
    call_id: plan.callId,
    role: 'B',
    position,
    line_id: line.id,
    trunk_id: line.trunk_id,
    uri: request?.uri ?? null,
    started_at: services.now(),
  });

  const fail = (outcome: LegOutcome, status: number | undefined, reason: string, q850: number): Attempt => {
    Object.assign(row, {
      ended_at: services.now(),
      outcome,
      sip_code: status ?? null,
      sip_reason: reason,
      q850_cause: q850,
    });
    record.note('line-failed', `Line ${lineTitle(line)}: ${outcome.replace('_', ' ')} (${reason}).`, {
      status,
      q850,
    });
    return { type: 'failed', leg: { outcome, status, q850 }, row };
  };
  if (!request) return fail('failed', undefined, `trunk ${line.trunk_id} is missing or has no gateway`, 3);

  const leg = await session.addLeg({
    label: `line ${position}`,
    nat: trunk?.nat ?? line.nat === 1,
    codecs: trunk?.codecs ?? ['PCMU', 'PCMA'],
    ...services.mediaAddress(parseAddress(request.uri)?.host ?? ''),
  });
  const closeLeg = async (): Promise<void> => void Object.assign(row, mediaColumns(await leg.close()));

  // Answers to our offer come in the order of the wire; each is applied before the next.
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

  const host = parseAddress(request.uri)?.host ?? request.uri;
  const through = trunk ? ` through trunk ${trunk.id}` : '';
  record.note(
    'dialling',
    `Dialling line ${lineTitle(line)} at ${host}${through}, for ${line.ring_timeout_s} s at most.`,
    {
      line: line.id,
      position,
    },
  );
  const outgoing = services.dial({ ...request, sdp: leg.createOffer(), onProgress });
  const ending = await firstEnding(outgoing, line.ring_timeout_s * 1000, deps.stopped);
  row.sip_call_id = outgoing.sipCallId() ?? null;

  switch (ending.type) {
    case 'stopped': {
      outgoing.cancel({ q850: ending.stop.q850, text: ending.stop.reason });
      await closeLeg();
      Object.assign(row, {
        ended_at: services.now(),
        outcome: 'cancelled',
        sip_code: 487,
        q850_cause: ending.stop.q850,
      });
      return { type: 'stopped', stop: ending.stop, row };
    }
    case 'timeout': {
      outgoing.cancel({ q850: 19, text: 'no answer' });
      await closeLeg();
      const rang = row.ringing_at !== null;
      const what = rang ? 'rang' : 'gave no sign';
      return fail(
        rang ? 'no_answer' : 'unreachable',
        408,
        `${what} for ${line.ring_timeout_s} s`,
        rang ? 19 : 18,
      );
    }
    case 'refused': {
      row.peer = peerText(ending.peer);
      await closeLeg();
      const outcome = outcomeOfRefusal({ status: ending.status, rang: row.ringing_at !== null });
      return fail(
        outcome,
        ending.status,
        `${ending.status} ${ending.reason}`.trim(),
        q850For(ending.status, ending.q850),
      );
    }
    case 'answered': {
      row.peer = peerText(ending.peer);
      try {
        await applying;
        await leg.acceptAnswer(ending.sdp);
      } catch (error) {
        void ending.dialog.bye({ q850: 88, text: 'incompatible media' });
        await closeLeg();
        return fail('failed', 488, `its answer is not usable: ${errorMessage(error)}`, 88);
      }
      Object.assign(row, {
        answered_at: services.now(),
        outcome: 'answered',
        sip_code: 200,
        sip_reason: 'OK',
      });
      return { type: 'answered', answered: { line, leg, dialog: ending.dialog, row } };
    }
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
