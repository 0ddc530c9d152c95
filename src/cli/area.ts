import { open } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { isRegion, parsePhone } from '../base/phone.ts';
import { readAreas } from '../flows/index.ts';
import { type Area, areaRepository, type Store } from '../store/index.ts';
import { Unsuccessful } from './failure.ts';
import { plural } from './format.ts';
import { examples } from './options.ts';
import { act, type Cli, homeRegion, type Session } from './session.ts';

const ENCODINGS = ['utf-8', 'gb18030', 'windows-1252'] as const;
type Encoding = (typeof ENCODINGS)[number];

const country = (text: string): string => {
  const code = text.toUpperCase();
  if (isRegion(code)) return code;
  throw new InvalidArgumentError('Use a country of ISO 3166 such as CN.');
};

/** Pieces of a file as text. */
async function* textOf(path: string, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    const file = await open(path === '-' ? '/dev/stdin' : path, 'r');
    for await (const chunk of file.createReadStream({ highWaterMark: 1 << 18 }))
      yield decoder.decode(chunk as Buffer, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError)
      throw new UsageError(`${path} is not ${encoding}: Chinese files are often --encoding gb18030`);
    throw new FailureError(`${path} can't be read: ${errorMessage(error)}`, { cause: error });
  }
}

type ImportOptions = {
  readonly country?: string;
  readonly hCodes?: boolean;
  readonly encoding: Encoding;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
};

const TOLD_EVERY = 100_000;

/** Takes the whole file in before anything is written. */
const stage = async (
  store: Store,
  rows: AsyncIterable<readonly Area[]>,
  out: Session['out'],
): Promise<number> => {
  let count = 0;
  for await (const batch of rows) {
    await store.exclusively((file) => areaRepository(file).stage(batch));
    const before = count;
    count += batch.length;
    if (Math.floor(count / TOLD_EVERY) > Math.floor(before / TOLD_EVERY)) out.note(`${count} rows read …`);
  }
  return count;
};

const importFile = (session: Session, path: string, options: ImportOptions): Promise<void> =>
  session.withStore(options.dryRun ? 'read' : 'write', async (store) => {
    const { replace = false, dryRun = false, encoding, hCodes, country: fallback } = options;
    const rows = readAreas(textOf(path, encoding), { country: fallback, hCodes });
    const count = await stage(store, rows, session.out);
    const result = await store.exclusively((file) => areaRepository(file).finish({ replace, dryRun }));
    if (session.json) return session.out.json({ dryRun, rows: count, ...result });
    const { prefixes, added, changed, removed } = result;
    session.out.line(
      `${dryRun ? 'Would import' : 'Imported'} ${plural(prefixes, 'prefix', 'prefixes')}: ` +
        `${added} new, ${changed} changed, ${prefixes - added - changed} as before${replace ? `, ${removed} gone` : ''}.`,
    );
  });

const lookUp = async (session: Session, text: string): Promise<void> => {
  const number = parsePhone(text, homeRegion(session.config()));
  if (number === undefined)
    throw new UsageError(`"${text}" is no telephone number: write it with its country code, +86139…`);
  const area = await session.withStore('read', async (store) => store.areas.of(number.e164));
  if (session.json) session.out.json(area ?? null);
  else if (area === undefined) session.out.line('The table does not know it.');
  else {
    const { prefix, country: home, area: wide, city } = area;
    session.out.facts([
      ['Prefix', prefix],
      ['Country', home],
      ['Area', wide],
      ['City', city],
    ]);
  }
  if (area === undefined) throw new Unsuccessful();
};

const list = async (session: Session, options: { readonly country?: string }): Promise<void> => {
  const counts = await session.withStore('read', (store) =>
    store.exclusively((file) => areaRepository(file).counts(options.country)),
  );
  if (session.json) return session.out.json(counts);
  if (counts.length === 0)
    return session.out.line('There are no areas yet: see `dialtrace area import --help`.');
  session.out.table(
    ['Country', ...(options.country === undefined ? [] : ['Area']), 'Cities', 'Prefixes'],
    counts.map(({ country: home, area, cities, prefixes }) => [
      home,
      ...(options.country === undefined ? [] : [area ?? null]),
      cities,
      prefixes,
    ]),
    options.country === undefined ? [1, 2] : [2, 3],
  );
};

const remove = async (session: Session, options: { readonly country: string }): Promise<void> => {
  const removed = await session.withStore('write', (store) =>
    store.exclusively((file) => areaRepository(file).remove(options.country)),
  );
  if (session.json) session.out.json({ removed });
  else
    session.out.line(removed === 0 ? 'There was none.' : `Removed ${plural(removed, 'prefix', 'prefixes')}.`);
  if (removed === 0) throw new Unsuccessful();
};

export const addAreaCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('area')
    .summary('where telephone numbers are at home')
    .description(
      "Tables of prefixes: they tell a caller's province and city, for flows (`when: {area: …}`).",
    );
  const importing = group
    .command('import')
    .description(
      'Reads a CSV file with the columns prefix, area (or province), city and country. Prefixes are digits of E.164 without the ' +
        'plus. All rows or none; the same file twice changes nothing.',
    )
    .argument('<file>', 'CSV file; "-": standard input')
    .option('--country <code>', 'country of rows that name none', country)
    .option('--h-codes', 'prefixes are Chinese mobile segments (1391234) and area codes (0755)')
    .addOption(
      new Option('--encoding <name>', 'how the file is written').choices([...ENCODINGS]).default('utf-8'),
    )
    .option('--replace', 'prefixes of the same countries that the file does not have go')
    .option('--dry-run', 'only tell what would change')
    .action(act<[string, ImportOptions]>(cli, importFile));
  examples(importing, [
    'dialtrace area import us-area-codes.csv --country US',
    'dialtrace area import h-codes.csv --h-codes --encoding gb18030 --replace',
  ]);
  const looking = group
    .command('lookup')
    .description(
      'Where a number is at home: the entry with its longest beginning. Exit code 1 when there is none.',
    )
    .argument('<number>')
    .action(act<[string]>(cli, lookUp));
  examples(looking, ['dialtrace area lookup +8613912345678']);
  group
    .command('list')
    .description('What the table has, by country; the areas of one country.')
    .option('--country <code>', 'of this country', country)
    .action(act<[{ country?: string }]>(cli, list));
  group
    .command('remove')
    .description('Removes the prefixes of a country. Exit code 1 when there was none.')
    .requiredOption('--country <code>', 'country', country)
    .action(act<[{ country: string }]>(cli, remove));
};
