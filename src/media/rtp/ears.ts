import type { CodecName } from '../../sdp/index.ts';
import { createKeyGate } from './key-gate.ts';
import { timestampOf } from './packet.ts';
import { NO_PAYLOAD, type PayloadKind } from './payload-types.ts';
import { createToneListener, type ToneListener } from './tone-listener.ts';

/** Hears what a leg's peer says: accepted packets of audio only. */
export type Tap = (
  now: number,
  ssrc: number,
  timestamp: number,
  codec: CodecName,
  payload: Uint8Array,
) => void;

/** What this machine itself does with what a leg's peer says, before other legs hear it. */
export type Ears = {
  /** The call's recording. */
  tape: Tap | undefined;
  /** A message of this peer alone. */
  message: Tap | undefined;
  holdDigits(on: boolean): void;
  listenForTones(on: boolean): void;
  /** Somebody here wants to hear audio, as G.711. */
  readonly open: boolean;
  /** Whether the peer sends its keys as telephone-event. */
  hasEvents(yes: boolean): void;
  /** @returns as what other legs hear it */
  hear(packet: Buffer, start: number, end: number, kind: PayloadKind, ssrc: number, now: number): PayloadKind;
  expire(now: number): void;
  close(): void;
};

export const createEars = (pressed: (digit: string, durationMs: number) => void): Ears => {
  const keys = createKeyGate();
  let events = false;
  let listening = false;
  /** While there are tones to listen for. */
  let tones: ToneListener | undefined;

  const settle = (): void => {
    if (listening && !events) {
      tones ??= createToneListener(pressed);
      return;
    }
    tones?.reset();
    tones = undefined;
  };

  const ears: Ears = {
    tape: undefined,
    message: undefined,
    holdDigits: keys.hold,
    listenForTones(on) {
      listening = on;
      settle();
    },
    get open() {
      return ears.tape !== undefined || ears.message !== undefined || tones !== undefined;
    },
    hasEvents(yes) {
      events = yes;
      settle();
    },
    hear(packet, start, end, kind, ssrc, now) {
      if (kind === 'telephone-event') return keys.passes(timestampOf(packet)) ? kind : NO_PAYLOAD;
      if ((kind !== 'PCMU' && kind !== 'PCMA') || end === start) return kind;
      tones?.packet(kind, packet, start, end, now);
      if (ears.tape !== undefined || ears.message !== undefined) {
        const payload = packet.subarray(start, end);
        ears.tape?.(now, ssrc, timestampOf(packet), kind, payload);
        ears.message?.(now, ssrc, timestampOf(packet), kind, payload);
      }
      return kind;
    },
    expire(now) {
      tones?.expire(now);
    },
    close() {
      tones?.reset();
      tones = undefined;
      ears.tape = ears.message = undefined;
    },
  };
  return ears;
};
