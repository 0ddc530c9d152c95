/** A number as the page is to show it. */
export type ShownNumber = {
  /** E.164 */
  readonly e164: string;
  /** National form, for numbers that the page writes in a form that doesn't fit. */
  readonly display: string;
  /** For `tel:` links: `+4930…`, or `4001234567,,4821` with a code. */
  readonly tel: string;
  /** Shown after it: ` ext. 4821`. */
  readonly suffix?: string;
};

/** By canonical number, E.164. */
export type Numbers = Readonly<Record<string, ShownNumber>>;

export type Consent = 'granted' | 'denied' | 'unknown';

/** What the gateway says to `POST /v1/dni/session`. */
export type Answer = {
  /** Left out: nothing may be stored. */
  readonly visitor?: string;
  readonly visit?: string;
  /** s */
  readonly ttl: number;
  /** s */
  readonly heartbeat: number;
  readonly mode: string;
  readonly numbers: Numbers;
  /** All canonical numbers of the site, E.164. */
  readonly targets: readonly string[];
  readonly linkHosts: readonly string[];
  /** Token for `_dt=`. */
  readonly link?: string;
};

/** What is reported to `POST /v1/dni/events`. */
export type PageEvent =
  | { readonly type: 'beat' | 'idle' }
  | { readonly type: 'page'; readonly url: string; readonly title: string; readonly referrer: string }
  | { readonly type: 'click'; readonly kind: 'tel' | 'sms' | 'copy'; readonly number: string }
  | { readonly type: 'swap'; readonly outcome: string; readonly page: string; readonly count: number }
  | { readonly type: 'consent'; readonly consent: 'granted' | 'denied' };

/** What `dt.debug()` tells: the last answer, and how it went. */
export type Facts = Answer & {
  readonly site: string;
  readonly origin: string;
  readonly consent: Consent;
  /** Places that show a number of the map. */
  readonly found: number;
  /** Milliseconds of the last whole pass over the page. */
  readonly ms: number;
  /** What happened, the newest last. */
  readonly log: readonly string[];
};

/** Numbers were written (with a tally); the gateway has answered (with its mode); it has not (with the reason). */
export type Occasion = 'swap' | 'lease' | 'fallback';

/** Name of a function and its arguments. */
export type Call = readonly unknown[];

/** `window.dt` */
export type Api = {
  /** Settled when the gateway has answered, or has not; never rejected. */
  readonly ready: Promise<Facts>;
  /** The number shown for a canonical one, E.164. */
  number(target: string): ShownNumber;
  /** For what changed where no script can see it. */
  rescan(root?: Node): void;
  on(occasion: Occasion, listener: (about: unknown) => void): void;
  consent(said: 'granted' | 'denied'): void;
  debug(): Facts;
  readonly q: { push(call: Call): void };
};
