import { z } from 'zod';
import { idSchema, regionSchema } from './gateway-schema.ts';

const costSchema = z.strictObject({
  amount: z.number().min(0),
  /** ISO 4217, such as EUR. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'use a three-letter ISO 4217 currency such as EUR'),
  /** Spread evenly over the days of each period. */
  per: z.enum(['day', 'week', 'month', 'year']),
});

const sourceSchema = z.strictObject({
  id: idSchema,
  name: z.string().min(1),
  /** utm_source: google, billboard-a8, newsletter … */
  source: z.string().min(1),
  /** utm_medium: cpc, print, radio … */
  medium: z.string().min(1).optional(),
  campaign: z.string().min(1).optional(),
  costCenter: z.string().min(1).optional(),
  cost: costSchema.optional(),
});

const ringTimeout = z.number().min(1).max(600).default(20);

const lineSchema = z.discriminatedUnion('type', [
  /** A PSTN number dialled through a trunk. */
  z.strictObject({
    id: idSchema,
    name: z.string().optional(),
    type: z.literal('trunk'),
    number: z.string().min(1),
    trunk: idSchema,
    ringTimeoutSeconds: ringTimeout,
  }),
  /** A SIP URI dialled directly. */
  z.strictObject({
    id: idSchema,
    name: z.string().optional(),
    type: z.literal('sip'),
    uri: z.string().regex(/^sip:/i, 'use a SIP URI such as sip:sales@pbx.example:5060'),
    ringTimeoutSeconds: ringTimeout,
    /** Credentials are a trunk's; a line that needs them is dialled through a trunk. */
    nat: z.boolean().default(false),
  }),
  /** The gateway's own echo: answers and sends back what it hears. */
  z.strictObject({ id: idSchema, name: z.string().optional(), type: z.literal('echo'), ringTimeoutSeconds: ringTimeout }),
]);

const numberSchema = z.strictObject({
  /** The tracking number, E.164 or in the plan's region. */
  number: z.string().min(1),
  label: z.string().optional(),
  source: idSchema,
  /** Tried in this order until one answers. */
  lines: z.array(idSchema).min(1),
  /** Default: `recording.enabled` of dialtrace.yaml. */
  record: z.boolean().optional(),
  enabled: z.boolean().default(true),
});

/** `tracking.yaml`: the tracking plan, which `dialtrace apply` brings into the database. */
export const trackingPlanSchema = z.strictObject({
  /** Region of numbers written in national form. */
  region: regionSchema.optional(),
  sources: z.array(sourceSchema).default([]),
  lines: z.array(lineSchema).default([]),
  numbers: z.array(numberSchema).default([]),
  /** Callers refused at once. Left out: the database's list stays as it is. */
  blockedCallers: z.array(z.string().min(1)).optional(),
});

export type TrackingPlan = z.output<typeof trackingPlanSchema>;
export type SourcePlan = z.output<typeof sourceSchema>;
export type LinePlan = z.output<typeof lineSchema>;
export type NumberPlan = z.output<typeof numberSchema>;
