import type { Kysely } from 'kysely';
import {
  type CalendarEvent,
  closeDefinition,
  definitionDigest,
  type FlowPlans,
  withCalendars,
} from '../../flows/index.ts';
import type { Database } from '../../store/index.ts';
import { storedEntries } from './state.ts';

/** A version that was made. */
export type NewFlowVersion = { readonly flow: string; readonly version: number };

/**
 * Gives each flow of which anything has changed, or of what it refers to, a new version. Those that calls run stay as they
 * are.
 *
 * @returns the new ones
 */
export const keepVersions = async (
  trx: Kysely<Database>,
  plan: FlowPlans,
  at: number,
): Promise<readonly NewFlowVersion[]> => {
  if (plan.flows.length === 0) return [];
  const events = await calendarEvents(trx);
  const schedules = plan.schedules.map((schedule) => withCalendars(schedule, events));
  const made: NewFlowVersion[] = [];
  for (const { id } of plan.flows) {
    const definition = closeDefinition(id, { ...plan, schedules });
    const digest = definitionDigest(definition);
    const latest = await trx
      .selectFrom('flow_version')
      .select(['version', 'digest'])
      .where('flow_id', '=', id)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (latest?.digest === digest) continue;
    const version = (latest?.version ?? 0) + 1;
    await trx
      .insertInto('flow_version')
      .values({ flow_id: id, version, digest, definition: JSON.stringify(definition), created_at: at })
      .execute();
    made.push({ flow: id, version });
  }
  return made;
};

/** `keepVersions` for what was applied, when something beside the plan has changed: an imported calendar. */
export const renewFlowVersions = (
  { db }: { readonly db: Kysely<Database> },
  at: number,
): Promise<readonly NewFlowVersion[]> =>
  db.transaction().execute(async (trx) => keepVersions(trx, await storedEntries(trx), at));

/** The events of each imported calendar. */
const calendarEvents = async (
  trx: Kysely<Database>,
): Promise<ReadonlyMap<string, readonly CalendarEvent[]>> => {
  const events = await trx.selectFrom('calendar_event').selectAll().orderBy('key').execute();
  const byCalendar = new Map<string, CalendarEvent[]>();
  for (const event of events) {
    const known = byCalendar.get(event.calendar_id);
    if (known) known.push(event);
    else byCalendar.set(event.calendar_id, [event]);
  }
  return byCalendar;
};
