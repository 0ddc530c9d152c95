import { isDeepStrictEqual } from 'node:util';
import { createDeframer, createFrameBuffer } from '../../src/sip-engine/drachtio/framing.ts';
import { createFramer, type Frame } from '../../src/sip-engine/transport/framing.ts';
import { mutant } from './mutate.ts';
import type { Random } from './random.ts';
import { SEEDS } from './seeds.ts';

const MOST = 65_535;

/** The same bytes in pieces, most of them small. */
const pieces = (bytes: Buffer, random: Random): Buffer[] => {
  const chunks: Buffer[] = [];
  const most = random.pick([1, 3, 20, 400, 5000]);
  for (let from = 0; from < bytes.length; ) {
    const to = from + 1 + random.below(most);
    chunks.push(bytes.subarray(from, to));
    from = to;
  }
  return chunks;
};

/** What a framer makes of the chunks, in words; the bytes of a broken frame depend on what had come by then. */
const frames = (chunks: readonly Buffer[]): string[] => {
  const framer = createFramer(MOST);
  const found: string[] = [];
  for (const chunk of chunks) {
    // As a socket does, whose buffer is used again afterwards.
    framer.push(Buffer.from(chunk));
    for (let frame: Frame | undefined = framer.next(); frame !== undefined; frame = framer.next()) {
      if (frame.kind === 'message' && frame.bytes.length > MOST) throw new Error('a frame above the limit');
      found.push(frame.kind === 'message' ? `message ${frame.bytes.toString('latin1')}` : frame.kind);
    }
  }
  return found;
};

/**
 * Cuts a stream of messages and keep-alives, some broken, at random places: the frames must be those of the uncut stream.
 *
 * @throws Error with the finding
 */
export const judgeFramer = (bytes: Buffer, random: Random): void => {
  const whole = frames([bytes]);
  const cut = frames(pieces(bytes, random));
  if (!isDeepStrictEqual(cut, whole)) throw new Error('other frames when the stream comes in pieces');
};

/** A stream for `judgeFramer`. */
export const stream = (random: Random): Buffer => {
  const parts: Buffer[] = [];
  for (let count = 1 + random.below(5); count > 0; count -= 1) {
    const isMutant = random.below(3) === 0;
    parts.push(isMutant ? mutant(SEEDS, random) : (SEEDS[random.below(SEEDS.length)] ?? Buffer.alloc(0)));
    if (random.below(3) === 0) parts.push(Buffer.from(random.pick(['\r\n\r\n', '\r\n', '\r\n\r\n\r\n'])));
  }
  return Buffer.concat(parts);
};

/** All payloads, and at the end whether the stream broke. */
const payloads = (chunks: readonly Buffer[]): readonly (string | boolean)[] => {
  const deframer = createDeframer();
  const found: string[] = [];
  for (const chunk of chunks) found.push(...(deframer.push(Buffer.from(chunk)) ?? []));
  return [...found, deframer.broken];
};

/** Frames of drachtio's protocol as an application sends them, sometimes with a byte changed. */
export const appStream = (random: Random): Buffer => {
  const frameBuffer = createFrameBuffer();
  for (let count = 1 + random.below(5); count > 0; count -= 1)
    frameBuffer.add(mutant(SEEDS, random).toString('utf8', 0, 20_000) || 'x');
  const bytes = Buffer.from(frameBuffer.take());
  if (random.below(2) === 0) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
};

/**
 * As `judgeFramer`, for the payloads that an application sends.
 *
 * @throws Error with the finding
 */
export const judgeDeframer = (bytes: Buffer, random: Random): void => {
  const whole = payloads([bytes]);
  const cut = payloads(pieces(bytes, random));
  if (!isDeepStrictEqual(cut, whole)) throw new Error('other payloads when the stream comes in pieces');
};
