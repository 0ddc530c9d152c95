import type { FastifyInstance } from 'fastify';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { idSchema, type SchedulePlan } from '../config/index.ts';
import { nextOpening, openState, scheduleInForce, storedSchedules, weekOf } from '../flows/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const stateSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  timezone: z.string(),
  at: z.string().meta({ description: 'ISO 8601, in the zone of the schedule' }),
  state: z.enum(['open', 'closed', 'holiday']),
  reason: z.string(),
  until: z.string().nullable().meta({ description: 'When the state is another one; null: never' }),
  opens: z.string().nullable().meta({ description: 'When it is open next; null: never' }),
});

const iso = (at: number | undefined, zone: string): string | null =>
  at === undefined ? null : DateTime.fromMillis(at, { zone }).toISO({ suppressMilliseconds: true });

const stateView = (schedule: SchedulePlan, at: number): z.output<typeof stateSchema> => {
  const { id, name, timezone } = schedule;
  const { state, reason, until } = openState(schedule, at);
  return {
    id,
    name: name ?? null,
    timezone,
    at: iso(at, timezone) ?? '',
    state,
    reason,
    until: iso(until, timezone),
    opens: iso(nextOpening(schedule, at), timezone),
  };
};

const AT = 'use ISO 8601 such as 2026-12-24T15:00, in the time zone of the schedule unless it names one';

const momentSchema = z
  .string()
  .max(40)
  // A plus that was not escaped arrives as a blank.
  .transform((text) => text.trim().replace(/ (?=\d\d:\d\d$)/, text.includes('T') ? '+' : 'T'))
  .refine((text) => DateTime.fromISO(text).isValid, AT);

const momentOf = (text: string | undefined, zone: string): number =>
  text === undefined ? Date.now() : DateTime.fromISO(text, { zone }).toMillis();

const params = z.object({ id: idSchema });

export const scheduleRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  const find = (id: string): Promise<SchedulePlan> =>
    store.exclusively((file) => {
      const plan = storedSchedules(file).find((schedule) => schedule.id === id);
      if (plan === undefined) throw new HttpProblem(404, `There is no schedule ${id}.`);
      return scheduleInForce(file, plan).schedule;
    });

  addRoute(app, {
    url: '/v1/schedules',
    summary: 'Schedules, and whether they are open now',
    tag: 'flows',
    params: nothing,
    query: nothing,
    response: z.object({ schedules: z.array(stateSchema) }),
    handle: async () => {
      const schedules = await store.exclusively((file) =>
        storedSchedules(file).map((plan) => scheduleInForce(file, plan).schedule),
      );
      const now = Date.now();
      return { schedules: schedules.map((schedule) => stateView(schedule, now)) };
    },
  });

  addRoute(app, {
    url: '/v1/schedules/:id/state',
    summary: 'Whether a schedule is open at a moment, why, and until when',
    tag: 'flows',
    params,
    query: z.strictObject({
      at: momentSchema.optional().meta({ description: `Default: now. ISO 8601; ${AT}` }),
    }),
    response: stateSchema,
    handle: async ({ params: { id }, query: { at } }) => {
      const schedule = await find(id);
      return stateView(schedule, momentOf(at, schedule.timezone));
    },
  });

  addRoute(app, {
    url: '/v1/schedules/:id/days',
    summary: 'The coming days as they will really be',
    tag: 'flows',
    params,
    query: z.strictObject({
      from: momentSchema.optional().meta({ description: 'First day; default: today' }),
      days: z.coerce.number().int().min(1).max(366).default(7),
    }),
    response: z.object({
      timezone: z.string(),
      days: z.array(
        z.object({
          date: z.string(),
          weekday: z.string(),
          holiday: z.string().nullable(),
          open: z.array(z.object({ text: z.string(), from: z.string(), to: z.string() })),
          clockChange: z
            .int()
            .meta({ description: 'Minutes that the clock is set forward (or back) this day' }),
        }),
      ),
    }),
    handle: async ({ params: { id }, query: { from, days } }) => {
      const schedule = await find(id);
      const { timezone } = schedule;
      return {
        timezone,
        days: weekOf(schedule, momentOf(from, timezone), days).map(({ holiday, open, ...day }) => ({
          ...day,
          holiday: holiday ?? null,
          open: open.map((span) => ({
            text: span.text,
            from: iso(span.from, timezone) ?? '',
            to: iso(span.to, timezone) ?? '',
          })),
        })),
      };
    },
  });
};
