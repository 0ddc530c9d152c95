import { z } from 'zod';
import type {
  CallDetail,
  CallEventTable,
  CallerVault,
  CallRow,
  CallStepTable,
  CallTable,
  ConsentTable,
} from '../store/index.ts';
import { SPAM_FLAG } from '../tracking/index.ts';
import { MICROS } from './cost.ts';
import { legView, legViewSchema } from './leg-view.ts';

const instant = z.string().nullable().meta({ description: 'ISO 8601, UTC', format: 'date-time' });
const millis = z.int().nullable().meta({ description: 'Milliseconds' });
const text = z.string().nullable();
const count = z.number().nullable();

const sourceSnapshotSchema = z
  .object({
    id: text.meta({ description: 'Source of the tracking plan; null: a visit that fits none of them' }),
    name: text,
    source: text,
    medium: text,
    campaign: text,
    costCenter: text,
    keyword: text.meta({ description: 'utm_term' }),
    content: text.meta({ description: 'utm_content' }),
    channel: text.meta({
      description: 'Of the visit: paid, organic, social, ai, email, referral, campaign, direct',
    }),
    landingPage: text,
  })
  .meta({ description: 'The marketing source as it was at the time of the call' });

export const recordingViewSchema = z.object({
  path: z.string().meta({ description: 'Relative to the recordings directory' }),
  state: z.enum(['recording', 'complete', 'repaired', 'failed']),
});

export const moneySchema = z.object({
  amount: z.number().meta({ description: "In the currency's unit" }),
  currency: z.string().meta({ description: 'ISO 4217' }),
});

const wrapUpViewSchema = z
  .object({
    user: z.string().meta({ description: 'Who noted it' }),
    at: z.string().meta({ format: 'date-time' }),
    disposition: text,
    tags: z.array(z.string()),
    note: text.meta({ description: "Only where callers' numbers are revealed" }),
    value: moneySchema.nullable().meta({ description: 'What the call was worth' }),
  })
  .meta({ description: 'What the agent noted after the call' });

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
  direction: z
    .enum(['inbound', 'outbound', 'internal'])
    .meta({ description: 'outbound: a user called a number; internal: a user called a line or a user' }),
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
  match: z.object({
    method: z.enum(['static', 'token', 'code', 'tel_tap', 'lease', 'posterior', 'none']).meta({
      description: 'How the source was found; none: unattributed',
    }),
    probability: count.meta({ description: '0 to 1' }),
  }),
  visit: z
    .object({
      id: z.string(),
      visitor: text,
      site: text,
      lease: text,
      clickIds: z.array(z.string()).meta({ description: 'Kinds that it came with: gclid, msclkid …' }),
    })
    .nullable()
    .meta({ description: 'The visit that the call came from' }),
  code: text.meta({ description: 'Extension code that the caller dialled' }),
  flow: z
    .object({
      id: z.string(),
      version: z.int(),
      inputs: z.record(z.string(), z.string()).meta({ description: 'What the caller keyed in, by variable' }),
    })
    .nullable()
    .meta({ description: 'The call flow that it ran; null: the lines of its number were dialled' }),
  queue: z
    .object({ group: z.string(), waitedMs: millis })
    .nullable()
    .meta({ description: 'Where the caller waited last, and how long in all' }),
  voicemail: z.boolean().meta({ description: 'The caller left a message' }),
  score: z
    .enum(['good', 'bad', 'spam'])
    .nullable()
    .meta({ description: "What the line's side said of it with a key" }),
  spam: z
    .object({ score: z.int(), flagged: z.boolean(), reasons: z.array(z.string()) })
    .nullable()
    .meta({ description: 'How much speaks for a nuisance call; null until it has ended' }),
  firstCall: z.boolean().nullable(),
  priorCalls: count,
  lineId: text.meta({ description: 'The line that answered' }),
  agent: text.meta({ description: 'The user who answered last, or who placed the call' }),
  trunkId: text,
  sipCode: count,
  sipReason: text,
  q850Cause: count,
  hangupBy: z.enum(['caller', 'line', 'gateway']).nullable(),
  endReason: text,
  wrapUp: wrapUpViewSchema.nullable(),
  recording: recordingViewSchema.nullable(),
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

export const stepViewSchema = z.object({
  at: z.string().meta({ format: 'date-time' }),
  step: z.string(),
  kind: z.string(),
  input: text.meta({ description: 'What decided it: a key, the time of day, the share drawn' }),
  exit: text,
  next: text.meta({ description: 'The step that followed' }),
  text: z.string(),
});

const consentViewSchema = z.object({
  at: z.string().meta({ format: 'date-time' }),
  textId: z.string(),
  audioSha256: text,
  language: z.string(),
  heardMs: z.int(),
  totalMs: z.int(),
  key: text,
  result: z.enum(['accepted', 'implied', 'declined']),
});

/** A call with its legs, decisions and recording. */
export const callDetailViewSchema = callViewSchema.extend({
  path: z.array(stepViewSchema).meta({ description: 'Its way through its flow' }),
  consents: z
    .array(consentViewSchema)
    .meta({ description: 'Announcements of the recording, and the answers' }),
  legs: z.array(legViewSchema),
  events: z.array(eventViewSchema),
  recording: recordingDetailSchema.nullable(),
});

export type CallView = z.output<typeof callViewSchema>;
export type EventView = z.output<typeof eventViewSchema>;
export type CallDetailView = z.output<typeof callDetailViewSchema>;

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const flag = (value: 0 | 1 | null): boolean | null => (value === null ? null : value === 1);

