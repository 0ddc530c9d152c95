import type { Logger } from '../base/logger.ts';
import type { Region } from '../base/phone.ts';
import type { ButtonCalls, CallPass } from '../buttons/index.ts';
import type { ButtonPlan, Features, Sound } from '../config/index.ts';
import type { Flow, FlowFacts } from '../flows/index.ts';
import type { LegOptions, MediaEngine, Playable } from '../media/index.ts';
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
import type {
  CallPatch,
  CallStatus,
  HangupBy,
  LineTable,
  SourceTable,
  Store,
  UserTable,
} from '../store/index.ts';
import type { Match } from '../tracking/index.ts';
import type { Agents, QueueRooms } from './agents/index.ts';

/** What users may do with their phones. */
export type UserRules = {
  /** Trunk that their calls to telephone numbers go through. */
  readonly trunk: Trunk | undefined;
  /** Countries that they may call. */
  readonly regions: readonly Region[];
  /** Premium-rate numbers too, and those that no numbering plan has. */
  readonly premium: boolean;
  /** Calls that one user may have placed at once. */
  readonly maxCalls: number;
};

/** A call as it is looked up among visits. */
export type CallToMatch = {
  /** E.164 */
  readonly did: string;
  readonly at: number;
  readonly callerHmac: string | null;
  readonly callerRegion: string | null;
  /** Extension code that the caller dialled. */
  readonly code?: string;
  /** Visit that a call button's token names. */
  readonly visitToken?: string;
};

/** The side of calls that looks at web pages. Whatever fails there delays or refuses no call. */
export type CallTracking = {
  /** Undefined when nothing could be looked up. Never rejects. */
  match(call: CallToMatch): Promise<Match | undefined>;
  /** How many digits an extension code has that pages show with this number; undefined: none is shown. */
  codeDigits(did: string): number | undefined;
  readonly sources: () => readonly SourceTable[];
  /**
   * Keeps the visits that a call may have come from, once its record is there. Never rejects.
   *
   * @param mayCallBack whether the number stays with the visit for a while: not after a call that is refused, or a test
   */
  noteMatch(callId: string, match: Match, mayCallBack: boolean): Promise<void>;
  /** Announces a message that a caller has left. Never rejects. */
  messageLeft(message: {
    readonly id: string;
    readonly callId: string;
    readonly box: string;
    readonly durationMs: number;
    readonly callerHmac: string | null;
  }): Promise<void>;
  /** The call's record is complete; comes after what was noted of it. Never rejects. */
  ended(callId: string): Promise<void>;
};

/** Turns what flows play into audio. */
export type Prompter = {
  /**
   * What can't be had in time is left out; never rejects.
   *
   * @param context the language of the call, and what `{name}` in words stands for
   */
  resolve(
    sounds: readonly Sound[],
    context: {
      readonly language: string;
      readonly values: Readonly<Record<string, string>>;
      /** Whose tones are heard. */
      readonly region: Region | undefined;
    },
  ): Promise<readonly Playable[]>;
  /** Has words that hold nothing of a call spoken before one needs them. @returns how many could not be */
  warm(sounds: readonly Sound[], languages: readonly string[]): Promise<number>;
  /** What was played, for the proof of it: undefined when a file is gone. Never rejects. */
  fingerprint(
    played: readonly Playable[],
  ): Promise<{ readonly sha256: string; readonly durationMs: number | undefined } | undefined>;
};

