/**
 * Opus packets as RTP carries them (RFC 6716 3, RFC 7587 4): what can be told without decoding them. They decode at any of Opus's
 * rates; samples here are of 8 kHz.
 */

/** Of one frame, by the configuration in the first byte (RFC 6716 3.1, table 2): SILK, hybrid, CELT. */
const FRAME_SAMPLES: readonly number[] = Array.from({ length: 32 }, (_, configuration) => {
  if (configuration < 12) return [80, 160, 320, 480][configuration % 4] as number;
  if (configuration < 16) return configuration % 2 === 0 ? 80 : 160;
  return [20, 40, 80, 160][configuration % 4] as number;
});
/** RFC 6716 3.2, R5: 120 ms. */
const LONGEST = 960;
/** R2. */
const LONGEST_FRAME = 1275;

/** A frame's length as one or two bytes say it (RFC 6716 3.2.1): the length, and the bytes it takes in the high half; -1: cut off. */
const readLength = (packet: Uint8Array, at: number, end: number): number => {
  if (at >= end) return -1;
  const first = packet[at] as number;
  if (first < 252) return first | 0x1_0000;
  return at + 1 >= end ? -1 : (first + 4 * (packet[at + 1] as number)) | 0x2_0000;
};

const fitsTwo = (packet: Uint8Array, start: number, end: number): boolean => {
  const length = readLength(packet, start, end);
  if (length < 0) return false;
  const rest = end - start - (length >> 16) - (length & 0xffff);
  return rest >= 0 && rest <= LONGEST_FRAME;
};

/** Any number of frames (RFC 6716 3.2.5): a byte that counts them, then padding's length, then their lengths. */
const fitsMany = (packet: Uint8Array, start: number, end: number, count: number): boolean => {
  const flags = packet[start] as number;
  let at = start + 1;
  let rest = end;
  if ((flags & 0x40) !== 0) {
    let more = 255;
    while (more === 255) {
      if (at >= rest) return false;
      more = packet[at] as number;
      at += 1;
      rest -= more === 255 ? 254 : more;
    }
  }
  if (at > rest) return false;
  if ((flags & 0x80) === 0) return (rest - at) % count === 0 && (rest - at) / count <= LONGEST_FRAME;
  let framed = 0;
  for (let frame = 1; frame < count; frame += 1) {
    const length = readLength(packet, at, rest);
    if (length < 0) return false;
    at += length >> 16;
    framed += length & 0xffff;
  }
  const last = rest - at - framed;
  return last >= 0 && last <= LONGEST_FRAME;
};

/**
 * How long a packet's audio is, in samples of 8 kHz: 20 to 960.
 *
 * @returns -1 when it breaks a rule of RFC 6716 3.4, so that no decoder takes it
 */
export const opusSamples = (packet: Uint8Array, start: number, end: number): number => {
  const length = end - start;
  if (length < 1) return -1;
  const first = packet[start] as number;
  const frame = FRAME_SAMPLES[first >> 3] as number;
  switch (first & 3) {
    case 0:
      return length - 1 <= LONGEST_FRAME ? frame : -1;
    case 1:
      return length % 2 === 1 && (length - 1) / 2 <= LONGEST_FRAME ? frame * 2 : -1;
    case 2:
      return fitsTwo(packet, start + 1, end) ? frame * 2 : -1;
    default: {
      if (length < 2) return -1;
      const count = (packet[start + 1] as number) & 0x3f;
      const samples = frame * count;
      return count > 0 && samples <= LONGEST && fitsMany(packet, start + 1, end, count) ? samples : -1;
    }
  }
};
