/**
 * What the softphone knows and can do. The core (`core/`) keeps the state and talks to the gateway; the views (`views/`)
 * show it and call the actions. Neither imports the other.
 */

export type Role = 'agent' | 'supervisor';

/** Who is logged in. */
export type Account = {
  readonly name: string;
  readonly display: string | null;
  readonly role: Role;
  /** Takes calls now. */
  readonly ready: boolean;
  /** Why the gateway or somebody else has set it away; null: it said so itself. */
  readonly awayReason?: string | null;
  readonly address: string;
  readonly dispositions: readonly string[];
  readonly canDialOut: boolean;
};

/** What a person can act on; the views have words for each, in each language. */
export type PhoneProblem =
  | { readonly type: 'insecure-origin' }
  | { readonly type: 'no-webrtc' }
  | { readonly type: 'microphone-refused' }
  | { readonly type: 'no-microphone' }
  | { readonly type: 'microphone-busy' }
  /** The chosen device is gone; another one is used. */
  | { readonly type: 'device-gone'; readonly label: string }
  /** The connection to the gateway broke; `retryAt` is when it is tried again (milliseconds since the epoch). */
  | { readonly type: 'connection-lost'; readonly retryAt: number | undefined }
  | { readonly type: 'audio-lost' }
  | { readonly type: 'no-sound-yet' }
  | { readonly type: 'wrong-login' }
  | { readonly type: 'too-many-logins' }
  | { readonly type: 'login-over' }
  /** The gateway refused what was asked: its SIP status and words. */
  | { readonly type: 'refused'; readonly status: number; readonly text: string }
  | { readonly type: 'gateway-unreachable' };

export type Connection = 'off' | 'connecting' | 'ready' | 'lost';

/** Who is at the other end and what brought them, from the call record. Null: not known. */
export type CallContext = {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly party: string | null;
  readonly partyName: string | null;
  /** Of a web page, who has told no number. */
  readonly visitor: boolean;
  readonly region: string | null;
  readonly did: string | null;
  readonly didLabel: string | null;
  readonly sourceName: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly keyword: string | null;
  readonly landingPage: string | null;
  /** The call button that brought it, what the visitor chose there, and the path of its page. */
  readonly button: string | null;
  readonly intent: string | null;
  readonly page: string | null;
  /** The visitor asked there to be called, and is when the agent has answered. */
  readonly callBack: boolean;
  readonly priorCalls: number | null;
  readonly history: readonly (HistoryCall & { readonly agent: string | null })[];
  readonly supervision: { readonly by: string; readonly mode: SupervisionMode } | null;
};

export type Money = { readonly amount: number; readonly currency: string };

export type HistoryCall = {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly talkMs: number | null;
  readonly status: string;
  readonly party: string | null;
  readonly partyName: string | null;
  /** Of a web page, who has told no number. */
  readonly visitor: boolean;
  readonly did: string | null;
  readonly didLabel: string | null;
  readonly sourceName: string | null;
  readonly campaign: string | null;
  readonly disposition: string | null;
  readonly tags: readonly string[];
  readonly note: string | null;
  readonly value: Money | null;
  readonly recorded: boolean;
};

export type WrapUp = {
  readonly disposition: string | null;
  readonly tags: readonly string[];
  readonly note: string;
  readonly value: Money | null;
};

export type SupervisionMode = 'listen' | 'whisper' | 'barge';

/** How a call sounds, judged every 2 s. MOS below 3.5 is `fair`, below 3.0 `bad`. */
export type Quality = {
  readonly level: 'unknown' | 'good' | 'fair' | 'bad';
  /** E-model estimate (ITU-T G.107), 1.0 to 4.5. */
  readonly mos: number | undefined;
  readonly rttMs: number | undefined;
  readonly jitterMs: number | undefined;
  readonly lossPercent: number | undefined;
  /** Why it is not good. */
  readonly reason: 'loss' | 'jitter' | 'delay' | 'no-audio-in' | 'microphone-silent' | undefined;
};

/** A call in this browser. */
export type Call = {
  /** Of this page; stays the same for the call's life. */
  readonly key: string;
  /** The gateway's call id, once known. */
  readonly id: string | undefined;
  readonly direction: 'in' | 'out';
  readonly phase: 'ringing' | 'calling' | 'answering' | 'talking' | 'held' | 'resuming' | 'ended';
  /** The number or name dialled or calling, as SIP told it. */
  readonly party: string;
  readonly context: CallContext | undefined;
  readonly startedAt: number;
  readonly answeredAt: number | undefined;
  readonly muted: boolean;
  /** The other side, or the gateway, holds us. */
  readonly heldByOther: boolean;
  readonly keys: string;
  readonly quality: Quality;
  /** Sound levels now, 0 to 1. */
  readonly levels: { readonly microphone: number; readonly speaker: number };
  /** This call consults about that one (an attended transfer under way). */
  readonly consultsFor: string | undefined;
  /** Set for a supervisor's own leg. */
  readonly supervision: SupervisionMode | undefined;
  /** Why it ended, for a moment after it did. */
  readonly end: { readonly by: 'us' | 'other' | 'gateway'; readonly text: string } | undefined;
};

