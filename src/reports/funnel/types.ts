import { z } from 'zod';
import { estimateSchema, shareSchema } from '../money.ts';
import type { Period } from '../period.ts';

/** What the funnel has a row for. `arm`: of the experiment that ran on the button; `source`: of the visit. */
export const FUNNEL_DIMENSIONS = [
  'button',
  'arm',
  'device',
  'source',
  'page',
  'intent',
  'hour',
  'day',
] as const;
export type FunnelDimension = (typeof FUNNEL_DIMENSIONS)[number];

/** The way of a call in the browser, in its order. Whoever reached one has reached those before it. */
export const FUNNEL_STAGES = [
  'view',
  'click',
  'confirm',
  'microphone',
  'token',
  'ice',
  'ring',
  'answer',
  'qualified',
] as const;
export type FunnelStage = (typeof FUNNEL_STAGES)[number];

/** A conversation that ended sooner is a short one. */
export const SHORT_CALL_MS = 10_000;

const presses = (what: string) => z.int().meta({ description: `Presses: ${what}` });

export const funnelFiguresSchema = z.object({
  views: z.int().meta({ description: 'Times that a button was seen: once a page' }),
  viewers: z.int().meta({ description: 'Visitors that saw a button, or pressed it' }),
  presses: z.int(),
  stages: z
    .array(
      z.object({
        stage: z.enum(FUNNEL_STAGES),
        viewers: z.int().meta({ description: 'Visitors that got so far' }),
        presses: z.int().nullable().meta({ description: 'Presses that got so far; null for `view`' }),
        lost: z.int().nullable().meta({
          description: 'Presses that ended before it and took no other way; null for `view` and `click`',
        }),
      }),
    )
    .meta({ description: 'Of calls in the browser; ring, answer and qualified as the call record has them' }),
  ways: z.object({
    browser: presses('a call in the browser was tried'),
    dialler: presses('the dialler of a telephone was opened'),
    fallback: presses('the number was shown because a browser call was not to be had'),
    callback: presses('the visitor asked to be called'),
  }),
  problems: z.object({
    microphoneDenied: z.int(),
    microphoneMissing: z.int(),
    microphoneBusy: z.int(),
    tokenRefused: z.int(),
    iceFailed: z.int(),
  }),
  calls: z
    .object({ made: z.int(), answered: z.int(), missed: z.int(), short: z.int() })
    .meta({ description: `From browsers; short: talked for less than ${SHORT_CALL_MS / 1000} s` }),
  callbacks: z.object({ called: z.int(), answered: z.int() }).meta({ description: 'Presses' }),
  dialled: z
    .object({ called: z.int(), answered: z.int() })
    .meta({ description: 'Presses that opened a dialler, and whose visit then called within 10 min' }),
  qualified: presses('whose call is qualified, in the browser, called back or dialled'),
  qualifiedViewers: z.int(),
  ctr: shareSchema.meta({ description: 'Viewers that pressed, of all viewers' }),
  connectRate: shareSchema.meta({ description: 'Presses that rang, of those that tried a browser call' }),
  answerRate: shareSchema.meta({ description: 'Answered calls from browsers, of those that have ended' }),
  conversion: shareSchema.meta({ description: 'Viewers with a qualified call, of all viewers' }),
  shortShare: shareSchema.meta({ description: 'Short calls, of answered ones' }),
  clickToRingMs: z
    .object({ count: z.int(), p50: z.int().nullable(), p90: z.int().nullable(), p95: z.int().nullable() })
    .meta({ description: 'From the press until the first line rang' }),
  rating: z
    .object({ count: z.int(), mean: estimateSchema.shape.value })
    .meta({ description: 'Stars, 1 to 5' }),
});

export type FunnelFigures = z.output<typeof funnelFiguresSchema>;

export const funnelReportSchema = z.object({
  from: z.string().meta({ format: 'date-time' }),
  to: z.string().meta({ description: 'Exclusive', format: 'date-time' }),
  zone: z.string(),
  by: z.enum(FUNNEL_DIMENSIONS),
  button: z.string().nullable().meta({ description: 'The only one that is counted' }),
  site: z.string().nullable(),
  qualifiedSeconds: z.number(),
  rows: z.array(
    z.object({
      label: z.string(),
      key: z.string().nullable().meta({ description: 'Null: nobody knows' }),
      ...funnelFiguresSchema.shape,
    }),
  ),
  rowsLeftOut: z.int().meta({ description: 'Rows beyond the limit; the totals have them' }),
  totals: funnelFiguresSchema,
  leak: z
    .object({
      stage: z.enum(FUNNEL_STAGES).nullable().meta({ description: 'Not reached; null: none stands out' }),
      text: z.string(),
    })
    .meta({ description: 'Where most presses are lost, in a sentence' }),
  leader: z
    .object({ key: z.string().nullable().meta({ description: 'Null: none stands out' }), text: z.string() })
    .nullable()
    .meta({ description: 'The row with the best conversion, when its interval is above all others' }),
  leftOut: z
    .object({ botEvents: z.int(), botPresses: z.int(), testCalls: z.int(), spamCalls: z.int() })
    .meta({ description: 'Not counted' }),
});

export type FunnelReport = z.output<typeof funnelReportSchema>;
export type FunnelRow = FunnelReport['rows'][number];

export type FunnelOptions = Period & {
  readonly by: FunnelDimension;
  /** Left out: all of them. */
  readonly button?: string | undefined;
  readonly site?: string | undefined;
  /** Counts machines as if they were people: to see what a test of one's own did. */
  readonly machines?: boolean | undefined;
  /** A call that is talked for so long is qualified, whatever its lead is. Seconds. */
  readonly qualifiedSeconds: number;
  /** Rows at most; hours and days are all there. */
  readonly limit: number;
};
