import { timestampDistance } from './packet.ts';

/** Event codes 0 to 15 (RFC 4733 3.2). */
const DIGITS = '0123456789*#ABCD';
const CLOCK = 8;
/** Longest duration that one event report can state; longer presses go on in segments (RFC 4733 2.5.1.3). */
const LONGEST = 0xffff;
/** The same as 48 kHz count it, brought to ours (`createWideClock`). */
const LONGEST_WIDE = Math.round(LONGEST / 6);
/** An event whose end packets were all lost is over when nothing of it came for so long. */
const SILENCE_MS = 250;
/** Packets of an event that is over, come late: up to so far back (5 s). */
const LATE = 5_000 * CLOCK;

/** Length of an event report: `| event (8) |E|R| volume (6) | duration (16) |` (RFC 4733 2.3). */
export const EVENT_LENGTH = 4;

/** The event code of a key, or -1. */
export const eventOf = (digit: string): number =>
  digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1;

/** Writes an event report; `duration` in samples up to 65,535, the volume -10 dBm0. */
export const writeEvent = (out: Buffer, at: number, event: number, end: boolean, duration: number): void => {
  out[at] = event;
  out[at + 1] = (end ? 0x80 : 0) | 10;
  out.writeUInt16BE(duration, at + 2);
};

/** Finds pressed keys in a stream of event reports; each is told once, lost and late packets notwithstanding. Pure. */
export type DigitDetector = {
  /**
   * One packet.
   * @param start where its payload begins
   * @param now monotonic milliseconds
   */
  packet(packet: Buffer, start: number, end: number, timestamp: number, marker: boolean, now: number): void;
  /** Ends an event whose end was lost; to be called now and then. */
  expire(now: number): void;
  /** The source changed: its timestamps mean something new. */
  reset(): void;
};

export const createDigitDetector = (pressed: (digit: string, durationMs: number) => void): DigitDetector => {
  let event = -1;
  let timestamp = 0;
  /** Longest duration seen of the present segment, and the sum of those before it. */
  let duration = 0;
  let segments = 0;
  /** Still to be told. */
  let open = false;
  let known = false;
  let seenAt = 0;

  const finish = (): void => {
    if (!open) return;
    open = false;
    pressed(DIGITS.charAt(event), Math.round((segments + duration) / CLOCK));
  };

  const isNextSegment = (code: number, at: number, marker: boolean): boolean => {
    if (!open || marker || code !== event) return false;
    const step = timestampDistance(at, timestamp);
    if (duration === LONGEST) return step === LONGEST;
    // What was divided may have been rounded.
    return duration === LONGEST_WIDE && Math.abs(step - LONGEST_WIDE) <= 1;
  };

  /** A packet of another event than the last; false when it is one of an earlier event, come late. */
  const begin = (code: number, at: number, marker: boolean): boolean => {
    const step = timestampDistance(at, timestamp);
    if (known && step < 0 && step > -LATE) return false;
    if (isNextSegment(code, at, marker)) {
      segments += duration;
    } else {
      finish();
      segments = 0;
    }
    known = open = true;
    event = code;
    timestamp = at;
    duration = 0;
    return true;
  };

  return {
    packet(packet, start, end, at, marker, now) {
      if (end - start < EVENT_LENGTH) return;
      const code = packet[start] ?? 0;
      if (code >= DIGITS.length) return;
      const same = known && at === timestamp && code === event;
      if (same ? !open : !begin(code, at, marker)) return;
      duration = Math.max(duration, packet.readUInt16BE(start + 2));
      seenAt = now;
      if (((packet[start + 1] ?? 0) & 0x80) !== 0) finish();
    },
    expire(now) {
      if (open && now - seenAt > SILENCE_MS) finish();
    },
    reset() {
      finish();
      known = false;
    },
  };
};
