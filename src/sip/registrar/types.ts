import type { SipPeer } from '../types.ts';

/** Where a user's phone can be reached until `expiresAt` (RFC 3261 10.3). */
export type Binding = {
  /** What a later REGISTER finds it by: the Contact's URI, or instance and reg-id (RFC 5626 6). */
  readonly key: string;
  /** The Contact's URI as the phone gave it. */
  readonly uri: string;
  /** Parameters of the Contact that go back to the phone as they came: `;+sip.instance="…";reg-id=1`. */
  readonly parameters: string;
  /** Preference, 0 to 1. */
  readonly q: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly callId: string;
  readonly cseq: number;
  /** `urn:uuid:…` of the device (RFC 5626 4.1). */
  readonly instance: string | undefined;
  /** Registered as a flow of the device (RFC 5626), one of several. */
  readonly regId: number | undefined;
  /** Proxies on the way to the phone, the nearest first (RFC 3327). */
  readonly path: readonly string[];
  readonly userAgent: string | undefined;
  /** Where the REGISTER came from. */
  readonly peer: SipPeer;
  /** When it was first registered, and last refreshed. */
  readonly since: number;
  readonly refreshedAt: number;
  /** Its connection ended with the last run of the gateway: out of reach until it registers again. */
  readonly flowLost: boolean;
};

/** What of a REGISTER changes bindings. */
export type RegisterRequest = {
  readonly callId: string;
  readonly cseq: number;
  /** Value of all Contact lines, joined by commas; undefined asks what is registered. */
  readonly contact: string | undefined;
  readonly expires: string | undefined;
  /** Path, its lines joined by commas. */
  readonly path: string | undefined;
  /** Option tags of Supported, lower case. */
  readonly supported: ReadonlySet<string>;
  /** How many Via values it carries: more than one came through a proxy. */
  readonly hops: number;
  readonly userAgent: string | undefined;
  readonly peer: SipPeer;
};

export type RegistrarLimits = {
  /** Seconds. */
  readonly minExpires: number;
  readonly maxExpires: number;
  readonly defaultExpires: number;
  readonly maxContacts: number;
};

export type RegisterResult =
  | {
      readonly type: 'done';
      readonly bindings: readonly Binding[];
      /** RFC 5626 was applied to it. */
      readonly outbound: boolean;
    }
  | {
      readonly type: 'refused';
      readonly status: number;
      /** Reason phrase. */
      readonly reason: string;
      readonly headers: Readonly<Record<string, string>>;
    };
