import type { ButtonPlan } from '../config/index.ts';
import type { ButtonEventTable, WebCallTable } from '../store/index.ts';

/** What a token says of the call that it lets in; signed, so that a browser can't say otherwise. */
export type CallPass = {
  /** Id of the token; good for one call. */
  readonly jti: string;
  readonly buttonId: string;
  readonly siteId: string;
  /** Of the page that asked for it: `https://www.example.com`. */
  readonly origin: string;
  readonly pressId: string;
  readonly viewer: string;
  readonly visitId: string | undefined;
  readonly experimentId: string | undefined;
  readonly arm: string | undefined;
  readonly intent: string | undefined;
  readonly page: string | undefined;
  readonly device: ButtonEventTable['device'];
  /** Milliseconds since the epoch, the gateway's clock. */
  readonly pressedAt: number;
  readonly verified: WebCallTable['verified'];
  /** The number that was proven by a code, sealed by the vault (base64url). */
  readonly sealedNumber: string | undefined;
  /** `en`, `zh`. */
  readonly language: string;
  /** Pseudonym of the network that the page asked for it from. */
  readonly network: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
};

/** What an INVITE of a page is told. */
export type PassVerdict =
  | { readonly type: 'accepted'; readonly pass: CallPass; readonly button: ButtonPlan }
  /** SIP status and one sentence; `type` names it for counters and logs. */
  | {
      readonly type: 'refused';
      readonly status: 403 | 404 | 480 | 486 | 503;
      readonly why:
        | 'forged'
        | 'expired'
        | 'used'
        | 'origin'
        | 'unknown-button'
        | 'address'
        | 'site'
        | 'unavailable';
      readonly reason: string;
    };

/** What calls need of buttons. */
export type ButtonCalls = {
  /**
   * Takes a token for a new call: checks its signature, time, origin and that it was not used, and marks it used, on disk,
   * before it returns. Never rejects: what can't be checked is refused.
   *
   * @param origin of the page that sent the INVITE; undefined: an external SIP server does not tell
   */
  admit(token: string, origin: string | undefined): Promise<PassVerdict>;
  /** The press that a resume token is of; undefined when it is none of ours, too old, or of another origin. */
  resumes(token: string, origin: string | undefined): Promise<string | undefined>;
  /**
   * Counts a call of an address and a site while it lasts: of the address that the page asked from, and of the one that the
   * call comes from. A proxy on this machine is nobody's address.
   *
   * @param address where the INVITE comes from
   * @returns undefined when there are too many; else how to give the place back
   */
  enter(pass: Pick<CallPass, 'siteId' | 'network'>, address: string): (() => void) | undefined;
};
