import type { Region } from '../base/phone.ts';
import {
  type Admittance,
  type Caller,
  findCalledNumber,
  type IncomingInvite,
  readCaller,
  type Trunk,
} from '../sip/index.ts';
import type { LineTable, NewCall, NewWebCall, NumberRoute, UserTable } from '../store/index.ts';
import { attribute, type Match } from '../tracking/index.ts';
import { decide } from './decide.ts';
import { decideUserCall, lookUpDialled } from './from-user.ts';
import { type Note, newCall, newUserCall, openingNotes, userCallNotes } from './opening.ts';
import type { Refusal } from './refusal.ts';
import type { Routes } from './routes.ts';
import type { CallServices, CodeLookup } from './types.ts';

/** A call that is decided upon: what its record begins with, and what to do. */
export type Prepared = {
  readonly row: NewCall;
  /** What a call from a call button has beside its record. */
  readonly web?: NewWebCall;
  readonly notes: readonly Note[];
  /** Name of the user who calls. */
  readonly agent: string | null;
  readonly trunk: Trunk | undefined;
  /** Undefined: no page shows the number, or it is a user's call. */
  readonly match: Match | undefined;
  readonly decision:
    | {
        readonly type: 'dial';
        readonly caller: Caller;
        readonly trackingNumber: string | undefined;
        readonly lines: readonly LineTable[];
        /** The flow that it runs; undefined: the lines are dialled. */
        readonly flow?: NumberRoute['flow'];
        readonly record: boolean;
        readonly region: Region | undefined;
        readonly code?: CodeLookup | undefined;
      }
    | Refusal;
};

type Beginning = { readonly id: string; readonly startedAt: number; readonly invite: IncomingInvite };

/** Looks a trunk's call up and decides upon it. */
export const prepareTrunkCall = async (
  services: CallServices,
  routes: Routes,
  { id, startedAt, invite }: Beginning,
  facts: { readonly trunk: Trunk; readonly room: Admittance; readonly draining: boolean },
): Promise<Prepared> => {
  const { trunk, room, draining } = facts;
  const { vault } = services.store;
  const called = findCalledNumber(invite, trunk.didFrom, trunk.region);
  const caller = readCaller(invite, trunk.region);
  const callerHmac = caller.type === 'known' ? vault.hmac(caller.number) : null;
  const [route, callerBlocked] = await Promise.all([routes.of(called?.e164), routes.isBlocked(callerHmac)]);
  const decision = decide({ draining, trunk, room, called, caller, callerBlocked, route });
  // A stranger to the tracking numbers costs no look at visits.
  const looked = {
    at: startedAt,
    callerHmac,
    callerRegion: caller.type === 'known' ? (caller.region ?? null) : null,
  };
  const match = route && (await services.tracking.match({ ...looked, did: route.number.number }));
  const attribution = attribute(route, match, services.tracking.sources());
  const opening = {
    id,
    runId: services.runId,
    startedAt,
    invite,
    trunk,
    caller,
    called,
    route,
    match,
    attribution,
    decision,
  };
  const row = newCall(opening, vault);
  const common = { row, notes: openingNotes(opening), agent: null, trunk, match };
  if (decision.type === 'refuse') return { ...common, decision };
  const { number, lines, flow } = decision.route;
  const digits = services.tracking.codeDigits(number.number);
  const find: CodeLookup['find'] = async (code) => {
    const found = await services.tracking.match({ ...looked, did: number.number, code });
    if (found?.method !== 'code') return undefined;
    const patch = { ...attribute(decision.route, found, services.tracking.sources()), dialled_code: code };
    return { match: found, patch };
  };
  return {
    ...common,
    decision: {
      code: digits === undefined ? undefined : { digits, find },
      type: 'dial',
      caller,
      trackingNumber: number.number,
      lines,
      flow,
      record: number.record === null ? services.recording.enabled : number.record === 1,
      region: trunk.region,
    },
  };
};

/** Looks a user's call up and decides upon it. */
export const prepareUserCall = async (
  services: CallServices,
  { id, startedAt, invite }: Beginning,
  facts: { readonly user: UserTable; readonly room: Admittance; readonly draining: boolean },
): Promise<Prepared> => {
  const { store, userRules } = services;
  const { user } = facts;
  const region = userRules.trunk?.region;
  const directory = { user: store.users.find, line: store.numbers.line };
  const [dialled, routes] = await Promise.all([
    lookUpDialled(invite.requestUri, directory, region),
    store.numbers.list(),
  ]);
  const decision = decideUserCall({
    ...facts,
    dialled,
    trunk: userRules.trunk?.id,
    regions: userRules.regions,
    premium: userRules.premium,
    numbers: routes.filter(({ number }) => number.enabled === 1),
    identity: invite.header('X-Dialtrace-Identity'),
    recordByDefault: services.recording.enabled,
  });
  const opening = { id, runId: services.runId, startedAt, invite, user, dialled, decision };
  return {
    row: newUserCall(opening, store.vault),
    notes: userCallNotes(opening),
    agent: user.name,
    trunk: undefined,
    match: undefined,
    decision: decision.type === 'refuse' ? decision : { ...decision, region },
  };
};
