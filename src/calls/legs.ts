import { ulid } from '../base/ids.ts';
import type { LegStats } from '../media/index.ts';
import type { SipPeer } from '../sip/index.ts';
import type { LegTable } from '../store/index.ts';

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

export const peerText = (peer: SipPeer | undefined): string | null => {
  if (!peer) return null;
  const host = peer.address.includes(':') ? `[${peer.address}]` : peer.address;
  return `${peer.protocol}/${host}:${peer.port}`;
};

const rounded = (value: number | undefined, digits: number): number | null =>
  value === undefined || !Number.isFinite(value) ? null : Number(value.toFixed(digits));

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
