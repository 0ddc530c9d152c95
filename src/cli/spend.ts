import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { DateTime } from 'luxon';
import { errorMessage, FailureError } from '../base/errors.ts';
import { MICROS, readPeriod } from '../reports/index.ts';
import {
  importSpend,
  listSpend,
  parseSpendCsv,
  readCurrency,
  readDay,
  removeSpend,
  type SpendDefaults,
  type SpendImport,
} from '../tracking/index.ts';
import { Unsuccessful } from './failure.ts';
import { formatMoney, plural } from './format.ts';
import { addPeriodOptions, examples, oneLine, type PeriodOptions, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8');
  } catch (error) {
    throw new FailureError(`${path} can't be read: ${errorMessage(error)}`, { cause: error });
  }
};

const currency = (text: string): string => {
  const read = readCurrency(text);
  if (read.ok) return read.value;
  throw new InvalidArgumentError('Use a three-letter ISO 4217 currency such as EUR.');
};

const day = (text: string): string => {
  const read = readDay(text);
  if (read.ok) return read.value;
  throw new InvalidArgumentError('Use a date such as 2026-11-22.');
};

const importWords = ({ rows, added, changed, unchanged, merged }: SpendImport, dryRun: boolean): string => {
  const together = merged > 0 ? `, ${merged} of them added to another row of their day and campaign` : '';
  const counts = `${added} new, ${changed} changed, ${unchanged} as before`;
  return `${dryRun ? 'Would import' : 'Imported'} ${plural(rows, 'row')}${together}: ${counts}.`;
};

type ImportOptions = SpendDefaults & { readonly dryRun?: boolean };

const importFile = async (
  session: Session,
  path: string,
  { dryRun = false, ...defaults }: ImportOptions,
): Promise<void> => {
  const rows = parseSpendCsv(await readText(path), defaults);
  const result = await session.withStore(dryRun ? 'read' : 'write', (store) =>
    store.exclusively((file) => importSpend(file, rows, session.now(), { dryRun })),
  );
  if (session.json) return session.out.json({ dryRun, ...result });
  session.out.line(importWords(result, dryRun));
};

type ListOptions = PeriodOptions & { readonly source?: string; readonly limit: number };

/** The calendar days of a period, the last one inclusive. */
const daysOf = (options: PeriodOptions, now: number): { readonly from: string; readonly through: string } => {
  const { from, to, zone } = readPeriod(options, now);
  const date = (at: number): string => DateTime.fromMillis(at, { zone }).toFormat('yyyy-MM-dd');
  return { from: date(from), through: date(to - 1) };
};

const list = (session: Session, { source, limit, ...period }: ListOptions): Promise<void> =>
  session.withStore('read', async (store) => {
    const days = daysOf(period, session.now());
    const rows = await store.exclusively((file) => listSpend(file, { ...days, source, limit }));
    if (session.json)
      return session.out.json(rows.map(({ micros, ...row }) => ({ ...row, amount: micros / MICROS })));
    if (rows.length === 0) return session.out.line('Nothing was imported for this period.');
    session.out.table(
      ['Day', 'Source', 'Medium', 'Campaign', 'Cost', 'Clicks', 'Impressions'],
      rows.map((row) => [
        row.day,
        row.source,
        row.medium || null,
        row.campaign || null,
        formatMoney(row.micros / MICROS, row.currency),
        row.clicks,
        row.impressions,
      ]),
      [4, 5, 6],
    );
  });

type RemoveOptions = {
  readonly day: string;
  readonly source: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly currency?: string;
};

const remove = (session: Session, removal: RemoveOptions): Promise<void> =>
  session.withStore('write', async (store) => {
    const removed = await store.exclusively((file) => removeSpend(file, removal));
    if (session.json) session.out.json({ removed });
    else session.out.line(removed === 0 ? 'There was no such row.' : `Removed ${plural(removed, 'row')}.`);
    if (removed === 0) throw new Unsuccessful();
  });

export const addSpendCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('spend')
    .summary('what advertising cost')
    .description('Cost of advertising by day, source, medium and campaign, for reports of cost and return.');
  const importing = group
    .command('import')
    .description(
      'Reads a CSV file with the columns date, source, medium, campaign, cost, currency, clicks, impressions (in any order; medium, ' +
        'campaign, clicks and impressions may be missing). All rows or none; the same file twice changes nothing.',
    )
    .argument('<file>', 'CSV file; "-": standard input')
    .option('--dry-run', 'only tell what would change')
    .option('--source <name>', 'source of rows that name none', oneLine)
    .option('--medium <name>', 'medium of rows that name none', oneLine)
    .option('--campaign <name>', 'campaign of rows that name none', oneLine)
    .option('--currency <code>', 'currency of rows that name none', currency)
    .action(act<[string, ImportOptions]>(cli, importFile));
  examples(importing, [
    'dialtrace spend import november.csv --dry-run',
    'dialtrace spend import google-ads.csv --source google --medium cpc --currency EUR',
  ]);
  const listing = addPeriodOptions(
    group.command('list').description('What was imported, the latest day first.'),
  )
    .option('--source <name>', 'of this source alone')
    .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 100_000), 1000)
    .action(act<[ListOptions]>(cli, list));
  examples(listing, ['dialtrace spend list --period last-month --source google']);
  const removing = group
    .command('remove')
    .description('Removes what was imported for a day and source. Exit code 1 when there was nothing.')
    .requiredOption('--day <date>', 'day, such as 2026-11-22', day)
    .requiredOption('--source <name>', 'source')
    .option('--medium <name>', 'of this medium alone')
    .option('--campaign <name>', 'of this campaign alone')
    .option('--currency <code>', 'in this currency alone', currency)
    .action(act<[RemoveOptions]>(cli, remove));
  examples(removing, ['dialtrace spend remove --day 2026-11-22 --source google --campaign brand']);
};
