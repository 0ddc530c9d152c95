import type { CallFilter, CallRepository, CallRow } from '../store/index.ts';
import type { CallView } from './call-view.ts';
import type { Column } from './csv.ts';
import type { SourceFigures } from './sources.ts';

/** Columns of exported calls. Their order is part of the format: new ones go to the end. */
export const CALL_COLUMNS: readonly Column<CallView>[] = [
  { name: 'id', value: (call) => call.id },
  { name: 'started_at', value: (call) => call.startedAt },
  { name: 'status', value: (call) => call.status },
  { name: 'caller', value: (call) => call.caller },
  { name: 'caller_region', value: (call) => call.callerRegion },
  { name: 'did', value: (call) => call.did },
  { name: 'source_id', value: (call) => call.source?.id ?? null },
  { name: 'source_name', value: (call) => call.source?.name ?? null },
  { name: 'source', value: (call) => call.source?.source ?? null },
  { name: 'medium', value: (call) => call.source?.medium ?? null },
  { name: 'campaign', value: (call) => call.source?.campaign ?? null },
  { name: 'cost_center', value: (call) => call.source?.costCenter ?? null },
  { name: 'match_method', value: (call) => call.match.method },
  { name: 'match_probability', value: (call) => call.match.probability },
  { name: 'first_call', value: (call) => call.firstCall },
  { name: 'prior_calls', value: (call) => call.priorCalls },
  { name: 'line_id', value: (call) => call.lineId },
  { name: 'trunk_id', value: (call) => call.trunkId },
  { name: 'answered_at', value: (call) => call.answeredAt },
  { name: 'ended_at', value: (call) => call.endedAt },
  { name: 'duration_ms', value: (call) => call.durationMs },
  { name: 'ring_ms', value: (call) => call.ringMs },
  { name: 'talk_ms', value: (call) => call.talkMs },
  { name: 'hold_ms', value: (call) => call.holdMs },
  { name: 'sip_code', value: (call) => call.sipCode },
  { name: 'q850_cause', value: (call) => call.q850Cause },
  { name: 'hangup_by', value: (call) => call.hangupBy },
  { name: 'end_reason', value: (call) => call.endReason },
  { name: 'recording', value: (call) => call.recording?.path ?? null },
  { name: 'test', value: (call) => call.test },
  { name: 'direction', value: (call) => call.direction },
  { name: 'agent', value: (call) => call.agent },
  { name: 'keyword', value: (call) => call.source?.keyword ?? null },
  { name: 'landing_page', value: (call) => call.source?.landingPage ?? null },
  { name: 'disposition', value: (call) => call.wrapUp?.disposition ?? null },
  { name: 'tags', value: (call) => call.wrapUp?.tags.join(', ') ?? null },
  { name: 'note', value: (call) => call.wrapUp?.note ?? null },
  { name: 'value', value: (call) => call.wrapUp?.value?.amount ?? null },
  { name: 'value_currency', value: (call) => call.wrapUp?.value?.currency ?? null },
];

/** Columns of the exported report by source. */
export const SOURCE_COLUMNS: readonly Column<SourceFigures>[] = [
  { name: 'source_id', value: (row) => row.sourceId },
  { name: 'name', value: (row) => row.name },
  { name: 'source', value: (row) => row.source },
  { name: 'medium', value: (row) => row.medium },
  { name: 'campaign', value: (row) => row.campaign },
  { name: 'cost_center', value: (row) => row.costCenter },
  { name: 'calls', value: (row) => row.calls },
  { name: 'answered', value: (row) => row.answered },
  { name: 'missed', value: (row) => row.missed },
  { name: 'blocked', value: (row) => row.blocked },
  { name: 'answer_rate', value: (row) => row.answerRate },
  { name: 'first_time_callers', value: (row) => row.firstTimeCallers },
  { name: 'average_talk_ms', value: (row) => row.averageTalkMs },
  { name: 'total_talk_ms', value: (row) => row.totalTalkMs },
  { name: 'cost', value: (row) => row.cost },
  { name: 'currency', value: (row) => row.currency },
  { name: 'cost_per_call', value: (row) => row.costPerCall },
  { name: 'cost_per_answered', value: (row) => row.costPerAnswered },
];

const PAGE = 500;

/** Every call that the filter finds, newest first, a page in memory at a time; `filter.limit` bounds them all. */
export async function* eachCall(
  calls: Pick<CallRepository, 'list'>,
  filter: CallFilter,
): AsyncGenerator<CallRow> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let before = filter.before;
  while (left > 0) {
    const limit = Math.min(PAGE, left);
    const page = await calls.list({ ...filter, limit, ...(before !== undefined && { before }) });
    yield* page;
    left -= page.length;
    before = page.at(-1)?.id;
    if (page.length < limit) return;
  }
}