const shownCaller = (call: CallTable, vault: Pick<CallerVault, 'reveal'> | undefined): string | null => {
  if (vault === undefined || call.caller_encrypted === null) return call.caller_masked;
  return vault.reveal(call.caller_encrypted);
};

type Revealing = Pick<CallerVault, 'reveal' | 'revealNote'>;

/** @param micros in millionths of the currency's unit */
const moneyOf = (micros: number | null, currency: string | null): z.output<typeof moneySchema> | null =>
  micros === null || currency === null ? null : { amount: micros / MICROS, currency };

const tagsOf = (json: string | null): string[] => {
  const tags: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(tags) ? tags.map(String) : [];
};

const wrapUpOf = (row: CallRow, vault: Revealing | undefined): CallView['wrapUp'] => {
  if (row.wrap_up_user === null || row.wrap_up_at === null) return null;
  return {
    user: row.wrap_up_user,
    at: iso(row.wrap_up_at),
    disposition: row.disposition,
    tags: tagsOf(row.tags),
    note: vault === undefined || row.note_encrypted === null ? null : vault.revealNote(row.note_encrypted),
    value: moneyOf(row.value_micros, row.value_currency),
  };
};

const sourceOf = (call: CallTable): CallView['source'] => {
  if (call.source_id === null && call.source === null) return null;
  return {
    id: call.source_id,
    name: call.source_name,
    source: call.source,
    medium: call.medium,
    campaign: call.campaign,
    costCenter: call.cost_center,
    keyword: call.keyword,
    content: call.content,
    channel: call.channel,
    landingPage: call.landing_page,
  };
};

const clickIdsOf = (json: string | null): string[] => {
  const ids: unknown = JSON.parse(json ?? '{}');
  return typeof ids === 'object' && ids !== null ? Object.keys(ids) : [];
};

const inputsOf = (json: string | null): Record<string, string> =>
  z
    .record(z.string(), z.string())
    .catch({})
    .parse(JSON.parse(json ?? '{}'));

const visitOf = (call: CallRow): CallView['visit'] =>
  call.visit_id === null
    ? null
    : {
        id: call.visit_id,
        visitor: call.visitor_id,
        site: call.site_id,
        lease: call.lease_id,
        clickIds: clickIdsOf(call.click_ids),
      };

const spamOf = (call: CallTable): CallView['spam'] =>
  call.spam_score === null
    ? null
    : {
        score: call.spam_score,
        flagged: call.spam_score >= SPAM_FLAG,
        reasons: z
          .array(z.string())
          .catch([])
          .parse(JSON.parse(call.spam_reasons ?? '[]')),
      };

/**
 * The call record as programs see it.
 *
 * @param vault given: the caller's number and the note are shown in clear; undefined: masked and left out
 */
export const callView = (row: CallRow, vault?: Revealing): CallView => ({
  id: row.id,
  status: row.status,
  direction: row.direction,
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
  visit: visitOf(row),
  code: row.dialled_code,
  flow:
    row.flow_id === null || row.flow_version === null
      ? null
      : { id: row.flow_id, version: row.flow_version, inputs: inputsOf(row.flow_inputs) },
  queue: row.queue === null ? null : { group: row.queue, waitedMs: row.queue_ms },
  voicemail: row.voicemail === 1,
  score: row.score,
  spam: spamOf(row),
  firstCall: flag(row.first_call),
  priorCalls: row.prior_calls,
  lineId: row.line_id,
  agent: row.agent,
  trunkId: row.trunk_id,
  sipCode: row.sip_code,
  sipReason: row.sip_reason,
  q850Cause: row.q850_cause,
  hangupBy: row.hangup_by,
  endReason: row.end_reason,
  wrapUp: wrapUpOf(row, vault),
  recording:
    row.recording_path === null || row.recording_state === null
      ? null
      : { path: row.recording_path, state: row.recording_state },
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

/** A step of a call's way through its flow. */
export const stepView = (step: CallStepTable): z.output<typeof stepViewSchema> => ({
  at: iso(step.at),
  step: step.step,
  kind: step.kind,
  input: step.input,
  exit: step.exit,
  next: step.next_step,
  text: step.text,
});

const consentView = (consent: ConsentTable): z.output<typeof consentViewSchema> => ({
  at: iso(consent.at),
  textId: consent.text_id,
  audioSha256: consent.audio_sha256,
  language: consent.language,
  heardMs: consent.heard_ms,
  totalMs: consent.total_ms,
  key: consent.key,
  result: consent.result,
});

/** The call with its recording and wrap-up, as the call log has it. */
export const callRow = ({ call, clickIds, recording, wrapUp }: CallDetail): CallRow => ({
  ...call,
  recording_path: recording?.path ?? null,
  recording_state: recording?.state ?? null,
  wrap_up_user: wrapUp?.user ?? null,
  wrap_up_at: wrapUp?.at ?? null,
  disposition: wrapUp?.disposition ?? null,
  tags: wrapUp?.tags ?? null,
  note_encrypted: wrapUp?.note_encrypted ?? null,
  value_micros: wrapUp?.value_micros ?? null,
  value_currency: wrapUp?.value_currency ?? null,
  click_ids: clickIds,
});

/** The call record with all that belongs to it; see {@link callView} for `vault`. */
export const callDetailView = (detail: CallDetail, vault?: Revealing): CallDetailView => {
  const { legs, quality, events, recording, steps, consents } = detail;
  return {
    ...callView(callRow(detail), vault),
    path: steps.map(stepView),
    consents: consents.map(consentView),
    legs: legs.map((leg) => legView(leg, quality)),
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
