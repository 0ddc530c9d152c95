import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { idSchema } from '../config/index.ts';
import { type ImportedCalendar, importPeriod, readCalendar, storedSchedules } from '../flows/index.ts';
import { type CalendarEventTable, type CalendarTable, calendarRepository } from '../store/index.ts';
import { renewFlowVersions } from '../tracking/index.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const BODY_BYTES = 5_000_000;

const calendarSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  events: z.int(),
  importedAt: z.iso.datetime(),
  sha256: z.string().meta({ description: 'Of the file' }),
});

const calendarView = ({ id, name, events, imported_at, digest }: CalendarTable) => ({
  id,
  name,
  events,
  importedAt: new Date(imported_at).toISOString(),
  sha256: digest,
});

const eventSchema = z.object({
  summary: z.string(),
  from: z.string().meta({ description: 'First day, or the moment it begins' }),
  to: z.string().meta({ description: 'Last day, inclusive, or the moment it ends' }),
});

const eventView = ({ summary, from_date, to_date, starts_at, ends_at }: CalendarEventTable) => ({
  summary,
  from: from_date ?? new Date(starts_at ?? 0).toISOString(),
  to: to_date ?? new Date(ends_at ?? 0).toISOString(),
});

const params = z.object({ id: idSchema });

const noSuch = (id: string): HttpProblem => new HttpProblem(404, `There is no calendar ${id}.`);

const readBody = (text: string, now: number, zone: string | undefined): ImportedCalendar => {
  try {
    return readCalendar(text, { ...importPeriod(now), zone });
  } catch (error) {
    if (error instanceof UsageError) throw new HttpProblem(400, error.message, error.problems);
    throw error;
  }
};

const zoneSchema = z.string().refine((name) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}, 'use an IANA time zone such as Europe/Berlin');

export const calendarRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  app.addContentTypeParser(
    'text/calendar',
    { parseAs: 'string', bodyLimit: BODY_BYTES },
    (_request, body, done) => done(null, body),
  );

  addRoute(app, {
    url: '/v1/calendars',
    summary: 'Imported calendars, whose events are holidays of schedules',
    tag: 'flows',
    params: nothing,
    query: nothing,
    response: z.object({ calendars: z.array(calendarSchema) }),
    handle: () =>
      store.exclusively((file) => ({ calendars: calendarRepository(file).list().map(calendarView) })),
  });

  addRoute(app, {
    url: '/v1/calendars/:id',
    summary: 'A calendar with its events, in order of time',
    tag: 'flows',
    params,
    query: nothing,
    response: calendarSchema.extend({ entries: z.array(eventSchema) }),
    handle: ({ params: { id } }) =>
      store.exclusively((file) => {
        const calendars = calendarRepository(file);
        const calendar = calendars.get(id);
        if (calendar === undefined) throw noSuch(id);
        return { ...calendarView(calendar), entries: calendars.events(id).map(eventView) };
      }),
  });

  addRoute(
    app,
    {
      method: 'PUT',
      url: '/v1/calendars/:id',
      summary:
        'Import a calendar file (RFC 5545) in the place of what the calendar had; flows that it changes get a new version',
      tag: 'flows',
      params,
      query: z.strictObject({
        name: z.string().trim().min(1).max(200).optional().meta({ description: "Default: the file's" }),
        timezone: zoneSchema.optional().meta({ description: 'Of times that name none; default UTC' }),
      }),
      body: z.string('send the file as text/calendar'),
      consumes: 'text/calendar',
      response: z.object({
        events: z.int(),
        added: z.int(),
        changed: z.int(),
        removed: z.int(),
        leftOut: z.object({ cancelled: z.int(), outside: z.int(), momentary: z.int() }),
        versions: z.array(z.object({ flow: z.string(), version: z.int() })),
      }),
      handle: async ({ params: { id }, query: { name, timezone }, body }) => {
        const now = Date.now();
        const read = readBody(body, now, timezone);
        const calendar = {
          id,
          name: name ?? read.name ?? null,
          imported_at: now,
          digest: createHash('sha256').update(body).digest('hex'),
        };
        const change = await whenFree(() =>
          store.exclusively((file) => calendarRepository(file).replace(calendar, read.events)),
        );
        const versions = await whenFree(() => renewFlowVersions(store, now));
        return { ...change, leftOut: read.leftOut, versions };
      },
    },
    { bodyLimit: BODY_BYTES },
  );

  addRoute(app, {
    method: 'DELETE',
    url: '/v1/calendars/:id',
    summary: 'Remove a calendar that no schedule names',
    tag: 'flows',
    params,
    query: nothing,
    response: z.object({ removed: z.string() }),
    handle: ({ params: { id } }) =>
      whenFree(() =>
        store.exclusively((file) => {
          const users = storedSchedules(file).filter(({ calendars }) => calendars.includes(id));
          if (users.length > 0)
            throw new HttpProblem(409, `The schedule ${users.map((user) => user.id).join(', ')} names it.`);
          if (!calendarRepository(file).remove(id)) throw noSuch(id);
          return { removed: id };
        }),
      ),
  });
};
