import type { Command } from 'commander';
import {
  csvLines,
  readPeriod,
  SOURCE_COLUMNS,
  type SourceFigures,
  type SourcesReport,
  sourcesReport,
  verifyRollups,
} from '../reports/index.ts';
import { Unsuccessful } from './failure.ts';
import { bar, formatDuration, formatMoney, formatShare, formatTime, plural } from './format.ts';
import { addPeriodOptions, examples, type PeriodOptions } from './options.ts';
import type { Cells, Output } from './output.ts';
import { addCallsReport } from './report-calls.ts';
import { addFunnelReport } from './report-funnel.ts';
import { addHoursReport } from './report-hours.ts';
import { act, type Cli } from './session.ts';

const BAR_WIDTH = 20;
const DAY_MS = 86_400_000;
const HEAD = [
  'Source',
  'Calls',
  '',
  'Answered',
  'Missed',
  'Rate',
  'First-time',
  'Avg talk',
  'Total talk',
  'Cost',
  'Per call',
  'Per answered',
] as const;

const cells = (row: SourceFigures, greatest: number, out: Output): Cells => [
  row.name,
  row.calls,
  out.paint('cyan', bar(row.calls, greatest, BAR_WIDTH)),
  row.answered,
  row.missed,
  formatShare(row.answerRate),
  row.firstTimeCallers,
  formatDuration(row.averageTalkMs),
  formatDuration(row.totalTalkMs),
  formatMoney(row.cost, row.currency),
  formatMoney(row.costPerCall, row.currency),
  formatMoney(row.costPerAnswered, row.currency),
];

/** Totals, a line for each currency: amounts of different money are not added. */
const totalCells = ({ totals }: SourcesReport): Cells[] => {
  const [first, ...others] = totals.costs;
  const money = (cost: typeof first): Cells => [
    formatMoney(cost?.cost ?? null, cost?.currency ?? null),
    formatMoney(cost?.costPerCall ?? null, cost?.currency ?? null),
    formatMoney(cost?.costPerAnswered ?? null, cost?.currency ?? null),
  ];
  const total: Cells = [
    'Total',
    totals.calls,
    '',
    totals.answered,
    totals.missed,
    formatShare(totals.answerRate),
    totals.firstTimeCallers,
    formatDuration(totals.averageTalkMs),
    formatDuration(totals.totalTalkMs),
    ...money(first),
  ];
  return [total, ...others.map((cost) => ['', '', '', '', '', '', '', '', '', ...money(cost)])];
};

/** What a row has no column for. */
const otherCosts = ({ sources }: SourcesReport): readonly string[] =>
  sources
    .filter((row) => row.otherCosts.length > 0)
    .map(
      (row) =>
        `${row.name} also cost ${row.otherCosts.map(({ cost, currency }) => formatMoney(cost, currency)).join(', ')}.`,
    );

const printReport = (out: Output, report: SourcesReport): void => {
  const { zone } = report;
  out.line(
    `${out.paint('bold', 'Calls by source')}  ${formatTime(report.from, zone)} up to ${formatTime(report.to, zone)} (${zone})` +
      `${report.testsIncluded ? ', test calls included' : ''}`,
  );
  out.line();
  if (report.sources.length === 0) {
    out.line('No calls and no cost in this period.');
    return;
  }
  const greatest = Math.max(...report.sources.map((row) => row.calls));
  const rows = [
    ...report.sources.map((row) => cells(row, greatest, out)),
    HEAD.map(() => ''),
    ...totalCells(report),
  ];
  out.table(HEAD, rows, [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const { blocked, spam } = report.totals;
  const remarks = [
    ...otherCosts(report),
    ...(spam > 0 ? [`Counted in: ${plural(spam, 'call')} flagged as spam.`] : []),
    ...(blocked > 0 ? [`Not counted: ${plural(blocked, 'blocked call')}.`] : []),
  ];
  if (remarks.length > 0) out.line(`\n${remarks.join('\n')}`);
};

type SourcesOptions = PeriodOptions & {
  readonly csv?: boolean;
  readonly bom?: boolean;
  readonly tests?: boolean;
};

/** `report verify`: what reports read of past days, against the calls. */
const addVerify = (group: Command, cli: Cli): void => {
  group
    .command('verify')
    .description(
      'Compares the kept figures of past days, which reports are made of, with the calls themselves. Exit code 1 when any differs.',
    )
    .action(
      act<[]>(cli, (session) =>
        session.withStore('read', async (store) => {
          const { days, faults } = await store.exclusively(verifyRollups);
          const found = faults.map(({ day, ...rest }) => ({
            day: new Date(day * DAY_MS).toISOString().slice(0, 10),
            ...rest,
          }));
          if (session.json) cli.out.json({ days, faults: found });
          else {
            for (const { day, days: kept, dimension, key } of found)
              cli.out.line(
                `${day}${kept > 1 ? ` and ${kept - 1} days on` : ''}  ${dimension} ${key} differs`,
              );
            cli.out.line(`${plural(days, 'day')} compared, ${plural(faults.length, 'difference')}.`);
          }
          if (faults.length > 0) throw new Unsuccessful();
        }),
      ),
    );
};

export const addReportCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('report')
    .summary('what the calls were worth')
    .description('Reports over a period.');
  addSourcesReport(group, cli);
  addCallsReport(group, cli);
  addFunnelReport(group, cli);
  addHoursReport(group, cli);
  addVerify(group, cli);
};

const addSourcesReport = (group: Command, cli: Cli): void => {
  const sources = addPeriodOptions(
    group
      .command('sources')
      .description(
        'Calls, answers, talk time and cost by marketing source. Cost is spread evenly over the days of the period, ' +
          'today included and days to come left out; a call belongs to the day it began in the time zone.',
      ),
  )
    .option('--csv', 'as CSV (RFC 4180)')
    .option('--bom', 'begin the CSV with a byte order mark, for Excel')
    .option('--tests', 'count test calls as well')
    .action(
      act<[SourcesOptions]>(cli, (session, options) =>
        session.withStore('read', async (store) => {
          const now = session.now();
          const period = readPeriod(options, now);
          const asked = { ...period, now, includeTests: options.tests === true };
          const report = await store.exclusively((file) => sourcesReport(file, asked));
          if (session.json) return cli.out.json(report);
          if (options.csv) {
            return cli.out.stream(csvLines(SOURCE_COLUMNS, report.sources, { bom: options.bom === true }));
          }
          printReport(cli.out, report);
        }),
      ),
    );
  examples(sources, [
    'dialtrace report sources',
    'dialtrace report sources --period last-month --zone Europe/Berlin',
    'dialtrace report sources --from 2026-11-01 --to 2026-12-01 --csv > november.csv',
  ]);
};
