import { z } from 'zod';
import { isSipUri } from './addresses.ts';
import { buttonSchema, experimentSchema } from './button-schema.ts';
import { idSchema, regionSchema, USER_NAME, words } from './fields.ts';
import { flowSchema } from './flow-schema.ts';
import { groupSchema } from './group-schema.ts';
import { scheduleSchema } from './schedule-schema.ts';
import { automationSchema, poolSchema, siteSchema } from './site-schema.ts';

const costSchema = z.strictObject({
  amount: z.number().min(0),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'use a three-letter ISO 4217 currency such as EUR')
    .describe('ISO 4217, such as EUR.'),
  per: z.enum(['day', 'week', 'month', 'year']).describe('Spread evenly over the days of each period.'),
});

const sourceSchema = z.strictObject({
  id: idSchema,
  name: words,
  source: words.describe('utm_source: google, billboard-a8, newsletter …'),
  medium: words.optional().describe('utm_medium: cpc, print, radio …'),
  campaign: words.optional(),
  keyword: words.optional().describe('utm_term: the search word that the number is shown for.'),
  landingPage: z
    .string()
    .min(1)
    .max(2000)
    .regex(/^\P{Cc}*$/u, 'use one line of text, without control characters')
    .optional()
    .describe('Page that the number stands on: an address or a path such as /roof-repair.'),
  costCenter: words.optional(),
  cost: costSchema.optional(),
});

const ringTimeout = z
  .number()
  .min(1)
  .max(600)
  .default(20)
  .describe('Rings so long before the next line is tried.');

/** One entry of `lines`. */
export const lineSchema = z.discriminatedUnion('type', [
  /** A PSTN number dialled through a trunk. */
  z.strictObject({
    id: idSchema,
    name: words.optional(),
    type: z.literal('trunk'),
    number: z.string().min(1),
    trunk: idSchema,
    ringTimeoutSeconds: ringTimeout,
  }),
  /** A SIP URI dialled directly. One that asks for credentials is dialled through a trunk instead. */
  z.strictObject({
    id: idSchema,
    name: words.optional(),
    type: z.literal('sip'),
    uri: z.string().refine(isSipUri, 'use a SIP URI such as sip:sales@pbx.example:5060'),
    ringTimeoutSeconds: ringTimeout,
    nat: z
      .boolean()
      .default(false)
      .describe('It sits behind NAT: its RTP address is learned from its first packet.'),
  }),
  /** A user: every phone that it has registered rings. */
  z.strictObject({
    id: idSchema,
    name: words.optional(),
    type: z.literal('user'),
    user: z
      .string()
      .regex(USER_NAME, 'use the name of a user, such as alice: `dialtrace user list` shows them')
      .describe('Whose phones ring, all at once: a name of `dialtrace user list`.'),
    ringTimeoutSeconds: ringTimeout,
  }),
  /** The gateway's own echo: answers and sends back what it hears. */
  z.strictObject({
    id: idSchema,
    name: words.optional(),
    type: z.literal('echo'),
    ringTimeoutSeconds: ringTimeout,
  }),
]);

/** One entry of `numbers`. */
export const numberSchema = z.strictObject({
  number: z.string().min(1).describe("The tracking number, E.164 or in the plan's region."),
  label: words.optional(),
  source: idSchema.optional().describe('The source that it belongs to. Either this or `pool`.'),
  pool: idSchema.optional().describe('The pool that lends it; its calls go to the lines of the pool.'),
  lines: z
    .array(idSchema)
    .min(1)
    .optional()
    .describe('Tried in this order until one answers. Numbers of a pool have its lines.'),
  flow: idSchema
    .optional()
    .describe('The flow that its calls run, in place of `lines`. Numbers of a pool have its flow.'),
  record: z.boolean().optional().describe('Default: `recording.enabled` of dialtrace.yaml.'),
  enabled: z.boolean().default(true).describe('false: its calls are refused (480), outcome `blocked`.'),
});

/** `tracking.yaml`: the tracking plan, which `dialtrace apply` brings into the database. */
export const trackingPlanSchema = z.strictObject({
  region: regionSchema.optional().describe('Region of numbers written in national form.'),
  sources: z.array(sourceSchema).default([]),
  lines: z.array(lineSchema).default([]),
  numbers: z.array(numberSchema).default([]),
  pools: z.array(poolSchema).default([]).describe('Numbers that are lent to visits of a site.'),
  sites: z.array(siteSchema).default([]).describe('Web sites whose numbers are swapped.'),
  flows: z.array(flowSchema).default([]).describe('What happens to a call, step by step.'),
  groups: z.array(groupSchema).default([]).describe('Lines and users that take calls together.'),
  schedules: z.array(scheduleSchema).default([]).describe('When a business is open.'),
  buttons: z.array(buttonSchema).default([]).describe('Call buttons of web sites.'),
  experiments: z
    .array(experimentSchema)
    .default([])
    .describe('Which form of a button brings more calls that count.'),
  automations: z
    .array(automationSchema)
    .default([])
    .describe(
      'What is done by itself after a call or a form; all that match are carried out, in this order.',
    ),
  blockedCallers: z
    .array(z.string().min(1))
    .optional()
    .describe("Callers refused at once. Left out: the database's list stays as it is."),
});

export type TrackingPlan = z.output<typeof trackingPlanSchema>;
export type SourcePlan = z.output<typeof sourceSchema>;
export type LinePlan = z.output<typeof lineSchema>;
export type NumberPlan = z.output<typeof numberSchema>;
