import { type Command, Option } from 'commander';
import {
  CALL_DIMENSIONS,
  type CallDimension,
  type CallsFigures,
  type CallsReport,
  callsReport,
  callsReportColumns,
  csvLines,
  type Estimate,
  type MoneyFigures,
  readPeriod,
  SPAM_MODES,
  type SpamMode,
} from '../reports/index.ts';
import { bar, formatDuration, formatMoney, formatShare, formatTime, plural } from './format.ts';
import { addPeriodOptions, examples, numberWithin, type PeriodOptions, wholeNumber } from './options.ts';
import type { Cells, Output } from './output.ts';
import { act, type Cli } from './session.ts';

const BAR_WIDTH = 12;
const MOST_ROWS = 1_000_000;

const HEAD = [
  'Calls',
  '',
  '90 %',
  'Answered',
  'Missed',
  'Spam',
  'First-time',
  'Qualified',
  'Avg talk',
  'Value',
  'Cost',
  'Per call',
  'Per qualified',
  'ROAS',
  'ROI',
] as const;

const TITLES: Readonly<Record<CallDimension, string>> = {
  source: 'Source',
  medium: 'Medium',
  campaign: 'Campaign',
  keyword: 'Keyword',
  landing: 'Landing page',
  channel: 'Channel',
  hour: 'Hour',
  weekday: 'Weekday',
  region: 'Region',
  day: 'Day',
};

const count = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1));

/** An estimate with its interval: `28.57 (21.40–39.10)`. */
const range = ({ value, low, high }: Estimate, print: (value: number) => string): string => {
  if (value === null) return low === null ? '–' : `≥ ${print(low)}`;
  return `${print(value)} (${low === null ? '?' : print(low)}–${high === null ? '∞' : print(high)})`;
};

const moneyCells = (money: MoneyFigures | undefined): Cells => {
  if (money === undefined) return ['–', '–', '–', '–', '–', '–'];
  const { currency, cost, value, costPerCall, costPerQualified, roas, roi } = money;
  const amount = (units: number): string => formatMoney(units, currency).replace(` ${currency}`, '');
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  return [
    value === 0 ? '–' : formatMoney(value, currency),
    formatMoney(cost, currency),
    range(costPerCall, amount),
    range(costPerQualified, amount),
    range(roas, (times) => times.toFixed(2)),
    range(roi, percent),
  ];
};

/** A row's lines: one, and another for each further currency. */
const lines = (label: string, row: CallsFigures, greatest: number, out: Output): Cells[] => {
  const [first, ...others] = row.money;
  const figures: Cells = [
    label,
    row.calls,
    out.paint('cyan', bar(row.calls, greatest, BAR_WIDTH)),
    `${count(row.callsInterval.low)}–${count(row.callsInterval.high)}`,
    `${row.answered} (${formatShare(row.answerRate.value)})`,
    row.missed,
    row.spam,
    row.firstTime,
    row.qualified,
    formatDuration(row.averageTalkMs),
    ...moneyCells(first),
  ];
  const blank = new Array<string>(10).fill('');
  return [figures, ...others.map((money): Cells => [...blank, ...moneyCells(money)])];
};

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
const SHADES = [' ', '░', '▒', '▓', '█'];

/** Calls by weekday and hour: the fuller, the more. */
const heatLines = (heat: readonly (readonly number[])[]): string[] => {
  const greatest = Math.max(1, ...heat.flat());
  const shade = (calls: number): string =>
    SHADES[calls === 0 ? 0 : Math.max(1, Math.ceil((calls / greatest) * (SHADES.length - 1)))] ?? ' ';
  const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
  return [
    `    ${hours.join(' ')}`,
    ...heat.map(
      (row, day) =>
        `${DAYS[day] ?? ''}  ${row.map((calls) => shade(calls).repeat(2)).join(' ')}  ${row.reduce((a, b) => a + b, 0)}`,
    ),
    `    ${SHADES[1]} to ${SHADES[4]}: 1 to ${greatest} calls in that hour of the week`,
  ];
};

