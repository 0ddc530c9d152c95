/** Where a trunk's registration stands. Times are milliseconds since the epoch. */
export type Registration = {
  /** `registered` as long as `expiresAt` lies ahead, also while a renewal fails. */
  readonly state: 'trying' | 'registered' | 'failed';
  readonly since: number;
  /** Which of the servers is asked next, or has registered us. */
  readonly server: number;
  /** Servers asked in vain in this round. */
  readonly tried: number;
  /** Rounds through all servers in vain, in a row. */
  readonly rounds: number;
  /** Interval to ask for, in seconds. */
  readonly askSeconds: number;
  readonly expiresAt: number | undefined;
  /** When the next REGISTER is due. */
  readonly nextAt: number;
  readonly lastError: string | undefined;
};

/** What became of a REGISTER. */
export type RegistrationEvent =
  /** 200; `seconds` granted. */
  | { readonly type: 'granted'; readonly seconds: number }
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly reason: string;
      /** Min-Expires of a 423, in seconds. */
      readonly minExpires?: number | undefined;
      /** Retry-After, in seconds. */
      readonly retryAfter?: number | undefined;
    }
  /** No answer, or no way to the server. */
  | { readonly type: 'unreachable'; readonly reason: string };

/** What a step depends on besides the event. */
export type RegistrationClock = {
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: number;
  /** How many servers there are. */
  readonly servers: number;
};

const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 1_800_000;
const LONGEST_INTERVAL_S = 604_800;

export const newRegistration = (askSeconds: number, now: number): Registration => ({
  state: 'trying',
  since: now,
  server: 0,
  tried: 0,
  rounds: 0,
  askSeconds,
  expiresAt: undefined,
  nextAt: now,
  lastError: undefined,
});

export const isRegistered = ({ expiresAt }: Registration, now: number): boolean =>
  expiresAt !== undefined && expiresAt > now;

/** 30 s, doubled with each round up to 30 min, a quarter of it left to chance so that many don't come at once. */
const backOffMs = (rounds: number, random: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(rounds - 1, 16)) * (0.75 + 0.25 * random);

const turned = (registration: Registration, state: Registration['state'], now: number): Registration =>
  registration.state === state ? registration : { ...registration, state, since: now };

/** Half to nine tenths of the interval, so that renewals spread and a lost one can be repeated. */
const granted = (
  before: Registration,
  seconds: number,
  { now, random }: RegistrationClock,
): Registration => ({
  ...turned(before, 'registered', now),
  tried: 0,
  rounds: 0,
  expiresAt: now + seconds * 1000,
  nextAt: now + Math.max(1000, Math.round(seconds * 1000 * (0.5 + 0.4 * random))),
  lastError: undefined,
});

/** The account is refused: more of the same soon would only get us banned. */
const denied = (
  before: Registration,
  lastError: string,
  { now, random }: RegistrationClock,
): Registration => ({
  ...turned(before, 'failed', now),
  tried: 0,
  rounds: before.rounds + 1,
  expiresAt: undefined,
  nextAt: now + Math.round(LONGEST_WAIT_MS * (0.75 + 0.25 * random)),
  lastError,
});

const failed = (
  before: Registration,
  lastError: string,
  retryAfterMs: number,
  { now, random, servers }: RegistrationClock,
): Registration => {
  const stands = isRegistered(before, now);
  const next: Registration = {
    ...(stands ? before : turned(before, 'failed', now)),
    expiresAt: stands ? before.expiresAt : undefined,
    server: (before.server + 1) % servers,
    lastError,
  };
  if (before.tried + 1 < servers) return { ...next, tried: before.tried + 1, nextAt: now };
  const rounds = before.rounds + 1;
  const wait = Math.max(backOffMs(rounds, random), retryAfterMs);
  // What still stands is worth another try before it lapses.
  const left = stands ? Math.max(1000, ((before.expiresAt ?? now) - now) / 2) : wait;
  return { ...next, tried: 0, rounds, nextAt: now + Math.round(Math.min(wait, left, LONGEST_WAIT_MS)) };
};

const DENIALS: ReadonlySet<number> = new Set([401, 403, 407]);

/** The registration at this time: what was granted may be over. */
export const registrationAt = (registration: Registration, now: number): Registration =>
  registration.state === 'registered' && !isRegistered(registration, now)
    ? { ...turned(registration, 'failed', now), expiresAt: undefined }
    : registration;

/** What follows from an answer to REGISTER, or from none (RFC 3261 10.2, 10.3). Pure. */
export const nextRegistration = (
  last: Registration,
  event: RegistrationEvent,
  clock: RegistrationClock,
): Registration => {
  const before = registrationAt(last, clock.now);
  if (event.type === 'granted') return granted(before, event.seconds, clock);
  if (event.type === 'unreachable') return failed(before, event.reason, 0, clock);
  const { status, reason, minExpires = 0, retryAfter = 0 } = event;
  const lastError = `${status} ${reason}`.trim();
  if (DENIALS.has(status)) return denied(before, lastError, clock);
  if (status === 423 && minExpires > before.askSeconds && minExpires <= LONGEST_INTERVAL_S) {
    return { ...before, askSeconds: minExpires, nextAt: clock.now };
  }
  return failed(before, lastError, retryAfter * 1000, clock);
};

/** Splits a header at commas outside quotes and angle brackets. */
const valuesOf = (header: string): readonly string[] =>
  header.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^",<])+/g) ?? [];

const addressOf = (contact: string): string | undefined =>
  /sips?:([^;>?\s]+)/i.exec(contact)?.[1]?.toLowerCase();

/**
 * Seconds for which a 200 to REGISTER registers `own` (RFC 3261 10.2.4): the `expires` of our own contact, else the
 * Expires header, else what was asked for.
 *
 * @param contacts the Contact header of the response, several joined by commas
 * @param own our Contact as it was sent
 */
export const grantedSeconds = (
  contacts: string | undefined,
  expires: string | undefined,
  own: string | undefined,
  asked: number,
): number => {
  const values = valuesOf(contacts ?? '');
  const ours = own === undefined ? undefined : values.find((value) => addressOf(value) === addressOf(own));
  const contact = ours ?? (values.length === 1 ? values[0] : undefined);
  const given = /;\s*expires\s*=\s*"?(\d{1,9})/i.exec(contact?.replace(/<[^>]*>/, '') ?? '')?.[1] ?? expires;
  const seconds = given === undefined || !/^\s*\d{1,9}\s*$/.test(given) ? asked : Number(given);
  // None at all would have us ask without a pause.
  return seconds > 0 ? seconds : asked;
};
