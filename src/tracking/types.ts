import type { ButtonPlan, ExperimentPlan, PoolPlan, SitePlan } from '../config/index.ts';
import type { Channel, MatchMethod, SourceTable, VisitTable } from '../store/index.ts';

/** What brought a visit, as its landing page and referrer tell it. */
export type Touch = {
  readonly channel: Channel;
  /** `google`, `baidu`, a host name; `(direct)` when nothing is known. */
  readonly source: string;
  /** `cpc`, `organic`, `referral`, `(none)` … */
  readonly medium: string;
  readonly campaign: string | null;
  readonly term: string | null;
  readonly content: string | null;
  /** Raw click ids by their parameter: `gclid`, `bd_vid` … */
  readonly clickIds: Readonly<Record<string, string>>;
  /** Kind of the referring site; `none` without one, or when it is the site's own. */
  readonly referrerGroup: 'search' | 'social' | 'ai' | 'email' | 'referral' | 'none';
  /** Its host, lower case; null when there is none or it does not count. */
  readonly referrerHost: string | null;
};

/** What a browser is, from its user agent. */
export type BrowserFacts = {
  readonly device: VisitTable['device'];
  readonly os: string | null;
  readonly browser: string | null;
};

/** What a rule looks at. */
export type RuleFacts = {
  readonly landingUrl: string;
  readonly touch: Touch;
  readonly device: VisitTable['device'];
};

/** How well a rule's conditions fit, the most specific kind first; a lower kind never outranks a higher one. */
export type RuleKind =
  | 'landing'
  | 'referrer'
  | 'referrer-group'
  | 'campaign'
  | 'pool'
  | 'always'
  | 'canonical';

/** Why a rule was taken or not, in words. */
export type RuleVerdict = {
  readonly rule: string;
  readonly kind: RuleKind;
  readonly matched: boolean;
  /** True for the one that decided. */
  readonly chosen: boolean;
  readonly reason: string;
};

/** What the rules give one target of a site. */
export type TargetChoice = {
  /** E.164 of the number in the page. */
  readonly target: string;
  readonly use: /** `class` is the digest of what its visits have in common; undefined: a number of its own. */
    | { readonly type: 'pool'; readonly pool: string; readonly class: string | undefined }
    | { readonly type: 'number'; readonly number: string }
    | { readonly type: 'canonical' };
  readonly explain: readonly RuleVerdict[];
};

/** What a page tells when it opens. */
export type SessionRequest = {
  readonly siteId: string;
  /** What the browser remembers, if anything; checked, not believed. */
  readonly visitorId: string | undefined;
  readonly visitId: string | undefined;
  readonly url: string;
  readonly referrer: string | undefined;
  readonly title: string | undefined;
  readonly consent: 'granted' | 'denied' | 'unknown';
  readonly userAgent: string;
  /** Accept-Language's first. */
  readonly language: string | undefined;
  readonly timeZone: string | undefined;
  /** `navigator.webdriver`. */
  readonly automated: boolean;
  /** IP address. */
  readonly address: string;
};

/** A number as a page is to show it. */
export type ShownNumber = {
  /** E.164 */
  readonly e164: string;
  /** In national form of its region, for numbers that the page writes in no form of its own. */
  readonly display: string;
  /** For `tel:` links: `+4930…`, or `4001234567,,4821` with a code. */
  readonly tel: string;
  /** Extension code shown after it, with its separator: ` ext. 4821`. */
  readonly suffix?: string;
};

export type SessionAnswer = {
  /** Undefined: nothing is stored (no consent, a bot, too many). */
  readonly visitor: string | undefined;
  readonly visit: string | undefined;
  /** How long what it says may be used without asking again, s. */
  readonly ttlSeconds: number;
  readonly heartbeatSeconds: number;
  /** By target, E.164; targets that keep their own number are left out. */
  readonly numbers: Readonly<Record<string, ShownNumber>>;
  readonly mode: 'exclusive' | 'shared' | 'static' | 'overflow' | 'canonical';
};

/** What a page reports later. Times are the gateway's own. */
export type PageEvent =
  /** Still in view. */
  | { readonly type: 'beat' }
  /** Hidden or left. */
  | { readonly type: 'idle' }
  | {
      readonly type: 'page';
      readonly url: string;
      readonly title?: string | undefined;
      readonly referrer?: string | undefined;
    }
  | { readonly type: 'click'; readonly kind: 'tel' | 'sms' | 'copy' | 'button'; readonly number: string }
  | { readonly type: 'swap'; readonly outcome: string; readonly page: string; readonly count: number }
  | { readonly type: 'consent'; readonly consent: 'granted' | 'denied' };

/** The tracking plan as it stands in the database, for what runs at every page and call. */
export type LivePlan = {
  readonly sites: ReadonlyMap<string, SitePlan>;
  readonly pools: ReadonlyMap<string, PoolPlan>;
  readonly sources: readonly SourceTable[];
  /** By id. */
  readonly buttons: ReadonlyMap<string, ButtonPlan>;
  readonly experiments: ReadonlyMap<string, ExperimentPlan>;
};

/** One visit that may have made a call. */
export type Candidate = {
  /** Undefined: somebody who was not shown the number. */
  readonly visitId: string | undefined;
  /** 0 to 1; those of one call add up to 1. */
  readonly probability: number;
  /** What speaks for and against it: names and likelihood ratios. */
  readonly evidence: Readonly<Record<string, number>>;
};

/** Whose call it is. */
export type Match = {
  readonly method: MatchMethod;
  /** 0 to 1; null with method `none`. */
  readonly probability: number | null;
  readonly visit: VisitTable | undefined;
  readonly leaseId: string | null;
  /** The likeliest first, at most 10, the rest left out. */
  readonly candidates: readonly Candidate[];
  /** One sentence. */
  readonly reason: string;
};
