/** What the light script, the part that is loaded on the press, and the gateway tell each other. */

export type Language = 'en' | 'zh';

/** A number as the visitor is shown it. */
export type ButtonNumber = {
  readonly e164: string;
  /** For `tel:` links. */
  readonly tel: string;
  readonly display: string;
};

/** A button as the gateway describes it for this viewer, its words in the viewer's language. */
export type ButtonFacts = {
  readonly id: string;
  readonly text: string;
  readonly intents: readonly { readonly id: string; readonly text: string }[];
  /** A line to read before the call: that it is recorded, say. */
  readonly notice?: string;
  readonly confirm: 'none' | 'confirm' | 'sms';
  readonly color?: string;
  readonly position: 'inline' | 'bottom-right' | 'bottom-left';
  readonly size: 'small' | 'medium' | 'large';
  readonly language: string;
  readonly experiment?: string;
  readonly arm?: string;
  readonly number: ButtonNumber;
  readonly mobile: 'dial' | 'browser';
  /** Calls are taken now. */
  readonly open: boolean;
  /** When they are again, milliseconds since the epoch. */
  readonly opensAt?: number;
  readonly closed: 'callback' | 'voicemail' | 'number';
  readonly callback: { readonly enabled: boolean; readonly consent: string };
  /** The gateway takes calls from this browser's pages. */
  readonly web: boolean;
};

/** What the gateway says to `POST /v1/button/config`. */
export type Config = {
  readonly viewer: string;
  readonly buttons: Readonly<Record<string, ButtonFacts>>;
};

/** What happens at a button and is reported to `POST /v1/button/events`. */
export type EventType =
  | 'view'
  | 'click'
  | 'confirm_shown'
  | 'confirm_ok'
  | 'code_sent'
  | 'code_ok'
  | 'mic_granted'
  | 'mic_denied'
  | 'mic_missing'
  | 'mic_busy'
  | 'ice_ok'
  | 'ice_failed'
  | 'ring'
  | 'answer'
  | 'end'
  | 'tel_open'
  | 'fallback_shown'
  | 'callback_asked'
  | 'quality_warning';

export type EventDetail = Readonly<Record<string, string | number | boolean>>;

export type ButtonEvent = {
  readonly type: EventType;
  readonly button: string;
  readonly press?: string;
  /** Since the press. */
  readonly ms?: number;
  readonly detail?: EventDetail;
};

/** Who looks at the page: the visitor that dt.js knows, or somebody made up for the life of this page. */
export type Viewer = { readonly viewer: string; readonly visit?: string };

/** Why a call in the browser is not what a press leads to. */
export type Obstacle = 'closed' | 'no-web' | 'insecure' | 'no-webrtc' | 'framed';

/** What a press leads to. */
export type Decision =
  /** The browser follows the `tel:` link, as if there were no script. */
  | { readonly type: 'dial' }
  | {
      readonly type: 'call';
      /** What is known of the permission: `ask` needs a word before the browser's own question. */
      readonly microphone: 'granted' | 'ask' | 'denied';
      /** Nobody is there now: the call is answered by a machine. */
      readonly voicemail: boolean;
    }
  /** Other ways: what is shown `first` is what suits the obstacle. */
  | { readonly type: 'offer'; readonly why: Obstacle; readonly first: 'callback' | 'number' };

/** All that the second part knows of a press. */
export type Press = {
  /** 22 characters of base64url: 128 random bits. */
  readonly id: string;
  /** `performance.now()` of the click. */
  readonly at: number;
  readonly facts: ButtonFacts;
  readonly decision: Exclude<Decision, { readonly type: 'dial' }>;
  /** Chosen by the page's author: nobody is asked. */
  readonly intent: string | undefined;
  readonly language: Language;
  /** The number that the page shows just now, which dt.js may have put there. */
  readonly number: ButtonNumber;
  readonly from: HTMLElement;
  /** Gives the focus back. */
  focus(): void;
};

/** What the second part needs of the first one. */
export type Ground = {
  readonly site: string;
  /** Of the gateway. */
  readonly origin: string;
  /** Of the script's tag, for pages that let nothing in without it. */
  readonly nonce: string;
  who(): Viewer;
  report(event: ButtonEvent): void;
  /** Sends what is waiting; outlives the page. */
  flush(): void;
};

/** The second part: its module's one export is `begin`. */
export type Phone = {
  /** Shows what a press leads to. */
  press(press: Press): void;
  /** Shows the call under way, where it can be reached from what was pressed. False: there is none. */
  showCall(from: HTMLElement): boolean;
  /** Takes up what the page before this one left in the session storage ({@link KEPT}), if it is not too old. */
  takeUp(kept: string): void;
};

export type Begin = (ground: Ground) => Phone;

/** Where a call is kept from one page to the next, in the session storage. */
export const KEPT = 'dt-call';
