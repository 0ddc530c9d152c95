import { ssrcOf, timestampDistance, timestampOf } from './packet.ts';
import type { PayloadKind } from './payload-types.ts';
import { EVENT_LENGTH } from './telephone-event.ts';

/** Opus and the events beside it count 48 samples a millisecond (RFC 7587 4.1), everything here 8. */
const RATIO = 6;
/** The reference moves on by whole seconds, so that a quotient is never rounded twice. */
const SECOND = 48_000;
/** What sets the SSRC under which a peer's Opus is known here apart from that of its G.711. */
const OTHER = 0x4f70_7573;
const LONGEST_EVENT = 0xffff;

/**
 * Brings what a peer sends at 48 kHz to the clock of everything else, in its header, so that nobody behind has to know two clocks: time
 * stamps become those of 8 kHz, under an SSRC of their own, since they have nothing to do with the G.711 under the peer's.
 */
export type WideClock = {
  /** G.711 came: events without a rate of their own go by its clock. */
  rest(): void;
  /**
   * Rewrites a packet that is not G.711, where it goes by the clock of Opus.
   * @returns what it is then
   */
  narrow(packet: Buffer, start: number, end: number, kind: PayloadKind): PayloadKind;
  /** What came last is Opus, or goes with it. */
  readonly running: boolean;
};

export const createWideClock = (): WideClock => {
  let running = false;
  let ssrc = -1;
  let reference = 0;
  let narrowed = 0;

  const convert = (timestamp: number): number => {
    let step = timestampDistance(timestamp, reference);
    if (step >= SECOND || step <= -SECOND) {
      const seconds = Math.trunc(step / SECOND);
      reference = (reference + seconds * SECOND) >>> 0;
      narrowed = (narrowed + seconds * (SECOND / RATIO)) >>> 0;
      step -= seconds * SECOND;
    }
    return (narrowed + Math.round(step / RATIO)) >>> 0;
  };

  return {
    rest() {
      running = false;
    },
    narrow(packet, start, end, kind) {
      if (kind === 'opus' || kind === 'wide-event') running = true;
      if (!running) return kind;
      const from = ssrcOf(packet);
      const timestamp = timestampOf(packet);
      if (from !== ssrc) {
        ssrc = from;
        reference = timestamp;
        narrowed = Math.floor(timestamp / RATIO);
      }
      packet.writeUInt32BE(convert(timestamp), 4);
      packet.writeUInt32BE((from ^ OTHER) >>> 0, 8);
      if (kind !== 'wide-event') return kind;
      if (end - start >= EVENT_LENGTH)
        packet.writeUInt16BE(Math.round(packet.readUInt16BE(start + 2) / RATIO), start + 2);
      return 'telephone-event';
    },
    get running() {
      return running;
    },
  };
};

/** A time stamp of 8 kHz by the clock of Opus. It goes on where it left off when either wraps. */
export const widened = (timestamp: number): number => Math.imul(timestamp, RATIO) >>> 0;

/** The same for the duration in an event at `start`, as far as that goes. */
export const widenEvent = (packet: Buffer, start: number): void => {
  packet.writeUInt16BE(Math.min(LONGEST_EVENT, packet.readUInt16BE(start + 2) * RATIO), start + 2);
};
