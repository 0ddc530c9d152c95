/** The five ways in which people come to the site. */
export type SourceKey = 'google-ads' | 'bing-ads' | 'organic' | 'direct' | 'referral';

/** What the traffic is like. Shares are of 1. */
export type TrafficOptions = {
  readonly seed: number;
  readonly days: number;
  /** Visits of people; those of bots come on top. */
  readonly visitsPerDay: number;
  /** Of visits, by how they come. */
  readonly mix: Readonly<Record<SourceKey, number>>;
  /** Of visits: somebody who was there before comes back by another channel than the last time … */
  readonly returnsOtherway: number;
  /** … or by the same. */
  readonly returnsSameWay: number;
  /** Of people: their browser remembers nothing from one visit to the next. */
  readonly forgetful: number;
  /** Of visits: lead to a call. */
  readonly callRate: number;
  /** How long after the landing a call comes. */
  readonly delays: {
    /** Shares: during the visit, a while after it, late. They add up to 1. */
    readonly during: number;
    readonly after: number;
    readonly late: number;
    /** Means of the latter two, ms. */
    readonly afterMs: number;
    readonly lateMs: number;
  };
  /** Of visits that are not of one page. */
  readonly manyPages: number;
  /** Mean length of a visit, ms. */
  readonly visitMs: number;
  /** Of people: come with a telephone. */
  readonly phones: number;
  /** Of calls during a visit on a telephone: made by a tap on the number. */
  readonly taps: number;
  /** Of visits on a telephone: tap the number and think better of it. */
  readonly idleTaps: number;
  /** Of callers who were there before by another visit: dial the number they noted then. */
  readonly oldNumber: number;
  /** Of callers: call again, from the list of calls. */
  readonly callsAgain: number;
  /** Of people: hide their number. */
  readonly withheld: number;
  /** Of calls: from another telephone than the person's own. */
  readonly otherPhone: number;
  /** Calls from people who were never on the site to a number that a third party prints, a day. */
  readonly leakedPerDay: number;
  /** Wrong numbers, a day. */
  readonly misdialledPerDay: number;
  /** Bursts of machine calls from one number through many of the tracking numbers, a day. */
  readonly spamBurstsPerDay: number;
  /** Visits of bots, by one of people. */
  readonly bots: number;
};

/** Somebody, or something, with a browser. */
export type SimPerson = {
  readonly device: 'phone' | 'desktop';
  readonly userAgent: string;
  readonly language: string | undefined;
  readonly timeZone: string;
  /** IPv4 */
  readonly address: string;
  /** Sets `navigator.webdriver`. */
  readonly automated: boolean;
  /** Keeps cookies and storage between visits. */
  readonly remembers: boolean;
  /** E.164 */
  readonly telephone: string;
  readonly otherTelephone: string;
  readonly withheld: boolean;
};

export type SimPage = { readonly afterMs: number; readonly url: string };

export type SimVisit = {
  /** Milliseconds since the traffic's begin. */
  readonly at: number;
  /** Index of the person. */
  readonly person: number;
  /** Undefined for a bot. */
  readonly source: SourceKey | undefined;
  readonly referrer: string | undefined;
  /** The landing page first, at 0. */
  readonly pages: readonly SimPage[];
  readonly lengthMs: number;
  /** Taps on the number, from the landing, ms. */
  readonly taps: readonly number[];
  /** While these last the page is hidden: a call is made with the same telephone. Ascending, within the visit. */
  readonly hidden: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** The browser gets to say that the page is left. */
  readonly saysBye: boolean;
};

export type SimCall = {
  readonly at: number;
  /** From the INVITE to the end. */
  readonly lengthMs: number;
  /** From the INVITE to the answer, or to the end of a call that is not answered. */
  readonly ringMs: number;
  readonly answered: boolean;
  /** E.164; undefined: withheld. */
  readonly caller: string | undefined;
  readonly kind: 'first' | 'again' | 'leaked' | 'misdialled' | 'spam';
  readonly dials:
    | {
        /** The number that this visit was shown last before the call. */
        readonly type: 'shown';
        readonly visit: number;
      }
    | {
        /** One of all tracking numbers: `place` of the way through their list, from 0 up to 1. */
        readonly type: 'any';
        readonly place: number;
      };
  /** The visit that made the person call; undefined: none did. */
  readonly truth: number | undefined;
};

/** Traffic with its truth. Calls ascend by time, and so do visits of people; those of bots stand behind them, likewise. */
export type Traffic = {
  readonly options: TrafficOptions;
  readonly people: readonly SimPerson[];
  readonly visits: readonly SimVisit[];
  readonly calls: readonly SimCall[];
};
