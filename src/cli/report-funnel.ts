import { type Command, Option } from 'commander';
import {
  csvLines,
  type Estimate,
  FUNNEL_DIMENSIONS,
  type FunnelDimension,
  type FunnelFigures,
  type FunnelReport,
  type FunnelStage,
  funnelColumns,
  funnelReport,
  readPeriod,
} from '../reports/index.ts';
import { bar, formatDuration, formatTime, plural } from './format.ts';
import { addPeriodOptions, examples, numberWithin, type PeriodOptions, wholeNumber } from './options.ts';
import type { Cells, Output } from './output.ts';
import { noteUnknown } from './report-known.ts';
import { act, type Cli } from './session.ts';

const BAR_WIDTH = 20;
const MOST_ROWS = 1_000_000;

const STAGE_NAMES: Readonly<Record<FunnelStage, string>> = {
  view: 'View',
  click: 'Click',
  confirm: 'Confirmed, or not asked',
  microphone: 'Microphone',
  token: 'Let in (token)',
  ice: 'Connected (ICE)',
  ring: 'Rang',
  answer: 'Answered',
  qualified: 'Qualified',
};

const TITLES: Readonly<Record<FunnelDimension, string>> = {
  button: 'Button',
  arm: 'Arm',
  device: 'Device',
  source: 'Source',
  page: 'Page',
  intent: 'Intent',
  hour: 'Hour',
  day: 'Day',
};

const percent = (share: number | null): string => {
  if (share === null) return '–';
  const value = share * 100;
  return value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0);
};

/** `2.4 % (1.9–3.0)` */
const shareText = ({ value, low, high }: Estimate): string =>
  value === null ? '–' : `${percent(value)} % (${percent(low)}–${percent(high)})`;

const printStages = (out: Output, { stages, viewers, presses }: FunnelFigures): void => {
  const before = (index: number): number | null => {
    const last = stages[index - 1];
    const here = stages[index];
    if (last === undefined || here === undefined) return null;
    const [of, got] =
      last.presses === null || here.presses === null
        ? [last.viewers, here.viewers]
        : [last.presses, here.presses];
    return of === 0 ? null : got / of;
  };
  out.table(
    ['Stage', 'Viewers', '', 'Presses', '', 'Of those before', 'Lost'],
    stages.map(
      (stage, index): Cells => [
        STAGE_NAMES[stage.stage],
        stage.viewers,
        out.paint('cyan', bar(stage.viewers, viewers, BAR_WIDTH)),
        stage.presses,
        stage.presses === null ? '' : out.paint('cyan', bar(stage.presses, presses, BAR_WIDTH)),
        index === 0 ? '' : `${percent(before(index))} %`,
        stage.lost,
      ],
    ),
    [1, 3, 5, 6],
  );
};

const beside = ({ ways, dialled, callbacks, problems, rating, clickToRingMs }: FunnelFigures) =>
  [
    ways.dialler > 0 &&
      `Dialler opened by ${plural(ways.dialler, 'press', 'presses')}: ${dialled.called} of their visits called, ${dialled.answered} were answered.`,
    ways.callback > 0 &&
      `A call back was asked for by ${plural(ways.callback, 'press', 'presses')}: ${callbacks.called} called, ${callbacks.answered} answered.`,
    ways.fallback > 0 &&
      `The number was shown in place of a browser call to ${plural(ways.fallback, 'press', 'presses')}.`,
    problems.iceFailed > 0 &&
      `No way for sound was found by ${plural(problems.iceFailed, 'press', 'presses')}.`,
    clickToRingMs.count > 0 &&
      `From the press to the ring: half within ${formatDuration(clickToRingMs.p50)}, 90 % within ${formatDuration(clickToRingMs.p90)}, 95 % within ${formatDuration(clickToRingMs.p95)} (${plural(clickToRingMs.count, 'call')}).`,
    rating.mean !== null && `Rated ${rating.mean.toFixed(1)} of 5 stars (${plural(rating.count, 'rating')}).`,
  ].filter((text) => text !== false);

const ROW_HEAD = [
  'Viewers',
  'Presses',
  'CTR',
  'Rang',
  'Answered',
  'Short',
  'To ring p50/p95',
  'Stars',
  'Qualified',
  'Conversion',
] as const;

