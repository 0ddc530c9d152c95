/** Length of the fixed RTP header (RFC 3550 5.1). */
export const RTP_HEADER = 12;

/** G.711 payloads are at most 60 ms (480 bytes); what is longer than a network packet is no audio. */
const PAYLOAD_LIMIT = 1460;

/**
 * Where the payload of an RTP packet begins (RFC 3550 5.1):
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           timestamp                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           synchronization source (SSRC) identifier            |
 * +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 * |            contributing source (CSRC) identifiers             |
 * |                             ....                              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  extension: profile (16 bits)  |  length in 32-bit words      |
 * ```
 *
 * @returns -1 when this is no RTP
 */
export const payloadStart = (packet: Buffer): number => {
  const length = packet.length;
  if (length < RTP_HEADER) return -1;
  const first = packet[0] ?? 0;
  if (first >> 6 !== 2) return -1;
  let start = RTP_HEADER + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (length < start + 4) return -1;
    start += 4 + packet.readUInt16BE(start + 2) * 4;
  }
  return start <= length ? start : -1;
};

/**
 * Where the payload ends, its padding cut off.
 *
 * @param start what `payloadStart` returned
 * @returns -1 when the padding or the length is impossible
 */
export const payloadEnd = (packet: Buffer, start: number): number => {
  let end = packet.length;
  if (((packet[0] ?? 0) & 0x20) !== 0) {
    const padding = packet[end - 1] ?? 0;
    if (padding === 0) return -1;
    end -= padding;
  }
  return end < start || end - start > PAYLOAD_LIMIT ? -1 : end;
};

/** RTCP among RTP on one port: packet types 192 to 223 stand where RTP has marker and payload type (RFC 5761 4). */
export const isRtcp = (packet: Buffer): boolean => {
  if (packet.length < 8 || (packet[0] ?? 0) >> 6 !== 2) return false;
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
};

export const markerOf = (packet: Buffer): boolean => (packet[1] ?? 0) >= 0x80;
export const payloadTypeOf = (packet: Buffer): number => (packet[1] ?? 0) & 0x7f;
export const sequenceOf = (packet: Buffer): number => packet.readUInt16BE(2);
export const timestampOf = (packet: Buffer): number => packet.readUInt32BE(4);
export const ssrcOf = (packet: Buffer): number => packet.readUInt32BE(8);

/** Writes a plain header (no padding, extension or CSRC) at `offset`, in place. */
export const writeHeader = (
  packet: Buffer,
  offset: number,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void => {
  packet[offset] = 0x80;
  packet[offset + 1] = marker ? payloadType | 0x80 : payloadType;
  packet.writeUInt16BE(sequence, offset + 2);
  packet.writeUInt32BE(timestamp, offset + 4);
  packet.writeUInt32BE(ssrc, offset + 8);
};

/** How far sequence number `a` is ahead of `b`, -32768 to 32767, over the wrap. */
export const sequenceDistance = (a: number, b: number): number => ((a - b) << 16) >> 16;

/** How far timestamp `a` is ahead of `b`, as a signed 32-bit number, over the wrap. */
export const timestampDistance = (a: number, b: number): number => (a - b) | 0;