const SPAM_WORDS: Readonly<Record<SpamMode, (calls: number) => string>> = {
  include: (calls) => `${plural(calls, 'call')} flagged as spam counted in (--spam exclude leaves them out).`,
  exclude: (calls) => `Not counted: ${plural(calls, 'call')} flagged as spam (--spam only shows them).`,
  only: () => 'Only calls flagged as spam are counted.',
};

const printFoot = (out: Output, { totals, spam, rowsLeftOut, margin, heat }: CallsReport): void => {
  if (rowsLeftOut > 0) out.line(`\n${plural(rowsLeftOut, 'more row')} (--limit).`);
  if (heat !== undefined) {
    out.line();
    for (const line of heatLines(heat)) out.line(line);
  }
  out.line();
  if (totals.spam > 0 || spam === 'only') out.line(SPAM_WORDS[spam](totals.spam));
  if (totals.blocked > 0) out.line(`Not counted: ${plural(totals.blocked, 'blocked call')}.`);
  if (totals.money.length > 0)
    out.line(
      `In brackets: 90 % intervals. Cost is imported spend and the sources' own; ROI at a margin of ${formatShare(margin)}.`,
    );
};

const printReport = (out: Output, report: CallsReport): void => {
  const { zone, by, rows, totals } = report;
  out.line(
    `${out.paint('bold', `Calls by ${by}`)}  ${formatTime(report.from, zone)} up to ${formatTime(report.to, zone)} (${zone})` +
      `${report.testsIncluded ? ', test calls included' : ''}`,
  );
  out.line();
  if (rows.length === 0) {
    out.line('No calls and no cost in this period.');
    return;
  }
  const greatest = Math.max(...rows.map((row) => row.calls));
  const head = [TITLES[by], ...HEAD];
  out.table(
    head,
    [
      ...rows.flatMap((row) => lines(row.label, row, greatest, out)),
      head.map(() => ''),
      ...lines('Total', totals, 0, out),
    ],
    head.map((_, index) => index).filter((index) => index !== 0 && index !== 2),
  );
  printFoot(out, report);
};

type Options = PeriodOptions & {
  readonly by: CallDimension;
  readonly spam: SpamMode;
  readonly margin: number;
  readonly limit?: number;
  readonly csv?: boolean;
  readonly bom?: boolean;
  readonly tests?: boolean;
};

/** `dialtrace report calls`. */
export const addCallsReport = (group: Command, cli: Cli): void => {
  const command = addPeriodOptions(
    group
      .command('calls')
      .description(
        'Inbound calls by what brought them, where they came from or when: how many, how many were answered and qualified, what ' +
          'they cost and what they brought, with 90 % intervals.',
      )
      .addOption(
        new Option('--by <what>', 'what there is a row for').choices(CALL_DIMENSIONS).default('source'),
      ),
  )
    .addOption(
      new Option('--spam <mode>', 'calls flagged as spam: counted in, left out, or alone')
        .choices(SPAM_MODES)
        .default('include'),
    )
    .option('--margin <percent>', 'share of the value that is earned, for ROI', numberWithin(0, 100), 100)
    .option('-n, --limit <rows>', 'rows at most (default 50; with --csv all)', wholeNumber(1, MOST_ROWS))
    .option('--csv', 'as CSV (RFC 4180)')
    .option('--bom', 'begin the CSV with a byte order mark, for Excel')
    .option('--tests', 'count test calls as well')
    .action(
      act<[Options]>(cli, (session, { by, spam, margin, limit, csv, bom, tests, ...period }) =>
        session.withStore('read', async (store) => {
          const now = session.now();
          const options = {
            ...readPeriod(period, now),
            by,
            spam,
            margin: margin / 100,
            limit: limit ?? (csv ? MOST_ROWS : 50),
            includeTests: tests === true,
            now,
          };
          const report = await store.exclusively((file) => callsReport(file, options));
          if (session.json) return cli.out.json(report);
          if (csv)
            return cli.out.stream(csvLines(callsReportColumns(report), report.rows, { bom: bom === true }));
          printReport(cli.out, report);
        }),
      ),
    );
  examples(command, [
    'dialtrace report calls --period last-month',
    'dialtrace report calls --by campaign --spam exclude --margin 40',
    'dialtrace report calls --by hour --period 30d --zone Europe/Berlin',
    'dialtrace report calls --by keyword --csv > keywords.csv',
  ]);
};
