import type { CalledNumber, Caller, IncomingInvite, Trunk } from '../sip/index.ts';
import type { CallerVault, NewCall, NumberRoute } from '../store/index.ts';
import { attribute } from '../tracking/index.ts';
import type { Decision } from './decide.ts';

/** What is known of a call when it is decided upon. */
export type Opening = {
  readonly id: string;
  readonly runId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly invite: IncomingInvite;
  readonly trunk: Trunk;
  readonly caller: Caller;
  readonly called: CalledNumber | undefined;
  readonly route: NumberRoute | undefined;
  readonly decision: Decision;
};

/** The call record as it is opened, the caller's number sealed. */
export const newCall = (opening: Opening, vault: Pick<CallerVault, 'seal'>): NewCall => {
  const { id, runId, startedAt, invite, trunk, caller, called, route } = opening;
  const sealed =
    caller.type === 'known'
      ? vault.seal(caller.number)
      : { caller_encrypted: null, caller_hmac: null, caller_masked: null };
  return {
    id,
    run_id: runId,
    direction: 'inbound',
    trunk_id: trunk.id,
    is_test: trunk.isTest ? 1 : 0,
    started_at: startedAt,
    ...sealed,
    caller_region: caller.type === 'known' ? (caller.region ?? null) : null,
    anonymous: caller.type === 'anonymous' ? 1 : 0,
    did: called?.e164 ?? null,
    did_raw: called?.raw ?? null,
    did_header: called?.header ?? null,
    ...attribute(route),
    sip_call_id: invite.sipCallId,
  };
};

export type Note = { readonly type: string; readonly text: string; readonly detail: Record<string, unknown> };

/** The first lines of what `dialtrace calls explain` prints. */
export const openingNotes = ({ trunk, called, route, decision }: Opening): readonly Note[] => [
  { type: 'received', text: `INVITE through trunk ${trunk.id}.`, detail: { trunk: trunk.id } },
  ...(called
    ? [
        {
          type: 'called',
          text: `The dialled number stands in ${called.header}: ${called.raw}.`,
          detail: { ...called },
        },
      ]
    : []),
  ...(route
    ? [
        {
          type: 'number-matched',
          text: `${route.number.number} is a static number of source ${route.source.name}.`,
          detail: { source: route.source.id, lines: route.lines.map((line) => line.id) },
        },
      ]
    : []),
  ...(decision.type === 'refuse'
    ? [
        {
          type: 'refused',
          text: `Refused with ${decision.sipCode}: ${decision.reason}.`,
          detail: { sip: decision.sipCode },
        },
      ]
    : []),
];

/** How well the caller is known, in words. */
export const callerHistory = (priorCalls: number): string => {
  if (priorCalls === 0) return 'This caller calls for the first time.';
  return `This caller has called ${priorCalls === 1 ? 'once' : `${priorCalls} times`} before.`;
};
