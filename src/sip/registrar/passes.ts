import { createHmac } from 'node:crypto';
import type { UserTable } from '../../store/index.ts';

/** Digest credentials that end by themselves: a user's page gets them instead of the password. */
export type PhonePass = {
  readonly username: string;
  readonly password: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
};

/** What a pass of a user hangs on: another password for the phones ends it. */
export type PassOwner = Pick<UserTable, 'name' | 'ha1_sha256'>;

/** What the user name of a pass says; nothing is proven yet. */
export type PassClaim = Pick<PhonePass, 'username' | 'expiresAt'> & { readonly name: string };

/** `<expiry in seconds since the epoch>.<name>` */
const FORM = /^(\d{9,11})\.(.{1,63})$/;

/**
 * Makes passes that need no memory: the user name holds the end and the password is an HMAC of it and of what is kept of the
 * user's own password, so that none can be changed without the others.
 *
 * @param secret the same in each run
 * @param lifeMs how long a pass is good, in milliseconds
 */
export const createPasses = (secret: string, lifeMs: number) => {
  const passwordOf = (username: string, owner: PassOwner): string =>
    createHmac('sha256', secret).update(`${username}\n${owner.ha1_sha256}`).digest('base64url');

  return {
    /** @param now milliseconds since the epoch */
    make: (owner: PassOwner, now: number): PhonePass => {
      const seconds = Math.ceil((now + lifeMs) / 1000);
      const username = `${seconds}.${owner.name}`;
      return { username, password: passwordOf(username, owner), expiresAt: seconds * 1000 };
    },
    /** What a user name says that has the form of a pass. */
    read: (username: string): PassClaim | undefined => {
      const [, seconds, name] = FORM.exec(username) ?? [];
      if (seconds === undefined || name === undefined) return undefined;
      return { username, expiresAt: Number(seconds) * 1000, name };
    },
    /** The password that goes with a pass of this user. */
    passwordOf,
  };
};

export type Passes = ReturnType<typeof createPasses>;
