/**
 * Where on a recording's time line the packets of one channel belong. RTP timestamps say it exactly as long as they run
 * with the clock; where they jump, stop or drift, arrival says it anew.
 */

/** Samples that a packet may be late and still find its place: 400 ms. What is older is on disk already. */
export const REORDER_SAMPLES = 3200;
/** Samples that timestamps may differ from the clock before they are anchored anew: 120 ms. */
const DRIFT_SAMPLES = 960;
/** A new source that starts this close to where the old one ended goes on there without a seam: 40 ms. */
const SEAM_SAMPLES = 320;
/** Drift counts when even the least delayed packet of this time shows it: 1 s. */
const OBSERVED_SAMPLES = 8000;
/** New audio this late is no network delay: the sender's timestamps stood still, as after hold. 2 s. */
const STANDSTILL_SAMPLES = 16_000;
/** Packets out of the window for this long mean that timestamps jumped back: 200 ms. */
const STRAY_SAMPLES = 1600;

export type Timeline = {
  /**
   * The position of a packet's first sample, in samples since the recording's start (it may be negative), or undefined
   * when it came too late. At most 120 ms ahead of `arrival` and 400 ms behind it.
   *
   * @param arrival samples since the recording's start at which the packet came
   * @param count samples in the packet
   */
  place(arrival: number, ssrc: number, timestamp: number, count: number): number | undefined;
  /** Where the audio placed last ends; 0 before any. */
  end(): number;
};

export const createTimeline = (): Timeline => {
  let source: number | undefined;
  let anchorTimestamp = 0;
  let anchorPosition = 0;
  let newestEnd = 0;
  let strayedSince: number | undefined;
  let observedSince = 0;
  let leastDelay = Number.POSITIVE_INFINITY;

  const anchor = (position: number, arrival: number, timestamp: number, count: number): number => {
    anchorTimestamp = timestamp;
    anchorPosition = position;
    newestEnd = position + count;
    strayedSince = undefined;
    observedSince = arrival;
    leastDelay = Number.POSITIVE_INFINITY;
    return position;
  };

  /** Follows a sender whose clock is slower than ours, by the least delay seen over a second. */
  const observe = (arrival: number, delay: number): void => {
    leastDelay = Math.min(leastDelay, delay);
    if (arrival - observedSince < OBSERVED_SAMPLES) return;
    if (leastDelay > DRIFT_SAMPLES) anchorPosition += leastDelay;
    observedSince = arrival;
    leastDelay = Number.POSITIVE_INFINITY;
  };

  const place: Timeline['place'] = (arrival, ssrc, timestamp, count) => {
    if (ssrc !== source) {
      const joins = source !== undefined && Math.abs(arrival - newestEnd) <= SEAM_SAMPLES;
      source = ssrc;
      return anchor(joins ? newestEnd : arrival, arrival, timestamp, count);
    }
    // The difference of two 32-bit timestamps, right across their wrap (RFC 3550 5.1).
    const position = anchorPosition + ((timestamp - anchorTimestamp) | 0);
    const delay = arrival - position;
    if (delay < -DRIFT_SAMPLES) return anchor(arrival, arrival, timestamp, count);
    if (delay > REORDER_SAMPLES) {
      if (position >= newestEnd && delay > STANDSTILL_SAMPLES)
        return anchor(arrival, arrival, timestamp, count);
      strayedSince ??= arrival;
      if (arrival - strayedSince < STRAY_SAMPLES) return undefined;
      return anchor(arrival, arrival, timestamp, count);
    }
    strayedSince = undefined;
    newestEnd = Math.max(newestEnd, position + count);
    observe(arrival, delay);
    return position;
  };

  return { place, end: () => newestEnd };
};
