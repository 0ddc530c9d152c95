import { createHmac } from 'node:crypto';

/** Digest credentials that end by themselves: a user's page gets them instead of the password. */
export type PhonePass = {
  readonly username: string;
  readonly password: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
};

/** `<expiry in seconds since the epoch>.<name>` */
const FORM = /^(\d{9,11})\.(.{1,63})$/;

/**
 * Makes passes that need no memory: the user name holds the end and the password is an HMAC of it, so that neither can be
 * changed without the other.
 *
 * @param secret the same in each run
 * @param lifeMs how long a pass is good, in milliseconds
 */
export const createPasses = (secret: string, lifeMs: number) => {
  const passwordOf = (username: string): string =>
    createHmac('sha256', secret).update(username).digest('base64url');

  return {
    /** @param now milliseconds since the epoch */
    make: (name: string, now: number): PhonePass => {
      const seconds = Math.ceil((now + lifeMs) / 1000);
      const username = `${seconds}.${name}`;
      return { username, password: passwordOf(username), expiresAt: seconds * 1000 };
    },
    /** What a user name says that has the form of a pass, and the password that goes with it; nothing is proven yet. */
    read: (username: string): (PhonePass & { readonly name: string }) | undefined => {
      const [, seconds, name] = FORM.exec(username) ?? [];
      if (seconds === undefined || name === undefined) return undefined;
      return { username, password: passwordOf(username), expiresAt: Number(seconds) * 1000, name };
    },
  };
};

export type Passes = ReturnType<typeof createPasses>;
