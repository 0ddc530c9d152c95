import type { Column } from '../csv.ts';
import { FUNNEL_STAGES, type FunnelFigures, type FunnelReport, type FunnelRow } from './types.ts';

type Share = 'ctr' | 'connectRate' | 'answerRate' | 'conversion' | 'shortShare';

const share = (name: string, of: Share): readonly Column<FunnelRow>[] => [
  { name, value: (row) => row[of].value },
  { name: `${name}_low`, value: (row) => row[of].low },
  { name: `${name}_high`, value: (row) => row[of].high },
];

const stageColumns = FUNNEL_STAGES.flatMap((stage, index): readonly Column<FunnelRow>[] => {
  const at = (row: FunnelRow): FunnelFigures['stages'][number] | undefined => row.stages[index];
  const viewers = { name: `${stage}_viewers`, value: (row: FunnelRow) => at(row)?.viewers ?? null };
  if (stage === 'view') return [viewers];
  return [viewers, { name: `${stage}_presses`, value: (row) => at(row)?.presses ?? null }];
});

/** Columns of the exported funnel: what tells its rows apart, then figures; `low` and `high` are 90 % intervals. */
export const funnelColumns = ({ by }: Pick<FunnelReport, 'by'>): readonly Column<FunnelRow>[] => [
  { name: by, value: (row) => row.key },
  { name: 'views', value: (row) => row.views },
  ...stageColumns,
  { name: 'dialler', value: (row) => row.ways.dialler },
  { name: 'fallback', value: (row) => row.ways.fallback },
  { name: 'callback', value: (row) => row.ways.callback },
  { name: 'microphone_denied', value: (row) => row.problems.microphoneDenied },
  { name: 'microphone_missing', value: (row) => row.problems.microphoneMissing },
  { name: 'microphone_busy', value: (row) => row.problems.microphoneBusy },
  { name: 'token_refused', value: (row) => row.problems.tokenRefused },
  { name: 'ice_failed', value: (row) => row.problems.iceFailed },
  { name: 'calls', value: (row) => row.calls.made },
  { name: 'answered', value: (row) => row.calls.answered },
  { name: 'missed', value: (row) => row.calls.missed },
  { name: 'short', value: (row) => row.calls.short },
  { name: 'called_back', value: (row) => row.callbacks.called },
  { name: 'called_back_answered', value: (row) => row.callbacks.answered },
  { name: 'dialled', value: (row) => row.dialled.called },
  { name: 'dialled_answered', value: (row) => row.dialled.answered },
  { name: 'qualified', value: (row) => row.qualified },
  { name: 'qualified_viewers', value: (row) => row.qualifiedViewers },
  ...share('ctr', 'ctr'),
  ...share('connect_rate', 'connectRate'),
  ...share('answer_rate', 'answerRate'),
  ...share('conversion', 'conversion'),
  ...share('short_share', 'shortShare'),
  { name: 'click_to_ring_ms_p50', value: (row) => row.clickToRingMs.p50 },
  { name: 'click_to_ring_ms_p90', value: (row) => row.clickToRingMs.p90 },
  { name: 'click_to_ring_ms_p95', value: (row) => row.clickToRingMs.p95 },
  { name: 'ratings', value: (row) => row.rating.count },
  { name: 'rating', value: (row) => row.rating.mean },
];
