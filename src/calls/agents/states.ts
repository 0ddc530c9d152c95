import type { Turns } from '../../flows/index.ts';
import type { AgentRow, LineTable } from '../../store/index.ts';

/**
 * `ready`: can take a call; `busy`: is rung or in a call; `wrap-up`: writes notes after one; `away`: takes none for now;
 * `offline`: has no phone that can be called.
 */
export type AgentState = 'ready' | 'busy' | 'wrap-up' | 'away' | 'offline';

/** A user as somebody who takes calls, as it stands now. Times are milliseconds since the epoch. */
export type AgentView = {
  readonly name: string;
  readonly display: string | undefined;
  readonly state: AgentState;
  /** Since when, as far as this run of the gateway knows. */
  readonly since: number;
  /** End of a `wrap-up`. */
  readonly until: number | undefined;
  /** Why the gateway or somebody else has set it away; undefined otherwise. */
  readonly reason: string | undefined;
  /** Offers in a row that were not taken. */
  readonly missed: number;
  /** Calls that ring it or that it is in. */
  readonly calls: number;
};

/** What a group says of the calls that it offers. */
export type Offer = {
  readonly wrapUpMs: number;
  /** Missed offers in a row after which a user is set away; 0: never. */
  readonly maxMissed: number;
};

/** Somebody's time for one call. */
export type Place = {
  /** It has the call. */
  answered(): void;
  /** It was rung to the end without an answer, or declined. Counts for offers of groups alone. */
  missed(): void;
  /** It is free of this call. Safe to call twice. */
  leave(): void;
};

/** What somebody could do about one more call. */
export type Standing = 'free' | Exclude<AgentState, 'ready'>;

/** A call that is up, as far as it keeps users busy: the one who makes it comes first. */
export type SeatedCall = {
  readonly direction: 'inbound' | 'outbound' | 'internal';
  readonly answeredAt: number | undefined;
  readonly users: readonly string[];
};

/** Who can take calls, over all groups: users by their state, lines by the calls that they have. */
export type Agents = {
  /** Tells of the calls that are up, so that those whom users make count too. */
  watch(live: () => readonly SeatedCall[]): void;
  /**
   * Looks again at users and lines, at most once a second. Never rejects.
   *
   * @param anew looks in any case
   */
  refresh(anew?: boolean): Promise<void>;
  line(id: string): LineTable | undefined;
  user(name: string): AgentRow | undefined;
  /** How everybody stands now; asked for each member with the calls that it may have at once. */
  standing(): (key: string, maxCalls: number) => Standing;
  /** End of the last talk, milliseconds since the epoch. */
  idleSince(key: string): number | undefined;
  /** Takes somebody's time for a call from now on, room or not. */
  take(key: string, callId: string, offer?: Offer): Place;
  /** Names of the users whom a call rings, or who have it. */
  offeredTo(callId: string): readonly string[];
  /** Whose turn it is in a group or step. */
  turnsOf(turnKey: string): Turns;
  setTurns(turnKey: string, turns: Turns): void;
  /** Tells that somebody may have become free, or is gone. @returns how to end it */
  onChange(listener: () => void): () => void;
  /** By name, the disabled left out. */
  list(): readonly AgentView[];
  find(name: string): AgentView | undefined;
  /**
   * Lets a user take calls, or none.
   *
   * @param reason why it takes none, where somebody else says so
   * @returns false when there is no such user
   * @throws Error when it can't be kept
   */
  setReady(name: string, ready: boolean, reason?: string): Promise<boolean>;
  /** The notes about a call are written: a wrap-up after it ends. */
  notesSaved(name: string, callId: string): void;
  stop(): void;
};

/** Names the same phone or person in each group. */
export const keyOf = ({ id, user }: Pick<LineTable, 'id' | 'user'>): string =>
  user === null ? `line:${id}` : `user:${user}`;
