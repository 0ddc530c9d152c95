import { z } from 'zod';
import type { LegExperienceTable, LegQualityTable, LegTable } from '../store/index.ts';

const instant = z.string().nullable().meta({ description: 'ISO 8601, UTC', format: 'date-time' });
const millis = z.int().nullable().meta({ description: 'Milliseconds' });
const text = z.string().nullable();
const count = z.number().nullable();

const sampleViewSchema = z
  .object({
    at: z.string().meta({ format: 'date-time' }),
    rttMs: count,
    jitterMs: z.number(),
    lossPercent: z.number(),
    mos: z.number().meta({ description: 'ITU-T G.107 estimate, 1.0 to 4.5' }),
  })
  .meta({ description: 'What the peer sent within 5 s' });

const experienceSchema = z
  .object({
    mosAverage: count,
    mosMinimum: count,
    rttMs: count.meta({ description: 'Mean, as the others' }),
    jitterMs: count,
    lossPercent: count,
    warnings: z
      .record(z.string(), z.int())
      .meta({ description: 'How often the browser warned: rtt, jitter, loss, mos, mic' }),
    samples: z.array(
      z.object({
        at: z.string().meta({ format: 'date-time' }),
        rttMs: count,
        jitterMs: count,
        lossPercent: count,
        mos: count,
        warnings: z.array(z.string()),
      }),
    ),
  })
  .meta({
    description: 'What the browser at its other end says that it heard; null: nothing, or no browser',
  });

export const legViewSchema = z.object({
  id: z.string(),
  role: z
    .enum(['A', 'B', 'S'])
    .meta({ description: "A: the caller's leg; B: one that was dialled; S: a supervisor's" }),
  position: z.int(),
  lineId: text,
  user: text.meta({ description: 'The user at its other end' }),
  trunkId: text,
  uri: text,
  peer: text,
  startedAt: z.string(),
  ringingAt: instant,
  answeredAt: instant,
  endedAt: instant,
  outcome: text,
  sipCode: count,
  sipReason: text,
  q850Cause: count,
  earlyMedia: z.boolean(),
  mediaSecurity: z
    .enum(['none', 'sdes', 'dtls'])
    .meta({ description: 'sdes: SDES-SRTP (RFC 4568); dtls: DTLS-SRTP (RFC 5764)' }),
  srtpSuite: text.meta({ description: 'Such as AEAD_AES_256_GCM' }),
  transport: z.enum(['udp', 'tcp']).nullable().meta({ description: "How a browser's packets came" }),
  candidate: z
    .enum(['host', 'srflx', 'prflx', 'relay'])
    .nullable()
    .meta({ description: "Type of a browser's ICE candidate" }),
  codec: text,
  packetsReceived: count,
  packetsSent: count,
  packetsLost: count,
  lossPercent: count,
  jitterMs: count,
  jitterMaxMs: count,
  rttMs: count,
  mosAverage: count,
  mosMinimum: count,
  strangerPackets: count,
  heldMs: millis,
  samples: z.array(sampleViewSchema).meta({ description: 'Every 5 s in which the peer was heard' }),
  experience: experienceSchema.nullable(),
});

export type LegView = z.output<typeof legViewSchema>;

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

const sampleView = (sample: LegQualityTable): LegView['samples'][number] => ({
  at: iso(sample.at),
  rttMs: sample.rtt_ms,
  jitterMs: sample.jitter_ms,
  lossPercent: sample.loss_percent,
  mos: sample.mos,
});

const warningsOf = (json: string): string[] => z.array(z.string()).catch([]).parse(JSON.parse(json));

const mean = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return Math.round((known.reduce((sum, value) => sum + value, 0) / known.length) * 100) / 100;
};

const experienceView = (heard: readonly LegExperienceTable[]): LegView['experience'] => {
  if (heard.length === 0) return null;
  const mos = heard.flatMap((sample) => sample.mos ?? []);
  const warnings: Record<string, number> = {};
  for (const sample of heard)
    for (const word of warningsOf(sample.warnings)) warnings[word] = (warnings[word] ?? 0) + 1;
  return {
    mosAverage: mean(mos),
    mosMinimum: mos.length === 0 ? null : Math.min(...mos),
    rttMs: mean(heard.map((sample) => sample.rtt_ms)),
    jitterMs: mean(heard.map((sample) => sample.jitter_ms)),
    lossPercent: mean(heard.map((sample) => sample.loss_percent)),
    warnings,
    samples: heard.map((sample) => ({
      at: iso(sample.at),
      rttMs: sample.rtt_ms,
      jitterMs: sample.jitter_ms,
      lossPercent: sample.loss_percent,
      mos: sample.mos,
      warnings: warningsOf(sample.warnings),
    })),
  };
};

/**
 * @param quality of all legs of the call
 * @param experience of all legs of the call
 */
export const legView = (
  leg: LegTable,
  quality: readonly LegQualityTable[],
  experience: readonly LegExperienceTable[],
): LegView => ({
  id: leg.id,
  role: leg.role,
  position: leg.position,
  lineId: leg.line_id,
  user: leg.user,
  trunkId: leg.trunk_id,
  uri: leg.uri,
  peer: leg.peer,
  startedAt: iso(leg.started_at),
  ringingAt: isoOrNull(leg.ringing_at),
  answeredAt: isoOrNull(leg.answered_at),
  endedAt: isoOrNull(leg.ended_at),
  outcome: leg.outcome,
  sipCode: leg.sip_code,
  sipReason: leg.sip_reason,
  q850Cause: leg.q850_cause,
  earlyMedia: leg.early_media === 1,
  mediaSecurity: leg.media_security,
  srtpSuite: leg.srtp_suite,
  transport: leg.transport,
  candidate: leg.candidate,
  codec: leg.codec,
  packetsReceived: leg.packets_received,
  packetsSent: leg.packets_sent,
  packetsLost: leg.packets_lost,
  lossPercent: leg.loss_percent,
  jitterMs: leg.jitter_ms,
  jitterMaxMs: leg.jitter_max_ms,
  rttMs: leg.rtt_ms,
  mosAverage: leg.mos_average,
  mosMinimum: leg.mos_minimum,
  strangerPackets: leg.stranger_packets,
  heldMs: leg.held_ms,
  samples: quality.filter((sample) => sample.leg_id === leg.id).map(sampleView),
  experience: experienceView(experience.filter((sample) => sample.leg_id === leg.id)),
});
