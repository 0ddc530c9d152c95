import type { Logger } from '../base/logger.ts';
import type { Region } from '../base/phone.ts';
import type { LegOptions, MediaEngine } from '../media/index.ts';
import type {
  Caller,
  DialOptions,
  IncomingInvite,
  OutgoingInvite,
  Registrar,
  Trunk,
  TrunkOperation,
  TrunkTable,
} from '../sip/index.ts';
import type { CallStatus, HangupBy, NumberRoute, Store } from '../store/index.ts';

/** What calls stand on; the composition root fills it in. */
export type CallServices = {
  readonly runId: string;
  readonly store: Store;
  readonly media: MediaEngine;
  readonly trunks: TrunkTable;
  readonly operation: Pick<TrunkOperation, 'route' | 'report' | 'enter'>;
  readonly dial: (options: DialOptions) => OutgoingInvite;
  /** Users' phones; undefined when none can register. */
  readonly phones: Pick<Registrar, 'reach' | 'isRegistered'> | undefined;
  /** Milliseconds after which `dial` gives up on who says nothing at all, not even 100; undefined when it isn't known. */
  readonly silenceMs: number | undefined;
  /** URI of the built-in echo, which is started at the first call to it. */
  readonly echoUri: () => Promise<string>;
  /** The media address to tell a peer at this address or host name, where it differs from the engine's. */
  readonly mediaAddress: (peer: string) => Pick<LegOptions, 'advertisedAddress'>;
  readonly recording: { readonly enabled: boolean; readonly directory: string };
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each finished call. */
  readonly onEnded: (call: {
    readonly status: CallStatus;
    readonly isTest: boolean;
    /** From the INVITE to the decision, its record opened. */
    readonly setupMs: number;
  }) => void;
};

/** How a call ended, for its record. */
export type CallEnd = {
  readonly status: CallStatus;
  readonly sipCode: number;
  readonly sipReason?: string | undefined;
  readonly q850: number;
  readonly by: HangupBy;
  /** One sentence for people. */
  readonly reason: string;
};

/** An order from outside the call that ends it. */
export type CallStop = {
  readonly by: HangupBy;
  readonly reason: string;
  readonly q850: number;
  readonly cancelled: boolean;
};

/** A call that has a line to dial. */
export type DialPlan = {
  readonly callId: string;
  readonly invite: IncomingInvite;
  readonly trunk: Trunk;
  readonly caller: Caller;
  readonly route: NumberRoute;
  readonly region: Region | undefined;
};
