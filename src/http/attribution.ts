import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { attributionCostSchema, PERIOD_NAMES, readPeriod } from '../reports/index.ts';
import {
  type AttributionRequest,
  CONVERSION_KINDS,
  DEFAULT_MODEL,
  DIMENSIONS,
  keepReport,
  MODELS,
  type Recomputation,
} from '../tracking/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const scope = {
  conversion: z.enum(CONVERSION_KINDS).default('call').meta({ description: 'What counts as a conversion' }),
  by: z.enum(DIMENSIONS).default('source').meta({ description: 'What there is a row for' }),
  window: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(30)
    .meta({ description: 'How many days before a conversion a touch counts' }),
  dedupe: z.coerce.number().int().min(0).max(365).default(30).meta({
    description: "A person's conversions within so many days of a counted one count no more; 0: all count",
  }),
  from: z.string().optional().meta({ description: 'First day or moment, in the zone' }),
  to: z.string().optional().meta({ description: 'First day or moment after the period' }),
  period: z.enum(PERIOD_NAMES).optional().meta({ description: 'Instead of from and to; default 30d' }),
  zone: z.string().default('UTC').meta({ description: 'IANA zone whose midnights part the days' }),
};

const modelsQuery = z.strictObject(scope);
const reportQuery = z.strictObject({
  model: z
    .string()
    .default(DEFAULT_MODEL)
    .refine(
      (name) => MODELS.some(({ id }) => id === name),
      `use one of ${MODELS.map(({ id }) => id).join(', ')}`,
    )
    .meta({ description: `One of ${MODELS.map(({ id }) => id).join(', ')}` }),
  ...scope,
});

const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{8,64}$/, 'use a digest: 8 to 64 hexadecimal digits')
  .meta({ description: 'SHA-256 of a report, or the beginning of it' });

const parametersSchema = z.object({
  conversion: z.enum(CONVERSION_KINDS),
  by: z.enum(DIMENSIONS),
  from: z.int().meta({ description: 'Milliseconds since 1970' }),
  to: z.int().meta({ description: 'Exclusive' }),
  zone: z.string(),
  windowDays: z.int(),
  dedupeDays: z.int(),
  historyDays: z.int().meta({ description: 'How far back repeats and first calls are looked for' }),
  lastSeq: z.int().meta({ description: 'The last event that was seen' }),
  events: z.int().meta({ description: 'How many events the log had up to it' }),
});

const names = {
  key: z.string(),
  channel: z.string().nullable(),
  source: z.string().nullable(),
  medium: z.string().nullable(),
  campaign: z.string().nullable(),
  keyword: z.string().nullable(),
  landing: z.string().nullable(),
};

const valuesSchema = z
  .record(z.string(), z.int())
  .meta({ description: 'Millionths of each currency, by its ISO 4217 code' });

const totalsSchema = z.object({
  conversions: z.int(),
  credits: z.int().meta({ description: 'Always conversions × 1,000,000' }),
  creditsLow: z.int(),
  creditsHigh: z.int(),
  values: valuesSchema,
  repeats: z
    .int()
    .meta({ description: 'Conversions that were not counted because an earlier one of the person was' }),
});

const reportSchema = z.object({
  format: z.literal(1),
  parameters: parametersSchema.extend({ model: z.string(), version: z.int() }),
  rows: z.array(
    z.object({
      ...names,
      credits: z.int().meta({ description: 'Millionths of a conversion' }),
      creditsLow: z.int().meta({ description: '90 % interval, Poisson' }),
      creditsHigh: z.int(),
      conversions: z.int().meta({ description: 'Conversions that it had a part in' }),
      share: z.int().meta({ description: 'Millionths of all credit' }),
      shareLow: z.int().meta({ description: '90 % interval, Wilson' }),
      shareHigh: z.int(),
      values: valuesSchema,
    }),
  ),
  totals: totalsSchema,
});

const comparisonSchema = z.object({
  parameters: parametersSchema,
  models: z.array(z.object({ id: z.string(), version: z.int(), title: z.string() })),
  rows: z.array(
    z.object({
      ...names,
      credits: z.record(z.string(), z.int()).meta({ description: 'Millionths of a conversion, by model' }),
    }),
  ),
  totals: totalsSchema,
});

const requestOf = (query: z.output<typeof modelsQuery> & { readonly model?: string }): AttributionRequest => {
  const { window: windowDays, dedupe: dedupeDays, conversion, by, model = DEFAULT_MODEL, ...period } = query;
  return { model, conversion, by, windowDays, dedupeDays, ...readPeriod(period, Date.now()) };
};

export const attributionRoutes = (app: FastifyInstance, { reports, store }: HttpParts): void => {
  const again = async (digest: string): Promise<Recomputation> => {
    const known = await store.db
      .selectFrom('attribution_report')
      .where('digest', '>=', digest)
      .where('digest', '<', `${digest}g`)
      .select('digest')
      .executeTakeFirst();
    if (known === undefined) throw new HttpProblem(404, `There is no report with the digest ${digest}.`);
    const result = await reports.run({ type: 'attribution-again', options: { digest } });
    if ('refused' in result) throw new HttpProblem(409, result.refused);
    return result;
  };

  addRoute(app, {
    url: '/v1/reports/attribution',
    summary: 'What each source is owed by an attribution model; kept, so that it can be made again',
    tag: 'reports',
    params: nothing,
    query: reportQuery,
    response: reportSchema.extend({
      digest: z.string().meta({ description: 'SHA-256 of its canonical bytes' }),
      costs: z.record(z.string(), z.array(attributionCostSchema)).meta({
        description: 'What was spent on a row, by its key; beside the report: the digest is not of it',
      }),
    }),
    handle: async ({ query }) => {
      const now = Date.now();
      const options = { ...requestOf(query), now };
      const { digest, report, costs } = await reports.run({ type: 'attribution', options });
      await keepReport(store.db, { digest, report }, now);
      return { digest, ...report, costs };
    },
  });

  addRoute(app, {
    url: '/v1/reports/attribution/models',
    summary: 'Every attribution model side by side',
    tag: 'reports',
    params: nothing,
    query: modelsQuery,
    response: comparisonSchema,
    handle: ({ query }) => reports.run({ type: 'attribution-models', options: requestOf(query) }),
  });

  addRoute(app, {
    method: 'POST',
    url: '/v1/reports/attribution/recompute',
    summary: 'Make a kept report again from the event log and compare',
    tag: 'reports',
    params: nothing,
    query: nothing,
    body: z.strictObject({ digest: digestSchema }),
    response: z.object({
      wanted: z.string(),
      digest: z.string().meta({ description: 'Of the report as it came out' }),
      identical: z.boolean(),
    }),
    handle: async ({ body }) => {
      const { wanted, digest, identical } = await again(body.digest);
      return { wanted, digest, identical };
    },
  });

  addRoute(app, {
    url: '/v1/reports/attribution/:digest',
    summary: 'A kept report, made again: the very bytes that its digest is of',
    tag: 'reports',
    params: z.object({ digest: digestSchema }),
    query: nothing,
    response: reportSchema,
    handle: async ({ params, reply }) => {
      const { text, identical } = await again(params.digest);
      if (!identical)
        throw new HttpProblem(409, 'The report comes out otherwise than it was: the log is not what it was.');
      // A text is sent as it is: an object would be written anew.
      reply.type('application/json; charset=utf-8').serializer((payload) => String(payload));
      return text;
    },
  });
};
