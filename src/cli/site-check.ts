import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { type SwapFigures, swapFigures } from '../tracking/index.ts';
import { formatTime, plural } from './format.ts';
import { examples, wholeNumber } from './options.ts';
import type { Output } from './output.ts';
import { act, type Cli, type Session } from './session.ts';

type CheckOptions = { readonly days: number };

const DAY_MS = 86_400_000;
/** Pages that are named, the most troubled first. */
const PAGES = 10;

/** What pages report, and what it means. All but the first is trouble. */
const MEANING: Readonly<Record<string, string>> = {
  swapped: 'numbers were found and swapped',
  reverted: 'the page put its own number back, and it was swapped again',
  fight: 'the page puts its own number back again and again: the script gave up',
  missing: 'the page has none of the numbers of the site',
  timeout: 'the gateway was not reached in time: the page kept its own number',
};

type Outcome = {
  readonly outcome: string;
  readonly times: number;
  readonly pages: number;
  readonly lastAt: number;
};

const grouped = (
  rows: readonly SwapFigures[],
  keyOf: (row: SwapFigures) => string,
): ReadonlyMap<string, readonly SwapFigures[]> => {
  const groups = new Map<string, SwapFigures[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
};

const byOutcome = (rows: readonly SwapFigures[]): readonly Outcome[] =>
  [...grouped(rows, (row) => row.outcome)]
    .map(([outcome, some]) => ({
      outcome,
      times: some.reduce((sum, { times }) => sum + times, 0),
      pages: new Set(some.map(({ page }) => page)).size,
      lastAt: Math.max(...some.map(({ lastAt }) => lastAt)),
    }))
    .sort((a, b) => b.times - a.times);

type Trouble = { readonly page: string; readonly outcome: string; readonly times: number };

const troubles = (rows: readonly SwapFigures[]): readonly Trouble[] =>
  [
    ...grouped(
      rows.filter(({ outcome }) => outcome !== 'swapped'),
      ({ page, outcome }) => `${outcome} ${page}`,
    ),
  ]
    .flatMap(([, some]): readonly Trouble[] => {
      const [first] = some;
      const times = some.reduce((sum, row) => sum + row.times, 0);
      return first ? [{ page: first.page, outcome: first.outcome, times }] : [];
    })
    .sort((a, b) => b.times - a.times)
    .slice(0, PAGES);

const print = (out: Output, id: string, days: number, rows: readonly SwapFigures[]): void => {
  if (rows.length === 0) {
    out.line(`No page of ${id} reported within ${plural(days, 'day')}: is the script on its pages?`);
    return;
  }
  out.table(
    ['Outcome', 'Times', 'Pages', 'Last', 'Means'],
    byOutcome(rows).map(({ outcome, times, pages, lastAt }) => [
      outcome,
      times,
      pages,
      formatTime(lastAt),
      MEANING[outcome] ?? null,
    ]),
    [1, 2],
  );
  const worst = troubles(rows);
  if (worst.length === 0) return;
  out.line(`\n${out.paint('bold', 'Pages to look at')}`);
  out.table(
    ['Page', 'Outcome', 'Times'],
    worst.map(({ page, outcome, times }) => [page, outcome, times]),
    [2],
  );
};

const check = (session: Session, id: string, { days }: CheckOptions): Promise<void> =>
  session.withStore('read', async ({ db }) => {
    const site = await db.selectFrom('site').select('id').where('id', '=', id).executeTakeFirst();
    if (!site) throw new UsageError(`There is no site ${id}: \`dialtrace site list\` shows them`);
    const from = new Date(session.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10);
    const rows = await swapFigures(db, id, from);
    if (session.json) return session.out.json({ site: id, from, outcomes: byOutcome(rows), reports: rows });
    print(session.out, id, days, rows);
  });

/** `site check`, to the commands of sites. */
export const addSiteCheck = (group: Command, cli: Cli): void => {
  const command = group
    .command('check')
    .description('Show what the pages of a site reported of their numbers: swapped, reverted, missing …')
    .argument('<id>')
    .option('--days <count>', 'UTC days, today included', wholeNumber(1, 365), 7)
    .action(act<[string, CheckOptions]>(cli, check));
  examples(command, ['dialtrace site check main', 'dialtrace site check main --days 30']);
};
