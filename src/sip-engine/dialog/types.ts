import type { Locator } from '../locate/types.ts';
import type { HeaderField, SipRequest, SipResponse, SipUri } from '../message/types.ts';
import type { Proxied, ProxyPlan, SipProxy } from '../proxy/types.ts';
import type {
  ClientTransaction,
  ClientTransactions,
  ServerTransaction,
  ServerTransactions,
  Target,
  Timer,
  Timers,
} from '../transaction/index.ts';
import type { Endpoint, Flow, ListenPoint, Received, Transports } from '../transport/types.ts';
import type { SipEngineOptions, SipLimits, SipTimers } from '../types.ts';

/** A connected application, as the dialog layer sees it. Nothing here throws; a closed one swallows everything. */
export type App = {
  readonly open: boolean;
  /** A request of the network. `fresh` when it stands outside dialogs; `dialogId` is empty then. */
  request(request: SipRequest, received: Received, txn: string, dialogId: string): void;
  /** A response to the application's request `txn`. */
  response(response: SipResponse, from: Endpoint, size: number, txn: string, dialogId: string): void;
  /** A BYE that the engine sent by itself. */
  unsolicited(sent: SentMessage, dialogId: string): void;
};

/** SIP text from the application: start line, headers with their usual names, body. */
export type AppMessage = {
  readonly startLine: string;
  readonly headers: readonly HeaderField[];
  readonly body: string;
};

/** A message as it went out. */
export type SentMessage = { readonly text: string; readonly size: number; readonly target: Target };

/** What became of an application's command. `dialogId` is undefined for requests. */
export type Outcome =
  | {
      readonly ok: true;
      readonly sent: SentMessage;
      readonly txn: string;
      readonly dialogId: string | undefined;
    }
  | { readonly ok: false; readonly reason: string };

/** A request before it has a Via: all that stays the same from one attempt to the next. */
export type RequestText = {
  readonly method: string;
  readonly uri: string;
  readonly maxForwards: string;
  readonly routes: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  /** Other header lines, each with its end. */
  readonly lines: string;
  readonly body: string;
};

/** A request on its way in, until the application has answered it. */
export type Incoming = {
  readonly txn: string;
  readonly transaction: ServerTransaction<Incoming>;
  readonly request: SipRequest;
  readonly app: App;
  /** The dialog it came in, or that the first response made. */
  dialog: Dialog | undefined;
  readonly inDialog: boolean;
  /** As told to the application: empty for requests that neither are in a dialog nor make one. */
  readonly dialogId: string;
  /** Tag of our To; empty until the first response above 100. */
  localTag: string;
  /** Limit on the application's answer, or the repeated 1xx. */
  expiry: Timer | undefined;
  reliable: ReliableProvisional | undefined;
  /** Reliable provisionals that wait for the PRACK of the one before (RFC 3262 3). */
  heldReliable: (() => void)[];
  rseq: number;
  /** Set while it is being proxied instead of answered. */
  proxied: Proxied | undefined;
  answered: boolean;
};

/** A reliable provisional response that waits for its PRACK (RFC 3262 3). */
export type ReliableProvisional = {
  readonly rseq: number;
  readonly bytes: Buffer;
  timer: Timer | undefined;
  interval: number;
  waited: number;
};

/** A 2xx to INVITE that waits for its ACK (RFC 3261 13.3.1.4). */
export type AckWait = {
  readonly incoming: Incoming;
  readonly bytes: Buffer;
  timer: Timer | undefined;
  interval: number;
  waited: number;
};

/** What the engine itself wants of a response to its own request. */
export type Own = (
  core: Core,
  outgoing: Outgoing,
  response: SipResponse,
  received: Received | undefined,
) => void;

/** A place to send to. `anySize`: TCP has failed there, UDP has to do whatever the size. */
export type Place = { readonly endpoint: Endpoint; readonly anySize: boolean };

/** A request on its way out, over all its attempts. */
export type Outgoing = {
  /** Empty for the engine's own requests. */
  readonly txn: string;
  readonly app: App | undefined;
  request: RequestText;
  /** The dialog it was sent in. */
  readonly dialog: Dialog | undefined;
  readonly dialogId: string;
  /** Takes the final response of the engine's own requests. */
  readonly own: Own | undefined;
  /** Places yet to try, in order (RFC 3263 4.3), and the time in milliseconds after which no further one is tried. */
  places: Place[];
  readonly triesUntil: number;
  flow: Flow | undefined;
  sent: SentMessage;
  transaction: ClientTransaction<Outgoing> | undefined;
  /** What follows is for INVITE. Dialogs of provisional responses. */
  forks: Dialog[];
  /** The dialog of its first 2xx, or of the re-INVITE once accepted. */
  accepted: Dialog | undefined;
  provisional: boolean;
  finished: boolean;
  /** Timer C, or the wait for the final response after CANCEL. */
  expiry: Timer | undefined;
  cancel: 'none' | 'held' | 'sent';
  cancelLines: string;
  /** ACK of the 2xx, repeated for each of its retransmissions. */
  ack: SentMessage | undefined;
  readonly contact: string;
};

/** Session timer of a dialog (RFC 4028). */
export type SessionTimer = {
  /** Seconds. */
  readonly interval: number;
  /** Who refreshes. */
  readonly refresher: 'local' | 'remote';
  timer: Timer | undefined;
  /** How often our refresh was put off or refused and tried again. */
  postponed: number;
};

