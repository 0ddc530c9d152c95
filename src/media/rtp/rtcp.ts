import type { ReceptionReport } from './statistics.ts';

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;
const CNAME = 1;
/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_OFFSET = 2_208_988_800;

/** A reception report with what our peer needs to find the round trip. */
export type ReportBlock = ReceptionReport & {
  /** Middle 32 bits of the NTP time in the peer's last sender report; 0 without one. */
  readonly lastReport: number;
  /** Since that report came, in 65,536ths of a second. */
  readonly delay: number;
};

export type SenderInfo = {
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly bytes: number;
};

export type Report = {
  readonly ssrc: number;
  readonly cname: string;
  /** Present when packets were sent since the report before: makes it a sender report. */
  readonly sender: SenderInfo | undefined;
  readonly block: ReportBlock | undefined;
  /** Ends with a BYE packet. */
  readonly bye: boolean;
};

/** What a compound packet of the peer says that concerns us. */
export type ReceivedReport = {
  readonly ssrc: number;
  /** Middle 32 bits of the sender report's NTP time, when there is one. */
  readonly sentAt: number | undefined;
  readonly blocks: readonly ReportBlock[];
  readonly bye: boolean;
};

/** The middle 32 bits of the NTP timestamp of `at` (RFC 3550 4), in 65,536ths of a second. */
export const compactNtp = (at: number): number => Math.floor((at / 1000 + NTP_OFFSET) * 65_536) % 2 ** 32;

/**
 * Round trip by RFC 3550 6.4.1: now - LSR - DLSR.
 *
 * @param now milliseconds since the epoch, by the clock that our sender reports carry
 * @returns milliseconds; undefined when the block answers no report of ours or is off by a clock's jump
 */
export const roundTrip = (now: number, block: ReportBlock): number | undefined => {
  if (block.lastReport === 0) return undefined;
  const units = (compactNtp(now) - block.lastReport - block.delay) | 0;
  const milliseconds = units / 65.536;
  // A peer that rounds its delay up may seem to answer before it was asked.
  if (milliseconds < -10 || milliseconds > 10_000) return undefined;
  return Math.max(0, milliseconds);
};

const writeBlock = (out: Buffer, at: number, block: ReportBlock): void => {
  out.writeUInt32BE(block.ssrc, at);
  out.writeUInt8(block.fractionLost, at + 4);
  out.writeIntBE(block.cumulativeLost, at + 5, 3);
  out.writeUInt32BE(block.highestSequence, at + 8);
  out.writeUInt32BE(block.jitter, at + 12);
  out.writeUInt32BE(block.lastReport, at + 16);
  out.writeUInt32BE(block.delay, at + 20);
};

const writeSender = (out: Buffer, at: number, sender: SenderInfo): void => {
  const seconds = sender.sentAt / 1000 + NTP_OFFSET;
  out.writeUInt32BE(Math.floor(seconds) % 2 ** 32, at);
  out.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4);
  out.writeUInt32BE(sender.timestamp, at + 8);
  out.writeUInt32BE(sender.packets % 2 ** 32, at + 12);
  out.writeUInt32BE(sender.bytes % 2 ** 32, at + 16);
};

/** Header of an RTCP packet: version 2, a count, a type, and the length in words less one. */
const writeHead = (
  out: Buffer,
  at: number,
  count: number,
  type: number,
  length: number,
  ssrc: number,
): void => {
  out.writeUInt8(0x80 | count, at);
  out.writeUInt8(type, at + 1);
  out.writeUInt16BE(length / 4 - 1, at + 2);
  out.writeUInt32BE(ssrc, at + 4);
};

/**
 * A compound RTCP packet: SR or RR first, SDES with the CNAME, BYE when asked (RFC 3550 6.1).
 *
 * ```
 * |V=2|P|   RC    |  PT=SR=200 or RR=201  |            length            |
 * |                          SSRC of sender                              |
 * |   NTP timestamp (64)   |  RTP timestamp  |  packets  |  bytes         |  SR only
 * |   SSRC | fraction, cumulative lost | highest seq | jitter | LSR | DLSR |  a block
 * ```
 */
export const writeReport = (report: Report): Buffer => {
  const { ssrc, sender, block } = report;
  const cname = Buffer.from(report.cname).subarray(0, 255);
  const reportLength = 8 + (sender ? 20 : 0) + (block ? 24 : 0);
  // A chunk's items end with at least one zero byte, up to a word's end (RFC 3550 6.5).
  const descriptionLength = 8 + Math.ceil((2 + cname.length + 1) / 4) * 4;
  const out = Buffer.alloc(reportLength + descriptionLength + (report.bye ? 8 : 0));
  writeHead(out, 0, block ? 1 : 0, sender ? SENDER_REPORT : RECEIVER_REPORT, reportLength, ssrc);
  if (sender) writeSender(out, 8, sender);
  if (block) writeBlock(out, reportLength - 24, block);
  writeHead(out, reportLength, 1, SOURCE_DESCRIPTION, descriptionLength, ssrc);
  out.writeUInt8(CNAME, reportLength + 8);
  out.writeUInt8(cname.length, reportLength + 9);
  cname.copy(out, reportLength + 10);
  if (report.bye) writeHead(out, reportLength + descriptionLength, 1, BYE, 8, ssrc);
  return out;
};

const readBlocks = (packet: Buffer, at: number, end: number, count: number): ReportBlock[] => {
  const blocks: ReportBlock[] = [];
  for (let place = at; blocks.length < count && place + 24 <= end; place += 24) {
    blocks.push({
      ssrc: packet.readUInt32BE(place),
      fractionLost: packet.readUInt8(place + 4),
      cumulativeLost: packet.readIntBE(place + 5, 3),
      highestSequence: packet.readUInt32BE(place + 8),
      jitter: packet.readUInt32BE(place + 12),
      lastReport: packet.readUInt32BE(place + 16),
      delay: packet.readUInt32BE(place + 20),
    });
  }
  return blocks;
};

/** Reads a compound packet (RFC 3550 6.1, checks of A.2); undefined when it is none. */
export const readReport = (packet: Buffer): ReceivedReport | undefined => {
  let sentAt: number | undefined;
  let ssrc: number | undefined;
  let bye = false;
  const blocks: ReportBlock[] = [];
  for (let at = 0; at < packet.length; ) {
    if (packet.length - at < 4 || packet.readUInt8(at) >> 6 !== 2) return undefined;
    const end = at + 4 + packet.readUInt16BE(at + 2) * 4;
    if (end > packet.length) return undefined;
    const type = packet.readUInt8(at + 1);
    const count = packet.readUInt8(at) & 0x1f;
    const sender = type === SENDER_REPORT && end - at >= 28;
    if (sender || (type === RECEIVER_REPORT && end - at >= 8)) {
      ssrc = packet.readUInt32BE(at + 4);
      if (sender) sentAt = ((packet.readUInt16BE(at + 10) << 16) | packet.readUInt16BE(at + 12)) >>> 0;
      blocks.push(...readBlocks(packet, at + (sender ? 28 : 8), end, count));
    }
    if (type === BYE) bye = true;
    at = end;
  }
  return ssrc === undefined ? undefined : { ssrc, sentAt, blocks, bye };
};