const rowCells = (label: string, row: FunnelFigures): Cells => [
  label,
  row.viewers,
  row.presses,
  shareText(row.ctr),
  shareText(row.connectRate),
  shareText(row.answerRate),
  row.calls.short,
  row.clickToRingMs.count === 0
    ? '–'
    : `${formatDuration(row.clickToRingMs.p50)} / ${formatDuration(row.clickToRingMs.p95)}`,
  row.rating.mean === null ? '–' : `${row.rating.mean.toFixed(1)} (${row.rating.count})`,
  row.qualified,
  shareText(row.conversion),
];

const leftOutText = ({
  botEvents,
  botPresses,
  testCalls,
  spamCalls,
}: FunnelReport['leftOut']): string | undefined => {
  const parts = [
    botEvents > 0 && `${plural(botEvents, 'event')} of machines (${plural(botPresses, 'press', 'presses')})`,
    testCalls > 0 && plural(testCalls, 'test call'),
    spamCalls > 0 && `${plural(spamCalls, 'call')} flagged as spam`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? undefined : `Not counted: ${parts.join(', ')}.`;
};

const printReport = (out: Output, report: FunnelReport): void => {
  const { zone, by, rows, totals, leak, leader, leftOut, rowsLeftOut } = report;
  const of = report.button === null ? '' : ` of ${report.button}`;
  out.line(
    `${out.paint('bold', `Call funnel${of}`)}  ${formatTime(report.from, zone)} up to ${formatTime(report.to, zone)} (${zone})`,
  );
  out.line();
  if (totals.viewers === 0) out.line('No button was seen in this period.');
  else {
    printStages(out, totals);
    out.line();
    out.line(out.paint('bold', leak.text));
    for (const text of beside(totals)) out.line(text);
    out.line();
    const head = [TITLES[by], ...ROW_HEAD];
    out.table(
      head,
      [...rows.map((row) => rowCells(row.label, row)), head.map(() => ''), rowCells('Total', totals)],
      head.map((_, index) => index).slice(1),
    );
    if (rowsLeftOut > 0) out.line(`\n${plural(rowsLeftOut, 'more row')} (--limit).`);
    out.line();
    if (leader !== null) out.line(leader.text);
    out.line(
      `Viewers are visitors, each counted once; presses are counted one by one. Qualified: talked for ${report.qualifiedSeconds} s, or the lead is. In brackets: 90 % intervals.`,
    );
  }
  const left = leftOutText(leftOut);
  if (left !== undefined) out.line(left);
};

type Options = PeriodOptions & {
  readonly by: FunnelDimension;
  readonly button?: string;
  readonly site?: string;
  readonly machines?: boolean;
  readonly qualified: number;
  readonly limit?: number;
  readonly csv?: boolean;
  readonly bom?: boolean;
};

/** `dialtrace report funnel`. */
export const addFunnelReport = (group: Command, cli: Cli): void => {
  const command = addPeriodOptions(
    group
      .command('funnel')
      .description(
        'Call buttons from the view to the qualified call: who presses, where presses are lost, how fast and how often they are ' +
          'answered, with 90 % intervals.',
      )
      .addOption(
        new Option('--by <what>', 'what there is a row for').choices(FUNNEL_DIMENSIONS).default('button'),
      ),
  )
    .option('--button <id>', 'this button alone')
    .option('--site <id>', 'buttons of this site alone')
    .option('--machines', 'count machines too, to see what a test of your own did')
    .option('--qualified <seconds>', 'talk that makes a call qualified', numberWithin(1, 3600), 60)
    .option('-n, --limit <rows>', 'rows at most (default 50; with --csv all)', wholeNumber(1, MOST_ROWS))
    .option('--csv', 'as CSV (RFC 4180)')
    .option('--bom', 'begin the CSV with a byte order mark, for Excel')
    .action(
      act<[Options]>(cli, (session, { by, button, site, machines, qualified, limit, csv, bom, ...period }) =>
        session.withStore('read', async (store) => {
          const options = {
            ...readPeriod(period, session.now()),
            by,
            button,
            site,
            machines,
            qualifiedSeconds: qualified,
            limit: limit ?? (csv ? MOST_ROWS : 50),
          };
          const report = await store.exclusively((file) => funnelReport(file, options));
          if (report.totals.viewers === 0) await noteUnknown(session, store, { button, site });
          if (session.json) return cli.out.json(report);
          if (csv) return cli.out.stream(csvLines(funnelColumns(report), report.rows, { bom: bom === true }));
          printReport(cli.out, report);
        }),
      ),
    );
  examples(command, [
    'dialtrace report funnel',
    'dialtrace report funnel --by arm --button sales --period 7d',
    'dialtrace report funnel --by hour --zone Europe/Berlin',
    'dialtrace report funnel --by page --csv > pages.csv',
  ]);
};
