import type { Command } from 'commander';
import type { Store } from '../store/index.ts';
import { type Fields, formatDiff, type PlanDiff, planEdits } from '../tracking/index.ts';
import { planContext } from './plan-input.ts';
import { act, type Cli, type Session } from './session.ts';

export type Edits = ReturnType<typeof planEdits>;

/** Says what an edit changed. */
export const printEdit = ({ out, json }: Session, diff: PlanDiff): void => {
  if (json) out.json({ applied: true, changes: diff.changes });
  else out.line(formatDiff(diff));
};

/** Runs one edit of the tracking plan in the database. */
export const runEdit = async (
  session: Session,
  change: (edits: Edits) => Promise<PlanDiff>,
): Promise<void> => {
  const context = planContext(session.config());
  printEdit(session, await session.withStore('write', (store) => change(planEdits(store, context))));
};

/** Options as fields of the plan: those that were not given are left out, and `--no-…` or `none` unset. */
export const givenFields = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, value === 'none' ? undefined : value]),
  );

type Listing<Row> = {
  readonly summary: string;
  readonly empty: string;
  readonly rows: (store: Store) => Promise<readonly Row[]>;
  readonly head: readonly string[];
  readonly right: readonly number[];
  readonly cells: (row: Row, session: Session) => readonly (string | number | null)[];
};

/** A `list` command: a table for people, an array for programs. */
export const addListing = <Row>(group: Command, cli: Cli, listing: Listing<Row>): void => {
  group
    .command('list')
    .description(listing.summary)
    .action(
      act<[]>(cli, async (session) => {
        const rows = await session.withStore('read', listing.rows);
        if (session.json) return cli.out.json(rows);
        if (rows.length === 0) return cli.out.line(listing.empty);
        cli.out.table(
          listing.head,
          rows.map((row) => listing.cells(row, session)),
          listing.right,
        );
      }),
    );
};

/** A `remove` command. */
export const addRemoval = (
  group: Command,
  cli: Cli,
  {
    argument,
    summary,
    remove,
  }: { argument: string; summary: string; remove: (edits: Edits, key: string) => Promise<PlanDiff> },
): void => {
  group
    .command('remove')
    .description(summary)
    .argument(argument)
    .action(act<[string]>(cli, (session, key) => runEdit(session, (edits) => remove(edits, key))));
};
