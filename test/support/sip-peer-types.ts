import type { RtpPeer } from './rtp-peer.ts';
import type { Header, HostPort, SipMessage } from './sip-message.ts';
import type { Arrival, Certificates, TransportKind } from './sip-transport.ts';

export type InviteOptions = {
  /** The gateway. */
  readonly to: HostPort;
  readonly did: string;
  /** Request-URI; default `sip:<did>@<to>`. */
  readonly uri?: string;
  /** From without its tag; default `<sip:+493023125900@…>`. */
  readonly from?: string;
  /** To; default `<sip:<did>@<to>>`. */
  readonly toHeader?: string;
  readonly headers?: readonly Header[];
  /** Its SDP is offered, and it follows the answer. */
  readonly media?: RtpPeer;
  /** Instead of the media's own. */
  readonly sdp?: string;
  /** Sends no SDP in the INVITE and answers the 2xx's offer in the ACK. */
  readonly lateOffer?: boolean;
  /** False: the test calls `ack` itself. */
  readonly autoAck?: boolean;
};

export type RespondOptions = {
  readonly headers?: readonly Header[];
  readonly sdp?: string;
  /** Of a forked branch; default: the call's own. */
  readonly toTag?: string;
};

export type RequestOptions = {
  readonly headers?: readonly Header[];
  readonly sdp?: string;
  readonly contentType?: string;
};

export type TimedMessage = { readonly message: SipMessage; readonly at: number };

export type Answer = (status: number, reason: string, options?: RespondOptions) => void;

/** Takes a request and answers it itself (true), or leaves it to the call's own manners. */
export type RequestHandler = (request: SipMessage, answer: Answer) => boolean;

/** One call as one peer sees it. Its own manners: BYE, CANCEL, re-INVITE, UPDATE, INFO and OPTIONS are answered rightly. */
export type PeerCall = {
  readonly role: 'caller' | 'line';
  readonly callId: string;
  readonly invite: SipMessage;
  /** Responses to the first INVITE, in order (caller). */
  readonly responses: readonly TimedMessage[];
  /** Requests within the call, ACK and CANCEL too, retransmissions answered from memory left out. */
  readonly requests: readonly TimedMessage[];
  /** Sent at, milliseconds of performance.now() (caller). */
  readonly startedAt: number;
  readonly final: () => Promise<SipMessage>;
  /** First 180 to 189, with its arrival. */
  readonly ringing: () => Promise<TimedMessage>;
  /** ACK of the 2xx (line). */
  readonly acked: () => Promise<SipMessage>;
  /** The BYE or CANCEL that ended the call. */
  readonly ended: () => Promise<TimedMessage>;
  media: RtpPeer | undefined;
  ack(sdp?: string): void;
  cancel(): Promise<SipMessage>;
  respond(status: number, reason: string, options?: RespondOptions): void;
  /** 200 with the media's SDP; the media follows the offer and starts to talk. */
  accept(media: RtpPeer, options?: RespondOptions): void;
  request(method: string, options?: RequestOptions): Promise<SipMessage>;
  /** Re-INVITE with `sdp` (default: the media's); `lateOffer`: none. The 2xx is acknowledged. */
  reinvite(options?: RequestOptions & { readonly lateOffer?: boolean }): Promise<SipMessage>;
  bye(): Promise<SipMessage>;
  onRequest(handler: RequestHandler): void;
  /** Sends the last text of that kind once more, byte by byte. */
  resend(what: 'INVITE' | 'ACK' | 'BYE' | 'response'): void;
  /** For the peer: a request that belongs to this call. */
  take(request: SipMessage, arrival: Arrival): void;
};

export type SipPeerOptions = {
  readonly address: string;
  /** 0 or left out: the system picks. */
  readonly port?: number;
  /** Default: udp. */
  readonly transport?: TransportKind;
  /** For TLS. */
  readonly certificates?: Certificates;
  /** User part of its Contact. */
  readonly user?: string;
  /** False: sends each message once, so that a lost one stays lost. Default: true over UDP. */
  readonly retransmit?: boolean;
};

export type Received = { readonly message: SipMessage; readonly from: HostPort; readonly at: number };

/** What a call needs of the peer it belongs to. */
export type Endpoint = {
  readonly kind: TransportKind;
  readonly address: string;
  readonly port: number;
  readonly contact: string;
  readonly retransmit: boolean;
  /** A Via header with the branch. */
  via(branch: string): Header;
  send(text: string, to: HostPort): void;
  /** Sends a request (again and again, over UDP, until answered) and hands on each response to it. */
  transact(request: string, to: HostPort, onResponse: (response: SipMessage, at: number) => void): void;
  /** Answers a request now, and again whenever it comes again. */
  answer(request: SipMessage, arrival: Arrival, text: string): void;
  /** Repeats `text` (T1 doubling to T2) until the returned function is called. */
  repeat(send: () => void): () => void;
};

/** A scripted SIP user agent on one socket: a carrier that calls, or a line that is called. */
export type SipPeer = {
  readonly address: string;
  readonly port: number;
  /** Every message that came, retransmissions too. */
  readonly received: readonly Received[];
  /** `sip:user@address:port` of this peer. */
  uri(user: string): string;
  /** What to do with a new call: respond through it. Until set, calls get 480. */
  onCall(handler: (call: PeerCall) => void): void;
  /** Requests outside calls. Left to the peer: OPTIONS get 200, others 481. */
  onRequest(handler: RequestHandler): void;
  /** Messages for which `drop` gives true are lost on the way in; undefined ends it. */
  lose(drop: ((message: SipMessage) => boolean) | undefined): void;
  invite(options: InviteOptions): PeerCall;
  /** A request outside any dialog; its final response. */
  request(
    method: string,
    to: HostPort,
    options?: { readonly uri?: string; readonly headers?: readonly Header[] },
  ): Promise<SipMessage>;
  /** Sends bytes as they are. */
  raw(data: string | Buffer, to: HostPort): void;
  /** Drops all calls without a word and closes the socket. */
  close(): Promise<void>;
};