/** A dialog (RFC 3261 12). */
export type Dialog = {
  /** As told to the application: `<Call-ID>;from-tag=<tag of the one who created it>`. */
  readonly id: string;
  readonly role: 'uac' | 'uas';
  readonly kind: 'invite' | 'subscribe';
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly app: App;
  state: 'early' | 'confirmed' | 'ended';
  /** Values of From and To in our requests, with tags. */
  readonly localAddress: string;
  readonly remoteAddress: string;
  localCseq: number;
  remoteCseq: number | undefined;
  /** Route header values, the next hop first. */
  routes: readonly string[];
  remoteTarget: string | undefined;
  /** Overrides route and target for a peer behind NAT. */
  nat: Endpoint | undefined;
  flow: Flow | undefined;
  local: ListenPoint;
  /** `host:port` of ours as the peer was told. */
  readonly place: string;
  /** Our Contact value. */
  contact: string;
  localSdp: string;
  /** Our last INVITE in it, also the first. */
  invite: Outgoing | undefined;
  /** The peer's INVITE and UPDATE that the application has yet to answer. */
  peerInvite: Incoming | undefined;
  peerUpdate: Incoming | undefined;
  ackWait: AckWait | undefined;
  /** Reason for which the dialog ends as soon as our INVITE's 2xx is acknowledged. */
  endAfterAck: string | undefined;
  /** Last RSeq seen in reliable provisional responses, 0 for none (RFC 3262 4). */
  remoteRseq: number;
  sessionTimer: SessionTimer | undefined;
  expiry: Timer | undefined;
};

/** User agents that registered over a stream, and the connection each is reached by: its Contact alone leads nowhere. */
export type RegisteredFlows = {
  /** The open connection of whoever registered this URI's user and host. */
  find(uri: SipUri): Flow | undefined;
  /** Keeps, or refreshes, a contact for `seconds`. `record` is the address of record it stands for. */
  add(uri: SipUri, record: string, flow: Flow, seconds: number): void;
  remove(uri: SipUri): void;
  /** All contacts of an address of record. */
  removeRecord(record: string): void;
  closed(flow: Flow): void;
  readonly size: number;
};

/** Options of the engine that this layer obeys. */
export type Habits = Required<
  Pick<SipEngineOptions, 'natDetection' | 'rejectRegisterWithNoRealm' | 'alwaysSend180'>
> &
  Pick<SipEngineOptions, 'autoAnswerOptionsFrom'>;

export type Counters = {
  droppedStrangers: number;
  droppedMalformed: number;
  rejectedMalformed: number;
  retransmissionsIn: number;
  retransmissionsOut: number;
  readonly requestsIn: Map<string, number>;
  readonly requestsOut: Map<string, number>;
  readonly responsesIn: Map<number, number>;
  readonly responsesOut: Map<number, number>;
  /** Requests and connections refused because a limit was reached. */
  readonly refusedByLimit: Partial<Record<keyof SipLimits, number>>;
};

/** Who takes a new request. */
export type Decision =
  | { readonly type: 'app'; readonly app: App }
  /** Also a redirect: 3xx with contacts. */
  | {
      readonly type: 'refuse';
      readonly status: number;
      readonly reason?: string;
      readonly contacts?: readonly string[];
    }
  | { readonly type: 'proxy'; readonly plan: ProxyPlan };

/** What drachtio tells of a call's course: INVITE, its 2xx, its end. */
export type CdrEvent = { readonly source: 'network' | 'application'; readonly text: string } & (
  | { readonly type: 'attempt' }
  | { readonly type: 'start'; readonly role: 'uac' | 'uas' | 'proxy-uac' | 'proxy-uas' }
  | {
      readonly type: 'stop';
      readonly reason:
        | 'call-rejected'
        | 'call-canceled'
        | 'normal-release'
        | 'session-expired'
        | 'ackbye'
        | 'system-initiated-termination'
        | 'system-error-initiated-termination';
    }
);

/** Everything that the functions of this folder share. */
export type Core = {
  readonly transports: Transports;
  readonly timers: Timers;
  readonly times: SipTimers;
  /** Seconds; 0 for no session timers. */
  readonly sessionExpires: number;
  /** Least interval accepted, in seconds (RFC 4028 5). */
  readonly minimumSessionExpires: number;
  readonly counters: Counters;
  readonly server: ServerTransactions<Incoming>;
  readonly client: ClientTransactions<Outgoing>;
  /** Waiting for an answer of the application, by transaction id. */
  readonly incoming: Map<string, Incoming>;
  /** Waiting for an answer of the network, by transaction id. */
  readonly outgoing: Map<string, Outgoing>;
  readonly dialogs: Dialogs;
  readonly locator: Locator;
  readonly flows: RegisteredFlows;
  readonly habits: Habits;
  readonly limits: Pick<SipLimits, 'transactions' | 'dialogs'>;
  readonly proxy: SipProxy;
  /** Who takes a new request; a promise where a web server is asked. Never rejects. */
  route(request: SipRequest, received: Received): Decision | Promise<Decision>;
  /** Tells one application that wants to know, if there is one. */
  cdr(event: CdrEvent): void;
  /** The final response of a request, also one made here: `received` is undefined then. */
  conclude(outgoing: Outgoing, response: SipResponse, received: Received | undefined): void;
  /** Peers that did not take TCP, by `address:port`, with the time in milliseconds until which UDP is used. */
  readonly tcpRefused: Map<string, number>;
};

export type Dialogs = {
  /** By id; of several early dialogs with one id the latest, once confirmed that one. */
  byId(id: string): Dialog | undefined;
  /** The dialog that an incoming request belongs to (RFC 3261 12.2.2). */
  match(callId: string, localTag: string, remoteTag: string): Dialog | undefined;
  add(dialog: Dialog): void;
  /** Makes it the one its id stands for. */
  prefer(dialog: Dialog): void;
  /** Takes it out of the table. Ended ones may be removed again. */
  remove(dialog: Dialog): void;
  all(): Iterable<Dialog>;
  readonly size: number;
  /** Those that the peer began. */
  readonly inbound: number;
};
