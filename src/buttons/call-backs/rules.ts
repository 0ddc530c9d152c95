import type { Region } from '../../base/phone.ts';
import type { ButtonPlan, SchedulePlan } from '../../config/index.ts';
import { visitorNumber } from '../visitor-number.ts';
import { clocksOfRegion, firstClosing, nextInAll } from './hours.ts';
import type { CallBackResult, CallBackVerdict } from './types.ts';

/** Whom this gateway may call, and whom never. */
export type DestinationRules = {
  /** Countries; a number without its country's code is of the first one. */
  readonly regions: readonly Region[];
  /** E.164 of numbers that lead back to us. */
  readonly own: ReadonlySet<string>;
};

export type Refused = Extract<CallBackVerdict, { readonly type: 'refused' }>;

export type Destination = { readonly type: 'good'; readonly e164: string; readonly region: Region };

const refused = (code: Refused['code'], reason: string, retryAfterSeconds?: number): Refused => ({
  type: 'refused',
  code,
  reason,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});

/** Written in full behind the code of its town, an emergency number is still answered there in some places. */
const isLocalEmergency = (e164: string): boolean => /^\+\d{1,5}(?:110|112|911|999)$/.test(e164);

/** Whether a number may be called at all: what a call to it costs, and where it leads. Pure. */
export const checkDestination = (text: string, { regions, own }: DestinationRules): Destination | Refused => {
  const number = visitorNumber(text, { regions, use: 'call' });
  if (number.type === 'refused') return refused(number.code, number.detail.replace(/\.$/, ''));
  const { e164, region } = number;
  if (isLocalEmergency(e164)) return refused('emergency', 'Dial emergency numbers from a telephone');
  if (own.has(e164)) return refused('not-allowed', 'This is one of our own numbers');
  return { type: 'good', e164, region };
};

/** The hours that a call back has to fit in. */
export type Hours = {
  /** By the clock of the visitor's number. */
  readonly quiet: readonly SchedulePlan[];
  /** Of the button; undefined: always. */
  readonly business: SchedulePlan | undefined;
};

export const hoursFor = (
  { callback }: Pick<ButtonPlan, 'callback'>,
  region: string,
  business: SchedulePlan | undefined,
): Hours => ({ quiet: clocksOfRegion(region, callback.hours), business });

/**
 * The next moment from `at` on at which the visitor may be called and the business is open; undefined: there is none within
 * 60 days.
 */
export const nextCallMoment = ({ quiet, business }: Hours, at: number): number | undefined =>
  quiet.length === 0 ? undefined : nextInAll(business ? [...quiet, business] : quiet, at);

/** From when on the visitor must not be called any more, though it may be now. */
export const quietFrom = ({ quiet }: Hours, at: number): number | undefined => firstClosing(quiet, at);

/** What is known of a request when it is decided upon. */
export type RequestFacts = {
  readonly enabled: boolean;
  readonly consent: boolean;
  readonly destination: Destination | Refused;
  readonly blocked: boolean;
  readonly hours: Hours | undefined;
  /** Somebody else asked for a call to this number and waits for it. */
  readonly otherOpen: boolean;
  /** When this number was asked to be called within the last day, milliseconds since the epoch, the oldest first. */
  readonly askedAt: readonly number[];
  readonly perDay: number;
  readonly at: number;
};

export type RequestDecision =
  | { readonly type: 'take'; readonly number: Destination; readonly dueAt: number }
  | Refused;

export const DAY_MS = 86_400_000;

/** Seconds until one more may ask, when there were too many within a day. */
const patience = (askedAt: readonly number[], perDay: number, at: number): number => {
  const blocking = askedAt[askedAt.length - perDay] ?? at;
  return Math.max(1, Math.ceil((blocking + DAY_MS - at) / 1000));
};

/** A call that is waited for is over by then, or tried again. */
const OPEN_AGAIN_S = 600;

/** Decides whether somebody is called back, and from when on; pure, in the order in which reasons outrank each other. */
export const decideRequest = (facts: RequestFacts): RequestDecision => {
  const { destination, hours, askedAt, perDay, at } = facts;
  if (!facts.enabled) return refused('disabled', 'Nobody is called back from here');
  if (!facts.consent) return refused('consent', 'Nobody is called who has not agreed to it');
  if (destination.type === 'refused') return destination;
  if (facts.blocked) return refused('blocked', 'This number is not called');
  if (facts.otherOpen)
    return refused('too-many', 'A call to this number is on its way already', OPEN_AGAIN_S);
  if (askedAt.length >= perDay)
    return refused(
      'too-many',
      'This number was asked to be called often enough for today',
      patience(askedAt, perDay, at),
    );
  const dueAt = hours && nextCallMoment(hours, at);
  if (dueAt === undefined)
    return refused('not-allowed', 'There is no time at which this number could be called');
  return { type: 'take', number: destination, dueAt };
};

/** An attempt that is over. */
export type AttemptFacts = {
  readonly result: CallBackResult;
  /** How often the visitor was called, this time included. */
  readonly calls: number;
  readonly maxCalls: number;
  /** Calls that were begun for it, whether or not the visitor was called. */
  readonly attempts: number;
  /** This one is among them. */
  readonly counted: boolean;
  readonly retryMs: number;
  readonly at: number;
};

export type AfterAttempt =
  | { readonly state: 'done' | 'failed'; readonly reason: string | null }
  | { readonly state: 'waiting'; readonly reason: string; readonly dueAt: number };

/** While nobody of the business answers, the visitor knows nothing of it: it is tried no more often than this. */
export const MOST_ATTEMPTS = 10;
/** What stood in the way may be gone by then. */
const SOON_MS = 60_000;

/** What becomes of a call back after an attempt; pure. */
export const afterAttempt = (facts: AttemptFacts): AfterAttempt => {
  const { result, calls, maxCalls, attempts, counted, retryMs, at } = facts;
  const { end, reason } = result;
  if (end === 'talked') return { state: 'done', reason: null };
  const isLast = end === 'failed' || end === 'declined' || calls >= maxCalls;
  // Whoever has it made again, by order, has as many again.
  const isEnough = counted && attempts % MOST_ATTEMPTS === 0;
  if (isLast || isEnough) return { state: 'failed', reason };
  return { state: 'waiting', reason, dueAt: at + (end === 'not-now' ? Math.min(SOON_MS, retryMs) : retryMs) };
};
