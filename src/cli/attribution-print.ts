import {
  type AttributionCost,
  type AttributionCosts,
  type Cell,
  type Column,
  MICROS,
} from '../reports/index.ts';
import {
  type AttributionParameters,
  type AttributionReport,
  type AttributionRow,
  type Explanation,
  MODELS,
  type ModelComparison,
  type ReportDiff,
} from '../tracking/index.ts';
import { bar, formatMoney, formatTime, plural } from './format.ts';
import type { Cells, Output } from './output.ts';

const BAR_WIDTH = 16;

/** Millionths of a conversion as people read them: `12.25`. */
const credit = (micros: number): string => (micros / MICROS).toFixed(2);

const share = (micros: number): string => `${(micros / 10_000).toFixed(1)} %`;

const money = (values: Readonly<Record<string, number>>): string => {
  const amounts = Object.entries(values).map(([currency, micros]) => formatMoney(micros / MICROS, currency));
  return amounts.length === 0 ? '–' : amounts.join(', ');
};

type Scope = Omit<AttributionParameters, 'model' | 'version'>;

/** What a report was made of, as it must stand beside its figures. */
const scopeText = (scope: Scope): string => {
  const { zone, conversion, windowDays, dedupeDays, lastSeq } = scope;
  const dedupe =
    dedupeDays === 0 ? 'every conversion counted' : `one a person in ${plural(dedupeDays, 'day')}`;
  return (
    `${formatTime(scope.from, zone)} up to ${formatTime(scope.to, zone)} (${zone}) · conversion: ${conversion}, ${dedupe} · ` +
    `window ${plural(windowDays, 'day')} · events up to ${lastSeq}`
  );
};

const modelTitle = (id: string): string => MODELS.find((model) => model.id === id)?.title ?? id;

/** What a row cost, what one conversion cost, and how often the cost came back. */
const costCells = (costs: readonly AttributionCost[] = []): Cells => [
  costs.map(({ cost, currency }) => formatMoney(cost, currency)).join(', ') || '–',
  costs.map(({ costPerConversion, currency }) => formatMoney(costPerConversion.value, currency)).join(', ') ||
    '–',
  costs.map(({ roas }) => (roas === null ? '–' : roas.toFixed(2))).join(', ') || '–',
];

const rowCells = (out: Output, row: AttributionRow, greatest: number): Cells => [
  row.key,
  credit(row.credits),
  out.paint('cyan', bar(row.credits, greatest, BAR_WIDTH)),
  `${credit(row.creditsLow)} – ${credit(row.creditsHigh)}`,
  share(row.share),
  `${share(row.shareLow)} – ${share(row.shareHigh)}`,
  row.conversions,
  money(row.values),
];

export const printReport = (
  out: Output,
  digest: string,
  report: AttributionReport,
  costs: AttributionCosts,
): void => {
  const { parameters, rows, totals } = report;
  out.line(
    `${out.paint('bold', `${modelTitle(parameters.model)}, by ${parameters.by}`)}  (${parameters.model}, version ${parameters.version})`,
  );
  out.line(scopeText(parameters));
  out.line();
  if (rows.length === 0) out.line('No conversions in this period.');
  else {
    const hasCosts = Object.keys(costs).length > 0;
    const head = [
      ...['Source', 'Credit', '', '90 %', 'Share', '90 %', 'Part in', 'Value'],
      ...(hasCosts ? ['Cost', 'Per conversion', 'ROAS'] : []),
    ];
    const greatest = Math.max(...rows.map((row) => row.credits));
    const total: Cells = [
      'Total',
      credit(totals.credits),
      '',
      `${credit(totals.creditsLow)} – ${credit(totals.creditsHigh)}`,
      share(MICROS),
      '',
      totals.conversions,
      money(totals.values),
      ...(hasCosts ? ['', '', ''] : []),
    ];
    out.table(
      head,
      [
        ...rows.map((row) => [
          ...rowCells(out, row, greatest),
          ...(hasCosts ? costCells(costs[row.key]) : []),
        ]),
        head.map(() => ''),
        total,
      ],
      [1, 3, 4, 5, 6, 7, 8, 9, 10],
    );
  }
  if (totals.repeats > 0)
    out.line(
      `\nNot counted: ${plural(totals.repeats, 'repeat')} within ${plural(parameters.dedupeDays, 'day')}.`,
    );
  out.line(`\nDigest ${digest}`);
};

const currenciesOf = ({ rows }: AttributionReport): readonly string[] =>
  [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].sort();

/** Columns of cost for each currency that something was spent in. */
const costColumns = (costs: AttributionCosts): readonly Column<AttributionRow>[] => {
  const currencies = [...new Set(Object.values(costs).flatMap((one) => one.map(({ currency }) => currency)))];
  const found = (row: AttributionRow, currency: string): AttributionCost | undefined =>
    costs[row.key]?.find((cost) => cost.currency === currency);
  return currencies.sort().flatMap((currency): readonly Column<AttributionRow>[] => [
    { name: `cost_${currency.toLowerCase()}`, value: (row) => found(row, currency)?.cost ?? null },
    {
      name: `cost_per_conversion_${currency.toLowerCase()}`,
      value: (row) => found(row, currency)?.costPerConversion.value ?? null,
    },
    { name: `roas_${currency.toLowerCase()}`, value: (row) => found(row, currency)?.roas ?? null },
  ]);
};

