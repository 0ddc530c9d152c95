import { byCodeUnits, canonicalJson, digestOf } from './canonical.ts';
import { type Sums, sumCredits } from './credit.ts';
import { apportion } from './credits.ts';
import type { EventRow } from './history.ts';
import { poissonInterval, wilsonInterval } from './intervals.ts';
import { findModel, MODELS } from './model-list.ts';
import { type Study, studyEvents } from './study.ts';
import {
  type AttributionParameters,
  type AttributionReport,
  type AttributionRow,
  MICROS,
  type Model,
  type RowNames,
  type Values,
} from './types.ts';

const sortedValues = (values: ReadonlyMap<string, number>): Values =>
  Object.fromEntries([...values].sort(([a], [b]) => byCodeUnits(a, b)));

const rowsOf = (study: Study, sums: Sums, total: number): AttributionRow[] => {
  const sorted = [...sums].sort(([a, x], [b, y]) => y.credits - x.credits || byCodeUnits(a, b));
  const shares =
    total === 0
      ? []
      : apportion(
          MICROS,
          sorted.map(([, sum]) => sum.credits),
        );
  return sorted.map(([key, { credits, conversions, values }], index) => {
    const count = poissonInterval(credits);
    const share = wilsonInterval(credits, total);
    return {
      key,
      ...study.rows.namesOf(key),
      credits,
      creditsLow: count.low,
      creditsHigh: count.high,
      conversions,
      share: shares[index] ?? 0,
      shareLow: share.low,
      shareHigh: share.high,
      values: sortedValues(values),
    };
  });
};

const totalValues = (study: Study): Values => {
  const values = new Map<string, number>();
  for (const { conversion } of study.conversions) {
    const { micros = 0, currency = '' } = conversion.value ?? {};
    if (micros > 0) values.set(currency, (values.get(currency) ?? 0) + micros);
  }
  return sortedValues(values);
};

const totalsOf = (study: Study): AttributionReport['totals'] => {
  const credits = study.conversions.length * MICROS;
  const { low, high } = poissonInterval(credits);
  return {
    conversions: study.conversions.length,
    credits,
    creditsLow: low,
    creditsHigh: high,
    values: totalValues(study),
    repeats: study.repeats,
  };
};

const reportOf = (study: Study, model: Model, parameters: AttributionParameters): AttributionReport => {
  const totals = totalsOf(study);
  return { format: 1, parameters, rows: rowsOf(study, sumCredits(study, model), totals.credits), totals };
};

/** A report with the bytes that its digest is of. */
export type SealedReport = {
  /** SHA-256 of `text` in UTF-8, hex. */
  readonly digest: string;
  /** Canonical JSON of the report. */
  readonly text: string;
  readonly report: AttributionReport;
};

/**
 * Which sources brought the period's conversions.
 *
 * @param events of the log up to `parameters.lastSeq`; later ones are passed over
 * @throws UsageError for a model that is not known in that version
 */
export const attributionReport = (
  events: Iterable<EventRow>,
  parameters: AttributionParameters,
): SealedReport => {
  const model = findModel(`${parameters.model}@${parameters.version}`);
  const report = reportOf(studyEvents(events, parameters), model, parameters);
  const text = canonicalJson(report);
  return { digest: digestOf(text), text, report };
};

/** Every model's credits side by side. */
export type ModelComparison = {
  readonly parameters: Omit<AttributionParameters, 'model' | 'version'>;
  readonly models: readonly { readonly id: string; readonly version: number; readonly title: string }[];
  readonly rows: readonly (RowNames & {
    readonly key: string;
    /** Millionths of a conversion, by model. */
    readonly credits: Readonly<Record<string, number>>;
  })[];
  readonly totals: AttributionReport['totals'];
};

/** @param parameters model and version are not looked at */
export const compareModels = (
  events: Iterable<EventRow>,
  { model: _, version: __, ...parameters }: AttributionParameters,
): ModelComparison => {
  const study = studyEvents(events, parameters);
  const byModel = MODELS.map((model) => ({ model, sums: sumCredits(study, model) }));
  const greatest = new Map<string, number>();
  for (const { sums } of byModel)
    for (const [key, { credits }] of sums) greatest.set(key, Math.max(greatest.get(key) ?? 0, credits));
  const keys = [...greatest].sort(([a, x], [b, y]) => y - x || byCodeUnits(a, b)).map(([key]) => key);
  return {
    parameters,
    models: MODELS.map(({ id, version, title }) => ({ id, version, title })),
    rows: keys.map((key) => ({
      key,
      ...study.rows.namesOf(key),
      credits: Object.fromEntries(byModel.map(({ model, sums }) => [model.id, sums.get(key)?.credits ?? 0])),
    })),
    totals: totalsOf(study),
  };
};
