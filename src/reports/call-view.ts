import { z } from 'zod';
import type {
  CallDetail,
  CallEventTable,
  CallerVault,
  CallTable,
  LegTable,
  RecordingTable,
} from '../store/index.ts';

const instant = z.string().nullable().meta({ description: 'ISO 8601, UTC', format: 'date-time' });
const millis = z.int().nullable().meta({ description: 'Milliseconds' });
const text = z.string().nullable();
const count = z.number().nullable();

const sourceSnapshotSchema = z
  .object({
    id: z.string(),
    name: text,
    source: text,
    medium: text,
    campaign: text,
    costCenter: text,
  })
  .meta({ description: 'The marketing source as it was at the time of the call' });

export const recordingViewSchema = z.object({
  path: z.string().meta({ description: 'Relative to the recordings directory' }),
  state: z.enum(['recording', 'complete', 'repaired', 'failed']),
});

/** A call record as `--json` and the API show it. */
export const callViewSchema = z.object({
  id: z.string().meta({ description: 'ULID: later calls have greater ids' }),
  status: z.enum([
    'in_progress',
    'answered',
    'no_answer',
    'busy',
    'rejected',
    'cancelled',
    'unreachable',
    'failed',
    'blocked',
    'interrupted',
  ]),
  test: z.boolean(),
  startedAt: z.string().meta({ description: 'Arrival of the INVITE, ISO 8601, UTC', format: 'date-time' }),
  ringingAt: instant,
  answeredAt: instant,
  endedAt: instant,
  durationMs: millis,
  ringMs: millis,
  talkMs: millis,
  holdMs: millis,
  caller: text.meta({ description: "The caller's number, masked unless revealed; null when withheld" }),
  callerRegion: text,
  anonymous: z.boolean(),
  did: text.meta({ description: 'The dialled number, E.164' }),
  source: sourceSnapshotSchema.nullable(),
  match: z.object({ method: z.enum(['static', 'none']), probability: count }),
  firstCall: z.boolean().nullable(),
  priorCalls: count,
  lineId: text.meta({ description: 'The line that answered' }),
  trunkId: text,
  sipCode: count,
  sipReason: text,
  q850Cause: count,
  hangupBy: z.enum(['caller', 'line', 'gateway']).nullable(),
  endReason: text,
  recording: recordingViewSchema.nullable(),
});

export const legViewSchema = z.object({
  id: z.string(),
  role: z.enum(['A', 'B']).meta({ description: "A: the caller's leg; B: one that was dialled" }),
  position: z.int(),
  lineId: text,
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
});

export const eventViewSchema = z.object({
  at: z.string().meta({ format: 'date-time' }),
  type: z.string(),
  text: z.string(),
  detail: z.unknown().meta({ description: 'The facts behind the decision' }),
});

export const recordingDetailSchema = recordingViewSchema.extend({
  startedAt: z.string(),
  durationMs: millis,
  bytes: count,
  sha256: text,
});

/** A call with its legs, decisions and recording. */
export const callDetailViewSchema = callViewSchema.extend({
  legs: z.array(legViewSchema),
  events: z.array(eventViewSchema),
  recording: recordingDetailSchema.nullable(),
});

export type CallView = z.output<typeof callViewSchema>;
export type LegView = z.output<typeof legViewSchema>;
export type EventView = z.output<typeof eventViewSchema>;
export type CallDetailView = z.output<typeof callDetailViewSchema>;

/** A row of the call log: the call record and where its recording is. */
export type CallRow = CallTable & {
  readonly recording_path: string | null;
  readonly recording_state: RecordingTable['state'] | null;
};

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const flag = (value: 0 | 1 | null): boolean | null => (value === null ? null : value === 1);

const shownCaller = (call: CallTable, vault: Pick<CallerVault, 'reveal'> | undefined): string | null => {
  if (vault === undefined || call.caller_encrypted === null) return call.caller_masked;
  return vault.reveal(call.caller_encrypted);
};

const sourceOf = (call: CallTable): CallView['source'] => {
  if (call.source_id === null) return null;
  return {
    id: call.source_id,
    name: call.source_name,
    source: call.source,
    medium: call.medium,
    campaign: call.campaign,
    costCenter: call.cost_center,
  };
};

/**
 * The call record as programs see it.
 *
 * @param vault given: the caller's number is shown in clear; undefined: masked
 */
export const callView = (row: CallRow, vault?: Pick<CallerVault, 'reveal'>): CallView => ({
  id: row.id,
  status: row.status,
  test: row.is_test === 1,
  startedAt: iso(row.started_at),
  ringingAt: isoOrNull(row.ringing_at),
  answeredAt: isoOrNull(row.answered_at),
  endedAt: isoOrNull(row.ended_at),
  durationMs: row.duration_ms,
  ringMs: row.ring_ms,
  talkMs: row.talk_ms,
  holdMs: row.hold_ms,
  caller: shownCaller(row, vault),
  callerRegion: row.caller_region,
  anonymous: row.anonymous === 1,
  did: row.did,
  source: sourceOf(row),
  match: { method: row.match_method, probability: row.match_prob },
  firstCall: flag(row.first_call),
  priorCalls: row.prior_calls,
  lineId: row.line_id,
  trunkId: row.trunk_id,
  sipCode: row.sip_code,
  sipReason: row.sip_reason,
  q850Cause: row.q850_cause,
  hangupBy: row.hangup_by,
  endReason: row.end_reason,
  recording:
    row.recording_path === null || row.recording_state === null
      ? null
      : { path: row.recording_path, state: row.recording_state },
});

const legView = (leg: LegTable): LegView => ({
  id: leg.id,
  role: leg.role,
  position: leg.position,
  lineId: leg.line_id,
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
});

const parseDetail = (detail: string): unknown => {
  try {
    return JSON.parse(detail);
  } catch {
    return detail;
  }
};

/** A decision as `calls explain` and the API show it. */
export const eventView = (event: CallEventTable): EventView => ({
  at: iso(event.at),
  type: event.type,
  text: event.text,
  detail: parseDetail(event.detail),
});

/** The call record with all that belongs to it; see {@link callView} for `vault`. */
export const callDetailView = (detail: CallDetail, vault?: Pick<CallerVault, 'reveal'>): CallDetailView => {
  const { call, legs, events, recording } = detail;
  const row = { ...call, recording_path: recording?.path ?? null, recording_state: recording?.state ?? null };
  return {
    ...callView(row, vault),
    legs: legs.map(legView),
    events: events.map(eventView),
    recording:
      recording === undefined
        ? null
        : {
            path: recording.path,
            state: recording.state,
            startedAt: iso(recording.started_at),
            durationMs: recording.duration_ms,
            bytes: recording.bytes,
            sha256: recording.sha256,
          },
  };
};
