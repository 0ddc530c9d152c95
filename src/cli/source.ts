import { type Command, InvalidArgumentError } from 'commander';
import { type Fields, listSources, type SourceUsage } from '../tracking/index.ts';
import { addListing, addRemoval, givenFields, runEdit } from './entries.ts';
import { formatMoney } from './format.ts';
import { examples } from './options.ts';
import { act, type Cli } from './session.ts';

type SourceOptions = {
  readonly name?: string;
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly keyword?: string;
  readonly landingPage?: string;
  readonly costCenter?: string;
  readonly cost?: Fields | 'none';
};

/** `1200 EUR month` or `1200EUR/month` */
export const parseCost = (text: string): Fields | 'none' => {
  if (text === 'none') return 'none';
  const match = /^(\d+(?:\.\d+)?) ?([A-Z]{3})[ /](day|week|month|year)$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('Write it as "1200 EUR month", or "none".');
  return { amount: Number(match[1]), currency: match[2], per: match[3] };
};

const addOptions = (command: Command): Command =>
  command
    .option('--source <word>', 'utm_source: google, newsletter, billboard-a8 …')
    .option('--medium <word>', 'utm_medium: cpc, print, radio …')
    .option('--campaign <word>', 'campaign')
    .option('--keyword <words>', 'search word that its numbers are shown for')
    .option('--landing-page <page>', 'page that its numbers stand on')
    .option('--cost-center <word>', 'cost centre of your books')
    .option('--cost <cost>', 'what it costs: "1200 EUR month", "80 EUR week", "none"', parseCost);

const cost = (source: SourceUsage): string | null =>
  source.cost === undefined
    ? null
    : `${formatMoney(source.cost.amount, source.cost.currency)} a ${source.cost.per}`;

export const addSourceCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('source')
    .summary('marketing sources')
    .description('Marketing sources: what made the phone ring.');
  addListing(group, cli, {
    summary: 'List sources with their numbers and calls.',
    empty: 'There are no sources yet: see `dialtrace source add --help`.',
    rows: listSources,
    head: [
      'ID',
      'Name',
      'Source',
      'Medium',
      'Campaign',
      'Keyword',
      'Cost centre',
      'Cost',
      'Numbers',
      'Calls',
    ],
    right: [7, 8, 9],
    cells: (row) => [
      row.id,
      row.name,
      row.source,
      row.medium ?? null,
      row.campaign ?? null,
      row.keyword ?? null,
      row.costCenter ?? null,
      cost(row),
      row.numbers,
      row.calls,
    ],
  });
  const add = addOptions(
    group
      .command('add')
      .description('Add a source.')
      .argument('<id>')
      .requiredOption('--name <name>', 'name in reports'),
  ).action(
    act<[string, SourceOptions]>(cli, (session, id, options) =>
      runEdit(session, (edits) => edits.addSource(givenFields({ source: id, ...options, id }))),
    ),
  );
  examples(add, [
    'dialtrace source add google-ads --name "Google Ads" --source google --medium cpc --cost "1200 EUR month"',
  ]);
  const set = addOptions(
    group
      .command('set')
      .description('Change a source; what is not named stays. "none" unsets.')
      .argument('<id>')
      .option('--name <name>', 'name in reports'),
  ).action(
    act<[string, SourceOptions]>(cli, (session, id, options) =>
      runEdit(session, (edits) => edits.updateSource(id, givenFields(options))),
    ),
  );
  examples(set, [
    'dialtrace source set google-ads --cost "1500 EUR month"',
    'dialtrace source set google-ads --campaign none',
  ]);
  addRemoval(group, cli, {
    argument: '<id>',
    summary: 'Remove a source that no number uses. Past call records keep it.',
    remove: (edits, id) => edits.removeSource(id),
  });
};
