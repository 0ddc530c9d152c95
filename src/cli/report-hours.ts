import type { Command } from 'commander';
import { type Column, csvLines, type HoursReport, hoursReport, readPeriod } from '../reports/index.ts';
import { formatShare, formatTime } from './format.ts';
import { addPeriodOptions, examples, type PeriodOptions } from './options.ts';
import type { Output } from './output.ts';
import { noteUnknown } from './report-known.ts';
import { act, type Cli } from './session.ts';
import type { Colour } from './style.ts';

type Hour = HoursReport['hours'][number];

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;
const HEADS = {
  advertise: 'When to advertise',
  staff: 'Where staff is missing',
  pause: 'When not to',
} as const;

const COLOURS: Readonly<Partial<Record<Hour['verdict'], Colour>>> = {
  worse: 'red',
  better: 'green',
  few: 'dim',
};

/** Three characters: calls, or the share of them that was answered. */
const cellText = (text: string): string => text.padStart(3);

const countText = (count: number): string => {
  if (count === 0) return '';
  return count < 1000 ? String(count) : `${Math.min(99, Math.round(count / 1000))}k`;
};

const grid = (out: Output, hours: readonly Hour[], textOf: (hour: Hour) => string): void => {
  const heads = Array.from({ length: 24 }, (_, hour) => cellText(String(hour).padStart(2, '0')));
  out.line(`  ${heads.join(' ')}`);
  for (const [weekday, day] of DAYS.entries()) {
    const cells = hours.slice(weekday * 24, weekday * 24 + 24).map((hour) => {
      const colour = COLOURS[hour.verdict];
      const text = cellText(textOf(hour));
      return colour === undefined ? text : out.paint(colour, text);
    });
    out.line(`${day}${cells.join(' ')}`.trimEnd());
  }
};

/** Without colours an hour that stands out has a mark. */
const rateText = ({ answerRate, verdict }: Hour): string => {
  if (answerRate.value === null) return '';
  const percent = String(Math.round(answerRate.value * 100));
  if (verdict === 'few') return '·';
  return verdict === 'worse' ? `${percent}!` : percent;
};

const printAdvice = (out: Output, { advice, remarks }: HoursReport): void => {
  for (const [kind, head] of Object.entries(HEADS)) {
    const some = advice.filter((each) => each.kind === kind);
    if (some.length === 0) continue;
    out.line();
    out.line(out.paint('bold', head));
    for (const { text } of some) out.line(`  ${text}`);
  }
  if (remarks.length > 0) out.line(`\n${remarks.join('\n')}`);
};

const printReport = (out: Output, report: HoursReport): void => {
  const { zone, button, source, totals, hours } = report;
  const of = [button !== null && `button ${button}`, source !== null && `source ${source}`].filter(
    (word) => word !== false,
  );
  out.line(
    `${out.paint('bold', 'Answered calls by hour of the week')}  ${formatTime(report.from, zone)} up to ${formatTime(report.to, zone)} (${zone})` +
      `${of.length > 0 ? `, ${of.join(', ')}` : ''}`,
  );
  out.line();
  if (totals.calls === 0) {
    out.line('No calls in this period.');
    return;
  }
  out.line('Answered, % (!: surely missed more than usual; ·: too few calls to tell)');
  grid(out, hours, rateText);
  out.line();
  out.line(`Calls, ${totals.calls} in all, ${formatShare(totals.answerRate.value)} of them answered`);
  grid(out, hours, ({ calls }) => countText(calls));
  if (totals.views > 0) {
    out.line();
    out.line(`Views of call buttons, ${totals.views} in all`);
    grid(out, hours, ({ views }) => countText(views));
  }
  printAdvice(out, report);
};

const COLUMNS: readonly Column<Hour>[] = [
  { name: 'weekday', value: (hour) => hour.weekday },
  { name: 'hour', value: (hour) => hour.hour },
  { name: 'calls', value: (hour) => hour.calls },
  { name: 'answered', value: (hour) => hour.answered },
  { name: 'views', value: (hour) => hour.views },
  { name: 'times', value: (hour) => hour.times },
  { name: 'answer_rate', value: (hour) => hour.answerRate.value },
  { name: 'answer_rate_low', value: (hour) => hour.answerRate.low },
  { name: 'answer_rate_high', value: (hour) => hour.answerRate.high },
  { name: 'verdict', value: (hour) => hour.verdict },
];

type Options = PeriodOptions & {
  readonly button?: string;
  readonly source?: string;
  readonly csv?: boolean;
  readonly bom?: boolean;
};

/** `dialtrace report hours`. */
export const addHoursReport = (group: Command, cli: Cli): void => {
  const command = addPeriodOptions(
    group
      .command('hours')
      .description(
        'How calls are answered by hour of the week, and what follows: when to advertise, when not, where staff is missing.',
      ),
  )
    .option('--button <id>', 'calls of this button alone')
    .option('--source <id>', 'calls of this source alone')
    .option('--csv', 'as CSV (RFC 4180): a line for each hour of the week')
    .option('--bom', 'begin the CSV with a byte order mark, for Excel')
    .action(
      act<[Options]>(cli, (session, { button, source, csv, bom, ...period }) =>
        session.withStore('read', async (store) => {
          const now = session.now();
          const options = { ...readPeriod(period, now), button, source, now };
          const report = await store.exclusively((file) => hoursReport(file, options));
          if (report.totals.calls === 0) await noteUnknown(session, store, { button, source });
          if (session.json) return cli.out.json(report);
          if (csv) return cli.out.stream(csvLines(COLUMNS, report.hours, { bom: bom === true }));
          printReport(cli.out, report);
        }),
      ),
    );
  examples(command, [
    'dialtrace report hours --zone Europe/Berlin',
    'dialtrace report hours --from 2026-06-01 --source google-ads',
    'dialtrace report hours --button sales --json',
  ]);
};