/** What calls stand on; the composition root fills it in. */
export type CallServices = {
  readonly runId: string;
  readonly store: Store;
  readonly media: MediaEngine;
  readonly trunks: TrunkTable;
  readonly operation: Pick<TrunkOperation, 'route' | 'report' | 'enter'>;
  readonly dial: (options: DialOptions) => OutgoingInvite;
  /** Users' phones; undefined when none can register. */
  readonly phones: Pick<Registrar, 'reach' | 'isRegistered' | 'verifyUser'> | undefined;
  /** Calls from web pages; undefined when there are none. */
  readonly buttons: ButtonCalls | undefined;
  /** Who can take calls. */
  readonly agents: Agents;
  /** Where callers wait for them. */
  readonly queues: QueueRooms;
  readonly userRules: UserRules;
  /** Milliseconds after which `dial` gives up on who says nothing at all, not even 100; undefined when it isn't known. */
  readonly silenceMs: number | undefined;
  /** URI of the built-in echo, which is started at the first call to it. */
  readonly echoUri: () => Promise<string>;
  /** The media address to tell a peer at this address or host name, where it differs from the engine's. */
  readonly mediaAddress: (peer: string) => Pick<LegOptions, 'advertisedAddress'>;
  readonly recording: { readonly enabled: boolean; readonly directory: string };
  readonly holdMusic: Playable;
  readonly prompts: Prompter;
  /** What is done by keys. */
  readonly features: Features;
  /** Where a telephone number is at home, as the imported table says. Never rejects. */
  readonly areaOf: (
    e164: string,
  ) => Promise<{ readonly area: string; readonly city: string | null } | undefined>;
  /** Notes who did what that others may ask about. */
  readonly audit: (entry: {
    readonly user: string;
    readonly action: string;
    readonly callId: string | undefined;
    readonly detail: Record<string, unknown>;
  }) => void;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What is known of web pages' visits, and what follows a call. */
  readonly tracking: CallTracking;
  /** Told of each finished call. */
  readonly onEnded: (call: {
    readonly status: CallStatus;
    readonly isTest: boolean;
    /** From the INVITE to the decision, its record opened. */
    readonly setupMs: number;
  }) => void;
};

/** Who sent an INVITE and has proven it. */
export type Origin =
  | { readonly type: 'trunk'; readonly trunk: Trunk }
  | { readonly type: 'user'; readonly user: UserTable }
  /** A visitor of a web page, let in by the token of a call button. */
  | { readonly type: 'web'; readonly pass: CallPass; readonly button: ButtonPlan };

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

/** Finds the visit that an extension code was shown to. */
export type CodeLookup = {
  readonly digits: number;
  /** What the code says of the call; undefined when it is none of ours. Never rejects. */
  find(code: string): Promise<{ readonly patch: CallPatch; readonly match: Match } | undefined>;
};

/** A visitor who asked to be called: the gateway calls the lines first. */
export type CallBackOrigin = { readonly type: 'callback' };

/** A call as those know it who ring its lines and talk in it. */
export type CallPlan = {
  readonly callId: string;
  readonly origin: Origin | CallBackOrigin;
  /** Whom the lines are told of. */
  readonly caller: Caller;
  /** E.164 of the tracking number that was dialled, or that a user calls from. */
  readonly trackingNumber: string | undefined;
  /** Lines that are known already: those of a number without a flow, or what a user dialled. */
  readonly lines: readonly LineTable[];
  /** What the call does; an implied one dials the lines in their order. */
  readonly flow: Flow;
  readonly facts: FlowFacts;
  readonly record: boolean;
  /** Whose ringback the caller hears. */
  readonly region: Region | undefined;
};

/** A call of somebody who sent an INVITE. */
export type DialPlan = CallPlan & {
  readonly invite: IncomingInvite;
  readonly origin: Origin;
  /** Pages show an extension code with the number: the caller is asked for it before a line is dialled. */
  readonly code?: CodeLookup | undefined;
};

/** How far a supervisor takes part: hears both, speaks to the agent alone, speaks to both. */
export type SupervisionMode = 'listen' | 'whisper' | 'barge';

/** A call as it stands, for those who look on. */
export type LiveCall = {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly startedAt: number;
  readonly answeredAt: number | undefined;
  /** Names of the users in it, or being rung by it. */
  readonly users: readonly string[];
  readonly trackingNumber: string | undefined;
  readonly onHold: boolean;
  readonly supervision: { readonly by: string; readonly mode: SupervisionMode } | undefined;
};
