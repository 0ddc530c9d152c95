import type { ButtonPlan, SitePlan } from '../config/index.ts';
import type { ButtonEventTable } from '../store/index.ts';
import type { CallBackVerdict } from './call-backs/types.ts';
import type { WorkDone, WorkOrder } from './work.ts';

/** What a request tells of who sends it, beside its body. */
export type Sender = {
  /** Of the page, normalised: `https://www.example.com`. */
  readonly origin: string;
  readonly userAgent: string;
  /** First of Accept-Language. */
  readonly language: string | undefined;
  /** IP address. */
  readonly address: string;
  /** Headers that browsers send with every request: how many of them are missing. */
  readonly missingHeaders: number;
};

/** Who presses, as the page says; checked, not believed. */
export type Claim = {
  readonly viewer: string | undefined;
  readonly visit: string | undefined;
  /** `navigator.webdriver` */
  readonly automated: boolean;
};

/** Every request has a site that its page is of. */
export type Asked = Claim & { readonly site: SitePlan; readonly sender: Sender };

/** A press of a button. */
export type Pressed = Asked & {
  readonly button: ButtonPlan;
  readonly pressId: string;
  /** Path of the page. */
  readonly page: string | undefined;
  /** Of the page: `de-DE`. */
  readonly language: string | undefined;
};

/** Why a page gets no answer. */
export type Refusal = {
  readonly type: 'refused';
  readonly status: 400 | 403 | 404 | 409 | 428 | 429 | 502 | 503;
  /** For programs. */
  readonly code: string;
  /** One sentence for people; names no number. */
  readonly detail: string;
  readonly retryAfterSeconds?: number;
  /** With 428: to be done first. */
  readonly work?: WorkOrder;
  /** Tries that a code has left. */
  readonly left?: number;
};

export type ConfigRequest = Asked & {
  /** Ids; undefined: all of the site. */
  readonly buttons: readonly string[] | undefined;
  readonly language: string | undefined;
  /** Whether this page can reach the gateway's SIP. */
  readonly reachable: boolean;
  /** As the buttons are outside of experiments: nobody is looking yet. */
  readonly plain: boolean;
};

/** A button as a page shows it, its words in the page's language. */
export type ButtonView = {
  readonly id: string;
  readonly text: string;
  readonly intents: readonly { readonly id: string; readonly text: string }[];
  readonly notice?: string;
  readonly confirm: ButtonPlan['confirm'];
  readonly color?: string;
  readonly position: ButtonPlan['position'];
  readonly size: ButtonPlan['size'];
  /** Of the words that are the widget's own. */
  readonly language: 'en' | 'zh';
  readonly experiment?: string;
  readonly arm?: string;
  readonly number: { readonly e164: string; readonly tel: string; readonly display: string };
  readonly mobile: ButtonPlan['mobile'];
  readonly open: boolean;
  /** Milliseconds since the epoch. */
  readonly opensAt?: number;
  readonly closed: ButtonPlan['closed'];
  readonly callback: { readonly enabled: boolean; readonly consent: string };
  /** Calls can be made from this page. */
  readonly web: boolean;
};

export type ConfigAnswer = {
  readonly viewer: string;
  readonly buttons: Readonly<Record<string, ButtonView>>;
};

/** What a page reports of a button. */
export type ReportedEvent = {
  readonly type: Exclude<ButtonEventTable['type'], 'token_ok' | 'token_refused'>;
  readonly button: string;
  readonly press: string | undefined;
  /** Since the press, ms. */
  readonly ms: number | undefined;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
};

export type EventsRequest = Asked & {
  /** Path of the page. */
  readonly page: string | undefined;
  readonly events: readonly ReportedEvent[];
};

export type TokenRequest = Pressed & {
  readonly intent: string | undefined;
  /** That a number was proven. */
  readonly proof: string | undefined;
  readonly work: WorkDone | undefined;
  /** Since the visitor pressed, 0 to 600,000 ms. */
  readonly sincePressMs: number;
  /** Whether this page can reach the gateway's SIP. */
  readonly reachable: boolean;
};

export type TokenGiven = {
  readonly type: 'given';
  readonly token: string;
  readonly expiresIn: number;
  readonly resume: string;
  /** SIP URI to call. */
  readonly uri: string;
  readonly maxSeconds: number;
};

export type VerifyRequest = Pressed & { readonly number: string; readonly work: WorkDone | undefined };
export type CodeSent = { readonly type: 'sent'; readonly challenge: string; readonly expiresIn: number };

export type CheckRequest = Pressed & { readonly challenge: string; readonly code: string };
export type CodeRight = { readonly type: 'right'; readonly proof: string };

export type CallBackAsked = Pressed & {
  readonly number: string;
  readonly consent: boolean;
  readonly intent: string | undefined;
  readonly proof: string | undefined;
  readonly work: WorkDone | undefined;
  /** A form without script can do no work: more of such a request is refused at once. */
  readonly scripted: boolean;
};
export type CallBackTaken = Extract<CallBackVerdict, { readonly type: 'taken' }>;

/** What a browser measured within 5 s. */
export type ReportedSample = {
  /** Milliseconds before the report. */
  readonly ago: number;
  readonly rtt: number | undefined;
  readonly jitter: number | undefined;
  readonly loss: number | undefined;
  readonly mos: number | undefined;
  readonly warnings: readonly ('rtt' | 'jitter' | 'loss' | 'mos' | 'mic')[];
};

/** What pages ask of call buttons. @throws Overload when the database is held */
export type ButtonPages = {
  /** Sites by id. */
  sites(): ReadonlyMap<string, SitePlan>;
  /** The button, if it is the site's. */
  button(site: SitePlan, id: string): ButtonPlan | undefined;
  /** The button and its site, by its id alone. */
  hosted(id: string): { readonly button: ButtonPlan; readonly site: SitePlan } | undefined;
  /** Whether a number is the button's or a tracking number. @param e164 */
  isOurs(button: ButtonPlan, e164: string): Promise<boolean>;
  config(request: ConfigRequest): Promise<ConfigAnswer>;
  events(request: EventsRequest): Promise<void>;
  token(request: TokenRequest): Promise<TokenGiven | Refusal>;
  verify(request: VerifyRequest): Promise<CodeSent | Refusal>;
  checkCode(request: CheckRequest): Promise<CodeRight | Refusal>;
  callBack(request: CallBackAsked): Promise<CallBackTaken | Refusal>;
  quality(siteId: string, pressId: string, samples: readonly ReportedSample[]): Promise<void>;
  rate(
    pressed: Asked & { readonly button: ButtonPlan; readonly pressId: string },
    stars: number,
  ): Promise<{ readonly type: 'noted' } | Refusal>;
};
