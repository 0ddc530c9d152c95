import type { Command } from 'commander';
import type { AuditFilter } from '../store/index.ts';
import { periodBounds } from './calls.ts';
import { formatTime } from './format.ts';
import { addPeriodOptions, examples, type PeriodOptions, wholeNumber } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

type ListOptions = PeriodOptions & {
  readonly user?: string;
  readonly action?: string;
  readonly limit: number;
};

const filterOf = (session: Session, { user, action, limit, ...period }: ListOptions): AuditFilter => ({
  ...periodBounds(period, session.now()),
  limit,
  ...(user !== undefined && { user }),
  ...(action !== undefined && { action }),
});

/** `{"mode":"listen"}` as `mode listen` */
const detailWords = (detail: unknown): string =>
  typeof detail === 'object' && detail !== null
    ? Object.entries(detail)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')
    : '';

const list = async (session: Session, options: ListOptions): Promise<void> => {
  const rows = await session.withStore('read', (store) => store.audit.list(filterOf(session, options)));
  const entries = rows.map(({ id, at, user, action, call_id, detail }) => ({
    id,
    at: new Date(at).toISOString(),
    user,
    action,
    call: call_id,
    detail: JSON.parse(detail) as unknown,
  }));
  if (session.json) return session.out.json(entries);
  if (entries.length === 0) return session.out.line('Nothing is noted.');
  session.out.table(
    ['Time', 'User', 'Action', 'Call', 'Detail'],
    entries.map(({ at, user, action, call, detail }) => [
      formatTime(at, options.zone),
      user,
      action,
      call,
      detailWords(detail),
    ]),
  );
};

export const addAuditCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('audit')
    .summary('who did what')
    .description('Who logged in, who failed to, and who listened to whose calls.');
  const listing = addPeriodOptions(group.command('list').description('What was noted, newest first.'))
    .option('--user <name>', 'of this user')
    .option('--action <word>', 'login, login-failed, logout, supervise …')
    .option('-n, --limit <count>', 'how many at most', wholeNumber(1, 10_000), 50)
    .action(act<[ListOptions]>(cli, list));
  examples(listing, [
    'dialtrace audit list --action supervise --period last-month',
    'dialtrace audit list --user alice',
  ]);
};
