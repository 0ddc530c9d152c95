import type { CodecName } from '../../sdp/index.ts';
import { g711Levels } from '../g711.ts';
import { CONCEALER_PAST, createConcealer } from './conceal.ts';
import { timestampDistance } from './packet.ts';

/** Samples kept, a power of two: one second. */
const SIZE = 8192;
/** What begins waits for so long, so that what follows may be as late: 40 ms. */
const DELAY = 320;
/** Audio this far ahead has a new time base: 500 ms. */
const FARTHEST = 4000;
/** Nothing to be heard for so long: what comes next may begin anew. 100 ms. */
const DRY = 800;
/** So many late packets in a row are no accident: the time base or the way has changed. */
const LATE_RUN = 5;
/** Lateness is judged over so long: 1 s. */
const WINDOW = 8000;
/** Packets that make a window worth judging. */
const FEWEST = 10;
/** Packets are to be this early at least: 10 ms. */
const LOW = 80;
/** Packets that are all this early wait in vain: 70 ms. */
const HIGH = 560;
/** Windows in a row that must say so. */
const CALM_WINDOWS = 3;
/** The delay changes by 10 ms a frame at most. */
const STEP = CONCEALER_PAST;
const MOST_STEPS = 12;
/** A packet later than this is no measure for the rest: 300 ms. */
const HOPELESS = -2400;
/** Of a packet that came too late. */
const NOWHERE = Number.NEGATIVE_INFINITY;

/**
 * Evens out what comes from one speaker: G.711 packets of any length in, in whatever order, samples out at the reader's own
 * pace. The delay begins at 40 ms and follows what the network does and how the clocks drift apart, in inaudible steps.
 * Losses are concealed; pauses (discontinuous transmission, hold) are silence. Pure; reading is its clock.
 */
export type JitterBuffer = {
  /** @param start where the payload begins in `packet` */
  put(
    ssrc: number,
    timestamp: number,
    codec: CodecName,
    packet: Uint8Array,
    start: number,
    end: number,
  ): void;
  /**
   * Writes the next samples, `out.length` of them: at least 20 ms.
   * @returns false when they are silence
   */
  read(out: Int16Array): boolean;
  /** Samples that wait to be read, holes among them included. */
  readonly depth: number;
};

