/** Largest frame of an application, in bytes. */
export const MAX_FRAME = 65_536;

const HASH = 0x23;
const ZERO = 0x30;
/** Digits of the largest length that is read. */
const MAX_DIGITS = 5;

/** A frame of drachtio's protocol: length in bytes of UTF-8, `#`, payload. */
export const frame = (payload: string): string => `${Buffer.byteLength(payload)}#${payload}`;

/** Cuts a byte stream into frames. */
export type Deframer = {
  /** Payloads that are complete now. Undefined when the stream is broken: it can't be read on from here. */
  push(chunk: Buffer): readonly string[] | undefined;
};

type Head = { readonly start: number; readonly length: number };

/** Length and start of the payload at `from`; undefined while digits are missing, null when it is no frame. */
const readHead = (bytes: Buffer, from: number): Head | undefined | null => {
  let length = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === HASH)
      return at === from || length === 0 || length > MAX_FRAME ? null : { start: at + 1, length };
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9 || at - from >= MAX_DIGITS) return null;
    length = length * 10 + digit;
  }
  return undefined;
};

export const createDeframer = (): Deframer => {
  let rest: Buffer = Buffer.alloc(0);
  let wanted = 0;
  return {
    push(chunk) {
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
        const head = readHead(bytes, from);
        if (head === null) return undefined;
        if (head === undefined) break;
        const end = head.start + head.length;
        if (end > bytes.length) {
          wanted = end - from;
          break;
        }
        payloads.push(bytes.toString('utf8', head.start, end));
        from = end;
      }
      rest = from === bytes.length ? Buffer.alloc(0) : bytes.subarray(from);
      return payloads;
    },
  };
};
