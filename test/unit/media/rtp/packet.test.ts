import fc from 'fast-check';
import { packets } from 'rtp.js';
import { describe, expect, it } from 'vitest';
import * as rtp from '../../../../src/media/rtp/packet.ts';

const { RtpPacket } = packets;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const shape = fc.record({
  payloadType: fc.nat(127),
  marker: fc.boolean(),
  sequence: fc.nat(0xffff),
  timestamp: fc.nat(0xffff_ffff),
  ssrc: fc.nat(0xffff_ffff),
  csrcs: fc.array(fc.nat(0xffff_ffff), { maxLength: 15 }),
  payload: fc.uint8Array({ minLength: 1, maxLength: 480 }),
  extension: fc.option(fc.uint8Array({ minLength: 1, maxLength: 16 })),
  padding: fc.boolean(),
});

/** A packet as an independent implementation writes it. */
const written = (of: typeof shape extends fc.Arbitrary<infer T> ? T : never): Buffer => {
  const packet = new RtpPacket();
  packet.setPayloadType(of.payloadType);
  packet.setMarker(of.marker);
  packet.setSequenceNumber(of.sequence);
  packet.setTimestamp(of.timestamp);
  packet.setSsrc(of.ssrc);
  packet.setCsrcs(of.csrcs);
  packet.setPayload(view(of.payload));
  if (of.extension) {
    packet.enableOneByteExtensions();
    packet.setExtension(1, view(of.extension));
  }
  if (of.padding) packet.padTo4Bytes();
  packet.serialize();
  const bytes = packet.getView();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

describe('RTP packets', () => {
  it('are read as rtp.js writes them', () => {
    fc.assert(
      fc.property(shape, (of) => {
        const packet = written(of);
        const start = rtp.payloadStart(packet);
        expect(packet.subarray(start, rtp.payloadEnd(packet, start))).toEqual(Buffer.from(of.payload));
        expect(rtp.payloadTypeOf(packet)).toBe(of.payloadType);
        expect(rtp.markerOf(packet)).toBe(of.marker);
        expect(rtp.sequenceOf(packet)).toBe(of.sequence);
        expect(rtp.timestampOf(packet)).toBe(of.timestamp);
        expect(rtp.ssrcOf(packet)).toBe(of.ssrc);
      }),
    );
  });

  it('are rewritten to plain ones that rtp.js reads', () => {
    fc.assert(
      fc.property(
        shape,
        fc.nat(127),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        (of, payloadType, sequence, timestamp) => {
          const packet = written(of);
          const start = rtp.payloadStart(packet);
          const end = rtp.payloadEnd(packet, start);
          rtp.writeHeader(
            packet,
            start - rtp.RTP_HEADER,
            of.marker,
            payloadType,
            sequence,
            timestamp,
            0xdead_beef,
          );
          const read = new RtpPacket(view(packet.subarray(start - rtp.RTP_HEADER, end)));
          expect(read.getSsrc()).toBe(0xdead_beef);
          expect(read.getPayloadType()).toBe(payloadType);
          expect(read.getSequenceNumber()).toBe(sequence);
          expect(read.getTimestamp()).toBe(timestamp);
          expect(read.getMarker()).toBe(of.marker);
          expect(read.getCsrcs()).toEqual([]);
          expect(read.getExtensions().size).toBe(0);
          expect(read.getPadding()).toBe(0);
          const payload = read.getPayload();
          expect(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)).toEqual(
            Buffer.from(of.payload),
          );
        },
      ),
    );
  });

  it('of any bytes whatever give a payload within them, or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, version) => {
        const packet = Buffer.from(bytes);
        if (version && packet.length > 0) packet[0] = ((packet[0] ?? 0) & 0x3f) | 0x80;
        rtp.isRtcp(packet);
        const start = rtp.payloadStart(packet);
        if (start < 0) return;
        expect(start).toBeGreaterThanOrEqual(12);
        expect(start).toBeLessThanOrEqual(packet.length);
        const end = rtp.payloadEnd(packet, start);
        if (end !== -1) expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(packet.length);
      }),
    );
  });

  it('measure distances over the wrap', () => {
    expect(rtp.sequenceDistance(2, 65_535)).toBe(3);
    expect(rtp.sequenceDistance(65_535, 2)).toBe(-3);
    expect(rtp.timestampDistance(0, 0xffff_ffff)).toBe(1);
    expect(rtp.timestampDistance(0xffff_ffff, 9)).toBe(-10);
  });
});
