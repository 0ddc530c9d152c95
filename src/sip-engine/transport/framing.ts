/** What a stream brought: a whole message, a keep-alive to answer, or bytes that can't be cut into messages any more. */
export type Frame =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  | { readonly kind: 'ping' }
  | { readonly kind: 'broken'; readonly bytes: Buffer; readonly tooLarge: boolean };

export type Framer = {
  /** Adds what the socket read. Call `next` until it gives undefined before the next push. */
  push(chunk: Buffer): void;
  /** The next frame that is complete. After a broken one nothing follows. */
  next(): Frame | undefined;
  /** Whether a message has begun that is not whole yet. */
  readonly begun: boolean;
};

const CR = 0x0d;
const LF = 0x0a;

const CONTENT_LENGTH = /\r\n(?:content-length|l)[ \t]*:([^\r]*(?:\r\n[ \t][^\r]*)?)/i;

/** Body length that a head announces: 0 without the header (RFC 3261 18.3 wants one on streams), -1 when unreadable. */
const announcedLength = (head: string): number => {
  const match = CONTENT_LENGTH.exec(head);
  if (!match) return 0;
  const value = (match[1] ?? '').trim();
  return /^\d{1,10}$/.test(value) ? Number(value) : -1;
};

/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 18.3) and finds keep-alives between them (RFC 5626
 * 3.5.1). Each byte is looked at once however the stream is split; at most one message of `most` bytes is held.
 *
 * @param awaitsPong whether a lone line end is the answer to a ping of ours, and not the first half of the peer's
 */
export const createFramer = (most: number, awaitsPong: () => boolean = () => false): Framer => {
  let buffer: Buffer = Buffer.alloc(0);
  let start = 0;
  let end = 0;
  /** Up to here there is no empty line. */
  let scanned = 0;
  /** Bytes of the message at `start` once its head is complete. */
  let wanted: number | undefined;
  let broken = false;

  const push = (chunk: Buffer): void => {
    if (broken) return;
    if (start === end) {
      // Frames are copied out, so the socket's chunk can be read in place.
      buffer = chunk;
      start = 0;
      end = chunk.length;
      scanned = 0;
      return;
    }
    const held = end - start;
    if (end + chunk.length > buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(4096, (held + chunk.length) * 2));
      buffer.copy(grown, 0, start, end);
      buffer = grown;
      scanned -= start;
      start = 0;
      end = held;
    }
    chunk.copy(buffer, end);
    end += chunk.length;
  };

  const breakOff = (tooLarge: boolean): Frame => {
    broken = true;
    const bytes = Buffer.from(buffer.subarray(start, Math.min(end, start + most)));
    buffer = Buffer.alloc(0);
    start = 0;
    end = 0;
    return { kind: 'broken', bytes, tooLarge };
  };

  /** Steps over line ends between messages; true for a ping. */
  const skipLineEnds = (): boolean => {
    while (end - start >= 2 && buffer[start] === CR && buffer[start + 1] === LF) {
      if (end - start === 2 && awaitsPong()) {
        start = end;
        return false;
      }
      if (end - start === 2 || (end - start === 3 && buffer[start + 2] === CR)) return false;
      const double = buffer[start + 2] === CR && buffer[start + 3] === LF;
      start += double ? 4 : 2;
      scanned = start;
      if (double) return true;
    }
    return false;
  };

  const headLength = (): number => {
    const found = buffer.subarray(start, end).indexOf('\r\n\r\n', Math.max(0, scanned - start - 3), 'latin1');
    scanned = end;
    return found < 0 ? -1 : found + 4;
  };

  /** Looks for the end of the head and learns from it how long the message is; a frame only when that can't be known. */
  const measure = (): Frame | undefined => {
    const length = headLength();
    if (length < 0) return end - start > most ? breakOff(true) : undefined;
    const body = announcedLength(buffer.toString('latin1', start, start + length));
    if (body < 0 || length + body > most) return breakOff(body >= 0);
    wanted = length + body;
    return undefined;
  };

  const take = (): Frame | undefined => {
    if (wanted === undefined || end - start < wanted) return undefined;
    const bytes = Buffer.from(buffer.subarray(start, start + wanted));
    start += wanted;
    scanned = start;
    wanted = undefined;
    return { kind: 'message', bytes };
  };

  const next = (): Frame | undefined => {
    if (broken) return undefined;
    if (wanted !== undefined) return take();
    if (skipLineEnds()) return { kind: 'ping' };
    // A first line end may be half a ping.
    if (start === end || (buffer[start] === CR && end - start <= 3)) return undefined;
    return measure() ?? take();
  };

  return {
    push,
    next,
    get begun() {
      return start < end && !(buffer[start] === CR && end - start <= 3);
    },
  };
};
