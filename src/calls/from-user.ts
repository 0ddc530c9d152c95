import { isEmergency, type NumberKind, numberKind, parsePhone, type Region } from '../base/phone.ts';
import { type Admittance, type Caller, parseAddress } from '../sip/index.ts';
import type { LineTable, NumberRoute, UserTable } from '../store/index.ts';
import { type Refusal, refuse } from './refusal.ts';

/** What a user may be calling. */
export type Directory = {
  readonly user: (name: string) => Promise<UserTable | undefined>;
  readonly line: (id: string) => Promise<LineTable | undefined>;
};

/** Whom a user called, looked up. */
export type Dialled =
  | { readonly type: 'user'; readonly line: LineTable; readonly display: string | undefined }
  | { readonly type: 'line'; readonly line: LineTable }
  | {
      readonly type: 'number';
      readonly e164: string;
      readonly region: Region | undefined;
      readonly kind: NumberKind;
    }
  | { readonly type: 'emergency'; readonly raw: string }
  | { readonly type: 'nothing'; readonly raw: string };

/** How long a user or a telephone rings that no line of the plan says more about, in seconds. */
const RING_SECONDS = 45;

const line = (fields: Partial<LineTable> & Pick<LineTable, 'id' | 'type'>): LineTable => ({
  name: null,
  number: null,
  trunk_id: null,
  uri: null,
  user: null,
  nat: 0,
  ring_timeout_s: RING_SECONDS,
  ...fields,
});

/** A line that exists for one call: somebody's phones. */
export const userLine = (user: Pick<UserTable, 'name' | 'display'>): LineTable =>
  line({ id: user.name, name: user.display ?? user.name, type: 'user', user: user.name });

/** A line that exists for one call: a telephone number. */
export const numberLine = (number: string, trunk: string): LineTable =>
  line({ id: number, name: number, type: 'trunk', number, trunk_id: trunk });

/** What the user part of `uri` means: a user first, then a line of the plan, then a telephone number. */
export const lookUpDialled = async (
  uri: string,
  directory: Directory,
  region: Region | undefined,
): Promise<Dialled> => {
  const raw = (parseAddress(uri)?.user ?? '').slice(0, 64);
  const user = await directory.user(raw);
  if (user) return { type: 'user', line: userLine(user), display: user.display ?? undefined };
  const found = await directory.line(raw);
  if (found) return { type: 'line', line: found };
  if (isEmergency(raw)) return { type: 'emergency', raw };
  const phone = parsePhone(raw, region);
  if (!phone) return { type: 'nothing', raw };
  const { e164, region: country } = phone;
  return { type: 'number', e164, region: country, kind: numberKind(e164) };
};

export type UserFacts = {
  readonly draining: boolean;
  /** Whether the user may have one call more. */
  readonly room: Admittance;
  readonly user: Pick<UserTable, 'name' | 'display'>;
  readonly dialled: Dialled;
  /** Trunk for telephone numbers, by its id. */
  readonly trunk: string | undefined;
  readonly regions: readonly Region[];
  /** Premium-rate numbers may be called, and those that no numbering plan has. */
  readonly premium: boolean;
  /** Tracking numbers that may be called from: those that are enabled. */
  readonly numbers: readonly NumberRoute[];
  /** The tracking number that the user wants to call from. */
  readonly identity: string | undefined;
  readonly recordByDefault: boolean;
};

export type UserDecision =
  | {
      readonly type: 'dial';
      readonly direction: 'outbound' | 'internal';
      readonly lines: readonly LineTable[];
      readonly caller: Caller;
      readonly trackingNumber: string | undefined;
      readonly record: boolean;
    }
  | Refusal;

const userCaller = ({ name, display }: UserFacts['user']): Caller => ({
  type: 'known',
  number: name,
  isPhone: false,
  region: undefined,
  display: display ?? undefined,
});

const numberCaller = (number: string): Caller => ({
  type: 'known',
  number,
  isPhone: true,
  region: undefined,
  display: undefined,
});

const decideNumber = (facts: UserFacts, dialled: Extract<Dialled, { type: 'number' }>): UserDecision => {
  const { numbers, identity, recordByDefault } = facts;
  if (facts.trunk === undefined)
    return refuse('failed', 503, 38, 'no trunk has a gateway to call telephone numbers through');
  if (dialled.region === undefined || !facts.regions.includes(dialled.region))
    return refuse(
      'blocked',
      403,
      21,
      `calls to ${dialled.region ?? 'this country'} are not allowed: see phone.outbound.regions`,
    );
  if (dialled.kind !== 'usual' && !facts.premium)
    return refuse(
      'blocked',
      403,
      21,
      dialled.kind === 'premium'
        ? 'premium-rate numbers are not allowed: see phone.outbound.premium'
        : 'no numbering plan has this number, and such ones are not allowed: see phone.outbound.premium',
    );
  const own = numbers.find(({ number }) => number.number === identity) ?? numbers[0];
  if (own === undefined) return refuse('failed', 403, 21, 'there is no tracking number to call from');
  const wished = own.number.record;
  return {
    type: 'dial',
    direction: 'outbound',
    lines: [numberLine(dialled.e164, facts.trunk)],
    caller: numberCaller(own.number.number),
    trackingNumber: own.number.number,
    record: wished === null ? recordByDefault : wished === 1,
  };
};

/** Decides whether a user's call is dialled on, and as whom; pure. */
export const decideUserCall = (facts: UserFacts): UserDecision => {
  const { dialled, numbers, recordByDefault } = facts;
  if (facts.draining) return refuse('failed', 503, 41, 'the gateway is stopping');
  if (facts.room.type === 'full') return refuse('blocked', 503, 34, facts.room.reason);
  switch (dialled.type) {
    case 'emergency':
      return refuse(
        'blocked',
        403,
        21,
        `${dialled.raw} is no number for this phone: dial emergency numbers from a telephone`,
      );
    case 'nothing':
      return refuse('failed', 404, 1, `"${dialled.raw}" is no user, no line and no telephone number`);
    case 'user':
    case 'line': {
      const isSelf = dialled.line.user === facts.user.name;
      if (isSelf) return refuse('failed', 486, 17, 'a user called itself');
      const { type } = dialled.line;
      const shown = type === 'trunk' ? numbers[0]?.number.number : undefined;
      return {
        type: 'dial',
        direction: 'internal',
        lines: [dialled.line],
        // A telephone network shows no names of users.
        caller: shown === undefined ? userCaller(facts.user) : numberCaller(shown),
        trackingNumber: shown,
        record: recordByDefault,
      };
    }
    case 'number':
      return decideNumber(facts, dialled);
  }
};
