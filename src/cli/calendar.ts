import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { DateTime } from 'luxon';
import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { idSchema } from '../config/index.ts';
import { type ImportedCalendar, importPeriod, readCalendar, storedSchedules } from '../flows/index.ts';
import {
  type CalendarImport,
  type CalendarTable,
  calendarRepository,
  type SqliteFile,
} from '../store/index.ts';
import { renewFlowVersions } from '../tracking/index.ts';
import { formatTime, plural } from './format.ts';
import { examples, oneLine, zoneName } from './options.ts';
import { act, type Cli, type Session } from './session.ts';

const idOf = (text: string): string => {
  if (idSchema.safeParse(text).success) return text;
  throw new InvalidArgumentError('Use lower-case letters, digits and hyphens: holidays-de.');
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8');
  } catch (error) {
    throw new FailureError(`${path} can't be read: ${errorMessage(error)}`, { cause: error });
  }
};

/** Schedules that name a calendar. */
const usersOf = (file: SqliteFile, id: string): readonly string[] =>
  storedSchedules(file)
    .filter(({ calendars }) => calendars.includes(id))
    .map((schedule) => schedule.id);

const leftOutWords = ({ cancelled, outside, momentary }: ImportedCalendar['leftOut']): string => {
  const parts = [
    ...(outside > 0 ? [`${outside} of other years`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(momentary > 0 ? [`${momentary} without a length`] : []),
  ];
  return parts.length === 0 ? '' : ` Left out: ${parts.join(', ')}.`;
};

const importWords = (
  id: string,
  { events, added, removed, changed }: CalendarImport,
  dryRun: boolean,
): string => {
  const change =
    added + removed + changed === 0 ? 'as before' : `${added} new, ${changed} changed, ${removed} gone`;
  return `${dryRun ? 'Would import' : 'Imported'} ${id}: ${plural(events, 'event')}, ${change}.`;
};

type ImportOptions = {
  readonly id: string;
  readonly name?: string;
  readonly timezone?: string;
  readonly dryRun?: boolean;
};

const importFile = async (session: Session, path: string, options: ImportOptions): Promise<void> => {
  const { id, timezone, dryRun = false } = options;
  const text = await readText(path);
  const read = readCalendar(text, { ...importPeriod(session.now()), zone: timezone });
  const calendar = {
    id,
    name: options.name ?? read.name ?? null,
    imported_at: session.now(),
    digest: createHash('sha256').update(text).digest('hex'),
  };
  const { change, users, versions } = await session.withStore(dryRun ? 'read' : 'write', async (store) => {
    const done = await store.exclusively((file) => {
      const calendars = calendarRepository(file);
      return {
        change: dryRun ? calendars.compare(id, read.events) : calendars.replace(calendar, read.events),
        users: usersOf(file, id),
      };
    });
    return { ...done, versions: dryRun ? [] : await renewFlowVersions(store, session.now()) };
  });
  if (session.json)
    return session.out.json({ id, dryRun, ...change, leftOut: read.leftOut, schedules: users, versions });
  session.out.line(importWords(id, change, dryRun) + leftOutWords(read.leftOut));
  for (const { flow, version } of versions) session.out.line(`Flow ${flow} has a new version: ${version}.`);
  if (users.length === 0)
    session.out.note(`No schedule names it yet: write \`calendars: [${id}]\` into one.`);
};

const viewOf = ({ imported_at, ...calendar }: CalendarTable, schedules: readonly string[]) => ({
  ...calendar,
  importedAt: new Date(imported_at).toISOString(),
  schedules,
});

const list = async (session: Session): Promise<void> => {
  const calendars = await session.withStore('read', (store) =>
    store.exclusively((file) =>
      calendarRepository(file)
        .list()
        .map((calendar) => viewOf(calendar, usersOf(file, calendar.id))),
    ),
  );
  if (session.json) return session.out.json(calendars);
  if (calendars.length === 0)
    return session.out.line('There are no calendars yet: see `dialtrace calendar import --help`.');
  session.out.table(
    ['ID', 'Name', 'Events', 'Imported', 'Schedules'],
    calendars.map(({ id, name, events, importedAt, schedules }) => [
      id,
      name,
      events,
      formatTime(importedAt),
      schedules.join(', ') || null,
    ]),
    [2],
  );
};

type ShowOptions = { readonly all?: boolean };

const show = async (session: Session, id: string, { all = false }: ShowOptions): Promise<void> => {
  const events = await session.withStore('read', (store) =>
    store.exclusively((file) => {
      const calendars = calendarRepository(file);
      return calendars.get(id) && calendars.events(id);
    }),
  );
  if (events === undefined)
    throw new UsageError(`There is no calendar ${id}: \`dialtrace calendar list\` shows them`);
  const today = new Date(session.now()).toISOString().slice(0, 10);
  const coming = events.filter(
    ({ to_date, ends_at }) => all || (to_date === null ? (ends_at ?? 0) > session.now() : to_date >= today),
  );
  if (session.json)
    return session.out.json(
      coming.map(({ summary, from_date, to_date, starts_at, ends_at }) => ({
        summary,
        from: from_date ?? new Date(starts_at ?? 0).toISOString(),
        to: to_date ?? new Date(ends_at ?? 0).toISOString(),
      })),
    );
  if (coming.length === 0) return session.out.line('No events to come: --all shows the past ones too.');
  session.out.table(
    ['From', 'To', 'Event'],
    coming.map(({ summary, from_date, to_date, starts_at, ends_at }) => [
      from_date === null ? formatTime(starts_at) : `${from_date} ${weekday(from_date)}`,
      to_date === null
        ? formatTime(ends_at)
        : to_date === from_date
          ? null
          : `${to_date} ${weekday(to_date)}`,
      summary,
    ]),
  );
};

const weekday = (date: string): string =>
  DateTime.fromISO(date, { zone: 'utc', locale: 'en' }).toFormat('ccc');

const remove = async (session: Session, id: string): Promise<void> => {
  await session.withStore('write', (store) =>
    store.exclusively((file) => {
      const users = usersOf(file, id);
      if (users.length > 0)
        throw new UsageError(
          `The schedule ${users.join(', ')} names the calendar ${id}: take it out there first`,
        );
      if (!calendarRepository(file).remove(id))
        throw new UsageError(`There is no calendar ${id}: \`dialtrace calendar list\` shows them`);
    }),
  );
  if (session.json) session.out.json({ removed: id });
  else session.out.line(`Removed the calendar ${id}.`);
};

export const addCalendarCommands = (program: Command, cli: Cli): void => {
  const group = program
    .command('calendar')
    .summary('holidays from calendar files')
    .description('Calendars whose events are holidays of schedules: public holidays, or your own.');
  const importing = group
    .command('import')
    .description(
      'Reads an iCalendar file (.ics) in the place of what the calendar had: whole days are holidays, events with a time take that ' +
        'time out of the hours of their day. Events that repeat are taken in for ten years. The same file twice changes nothing.',
    )
    .argument('<file>', 'iCalendar file; "-": standard input')
    .requiredOption('--id <id>', 'id that schedules name it by', idOf)
    .option('--name <name>', "name for people (default: the file's)", oneLine)
    .option('--timezone <zone>', 'zone of times that name none (default: UTC)', zoneName)
    .option('--dry-run', 'only tell what would change')
    .action(act<[string, ImportOptions]>(cli, importFile));
  examples(importing, ['dialtrace calendar import feiertage-berlin.ics --id holidays-de --dry-run']);
  group.command('list').description('Calendars and the schedules that name them.').action(act<[]>(cli, list));
  group
    .command('show')
    .description('Events to come.')
    .argument('<id>')
    .option('--all', 'past ones too')
    .action(act<[string, ShowOptions]>(cli, show));
  group
    .command('remove')
    .description('Removes a calendar that no schedule names.')
    .argument('<id>')
    .action(act<[string]>(cli, remove));
};
