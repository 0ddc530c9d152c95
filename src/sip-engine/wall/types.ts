import type { Ban, BanChange } from '../types.ts';

/** What an address did that a carrier or a phone does not. */
export type Offence =
  /** Bytes that are no SIP. */
  | 'malformed'
  /** A user agent or a user name of a known scanner. */
  | 'scanner'
  /** Wrong credentials, or a challenge never met. */
  | 'unauthorized'
  /** A number or user that does not exist. */
  | 'not-found'
  /** A request that the admission refuses. */
  | 'stranger'
  /** More than its rate. */
  | 'flood';

/** Keeps scanners and floods away from the parser, the transactions and the applications. */
export type Wall = {
  /**
   * Whether bytes or a connection of this address are taken. Asked for each datagram and each message of a stream before it
   * is parsed, so it must be cheap; counts what it refuses.
   */
  admits(address: string): boolean;
  /** Whether an address is banned now; counts nothing. */
  isBanned(address: string): boolean;
  /** Notes what an address did; true when it is to get no answer any more. Never true for known and trusted ones. */
  offence(address: string, kind: Offence): boolean;
  /** A request of this address was answered with success: it is no scanner, and what it did before is forgotten. */
  welcome(address: string): void;
  /**
   * We asked something of this address by ourselves, or it has shown credentials that were right: for an hour it is neither
   * limited nor banned by itself. A line that we call owes us more messages than any stranger may send.
   */
  partner(address: string): void;
  /** Whether an address is a source of the admission: never banned by itself. */
  setKnown(isKnown: (address: string) => boolean): void;
  bans(): readonly (Ban & { readonly dropped: number })[];
  /** Bans in force. */
  readonly size: number;
  /** @throws Error when it names no address or network */
  ban(ban: Ban): void;
  unban(cidr: string): boolean;
  onChange(listener: (change: BanChange) => void): void;
  readonly droppedBanned: number;
  readonly droppedOverRate: number;
  close(): void;
};
