import { ulid } from '../../base/ids.ts';
import type { LegStats, MediaLeg, QualitySample, SessionSummary } from '../../media/index.ts';
import type { SipPeer } from '../../sip/index.ts';
import type { LegTable } from '../../store/index.ts';

type LegStart = Pick<
  LegTable,
  'call_id' | 'role' | 'position' | 'line_id' | 'trunk_id' | 'uri' | 'started_at'
> &
  Partial<LegTable>;

/** A leg's row with nothing known but its beginning. */
export const newLeg = (start: LegStart): LegTable => ({
  id: ulid(start.started_at),
  peer: null,
  sip_call_id: null,
  ringing_at: null,
  answered_at: null,
  ended_at: null,
  outcome: null,
  sip_code: null,
  sip_reason: null,
  q850_cause: null,
  early_media: 0,
  media_security: 'none',
  srtp_suite: null,
  transport: null,
  candidate: null,
  user: null,
  codec: null,
  packets_received: null,
  packets_sent: null,
  packets_lost: null,
  loss_percent: null,
  jitter_ms: null,
  jitter_max_ms: null,
  rtt_ms: null,
  mos_average: null,
  mos_minimum: null,
  stranger_packets: null,
  held_ms: null,
  ...start,
});

/** How a visitor of a web page came; from which address is nobody's business once the call is let in. */
export const visitorPeerText = ({ protocol }: SipPeer): string => protocol;

export const peerText = (peer: SipPeer | undefined): string | null => {
  if (!peer) return null;
  const host = peer.address.includes(':') ? `[${peer.address}]` : peer.address;
  return `${peer.protocol}/${host}:${peer.port}`;
};

const rounded = (value: number | undefined, digits: number): number | null =>
  value === undefined || !Number.isFinite(value) ? null : Number(value.toFixed(digits));

/** A leg's row with what was heard on it every 5 s. */
export type LegRecord = LegTable & { readonly samples?: readonly QualitySample[] };

/** The media columns of a leg's row. */
export const mediaColumns = (stats: LegStats | undefined): Partial<LegTable> =>
  stats
    ? {
        codec: stats.codec ?? null,
        packets_received: stats.packetsReceived,
        packets_sent: stats.packetsSent,
        packets_lost: stats.packetsLost,
        loss_percent: rounded(stats.lossPercent, 3),
        jitter_ms: rounded(stats.jitterMs, 2),
        jitter_max_ms: rounded(stats.jitterMaxMs, 2),
        rtt_ms: rounded(stats.rttMs, 1),
        mos_average: rounded(stats.mosAverage, 2),
        mos_minimum: rounded(stats.mosMinimum, 2),
        stranger_packets: stats.strangerPackets,
        held_ms: Math.round(stats.heldMs),
      }
    : {};

/** How a leg was protected, and how its packets came. Asked before it is closed. */
export const wireColumns = ({ security, transport }: MediaLeg): Partial<LegTable> => ({
  media_security: security.type,
  srtp_suite: security.type === 'none' ? null : (security.suite ?? null),
  transport: transport?.protocol ?? null,
  candidate: transport?.candidate ?? null,
});

/** The legs of one call, as its record will have them. */
export type LegBook = {
  /** Position for one more leg, from 1. */
  takePosition(): number;
  /** A leg that is up; its columns are filled in when the call ends. */
  open(row: LegTable, leg: MediaLeg): void;
  /** A leg that is over, or never was. */
  add(row: LegTable): void;
  /** Ends one leg before the call is over, after a `look` while it lived. */
  close(leg: MediaLeg, end: { readonly at: number; readonly q850: number; readonly stats?: LegStats }): void;
  /** Ends those that are still open. */
  closeAll(summary: SessionSummary | undefined, end: { readonly at: number; readonly q850: number }): void;
  /** Reads what is known of open legs only while they live. */
  look(): void;
  readonly rows: readonly LegRecord[];
};

export const createLegBook = (): LegBook => {
  const rows: LegRecord[] = [];
  const open = new Map<MediaLeg, LegTable>();
  let next = 0;

  const finish = (row: LegTable, stats: LegStats | undefined, at: number, q850: number): void => {
    Object.assign(row, mediaColumns(stats), { ended_at: at, q850_cause: q850 });
    if (stats && stats.samples.length > 0) Object.assign(row, { samples: stats.samples });
  };

  return {
    takePosition: () => {
      next += 1;
      return next;
    },
    open: (row, leg) => {
      rows.push(row);
      open.set(leg, row);
    },
    add: (row) => void rows.push(row),
    close: (leg, { at, q850, stats }) => {
      const row = open.get(leg);
      if (!row) return;
      open.delete(leg);
      finish(row, stats, at, q850);
    },
    look: () => {
      for (const [leg, row] of open) Object.assign(row, wireColumns(leg));
    },
    closeAll: (summary, { at, q850 }) => {
      for (const [leg, row] of open) finish(row, summary?.legs.get(leg.id), at, q850);
      open.clear();
    },
    get rows() {
      return rows;
    },
  };
};
