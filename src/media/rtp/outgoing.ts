import { randomInt } from 'node:crypto';
import { sequenceDistance, timestampDistance } from './packet.ts';

/** G.711 and telephone-event clock: samples a millisecond (RFC 3551 4.5.14, RFC 4733 2.1). */
const CLOCK = 8;
/** A step in the source's sequence numbers beyond these is a restart, not loss or reordering. */
const MAX_AHEAD = 250;
const MAX_BEHIND = 64;
/** A timestamp further ahead of the clock on the wall than this is a restart: 1 s. */
const MAX_LEAP = 8_000;
/** Sent sequence numbers remembered, a power of two above MAX_BEHIND. */
const REMEMBERED = 128;
/** A generated stream that paused for longer than this is stamped anew: 100 ms. */
const MAX_PAUSE = 800;

const NOTHING = -1;
/** Source number of what this machine plays; relayed sources have numbers from 1. */
const GENERATED = 0;

/**
 * The RTP stream towards one peer: a single SSRC with one sequence and timestamp space for the leg's whole life,
 * whatever feeds it. The source's own loss, reordering and pauses are passed on; its restarts and changes are not.
 * Sequence numbers go forward and none is used twice; a packet that comes late takes the hole that it left.
 *
 * After `relay`, `generate` or `repeat`, the fields say what to write into the header (no object per packet).
 */
export type Outgoing = {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  /**
   * Fits a relayed packet in.
   * @param source number of the leg it came from, 1 or more
   * @param samples length of its payload in samples; 0 for telephone-event, whose timestamp stands still (RFC 4733 2.2.2)
   * @param now monotonic milliseconds
   * @returns false when it is a duplicate or too late, and not to be sent
   */
  relay(
    source: number,
    ssrc: number,
    sequence: number,
    timestamp: number,
    marker: boolean,
    samples: number,
    now: number,
  ): boolean;
  /** Leaves a relayed packet out without a hole in the sequence. */
  skip(source: number, ssrc: number, sequence: number): void;
  /** The next packet of what is generated here. */
  generate(samples: number, now: number): void;
  /** One more packet with the timestamp of the last generated one, for telephone-event. */
  repeat(): void;
  /** Nothing is sent for now: what comes next begins a new run. */
  interrupt(): void;
  /** The timestamp that belongs to `now`, for sender reports (RFC 3550 6.4.1). */
  timestampAt(now: number): number;
};

export const createOutgoing = (): Outgoing => {
  const ssrc = randomInt(1, 2 ** 32);
  // Extended by its cycles; starts in the lower half, as RFC 3711 3.3.1 advises, and above zero for `used`.
  let highest = 65_536 + randomInt(1, 2 ** 15);
  let extended = highest;
  const used = new Uint32Array(REMEMBERED);
  /** First extended number of the present run. */
  let runStart = highest;
  let timestamp = randomInt(0, 2 ** 32);
  let marker = true;

  let source = NOTHING;
  let sourceSsrc = 0;
  let sourceSequence = 0;
  let sourceTimestamp = 0;
  /** What to add to the source's timestamps. */
  let offset = 0;

  /** The newest timestamp sent, when it was, and how many samples it covers. */
  let newest = timestamp;
  let newestAt = 0;
  let newestSamples = 0;

  const take = (number: number): void => {
    used[number % REMEMBERED] = number;
    extended = number;
  };

  const stamp = (value: number, samples: number, now: number): void => {
    timestamp = newest = value;
    newestAt = now;
    newestSamples = samples;
  };

  /** The timestamp of something new: as much later as time has passed, and never over what was sent. */
  const continued = (now: number): number => {
    const passed = newestAt === 0 ? 0 : Math.round((now - newestAt) * CLOCK);
    return (newest + Math.max(passed, newestSamples)) >>> 0;
  };

  const begin = (samples: number, now: number): void => {
    highest += 1;
    runStart = highest;
    take(highest);
    stamp(continued(now), samples, now);
    marker = true;
  };

  const late = (behind: number, sent: number): boolean => {
    const number = highest + behind;
    if (number < runStart || used[number % REMEMBERED] === number) return false;
    take(number);
    timestamp = (sent + offset) >>> 0;
    marker = false;
    return true;
  };

  return {
    ssrc,
    get sequence() {
      return extended & 0xffff;
    },
    get timestamp() {
      return timestamp;
    },
    get marker() {
      return marker;
    },
    relay(from, fromSsrc, sequence, sent, marked, samples, now) {
      const ahead = sequenceDistance(sequence, sourceSequence);
      if (from !== source || fromSsrc !== sourceSsrc || ahead > MAX_AHEAD || ahead < -MAX_BEHIND) {
        begin(samples, now);
        source = from;
        sourceSsrc = fromSsrc;
        sourceSequence = sequence;
        sourceTimestamp = sent;
        offset = (timestamp - sent) >>> 0;
        return true;
      }
      if (ahead <= 0) return late(ahead, sent);
      highest += ahead;
      take(highest);
      sourceSequence = sequence;
      marker = marked;
      if (samples === 0) {
        timestamp = (sent + offset) >>> 0;
        return true;
      }
      const step = timestampDistance(sent, sourceTimestamp);
      sourceTimestamp = sent;
      if (step < 0 || step - (now - newestAt) * CLOCK > MAX_LEAP) {
        stamp(continued(now), samples, now);
        offset = (timestamp - sent) >>> 0;
        marker = true;
        return true;
      }
      stamp((sent + offset) >>> 0, samples, now);
      return true;
    },
    skip(from, fromSsrc, sequence) {
      if (from !== source || fromSsrc !== sourceSsrc) return;
      const ahead = sequenceDistance(sequence, sourceSequence);
      if (ahead <= 0 || ahead > MAX_AHEAD) return;
      highest += ahead - 1;
      sourceSequence = sequence;
    },
    generate(samples, now) {
      if (source !== GENERATED || (now - newestAt) * CLOCK > newestSamples + MAX_PAUSE) {
        begin(samples, now);
        source = GENERATED;
        return;
      }
      highest += 1;
      take(highest);
      stamp((newest + newestSamples) >>> 0, samples, now);
      marker = false;
    },
    repeat() {
      highest += 1;
      take(highest);
      marker = false;
    },
    interrupt() {
      source = NOTHING;
    },
    timestampAt: (now) => (newest + (newestAt === 0 ? 0 : Math.round((now - newestAt) * CLOCK))) >>> 0,
  };
};
