import type { CallFilter, CallRepository, CallRow } from '../store/index.ts';
import type { CallView } from './call-view-schema.ts';
import type { CallsReport, CallsReportRow } from './calls-report.ts';
import type { Cell, Column } from './csv.ts';
import type { Estimate, MoneyFigures } from './money.ts';
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
  { name: 'channel', value: (call) => call.source?.channel ?? null },
  { name: 'content', value: (call) => call.source?.content ?? null },
  { name: 'visit_id', value: (call) => call.visit?.id ?? null },
  { name: 'visitor_id', value: (call) => call.visit?.visitor ?? null },
  { name: 'site_id', value: (call) => call.visit?.site ?? null },
  { name: 'click_id_kinds', value: (call) => call.visit?.clickIds.join(', ') || null },
  { name: 'code', value: (call) => call.code },
  { name: 'spam_score', value: (call) => call.spam?.score ?? null },
  { name: 'spam_flagged', value: (call) => call.spam?.flagged ?? null },
  { name: 'spam_reasons', value: (call) => call.spam?.reasons.join(', ') || null },
  { name: 'flow', value: (call) => call.flow?.id ?? null },
  { name: 'queue', value: (call) => call.queue?.group ?? null },
  { name: 'queue_ms', value: (call) => call.queue?.waitedMs ?? null },
  { name: 'voicemail', value: (call) => call.voicemail },
  { name: 'score', value: (call) => call.score },
  { name: 'button', value: (call) => call.web?.button ?? null },
  { name: 'button_call', value: (call) => call.web?.kind ?? null },
  { name: 'experiment', value: (call) => call.web?.experiment ?? null },
  { name: 'arm', value: (call) => call.web?.arm ?? null },
  { name: 'intent', value: (call) => call.web?.intent ?? null },
  { name: 'page', value: (call) => call.web?.page ?? null },
  { name: 'device', value: (call) => call.web?.device ?? null },
  { name: 'click_to_ring_ms', value: (call) => call.web?.clickToRingMs ?? null },
  { name: 'verified', value: (call) => call.web?.verified ?? null },
  { name: 'rating', value: (call) => call.web?.rating ?? null },
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
  { name: 'spam', value: (row) => row.spam },
  {
    name: 'other_costs',
    value: (row) => row.otherCosts.map(({ currency, cost }) => `${cost} ${currency}`).join(', ') || null,
  },
];

type MoneyColumn = readonly [name: string, value: (money: MoneyFigures) => Cell];

const estimated = (name: string, of: (money: MoneyFigures) => Estimate): readonly MoneyColumn[] => [
  [name, (money) => of(money).value],
  [`${name}_low`, (money) => of(money).low],
  [`${name}_high`, (money) => of(money).high],
];

const MONEY: readonly MoneyColumn[] = [
  ['cost', ({ cost }) => cost],
  ['value', ({ value }) => value],
  ...estimated('cost_per_call', ({ costPerCall }) => costPerCall),
  ...estimated('cost_per_qualified', ({ costPerQualified }) => costPerQualified),
  ...estimated('roas', ({ roas }) => roas),
  ...estimated('roi', ({ roi }) => roi),
];

/** Columns of the exported report of calls: what tells its rows apart, figures, and columns of money for each currency. */
export const callsReportColumns = ({ rows, totals }: CallsReport): readonly Column<CallsReportRow>[] => {
  const names = Object.keys(rows[0]?.names ?? {});
  const ofMoney = (currency: string): readonly Column<CallsReportRow>[] =>
    MONEY.map(([name, value]) => ({
      name: `${name}_${currency.toLowerCase()}`,
      value: (row) => {
        const found = row.money.find((money) => money.currency === currency);
        return found === undefined ? null : value(found);
      },
    }));
  return [
    ...names.map((name) => ({ name, value: (row: CallsReportRow): Cell => row.names[name] ?? null })),
    { name: 'calls', value: (row) => row.calls },
    { name: 'calls_low', value: (row) => row.callsInterval.low },
    { name: 'calls_high', value: (row) => row.callsInterval.high },
    { name: 'answered', value: (row) => row.answered },
    { name: 'missed', value: (row) => row.missed },
    { name: 'blocked', value: (row) => row.blocked },
    { name: 'spam', value: (row) => row.spam },
    { name: 'first_time', value: (row) => row.firstTime },
    { name: 'qualified', value: (row) => row.qualified },
    { name: 'answer_rate', value: (row) => row.answerRate.value },
    { name: 'average_talk_ms', value: (row) => row.averageTalkMs },
    { name: 'average_answer_ms', value: (row) => row.averageAnswerMs },
    ...totals.money.flatMap(({ currency }) => ofMoney(currency)),
  ];
};

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
