/** Tells when a peer that ought to speak has gone silent. Pure; times are monotonic milliseconds. */
export type SilenceWatch = {
  /** The call is answered: from now on silence counts. */
  start(now: number): void;
  /** Whether the peer is to be heard at all: not while it holds us or said that it would not send. */
  expect(speech: boolean, now: number): void;
  heard(now: number): void;
  /** True once, when the silence has lasted too long. */
  passed(now: number): boolean;
};

export const createSilenceWatch = (limits: {
  readonly first: number;
  readonly later: number;
}): SilenceWatch => {
  let watched = false;
  let expected = false;
  let everHeard = false;
  /** What the silence is counted from. */
  let since = 0;

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
  };
};
