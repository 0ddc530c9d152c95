import { sequenceDistance } from './packet.ts';

/** RFC 3550 A.1: a gap up to MAX_DROPOUT is loss, a step back up to MAX_MISORDER is reordering, the rest a restart. */
const MAX_DROPOUT = 3_000;
const MAX_MISORDER = 100;
/** Sequence numbers remembered to tell duplicates, a power of two above MAX_MISORDER. */
const REMEMBERED = 128;
/** Transit times that differ by more than 2 s come from a new timestamp base, not from jitter. */
const MAX_TRANSIT_STEP = 16_000;
const CLOCK = 8;

/** What a receiver report says of one source (RFC 3550 6.4.1). */
export type ReceptionReport = {
  readonly ssrc: number;
  /** Loss since the last report, in 256ths. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** In timestamp units. */
  readonly jitter: number;
};

/** What was received, by RFC 3550 A.1, A.3 and A.8, over all the SSRCs that the peer used. */
export type Reception = {
  /**
   * Counts one packet.
   * @param arrivedAt monotonic milliseconds
   * @param timed false for packets whose timestamp says nothing about their sending (telephone-event)
   * @returns false for a duplicate
   */
  packet(ssrc: number, sequence: number, timestamp: number, arrivedAt: number, timed: boolean): boolean;
  /** For the next receiver report; undefined before any packet. */
  report(): ReceptionReport | undefined;
  /** Packets that the sequence numbers promise. */
  readonly expected: number;
  /** Packets that came, duplicates not counted. */
  readonly received: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly jitterMs: number;
  readonly jitterMaxMs: number;
};

export const createReception = (): Reception => {
  let ssrc = -1;
  let base = 0;
  let highest = 0;
  let receivedHere = 0;
  /** Of earlier SSRCs and before restarts. */
  let expectedBefore = 0;
  let receivedBefore = 0;
  let duplicates = 0;
  let reordered = 0;
  const seen = new Uint32Array(REMEMBERED);
  /** The number that must come next for a restart to be believed. */
  let restartAt = -1;
  let transit = Number.NaN;
  let jitter = 0;
  let jitterMax = 0;
  let reportedExpected = 0;
  let reportedReceived = 0;

  const expectedHere = (): number => (ssrc === -1 ? 0 : highest - base + 1);

  const restart = (nextSsrc: number, sequence: number): void => {
    expectedBefore += expectedHere();
    receivedBefore += receivedHere;
    // Extended numbers start a cycle up: zero marks an empty place in `seen`.
    base = highest = 65_536 + sequence;
    receivedHere = 0;
    seen.fill(0);
    ssrc = nextSsrc;
    restartAt = -1;
    transit = Number.NaN;
    reportedExpected = reportedReceived = 0;
  };

  const count = (extended: number): boolean => {
    const place = extended % REMEMBERED;
    if (seen[place] === extended) {
      duplicates += 1;
      return false;
    }
    seen[place] = extended;
    receivedHere += 1;
    return true;
  };

  const place = (from: number, sequence: number): boolean => {
    if (from !== ssrc) {
      restart(from, sequence);
      return count(highest);
    }
    const ahead = sequenceDistance(sequence, highest & 0xffff);
    if (ahead > 0 && ahead < MAX_DROPOUT) {
      restartAt = -1;
      highest += ahead;
      return count(highest);
    }
    if (ahead <= 0 && ahead > -MAX_MISORDER) {
      const extended = highest + ahead;
      if (!count(extended)) return false;
      if (ahead < 0) reordered += 1;
      if (extended < base) base = extended;
      return true;
    }
    // Two in a row of a new numbering: the source restarted.
    if (sequence === restartAt) {
      restart(from, (sequence - 1) & 0xffff);
      count(highest);
      highest += 1;
      return count(highest);
    }
    restartAt = (sequence + 1) & 0xffff;
    return true;
  };

  const measure = (timestamp: number, arrivedAt: number): void => {
    // Reduced to 32 bits, so that the timestamp's wrap cancels out.
    const now = (Math.round(arrivedAt * CLOCK) - timestamp) | 0;
    const step = Math.abs((now - transit) | 0);
    const first = Number.isNaN(transit);
    transit = now;
    if (first || step > MAX_TRANSIT_STEP) return;
    jitter += (step - jitter) / 16;
    if (jitter > jitterMax) jitterMax = jitter;
  };

  return {
    packet(from, sequence, timestamp, arrivedAt, timed) {
      const fresh = place(from, sequence);
      if (fresh && timed && restartAt === -1) measure(timestamp, arrivedAt);
      return fresh;
    },
    report() {
      if (ssrc === -1) return undefined;
      const expected = expectedHere() - reportedExpected;
      const lost = expected - (receivedHere - reportedReceived);
      reportedExpected = expectedHere();
      reportedReceived = receivedHere;
      return {
        ssrc,
        fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
        cumulativeLost: Math.max(-0x80_0000, Math.min(0x7f_ffff, expectedHere() - receivedHere)),
        highestSequence: (highest - 65_536) >>> 0,
        jitter: Math.floor(jitter),
      };
    },
    get expected() {
      return expectedBefore + expectedHere();
    },
    get received() {
      return receivedBefore + receivedHere;
    },
    get lost() {
      return Math.max(0, expectedBefore + expectedHere() - receivedBefore - receivedHere);
    },
    get duplicates() {
      return duplicates;
    },
    get reordered() {
      return reordered;
    },
    get jitterMs() {
      return jitter / CLOCK;
    },
    get jitterMaxMs() {
      return jitterMax / CLOCK;
    },
  };
};
