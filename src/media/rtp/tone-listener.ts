import type { CodecName } from '../../sdp/index.ts';
import { dtmfKeyIn } from '../dtmf-tones.ts';
import { g711Levels } from '../g711.ts';

/** Judged at once: 12.75 ms, of which 40 ms hold two whole ones wherever they begin. */
const BLOCK = 102;
const BLOCK_MS = BLOCK / 8;
/** A pause of 40 ms spoils three, wherever it begins; a break of 10 ms spoils two. */
const PAUSE_BLOCKS = 3;
/** A key whose peer sends nothing any more is over. */
const SILENCE_MS = 250;

/** Finds keys in a peer's audio, packet by packet; each is told once, when it is over. Pure. */
export type ToneListener = {
  /** @param now monotonic milliseconds */
  packet(codec: CodecName, packet: Uint8Array, start: number, end: number, now: number): void;
  /** Ends a key after which nothing came; to be called now and then. */
  expire(now: number): void;
  /** The audio breaks off: a key that is heard ends. */
  reset(): void;
};

export const createToneListener = (pressed: (digit: string, durationMs: number) => void): ToneListener => {
  const block = new Int16Array(BLOCK);
  let filled = 0;
  let last: string | undefined;
  let key: string | undefined;
  let blocks = 0;
  /** Blocks in a row that are not the key's. */
  let missed = 0;
  let heardAt = 0;

  const end = (): void => {
    if (key !== undefined) pressed(key, Math.round(blocks * BLOCK_MS));
    key = undefined;
    blocks = missed = 0;
  };

  const goOn = (found: string | undefined): void => {
    missed += 1;
    if (found === key) {
      blocks += missed;
      missed = 0;
    } else if (missed === PAUSE_BLOCKS || (found !== undefined && found === last)) {
      end();
    }
  };

  const judge = (): void => {
    const found = dtmfKeyIn(block);
    if (key !== undefined) goOn(found);
    if (key === undefined && found !== undefined && found === last) {
      key = found;
      blocks = 2;
    }
    last = found;
  };

  return {
    packet(codec, packet, start, stop, now) {
      const levels = g711Levels(codec);
      heardAt = now;
      for (let at = start; at < stop; at += 1) {
        block[filled] = levels[packet[at] as number] as number;
        filled += 1;
        if (filled < BLOCK) continue;
        filled = 0;
        judge();
      }
    },
    expire(now) {
      if (key !== undefined && now - heardAt > SILENCE_MS) end();
    },
    reset() {
      end();
      filled = 0;
      last = undefined;
    },
  };
};