export const createJitterBuffer = (): JitterBuffer => {
  const ring = new Int16Array(SIZE);
  const filled = new Uint8Array(SIZE);
  const concealer = createConcealer();
  const before = new Int16Array(STEP);
  let squeezed = new Int16Array(0);
  let source = -1;
  /** Samples are counted from the first that was read. */
  let playAt = 0;
  let newestEnd = 0;
  let anchorPosition = 0;
  let anchorTimestamp = 0;
  let lateRun = 0;
  let windowEnds = WINDOW;
  let seen = 0;
  let least = FARTHEST;
  let nextLeast = FARTHEST;
  let calm = 0;
  /** Steps of 10 ms by which the delay is still to grow, or, below zero, to shrink. */
  let owed = 0;

  /** Says of samples `from` to `to` whether they are there. */
  const mark = (from: number, to: number, there: 0 | 1): void => {
    if (to <= from) return;
    const first = from % SIZE;
    const last = first + to - from;
    filled.fill(there, first, last);
    if (last > SIZE) filled.fill(there, 0, last - SIZE);
  };

  const newWindow = (): void => {
    windowEnds = playAt + WINDOW;
    seen = 0;
    least = nextLeast = FARTHEST;
  };

  const anchor = (ssrc: number, timestamp: number): number => {
    const position = playAt + DELAY;
    source = ssrc;
    anchorPosition = position;
    anchorTimestamp = timestamp;
    // What an old time base left behind it.
    mark(position, Math.min(newestEnd, playAt + SIZE), 0);
    newestEnd = Math.min(newestEnd, position);
    lateRun = owed = calm = 0;
    newWindow();
    return position;
  };

  const observe = (margin: number): void => {
    if (margin < HOPELESS) return;
    seen += 1;
    if (margin < least) {
      nextLeast = least;
      least = margin;
    } else if (margin < nextLeast) {
      nextLeast = margin;
    }
  };

  /** A single straggler is none to wait for: the second-latest packet decides. */
  const judge = (): void => {
    if (seen >= FEWEST) {
      calm = least > HIGH ? calm + 1 : 0;
      if (nextLeast < LOW) owed = Math.min(MOST_STEPS, Math.ceil((DELAY - nextLeast) / STEP));
      else if (calm >= CALM_WINDOWS) owed = -Math.min(MOST_STEPS, Math.floor((least - DELAY) / STEP));
    }
    newWindow();
  };

  const place = (ssrc: number, timestamp: number, count: number): number => {
    const position = anchorPosition + timestampDistance(timestamp, anchorTimestamp);
    const margin = position - playAt;
    if (ssrc !== source || margin > FARTHEST) return anchor(ssrc, timestamp);
    if (margin + count <= 0) {
      lateRun += 1;
      if (lateRun >= LATE_RUN || playAt - newestEnd >= DRY) return anchor(ssrc, timestamp);
      observe(margin);
      return NOWHERE;
    }
    lateRun = 0;
    observe(margin);
    if (position > anchorPosition) {
      anchorPosition = position;
      anchorTimestamp = timestamp;
    }
    return position;
  };

  const isWhole = (from: number, count: number): boolean => {
    const hole = filled.indexOf(0, from);
    return from + count <= SIZE && (hole === -1 || hole >= from + count);
  };

  /** Takes the next samples, what is missing made up; false when they are silence. */
  const take = (out: Int16Array): boolean => {
    const count = out.length;
    if (newestEnd <= playAt && concealer.silent) {
      playAt += count;
      out.fill(0);
      return false;
    }
    const from = playAt % SIZE;
    if (isWhole(from, count)) {
      out.set(ring.subarray(from, from + count));
      concealer.realFrame(out);
    } else {
      for (let i = 0; i < count; i += 1) {
        const at = (from + i) & (SIZE - 1);
        out[i] = filled[at] === 1 ? concealer.real(ring[at] ?? 0) : concealer.missing();
      }
    }
    mark(playAt, playAt + count, 0);
    playAt += count;
    return true;
  };

  /** Two pieces of 10 ms, one fading into the other. */
  const blend = (out: Int16Array, into: Int16Array, from: Int16Array): void => {
    for (let i = 0; i < STEP; i += 1) {
      const share = (i + 1) / (STEP + 1);
      out[i] = Math.round((from[i] ?? 0) * (1 - share) + (into[i] ?? 0) * share);
    }
  };

  /** 10 ms more than `out` holds are taken, and the first 10 ms fade into the next. */
  const squeeze = (out: Int16Array): boolean => {
    if (squeezed.length !== out.length + STEP) squeezed = new Int16Array(out.length + STEP);
    const heard = take(squeezed);
    out.set(squeezed.subarray(STEP));
    blend(out, squeezed.subarray(STEP), squeezed);
    return heard;
  };

  /** 10 ms less than `out` holds are taken: the first 10 ms fade back into what was just heard, and are heard again. */
  const stretch = (out: Int16Array): boolean => {
    concealer.past(before);
    const taken = out.subarray(STEP);
    const heard = take(taken);
    blend(out, before, taken);
    return heard;
  };

  return {
    put(ssrc, timestamp, codec, packet, start, end) {
      const count = Math.min(end - start, SIZE / 4);
      const position = place(ssrc, timestamp, count);
      if (position === NOWHERE) return;
      const levels = g711Levels(codec);
      const first = Math.max(0, playAt - position);
      let at = (position + first) % SIZE;
      for (let from = start + first; from < start + count; from += 1) {
        ring[at] = levels[packet[from] as number] as number;
        at = (at + 1) & (SIZE - 1);
      }
      mark(position + first, position + count, 1);
      newestEnd = Math.max(newestEnd, position + count);
    },
    read(out) {
      if (playAt >= windowEnds) judge();
      if (owed === 0) return take(out);
      const grow = owed > 0;
      owed += grow ? -1 : 1;
      return grow ? stretch(out) : squeeze(out);
    },
    get depth() {
      return Math.max(0, newestEnd - playAt);
    },
  };
};
