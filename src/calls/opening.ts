import type { CalledNumber, Caller, IncomingInvite, Trunk } from '../sip/index.ts';
import type { CallerVault, NewCall, NumberRoute, UserTable } from '../store/index.ts';
import { type Attribution, attribute, type Match } from '../tracking/index.ts';
import type { Decision } from './decide.ts';
import type { Dialled, UserDecision } from './from-user.ts';
import type { Refusal } from './refusal.ts';

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
  readonly attribution: Attribution;
  readonly match: Match | undefined;
  readonly decision: Decision;
};

/** The call record as it is opened, the caller's number sealed. */
export const newCall = (opening: Opening, vault: Pick<CallerVault, 'seal'>): NewCall => {
  const { id, runId, startedAt, invite, trunk, caller, called } = opening;
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
    ...opening.attribution,
    dialled_code: null,
    sip_call_id: invite.sipCallId,
  };
};

/** A user's call when it is decided upon. */
export type UserOpening = {
  readonly id: string;
  readonly runId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly invite: IncomingInvite;
  readonly user: Pick<UserTable, 'name'>;
  readonly dialled: Dialled;
  readonly decision: UserDecision;
};

const NOBODY = { caller_encrypted: null, caller_hmac: null, caller_masked: null } as const;

/**
 * The record of a call that a user makes, as it is opened. Its caller columns hold the telephone number that was dialled, so
 * that one person's calls stand together whoever called.
 */
export const newUserCall = (opening: UserOpening, vault: Pick<CallerVault, 'seal'>): NewCall => {
  const { id, runId, startedAt, invite, dialled, decision } = opening;
  const number = dialled.type === 'number' ? dialled : undefined;
  return {
    id,
    run_id: runId,
    direction: dialled.type === 'user' || dialled.type === 'line' ? 'internal' : 'outbound',
    trunk_id: decision.type === 'dial' ? (decision.lines[0]?.trunk_id ?? null) : null,
    is_test: 0,
    started_at: startedAt,
    ...(number ? vault.seal(number.e164) : NOBODY),
    caller_region: number?.region ?? null,
    anonymous: 0,
    did: decision.type === 'dial' ? (decision.trackingNumber ?? null) : null,
    did_raw: null,
    did_header: null,
    // A source brings calls in; what the business dials itself none has brought.
    ...attribute(undefined),
    dialled_code: null,
    sip_call_id: invite.sipCallId,
  };
};

const dialledWords = (dialled: Dialled): string => {
  switch (dialled.type) {
    case 'user':
      return `user ${dialled.line.user}`;
    case 'line':
      return `line ${dialled.line.name ?? dialled.line.id}`;
    case 'number':
      return 'a telephone number';
    case 'emergency':
    case 'nothing':
      return 'something that can not be called';
  }
};

export const userCallNotes = ({ user, dialled, decision }: UserOpening): readonly Note[] => [
  {
    type: 'received',
    text: `User ${user.name} calls ${dialledWords(dialled)}.`,
    detail: { user: user.name },
  },
  ...refusalNotes(decision),
];

/** That a call is not dialled on, and why. */
export const refusalNotes = (decision: { readonly type: 'dial' } | Refusal): readonly Note[] =>
  decision.type === 'dial'
    ? []
    : [
        {
          type: 'refused',
          text: `Refused with ${decision.sipCode}: ${decision.reason}.`,
          detail: { sip: decision.sipCode },
        },
      ];

export type Note = { readonly type: string; readonly text: string; readonly detail: Record<string, unknown> };

/** The first lines of what `dialtrace calls explain` prints. */
export const openingNotes = ({ trunk, called, route, match, decision }: Opening): readonly Note[] => [
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
          text: route.source
            ? `${route.number.number} is a static number of source ${route.source.name}.`
            : `${route.number.number} is a number of pool ${route.number.pool_id}.`,
          detail: {
            source: route.source?.id ?? null,
            pool: route.number.pool_id,
            lines: route.lines.map((line) => line.id),
          },
        },
      ]
    : []),
  ...(match ? [matchNote(match)] : []),
  ...refusalNotes(decision),
];

/** Which visit a call was matched to, and why. */
export const matchNote = ({ method, probability, visit, reason }: Match): Note => ({
  type: 'visit-matched',
  text: reason,
  detail: { method, probability, visit: visit?.id ?? null },
});

/** How well the caller is known, in words. */
export const callerHistory = (priorCalls: number): string => {
  if (priorCalls === 0) return 'This caller calls for the first time.';
  return `This caller has called ${priorCalls === 1 ? 'once' : `${priorCalls} times`} before.`;
};