/** Columns of the exported report: what tells its rows apart, then its figures, a column of value for each currency. */
export const reportColumns = (
  report: AttributionReport,
  names: readonly Exclude<keyof AttributionRow, 'values'>[],
  costs: AttributionCosts,
): readonly Column<AttributionRow>[] => {
  const { model, version } = report.parameters;
  const unit = (micros: number): Cell => micros / MICROS;
  return [
    { name: 'key', value: (row) => row.key },
    ...names.map((name) => ({ name, value: (row: AttributionRow): Cell => row[name] })),
    { name: 'model', value: () => `${model}@${version}` },
    { name: 'credits', value: (row) => unit(row.credits) },
    { name: 'credits_low', value: (row) => unit(row.creditsLow) },
    { name: 'credits_high', value: (row) => unit(row.creditsHigh) },
    { name: 'share', value: (row) => unit(row.share) },
    { name: 'share_low', value: (row) => unit(row.shareLow) },
    { name: 'share_high', value: (row) => unit(row.shareHigh) },
    { name: 'conversions', value: (row) => row.conversions },
    ...currenciesOf(report).map((currency) => ({
      name: `value_${currency.toLowerCase()}`,
      value: (row: AttributionRow): Cell => unit(row.values[currency] ?? 0),
    })),
    ...costColumns(costs),
  ];
};

export const printComparison = (out: Output, { parameters, rows, totals }: ModelComparison): void => {
  out.line(`${out.paint('bold', `Every model, by ${parameters.by}`)}  in conversions`);
  out.line(scopeText(parameters));
  out.line();
  if (rows.length === 0) {
    out.line('No conversions in this period.');
    return;
  }
  const head = ['Source', ...MODELS.map(({ short }) => short)];
  const lines = rows.map((row): Cells => [row.key, ...MODELS.map(({ id }) => credit(row.credits[id] ?? 0))]);
  const total: Cells = ['Total', ...MODELS.map(() => credit(totals.credits))];
  out.table(head, [...lines, head.map(() => ''), total], head.map((_, index) => index).slice(1));
};

const splitText = (split: Readonly<Record<string, number>> | null): string =>
  split === null
    ? '–'
    : Object.entries(split)
        .map(([key, micros]) => (micros === MICROS ? key : `${key} ${credit(micros)}`))
        .join(', ');

export const printDiff = (out: Output, difference: ReportDiff, limit: number): void => {
  const { before, after, rows, changes, unchanged } = difference;
  out.line(`${out.paint('bold', 'before')}  ${before.model}@${before.version} · ${scopeText(before)}`);
  out.line(`${out.paint('bold', 'after ')}  ${after.model}@${after.version} · ${scopeText(after)}`);
  out.line();
  if (rows.length > 0) {
    const lines = rows.map((row): Cells => {
      const change = row.after - row.before;
      return [row.key, credit(row.before), credit(row.after), `${change > 0 ? '+' : ''}${credit(change)}`];
    });
    out.table(['Source', 'Before', 'After', 'Change'], lines, [1, 2, 3]);
    out.line();
  }
  out.line(`${plural(changes.length, 'conversion')} changed, ${unchanged} did not.`);
  for (const { id, at, before: old, after: fresh, why } of changes.slice(0, limit)) {
    out.line(`\n${id}  ${formatTime(at, after.zone)}`);
    out.line(`  ${splitText(old)} → ${splitText(fresh)}`);
    out.line(`  ${out.paint('dim', why)}`);
  }
  if (changes.length > limit) out.line(`\n… and ${changes.length - limit} more (--limit).`);
};

type ExplainedPath = Explanation['paths'][number];

const printPath = (out: Output, { touches }: ExplainedPath, zone: string | undefined): void => {
  touches.forEach(({ touch, milestones }, index) => {
    const { source, medium, campaign, term } = touch.source;
    const what = [source, medium, campaign, term].filter((word) => word !== null).join(' / ');
    const marks = milestones.length === 0 ? '' : `  [${milestones.join(', ')}]`;
    out.line(`  ${String(index + 1).padStart(2)}  ${formatTime(touch.at, zone)}  ${what}${marks}`);
    if (touch.landing !== null) out.line(`      ${out.paint('dim', touch.landing)}`);
  });
  const lines = MODELS.map(
    ({ id, title }): Cells => [
      `  ${title}`,
      ...touches.map(({ credits }) => ((credits[id] ?? 0) / MICROS).toFixed(3)),
    ],
  );
  out.line();
  out.table(
    ['  Model', ...touches.map((_, index) => `#${index + 1}`)],
    lines,
    touches.map((_, index) => index + 1),
  );
};

export const printExplanation = (out: Output, explanation: Explanation, zone: string | undefined): void => {
  const { conversion, fault, at, paths } = explanation;
  out.line(
    conversion === null
      ? `No call or form in the last 90 days: weighed as if there were one now, ${formatTime(at, zone)}.`
      : `${out.paint('bold', `${conversion.kind} ${conversion.id}`)}  ${formatTime(at, zone)}`,
  );
  if (fault !== null) out.line(`It brings no credit in reports: ${fault}.`);
  for (const path of paths) {
    const visit = path.visit === null ? '' : `, came from visit ${path.visit}`;
    out.line();
    if (path.touches.length === 0) out.line(`${share(path.micros)} unattributed: no touch is known${visit}.`);
    else {
      out.line(`${share(path.micros)} likely${visit}`);
      printPath(out, path, zone);
    }
  }
};
