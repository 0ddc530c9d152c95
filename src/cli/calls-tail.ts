import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { callRow, callView } from '../reports/index.ts';
import type { CallRepository, CallRow } from '../store/index.ts';
import { CALL_HEAD, callCells } from './call-table.ts';
import { addRevealOption, addZoneOption, examples, wholeNumber } from './options.ts';
import { act, type Cli } from './session.ts';

const POLL_MS = 1000;
/** Newest calls that are looked at each time: more than arrive in a second. */
const WINDOW = 500;

/** What is new since the last look: calls that began, and calls whose status changed. Oldest first. */
export const freshRows = (rows: readonly CallRow[], seen: Map<string, string>): CallRow[] => {
  const fresh = rows.filter((row) => seen.get(row.id) !== row.status).toReversed();
  const present = new Set(rows.map((row) => row.id));
  for (const row of rows) seen.set(row.id, row.status);
  // Calls still up are remembered however old they are; others are forgotten once they leave the window.
  for (const [id, status] of seen) if (!present.has(id) && status !== 'in_progress') seen.delete(id);
  return fresh;
};

/** Calls that were up at the last look and have left the window since. */
const stillUp = async (
  calls: CallRepository,
  rows: readonly CallRow[],
  seen: Map<string, string>,
): Promise<CallRow[]> => {
  const present = new Set(rows.map((row) => row.id));
  const old = [...seen].filter(([id, status]) => status === 'in_progress' && !present.has(id));
  const found = await Promise.all(old.map(([id]) => calls.get(id)));
  return found.flatMap((detail) => (detail === undefined ? [] : [callRow(detail)]));
};

type TailOptions = { readonly lines: number; readonly reveal?: boolean; readonly zone?: string };

/** Resolves when the person presses Ctrl-C or the process is told to end. */
const untilInterrupted = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
};

export const addTail = (group: Command, cli: Cli): void => {
  const tail = addZoneOption(
    addRevealOption(
      group
        .command('tail')
        .description('Follows the call log: a line when a call begins and when it ends, until Ctrl-C.'),
    ),
  )
    .option('-n, --lines <count>', 'calls shown at first', wholeNumber(0, 1000), 10)
    .action(
      act<[TailOptions]>(cli, (session, options) =>
        session.withStore('read', async (store) => {
          const stop = untilInterrupted();
          const seen = new Map<string, string>();
          const print = (rows: readonly CallRow[]): void => {
            for (const row of rows) {
              const call = callView(row, options.reveal ? store.vault : undefined);
              if (session.json) cli.out.line(JSON.stringify(call));
              else cli.out.line(callCells(call, cli.out.paint, options.zone).join('  '));
            }
          };
          const look = async (): Promise<CallRow[]> => {
            const rows = await store.calls.list({ limit: WINDOW, includeTests: true });
            return [...(await stillUp(store.calls, rows, seen)), ...rows];
          };
          if (!session.json) cli.out.line(cli.out.paint('bold', CALL_HEAD.join('  ')));
          const first = freshRows(await look(), seen);
          print(options.lines === 0 ? [] : first.slice(-options.lines));
          while (!stop.aborted) {
            await sleep(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
            if (!stop.aborted) print(freshRows(await look(), seen));
          }
        }),
      ),
    );
  examples(tail, ['dialtrace calls tail', 'dialtrace calls tail --json | jq -r .status']);
};
