import type { Outgoing } from './outgoing.ts';
import { readReport, roundTrip, writeReport } from './rtcp.ts';
import type { Reception } from './statistics.ts';

/** RFC 3550 6.2: five seconds, spread by half to either side so that reports don't fall into step. */
const INTERVAL_MS = 5_000;

/** What was sent so far: packets, and bytes of payload. */
export type SentCounts = { packets: number; bytes: number };

/** A leg's RTCP: its reports in both directions. */
export type RtcpSession = {
  /** Takes a compound packet of the peer; false when it is malformed. */
  receive(packet: Buffer): boolean;
  /** A report when one is due; `now` is monotonic milliseconds. */
  due(now: number): Buffer | undefined;
  /** The last word: a report with a BYE. */
  goodbye(now: number): Buffer;
  readonly rttMs: number | undefined;
};

/** The wall clock with fractions of a millisecond, steady in short. */
const clock = (): number => performance.timeOrigin + performance.now();

/** @param lostBeyond what was lost, in 256ths, of what we passed on of the peer's: it is told of the worse of both ways */
export const createRtcpSession = (
  cname: string,
  outgoing: Pick<Outgoing, 'ssrc' | 'timestampAt'>,
  reception: Reception,
  sent: SentCounts,
  lostBeyond: () => number = () => 0,
): RtcpSession => {
  let dueAt = 0;
  let rttMs: number | undefined;
  let peerReport = 0;
  let peerReportAt = 0;
  let reportedPackets = 0;

  const report = (now: number, bye: boolean): Buffer => {
    const at = clock();
    const received = reception.report();
    const block = received && {
      ...received,
      fractionLost: Math.max(received.fractionLost, lostBeyond()),
      lastReport: peerReport,
      delay: peerReport === 0 ? 0 : Math.max(0, Math.round((at - peerReportAt) * 65.536)) % 2 ** 32,
    };
    const sender =
      sent.packets === reportedPackets
        ? undefined
        : { sentAt: at, timestamp: outgoing.timestampAt(now), packets: sent.packets, bytes: sent.bytes };
    reportedPackets = sent.packets;
    return writeReport({ ssrc: outgoing.ssrc, cname, sender, block, bye });
  };

  return {
    receive(packet) {
      const received = readReport(packet);
      if (received === undefined) return false;
      const at = clock();
      if (received.sentAt !== undefined) {
        peerReport = received.sentAt;
        peerReportAt = at;
      }
      const ours = received.blocks.find((block) => block.ssrc === outgoing.ssrc);
      if (ours !== undefined) rttMs = roundTrip(at, ours) ?? rttMs;
      return true;
    },
    due(now) {
      if (dueAt === 0) dueAt = now + INTERVAL_MS * Math.random();
      if (now < dueAt) return undefined;
      dueAt = now + INTERVAL_MS * (0.5 + Math.random());
      return report(now, false);
    },
    goodbye: (now) => report(now, true),
    get rttMs() {
      return rttMs;
    },
  };
};
