import type { HeaderField, SipRequest, SipResponse } from '../message/types.ts';
import type { Endpoint, Flow, Received } from '../transport/types.ts';

/** How a request is to be proxied (drachtio's `proxy` command; RFC 3261 16). */
export type ProxyPlan = {
  /** SIP URIs, in order. */
  readonly destinations: readonly string[];
  /** Stay in the way of later requests of the dialog by Record-Route. */
  readonly remainInDialog: boolean;
  /** Tell of each final response; else `done` at once. */
  readonly fullResponse: boolean;
  /** Try the Contacts of a 3xx too. */
  readonly followRedirects: boolean;
  /** Fork to all destinations at once; else one after the other. */
  readonly simultaneous: boolean;
  /** Milliseconds without any response, and without a final one, after which the next destination is tried. */
  readonly provisionalTimeout: number | undefined;
  readonly finalTimeout: number | undefined;
  /** Set, or put in the place of those of the same name. */
  readonly headers: readonly HeaderField[];
};

/** What the one who asked for proxying is told. */
export type ProxyReport = {
  /** A final response from downstream. */
  final(response: SipResponse, from: Endpoint, size: number): void;
  /** Nothing more will come. */
  done(): void;
  /** Nothing was proxied; the request still waits for an answer, unless it was refused here. */
  refused(reason: string): void;
};

/** A request that is being proxied, as the UAS side sees it. */
export type Proxied = {
  /** The caller withdrew: every branch gets its CANCEL, with the caller's Reason. */
  cancel(request: SipRequest): void;
};

/** The stateful proxy, and the stateless relay of what follows in dialogs it stayed in. */
export type SipProxy = {
  /** Takes over a request that waits for its application's answer. */
  start(txn: string, plan: ProxyPlan, report: ProxyReport): void;
  /** Passes on a request of a proxied dialog: its top Route is ours. False when it is none. */
  relay(request: SipRequest, received: Received): boolean;
  /** Responses to what it has sent. False when this is none. */
  receive(response: SipResponse, received: Received): boolean;
  flowClosed(flow: Flow): void;
  /** Requests being proxied now. */
  readonly size: number;
  /** Client transactions of its branches. */
  readonly transactions: number;
  /** Gives up everything: 503 to callers, CANCEL to those who ring. */
  close(): void;
};
