/** Tells when a peer that ought to speak has gone silent. Pure; times are monotonic milliseconds. */
export type SilenceWatch = {
  /** The call is answered: from now on silence counts. */
  start(now: number): void;
  /** Whether the peer is to be heard at all: not while it holds us or said that it would not send. */
  expect(speech: boolean, now: number): void;
  heard(now: number): void;
  /** True once, when the silence has lasted too long. */
  passed(now: number): boolean;
  /** Whether a peer that was heard is quiet now, each time that this changes: the silence has lasted 2 s, or is over. */
  turned(now: number): boolean | undefined;
};

/** Longer than packets come late, and than pauses between packets of silence suppression (RFC 7587 3.1.3). */
const QUIET_MS = 2000;

export const createSilenceWatch = (limits: {
  readonly first: number;
  readonly later: number;
}): SilenceWatch => {
  let watched = false;
  let expected = false;
  let everHeard = false;
  /** What the silence is counted from. */
  let since = 0;
  let quiet = false;

  return {
    start(now) {
      if (watched) return;
      watched = true;
      since = now;
    },
    expect(speech, now) {
      if (speech && !expected) since = now;
      expected = speech;
    },
    heard(now) {
      everHeard = true;
      since = now;
    },
    passed(now) {
      if (!watched || !expected || now - since < (everHeard ? limits.later : limits.first)) return false;
      watched = false;
      return true;
    },
    turned(now) {
      const next = watched && expected && everHeard && now - since >= QUIET_MS;
      if (next === quiet) return undefined;
      quiet = next;
      return next;
    },
  };
};
