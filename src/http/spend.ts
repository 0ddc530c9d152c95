import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MICROS } from '../reports/index.ts';
import {
  importSpend,
  listSpend,
  MOST_SPENT,
  readCurrency,
  readDay,
  type SpendRow,
} from '../tracking/index.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { addRoute, nothing } from './route.ts';

/** Rows of one request: a month of a hundred campaigns. */
const MOST_ROWS = 5000;
const BODY_BYTES = 2_000_000;

const words = z
  .string()
  .trim()
  .max(200)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'use one line');
const daySchema = z
  .string()
  .refine((text) => readDay(text).ok, 'use a day of the calendar such as 2026-11-22');
const count = z.int().min(0).max(1_000_000_000_000).nullish();

const rowSchema = z.strictObject({
  day: daySchema.meta({ description: 'Calendar day of the zone that reports are read in' }),
  source: words.min(1).toLowerCase(),
  medium: words.toLowerCase().default(''),
  campaign: words.default(''),
  currency: z
    .string()
    .refine((text) => readCurrency(text).ok, 'use a three-letter ISO 4217 currency such as EUR')
    .toUpperCase(),
  amount: z.number().min(0).max(MOST_SPENT).meta({ description: "In the currency's unit" }),
  clicks: count,
  impressions: count,
});

const spendRow = ({ amount, clicks, impressions, ...row }: z.output<typeof rowSchema>): SpendRow => ({
  ...row,
  micros: Math.round(amount * MICROS),
  clicks: clicks ?? null,
  impressions: impressions ?? null,
});

const listQuery = z.strictObject({
  from: daySchema.optional().meta({ description: 'First day' }),
  to: daySchema.optional().meta({ description: 'Last day, inclusive' }),
  source: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100_000).default(1000),
});

const importSchema = z.object({
  rows: z.int(),
  added: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  merged: z
    .int()
    .meta({ description: 'Added to another row of the same day, source, medium, campaign, currency' }),
});

export const spendRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/spend',
    summary: 'What advertising cost, the latest day first',
    tag: 'reports',
    params: nothing,
    query: listQuery,
    response: z.object({
      spend: z.array(
        z.object({
          day: z.string(),
          source: z.string(),
          medium: z.string(),
          campaign: z.string(),
          currency: z.string(),
          amount: z.number(),
          clicks: z.int().nullable(),
          impressions: z.int().nullable(),
        }),
      ),
    }),
    handle: async ({ query: { from, to, source, limit } }) => {
      const rows = await store.exclusively((file) => listSpend(file, { from, through: to, source, limit }));
      return { spend: rows.map(({ micros, ...row }) => ({ ...row, amount: micros / MICROS })) };
    },
  });

  addRoute(
    app,
    {
      method: 'POST',
      url: '/v1/spend',
      summary:
        'Import spend: a row of a day, source, medium, campaign and currency that is there takes the new amount',
      tag: 'reports',
      params: nothing,
      query: nothing,
      body: z.strictObject({
        rows: z.array(rowSchema).min(1).max(MOST_ROWS),
        dryRun: z.boolean().default(false),
      }),
      response: importSchema,
      handle: ({ body: { rows, dryRun } }) =>
        whenFree(() =>
          store.exclusively((file) => importSpend(file, rows.map(spendRow), Date.now(), { dryRun })),
        ),
    },
    { bodyLimit: BODY_BYTES },
  );
};
