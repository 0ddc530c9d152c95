/**
 * A day in ten minutes. Everything that takes time is 144 times shorter than in life (24 h = 86,400 s = 144 · 600 s):
 *
 * | in a day                                         | of ten minutes                                 |
 * | ------------------------------------------------ | ---------------------------------------------- |
 * | 50 phones register every 300 s: 50 · 288 = 14,400 | 24 a second, each phone every 2.08 s           |
 * | 5,000 calls of 180 s on average, ten at a time    | 8.33 a second of 1.25 s: ten at a time as well |
 * | 5 trunks look every 60 s (OPTIONS): 7,200         | 12 a second                                    |
 * | each phone reboots three times                    | 150 in all                                     |
 *
 * What strangers do isn't compressed but added: broken messages, methods that nobody knows, connections that end in the
 * middle, scanners.
 *
 * A shorter soak has the same pace and is a part of the day.
 */

/** Milliseconds of a whole day here. */
const DAY = 600_000;

export const PHONES = 50;
/** Phones that ring and never answer: one for each transport. */
export const RINGERS = 5;

/** How often each happens in a day. */
const COUNTS = {
  registrations: PHONES * 288,
  calls: 5000,
  pings: 7200,
  messages: 1000,
  reboots: PHONES * 3,
  subscriptions: 600,
  malformed: 2000,
  unknownMethods: 500,
  halfConnections: 600,
  scanners: 1000,
  /** An application comes, takes requests, and leaves without a word. */
  guests: 20,
  certificates: 10,
} as const;

export type Occasion = keyof typeof COUNTS;

export const occasions = Object.keys(COUNTS) as readonly Occasion[];

/** Of one kind in a second. */
export const perSecond = (occasion: Occasion): number => (COUNTS[occasion] * 1000) / DAY;

/** Milliseconds that call number `call` lasts: 36 s to 324 s of life, 180 s on average. */
export const talkTime = (call: number): number => 250 + ((call * 7919) % 21) * 100;

/** Milliseconds. T1 is a fifth of RFC 3261's, so that what nobody answers is over within the soak. */
export const TIMERS = { t1: 100, t2: 800, t4: 1000, c: 20_000 } as const;
/** After so long without a message nothing may be left: 64·T1 for transactions, twice that for a call nobody takes. */
export const QUIET = { least: 70 * TIMERS.t1, most: 600 * TIMERS.t1 } as const;

/** Seconds. */
export const REGISTRATION = 5;
export const BAN = 5;
