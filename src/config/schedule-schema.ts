import { z } from 'zod';
import { idSchema, words } from './fields.ts';

/** A time of the day to another one. */
export const span = z
  .string()
  .regex(
    /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/,
    'use a span such as 09:00-12:30; one that ends before it begins goes over midnight',
  );
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const weekday = z.enum(WEEKDAYS);
const date = z.iso.date('use a date such as 2026-12-25');

export const zone = z
  .string()
  .refine((name) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: name });
      return true;
    } catch {
      return false;
    }
  }, 'use an IANA time zone such as Europe/Berlin or Asia/Shanghai')
  .describe('IANA time zone such as Europe/Berlin.');

const holidaySchema = z
  .strictObject({
    date: date.optional(),
    from: date.optional(),
    to: date.optional().describe('Inclusive.'),
    name: words.optional(),
    hours: z.array(span).min(1).optional().describe('Open then all the same.'),
    yearly: z.boolean().default(false).describe('On this day of every year.'),
  })
  .refine(
    ({ date, from, to }) => (date === undefined ? from !== undefined && to !== undefined : !from && !to),
    'name a date, or from and to',
  )
  .refine(({ from, to }) => !from || !to || from <= to, 'let from come before to');

/** One entry of `schedules`: when a business is open. */
export const scheduleSchema = z.strictObject({
  id: idSchema,
  name: words.optional(),
  timezone: zone,
  hours: z
    .partialRecord(weekday, z.array(span))
    .describe('`{mon: [09:00-12:00, 13:00-17:00], …}`; days left out are closed.'),
  holidays: z.array(holidaySchema).default([]),
  calendars: z
    .array(idSchema)
    .default([])
    .describe('Calendars imported by `dialtrace calendar import`: their events are holidays.'),
});

export type SchedulePlan = z.output<typeof scheduleSchema>;
export type Holiday = SchedulePlan['holidays'][number];
export type Weekday = (typeof WEEKDAYS)[number];
