import { z } from 'zod';
import { shareSchema } from '../money.ts';
import type { Period } from '../period.ts';

export const HOURS_OF_WEEK = 168;

/** What calls of one hour of the week came to, over the whole period. */
export type HourCounts = {
  /** Answered and missed. */
  readonly calls: number;
  readonly answered: number;
  /** Times that a call button was seen. */
  readonly views: number;
  /** How often the hour came round in the period; a part of it counts as such. */
  readonly times: number;
};

/** `few`: too few calls to tell; `worse` and `better`: the answer rate is surely below or above that of
 * the other hours. */
export const HOUR_VERDICTS = ['none', 'few', 'usual', 'worse', 'better'] as const;
export type HourVerdict = (typeof HOUR_VERDICTS)[number];

export const ADVICE_KINDS = ['advertise', 'staff', 'pause'] as const;

export const adviceSchema = z.object({
  kind: z.enum(ADVICE_KINDS).meta({
    description:
      'advertise: many calls, and they are answered; staff: many calls, missed more than usual; pause: few calls, missed more than usual',
  }),
  weekdays: z.array(z.int()).meta({ description: 'From 0, Monday' }),
  from: z.int().meta({ description: 'First hour' }),
  to: z.int().meta({ description: 'Hour that it ends at, up to 24' }),
  calls: z.int(),
  answered: z.int(),
  answerRate: shareSchema,
  callsPerHour: z.number(),
  missedPerWeek: z.number().meta({ description: 'Calls that would be answered at the usual rate' }),
  text: z.string(),
});
export type Advice = z.output<typeof adviceSchema>;

export const hoursReportSchema = z.object({
  from: z.string().meta({ format: 'date-time' }),
  to: z.string().meta({ description: 'Exclusive', format: 'date-time' }),
  zone: z.string(),
  button: z.string().nullable().meta({ description: 'Calls and views of this one alone' }),
  source: z.string().nullable().meta({ description: 'Calls and views of this source alone' }),
  hours: z
    .array(
      z.object({
        weekday: z.int().meta({ description: 'From 0, Monday' }),
        hour: z.int(),
        calls: z.int().meta({ description: 'Inbound calls, answered or missed' }),
        answered: z.int(),
        views: z.int().meta({ description: 'Times that a call button was seen' }),
        times: z.number().meta({ description: 'How often the hour came round' }),
        answerRate: shareSchema,
        verdict: z.enum(HOUR_VERDICTS),
      }),
    )
    .meta({ description: 'All 168 of the week, from Monday 0:00' }),
  totals: z.object({ calls: z.int(), answered: z.int(), views: z.int(), answerRate: shareSchema }),
  advice: z.array(adviceSchema),
  remarks: z.array(z.string()).meta({ description: 'What can not be said, and why' }),
  tooFew: z
    .object({
      hours: z.int().meta({ description: 'Hours with calls, but too few' }),
      calls: z.int(),
      needed: z.int().meta({ description: 'Calls in an hour that show 20 points less than usual' }),
    })
    .meta({ description: 'What nothing can be said of' }),
});

export type HoursReport = z.output<typeof hoursReportSchema>;

export type HoursOptions = Period & {
  /** Left out: calls from anywhere. */
  readonly button?: string | undefined;
  /** Id of a source of the tracking plan. */
  readonly source?: string | undefined;
  /** Milliseconds since the epoch: hours to come are none without calls. */
  readonly now: number;
};