export type Device = { readonly id: string; readonly label: string };

export type Person = {
  readonly name: string;
  readonly display: string | null;
  readonly state: 'offline' | 'away' | 'ready' | 'busy';
};

export type LiveCall = {
  readonly id: string;
  readonly agent: string | null;
  readonly agentName: string | null;
  readonly party: string | null;
  readonly visitor: boolean;
  readonly did: string | null;
  readonly didLabel: string | null;
  readonly sourceName: string | null;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly onHold: boolean;
  readonly supervisedBy: string | null;
  readonly mode: SupervisionMode | null;
};

export type Identity = {
  readonly number: string;
  readonly label: string | null;
  readonly source: string | null;
};

export type PhoneState = {
  /** `starting` until it is known whether somebody is logged in. */
  readonly stage: 'starting' | 'login' | 'phone';
  readonly account: Account | undefined;
  readonly connection: Connection;
  /** The latest first. */
  readonly problems: readonly PhoneProblem[];
  readonly calls: readonly Call[];
  /** The call whose wrap-up is open, with what has been written so far. */
  readonly wrapUp:
    | {
        readonly callId: string;
        readonly party: string;
        readonly visitor: boolean;
        readonly draft: WrapUp;
        readonly saved: boolean;
      }
    | undefined;
  readonly identities: readonly Identity[];
  readonly people: readonly Person[];
  readonly lines: readonly { readonly id: string; readonly name: string | null }[];
  readonly history: {
    readonly calls: readonly HistoryCall[];
    readonly more: boolean;
    readonly loading: boolean;
  };
  /** For supervisors. */
  readonly live: readonly LiveCall[];
  readonly devices: {
    readonly microphones: readonly Device[];
    readonly speakers: readonly Device[];
    readonly microphone: string | undefined;
    readonly speaker: string | undefined;
    readonly ringer: string | undefined;
    /** False where the browser can't choose (Firefox before 116, Safari). */
    readonly canChooseSpeaker: boolean;
  };
  /** Level of the microphone while the device dialogue is open, 0 to 1. */
  readonly testLevel: number | undefined;
  readonly notifications: 'unknown' | 'granted' | 'denied' | 'unavailable';
};

export type PhoneActions = {
  login(user: string, password: string): Promise<void>;
  logout(): Promise<void>;
  setReady(ready: boolean): Promise<void>;
  /** Tries a lost connection again at once. */
  reconnect(): void;
  dial(target: string, identity: string | undefined): Promise<void>;
  answer(key: string): Promise<void>;
  reject(key: string): Promise<void>;
  hangUp(key: string): Promise<void>;
  hold(key: string, held: boolean): Promise<void>;
  mute(key: string, muted: boolean): void;
  /** Sends keys 0-9 * # A-D. */
  press(key: string, digits: string): void;
  /** Hands the call to a person, line or number at once. */
  transfer(key: string, target: string): Promise<void>;
  /** Holds the call and calls somebody about it. */
  consult(key: string, target: string): Promise<void>;
  /** Joins the held call and the one that consults for it, and leaves both. */
  completeTransfer(consultKey: string): Promise<void>;
  draftWrapUp(draft: WrapUp): void;
  saveWrapUp(): Promise<void>;
  skipWrapUp(): void;
  loadHistory(more: boolean): Promise<void>;
  loadPeople(): Promise<void>;
  /** Starts or stops the list of live calls, for supervisors. */
  watchLive(watch: boolean): void;
  supervise(callId: string, mode: SupervisionMode): Promise<void>;
  chooseMicrophone(id: string): Promise<void>;
  chooseSpeaker(id: string): Promise<void>;
  chooseRinger(id: string): Promise<void>;
  /** Opens the microphone to show its level, or closes it. */
  testMicrophone(on: boolean): Promise<void>;
  testSpeaker(): Promise<void>;
  askForNotifications(): Promise<void>;
  dismiss(problem: PhoneProblem): void;
};

/** The phone as its views see it. */
export type Phone = {
  readonly state: PhoneState;
  /** Called after each change; returns how to stop. */
  subscribe(listener: () => void): () => void;
  readonly actions: PhoneActions;
};
