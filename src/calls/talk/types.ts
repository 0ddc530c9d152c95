import type { MediaLeg, MediaSession } from '../../media/index.ts';
import type { SipDialog } from '../../sip/index.ts';
import type { LegTable } from '../../store/index.ts';
import type { CallRecord, LegBook } from '../record/index.ts';
import type { CallEnd, CallPlan, CallStop, SupervisionMode } from '../types.ts';

/** Somebody who talks in a call. */
export type Party = {
  readonly side: 'caller' | 'line';
  /** Name of the user, if it is one. */
  readonly user: string | undefined;
  readonly dialog: SipDialog;
  /** Of the pages before this one, the latest last, where a visitor has come back. */
  readonly formerDialogs?: readonly SipDialog[];
  readonly leg: MediaLeg;
  readonly row: LegTable;
  /** Gives back its place on a trunk. */
  readonly leave: () => void;
};

/** As the notes of a call name somebody in it. */
export const nameOf = ({ side, user, row }: Party): string =>
  user ?? (side === 'line' ? `line ${row.line_id ?? 'unknown'}` : 'the caller');

/** Somebody who looks after a call. */
export type Supervisor = {
  readonly user: string;
  readonly mode: SupervisionMode;
  readonly dialog: SipDialog;
  readonly leg: MediaLeg;
};

export type Ended = {
  readonly end: CallEnd;
  /** Milliseconds since the epoch: when they stopped talking. */
  readonly at: number;
  /** Settles when the BYEs are answered. */
  readonly hungUp: Promise<unknown>;
};

/** An answered call while it lasts: who is in it, who hears whom. */
export type Conversation = {
  readonly callId: string;
  readonly plan: CallPlan;
  readonly session: MediaSession;
  readonly record: CallRecord;
  readonly book: LegBook;
  /** How it ended: at once, or when the line has scored it. */
  readonly ended: Promise<Ended>;
  /** Settles when somebody outside ends it, or it has ended: whatever is being dialled for it is to stop. */
  readonly stopped: Promise<CallStop>;
  /** Caller and line. */
  parties(): readonly [Party, Party];
  opposite(party: Party): Party;
  isSeated(party: Party): boolean;
  /** The call is over, whatever is still under way for it. */
  readonly isOver: boolean;
  /**
   * Seats a party in place of the one on its side, which is whoever calls this to send away.
   *
   * @returns false when the call is over
   */
  seat(party: Party): boolean;
  /** Closes the leg of a party that has lost its seat. */
  dismiss(party: Party, cause: { readonly q850: number; readonly text: string }): Promise<void>;
  /** Gives a party to another call, whose media has adopted its leg, and ends. */
  release(party: Party, reason: string): void;
  /**
   * Begins a transfer: while it goes on, a hang-up on this side does not end the call.
   *
   * @param left called when that side hangs up
   * @returns how to let go, which tells whether that side has hung up; undefined while another transfer goes on
   */
  detain(side: Party['side'], left?: () => void): (() => boolean) | undefined;
  /** Party and somebody who has no seat talk to each other alone, while the other side waits; undefined: no more. */
  aside(party: Party, leg: MediaLeg | undefined): void;
  finish(end: CallEnd): void;
  /** Name of the user in it: of the two, the one who was called. */
  agent(): string | undefined;
  supervision(): { readonly by: string; readonly mode: SupervisionMode } | undefined;
  /** False when there is a supervisor already. */
  seatSupervisor(supervisor: Supervisor, row: LegTable): boolean;
  setSupervision(supervisor: string, mode: SupervisionMode): boolean;
};
