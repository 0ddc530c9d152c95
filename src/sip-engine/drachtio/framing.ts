/** Largest frame that is taken from an application, in bytes. */
export const MAX_FRAME = 65_536;

const HASH = 0x23;
const ZERO = 0x30;
/** Bytes set aside for frames at a time. */
const CHUNK = 65_536;

/** Gathers frames of drachtio's protocol (length in bytes of UTF-8, `#`, payload) into one buffer. */
export type FrameBuffer = {
  add(payload: string): void;
  readonly isEmpty: boolean;
  /** What was added since the last `take`. The bytes stay as they are until `reuse`. */
  take(): Buffer;
  /** All that was taken is written: its room may be used again. */
  reuse(): void;
};

const digitsOf = (length: number): number => {
  let digits = 1;
  for (let rest = length; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
  return digits;
};

export const createFrameBuffer = (): FrameBuffer => {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let start = 0;
  let end = 0;

  const makeRoom = (most: number): void => {
    if (end + most <= chunk.length) return;
    const grown = Buffer.allocUnsafe(Math.max(CHUNK, (end - start + most) * 2));
    chunk.copy(grown, 0, start, end);
    chunk = grown;
    end -= start;
    start = 0;
  };

  return {
    add(payload) {
      makeRoom(payload.length * 3 + 16);
      // As long in bytes as in characters, nearly always; else it moves a little.
      const guess = end + digitsOf(payload.length) + 1;
      const length = chunk.write(payload, guess);
      const digits = digitsOf(length);
      const from = end + digits + 1;
      if (from !== guess) chunk.copyWithin(from, guess, guess + length);
      let rest = length;
      for (let at = end + digits - 1; at >= end; at -= 1) {
        chunk[at] = ZERO + (rest % 10);
        rest = Math.floor(rest / 10);
      }
      chunk[end + digits] = HASH;
      end = from + length;
    },
    get isEmpty() {
      return start === end;
    },
    take() {
      const bytes = chunk.subarray(start, end);
      start = end;
      return bytes;
    },
    reuse() {
      if (start !== end) return;
      start = 0;
      end = 0;
    },
  };
};

/** Cuts a byte stream into frames. */
export type Deframer = {
  /** Payloads that are complete now. Undefined when there are none because the stream is broken. */
  push(chunk: Buffer): readonly string[] | undefined;
  /** It can't be read on from here. */
  readonly broken: boolean;
};

type Head = { readonly start: number; readonly length: number };

/** Length and start of the payload at `from`; undefined while digits are missing, null when it is no frame. */
const readHead = (bytes: Buffer, from: number, limit: number): Head | undefined | null => {
  let length = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === HASH) return length === 0 ? null : { start: at + 1, length };
    const digit = byte - ZERO;
    length = length * 10 + digit;
    // A leading zero is no length: a stream of them would never be too long.
    if (digit < 0 || digit > 9 || length === 0 || length > limit) return null;
  }
  return undefined;
};

/** @param limit largest payload in bytes */
export const createDeframer = (limit: number = MAX_FRAME): Deframer => {
  let rest: Buffer = Buffer.alloc(0);
  let wanted = 0;
  let broken = false;
  return {
    get broken() {
      return broken;
    },
    push(chunk) {
      if (broken) return undefined;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      // A large frame in small pieces is put together once, not once for each piece.
      if (bytes.length < wanted) {
        rest = bytes;
        return [];
      }
      const payloads: string[] = [];
      let from = 0;
      wanted = 0;
      while (from < bytes.length) {
        const head = readHead(bytes, from, limit);
        broken = head === null;
        if (!head) break;
        const end = head.start + head.length;
        if (end > bytes.length) {
          wanted = end - from;
          break;
        }
        payloads.push(bytes.toString('utf8', head.start, end));
        from = end;
      }
      rest = from === bytes.length ? Buffer.alloc(0) : bytes.subarray(from);
      return broken && payloads.length === 0 ? undefined : payloads;
    },
  };
};
