import type { SqliteFile } from './connection.ts';
import type { CalendarEventTable, CalendarTable } from './flow-schema.ts';

/** An event without the calendar that it belongs to. */
export type CalendarEntry = Omit<CalendarEventTable, 'calendar_id'>;

export type NewCalendar = Omit<CalendarTable, 'events'>;

/** What an import changed. */
export type CalendarImport = {
  readonly events: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
};

/** Imported calendars: days on which businesses are closed. For who has the connection for himself (`store.exclusively`). */
export type CalendarRepository = {
  list(): readonly CalendarTable[];
  get(id: string): CalendarTable | undefined;
  /** In order of time. */
  events(id: string): readonly CalendarEventTable[];
  /** What `replace` would change. */
  compare(id: string, events: readonly CalendarEntry[]): CalendarImport;
  /** Puts these events in the place of all that the calendar had. The same ones again change nothing. */
  replace(calendar: NewCalendar, events: readonly CalendarEntry[]): CalendarImport;
  /** @returns whether it was there */
  remove(id: string): boolean;
};

const FIELDS = ['summary', 'from_date', 'to_date', 'starts_at', 'ends_at'] as const;

const isSame = (one: CalendarEntry, other: CalendarEntry): boolean =>
  FIELDS.every((field) => one[field] === other[field]);

const compare = (before: readonly CalendarEntry[], after: readonly CalendarEntry[]): CalendarImport => {
  const known = new Map(before.map((event) => [event.key, event]));
  const kept = after.filter(({ key }) => known.has(key));
  return {
    events: after.length,
    added: after.length - kept.length,
    removed: before.length - kept.length,
    changed: kept.filter((event) => {
      const old = known.get(event.key);
      return old !== undefined && !isSame(old, event);
    }).length,
  };
};

export const calendarRepository = (file: SqliteFile): CalendarRepository => {
  const events = (id: string): readonly CalendarEventTable[] =>
    file
      .prepare<[string], CalendarEventTable>(
        `SELECT * FROM calendar_event WHERE calendar_id = ?
         ORDER BY COALESCE(from_date, strftime('%Y-%m-%d', starts_at / 1000, 'unixepoch')), starts_at, key`,
      )
      .all(id);

  const write = (calendar: NewCalendar, entries: readonly CalendarEntry[]): CalendarImport => {
    const change = compare(events(calendar.id), entries);
    file
      .prepare(
        `INSERT INTO calendar (id, name, imported_at, digest, events) VALUES (@id, @name, @imported_at, @digest, @events)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, imported_at = excluded.imported_at,
           digest = excluded.digest, events = excluded.events`,
      )
      .run({ ...calendar, events: entries.length });
    if (change.added + change.removed + change.changed === 0) return change;
    file.prepare('DELETE FROM calendar_event WHERE calendar_id = ?').run(calendar.id);
    const insert = file.prepare(
      `INSERT INTO calendar_event (calendar_id, key, summary, from_date, to_date, starts_at, ends_at)
       VALUES (@calendar_id, @key, @summary, @from_date, @to_date, @starts_at, @ends_at)`,
    );
    for (const entry of entries) insert.run({ ...entry, calendar_id: calendar.id });
    return change;
  };

  return {
    list: () => file.prepare<[], CalendarTable>('SELECT * FROM calendar ORDER BY id').all(),
    get: (id) => file.prepare<[string], CalendarTable>('SELECT * FROM calendar WHERE id = ?').get(id),
    events,
    compare: (id, entries) => compare(events(id), entries),
    replace: (calendar, entries) => file.transaction(() => write(calendar, entries)).immediate(),
    remove: (id) =>
      file
        .transaction(() => {
          file.prepare('DELETE FROM calendar_event WHERE calendar_id = ?').run(id);
          return file.prepare('DELETE FROM calendar WHERE id = ?').run(id).changes > 0;
        })
        .immediate(),
  };
};
