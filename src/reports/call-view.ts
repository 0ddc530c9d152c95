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
import type {
  CallDetailView,
  CallView,
  ConsentView,
  EventView,
  MoneyView,
  StepView,
} from './call-view-schema.ts';
import { MICROS } from './cost.ts';
import { legView } from './leg-view.ts';

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
const flag = (value: 0 | 1 | null): boolean | null => (value === null ? null : value === 1);

const shownCaller = (call: CallTable, vault: Pick<CallerVault, 'reveal'> | undefined): string | null => {
  if (vault === undefined || call.caller_encrypted === null) return call.caller_masked;
  return vault.reveal(call.caller_encrypted);
};

type Revealing = Pick<CallerVault, 'reveal' | 'revealNote'>;

/** @param micros in millionths of the currency's unit */
const moneyOf = (micros: number | null, currency: string | null): MoneyView | null =>
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

const webOf = (row: CallRow): CallView['web'] => {
  const { web_kind: kind, button_id: button, device, verified } = row;
  if (kind === null || button === null || device === null || verified === null) return null;
  return {
    kind,
    button,
    experiment: row.experiment_id,
    arm: row.arm,
    intent: row.intent,
    origin: row.origin,
    page: row.page,
    device,
    pressedAt: isoOrNull(row.pressed_at),
    clickToRingMs: row.click_to_ring_ms,
    verified,
    rating: row.rating,
  };
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
  web: webOf(row),
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
export const stepView = (step: CallStepTable): StepView => ({
  at: iso(step.at),
  step: step.step,
  kind: step.kind,
  input: step.input,
  exit: step.exit,
  next: step.next_step,
  text: step.text,
});

const consentView = (consent: ConsentTable): ConsentView => ({
  at: iso(consent.at),
  textId: consent.text_id,
  audioSha256: consent.audio_sha256,
  language: consent.language,
  heardMs: consent.heard_ms,
  totalMs: consent.total_ms,
  key: consent.key,
  result: consent.result,
});

const webColumns = (webCall: CallDetail['webCall']) => ({
  web_kind: webCall?.kind ?? null,
  button_id: webCall?.button_id ?? null,
  experiment_id: webCall?.experiment_id ?? null,
  arm: webCall?.arm ?? null,
  intent: webCall?.intent ?? null,
  origin: webCall?.origin ?? null,
  page: webCall?.page ?? null,
  device: webCall?.device ?? null,
  pressed_at: webCall?.pressed_at ?? null,
  click_to_ring_ms: webCall?.click_to_ring_ms ?? null,
  verified: webCall?.verified ?? null,
  rating: webCall?.rating ?? null,
});

/** The call with its recording, wrap-up and button, as the call log has it. */
export const callRow = ({ call, clickIds, recording, wrapUp, webCall }: CallDetail): CallRow => ({
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
  ...webColumns(webCall),
});

/** The call record with all that belongs to it; see {@link callView} for `vault`. */
export const callDetailView = (detail: CallDetail, vault?: Revealing): CallDetailView => {
  const { legs, quality, experience, events, recording, steps, consents } = detail;
  return {
    ...callView(callRow(detail), vault),
    path: steps.map(stepView),
    consents: consents.map(consentView),
    legs: legs.map((leg) => legView(leg, quality, experience)),
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
