import fc from 'fast-check';
import { packets } from 'rtp.js';
import { describe, expect, it } from 'vitest';
import {
  compactNtp,
  type ReportBlock,
  readReport,
  roundTrip,
  writeReport,
} from '../../../../src/media/rtp/rtcp.ts';

const uint32 = fc.nat(0xffff_ffff);
const block: fc.Arbitrary<ReportBlock> = fc.record({
  ssrc: uint32,
  fractionLost: fc.nat(255),
  cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: uint32,
  jitter: uint32,
  lastReport: uint32,
  delay: uint32,
});
const report = fc.record({
  ssrc: uint32,
  cname: fc.string({ maxLength: 40, unit: 'grapheme-ascii' }),
  sender: fc.option(
    fc.record({
      sentAt: fc.integer({ min: 0, max: 2e12 }),
      timestamp: uint32,
      packets: uint32,
      bytes: uint32,
    }),
    { nil: undefined },
  ),
  block: fc.option(block, { nil: undefined }),
  bye: fc.boolean(),
});

describe('RTCP reports', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(report, (given) => {
        const read = readReport(writeReport(given));
        expect(read).toEqual({
          ssrc: given.ssrc,
          sentAt: given.sender && compactNtp(given.sender.sentAt),
          blocks: given.block ? [given.block] : [],
          bye: given.bye,
        });
      }),
    );
  });

  it('are compound packets that rtp.js understands: a report first, then SDES', () => {
    fc.assert(
      fc.property(report, (given) => {
        const bytes = writeReport({ ...given, cname: `${given.cname}x` });
        const compound = new packets.CompoundPacket(
          new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        );
        const [first, second, third] = compound.getPackets();
        expect(second).toBeInstanceOf(packets.SdesPacket);
        expect(third instanceof packets.ByePacket).toBe(given.bye);
        if (first instanceof packets.SenderReportPacket) {
          expect(first.getSsrc()).toBe(given.ssrc);
          expect(first.getRtpTimestamp()).toBe(given.sender?.timestamp);
          expect(first.getPacketCount()).toBe(given.sender?.packets);
          expect(first.getOctetCount()).toBe(given.sender?.bytes);
        } else {
          expect(given.sender).toBeUndefined();
          expect(first).toBeInstanceOf(packets.ReceiverReportPacket);
        }
        if (!(first instanceof packets.SenderReportPacket || first instanceof packets.ReceiverReportPacket))
          return;
        const [theirs] = first.getReports();
        expect(theirs?.getSsrc()).toBe(given.block?.ssrc);
        expect(theirs?.getFractionLost()).toBe(given.block?.fractionLost);
        // rtp.js keeps 12 of the 24 bits.
        const lost = given.block?.cumulativeLost ?? 0;
        if (theirs && lost >= 0 && lost < 4_096) expect(theirs.getTotalLost()).toBe(lost);
        expect(theirs?.getJitter()).toBe(given.block?.jitter);
        expect(theirs?.getLastSRTimestamp()).toBe(given.block?.lastReport);
        expect(theirs?.getDelaySinceLastSR()).toBe(given.block?.delay);
      }),
    );
  });

  it('of any bytes whatever are read or refused, never thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), report, fc.nat(200), (bytes, given, cut) => {
        readReport(Buffer.from(bytes));
        const packet = writeReport(given);
        const part = packet.subarray(0, Math.min(cut, packet.length - 1));
        // A whole packet at the beginning is no compound packet any more when the rest is cut within.
        if (part.length % 4 !== 0) expect(readReport(part)).toBeUndefined();
        const changed = Buffer.from(packet);
        changed[cut % changed.length] = (cut * 7) & 0xff;
        readReport(changed);
      }),
    );
    expect(readReport(Buffer.alloc(0))).toBeUndefined();
  });
});

describe('the round trip', () => {
  it('is what RFC 3550 6.4.1 makes of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1.7e12, max: 1.9e12 }),
        fc.nat(5_000),
        fc.nat(4_000),
        (sent, delay, trip) => {
          const lastReport = compactNtp(sent);
          fc.pre(lastReport !== 0);
          const answer = { ssrc: 1, fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0 };
          const heard = { ...answer, lastReport, delay: Math.round(delay * 65.536) };
          expect(roundTrip(sent + delay + trip, heard)).toBeCloseTo(trip, 0);
        },
      ),
    );
  });

  it('is unknown when the peer names no report of ours, or an absurd time', () => {
    const answer = { ssrc: 1, fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0, delay: 0 };
    expect(roundTrip(1.8e12, { ...answer, lastReport: 0 })).toBeUndefined();
    expect(roundTrip(1.8e12, { ...answer, lastReport: compactNtp(1.8e12 - 60_000) })).toBeUndefined();
    expect(roundTrip(1.8e12, { ...answer, lastReport: compactNtp(1.8e12 + 5) })).toBe(0);
  });
});
