import { z } from 'zod';
import { anyOf, idSchema, words } from './fields.ts';

const hostSchema = z
  .string()
  .regex(
    /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?$/,
    'use a host name such as www.example.com, or *.example.com for one level below it; a port where it is not 80 or 443',
  );

const landingSchema = z.strictObject({
  param: words.optional().describe('A parameter of the landing page: `utm_source`, `src` …'),
  equals: anyOf.optional().describe('Its value; left out: any.'),
  contains: anyOf
    .optional()
    .describe('A piece of the landing page: of the value with `param`, else of the address.'),
  path: anyOf.optional().describe('The beginning of its path, such as /roof-repair.'),
});

const whenSchema = z
  .strictObject({
    landing: landingSchema.optional(),
    referrer: anyOf.optional().describe('Host that the visit came from, its subdomains included.'),
    referrerGroup: z
      .enum(['search', 'social', 'ai', 'email', 'referral', 'none'])
      .optional()
      .describe('Kind of site that it came from.'),
    channel: z
      .array(z.enum(['paid', 'organic', 'social', 'ai', 'email', 'referral', 'campaign', 'direct']))
      .min(1)
      .optional(),
    source: anyOf.optional(),
    medium: anyOf.optional(),
    campaign: anyOf.optional(),
    clickId: z.boolean().optional().describe('Whether the landing page bears the click id of an ad.'),
    device: z.enum(['phone', 'tablet', 'desktop']).optional(),
  })
  .describe('All that is named must hold. Left out: always.');

const useSchema = z.union([
  z.strictObject({ pool: idSchema.describe('A number of this pool, lent to the visit.') }),
  z.strictObject({ number: z.string().min(1).describe('This number of a source.') }),
  z.strictObject({ canonical: z.literal(true).describe('The number that the page has.') }),
]);

const ruleSchema = z.strictObject({
  id: idSchema,
  when: whenSchema.optional(),
  targets: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Only for these numbers of the page; default: all.'),
  use: useSchema,
  priority: z
    .int()
    .min(-1000)
    .max(1000)
    .default(0)
    .describe('Between rules of one kind the higher one wins; then the one that stands first.'),
});

const targetSchema = z.strictObject({
  number: z.string().min(1).describe('The number as the page has it, in whatever form.'),
  display: words.optional().describe('Form for numbers that the page writes in no form of its own.'),
});

const codesSchema = z.strictObject({
  number: z.string().min(1).describe('The one tracking number that the codes go with.'),
  digits: z
    .union([z.literal(4), z.literal(5)])
    .default(4)
    .describe('The last one is a check digit: 1,000 or 10,000 codes.'),
  separator: words.default(' ext. ').describe('Between number and code on the page: ` 转 `.'),
});

/** One entry of `sites`. */
export const siteSchema = z.strictObject({
  id: idSchema,
  name: words.optional(),
  hosts: z.array(hostSchema).min(1).describe('Where its pages are: no other page is answered.'),
  targets: z.array(targetSchema).min(1).describe('Numbers in its pages that are swapped.'),
  rules: z.array(ruleSchema).default([]),
  hybrid: z
    .boolean()
    .default(true)
    .describe(
      'A rule with a pool and no condition lends numbers to visits with a click id alone; the rest get what another rule gives.',
    ),
  consent: z
    .enum(['granted', 'required'])
    .default('granted')
    .describe(
      '`required`: until the page says that the visitor agrees, nothing is stored and no number is lent.',
    ),
  honourGpc: z
    .boolean()
    .default(false)
    .describe('Takes Global Privacy Control and Do Not Track for a refusal.'),
  cookieDays: z.int().min(1).max(390).default(30),
  heartbeatSeconds: z.int().min(15).max(300).default(60),
  parameters: z
    .record(words, z.enum(['source', 'medium', 'campaign', 'term', 'content']))
    .default({})
    .describe('Further parameters of landing pages and what they mean: `src: source`.'),
  ignoredReferrers: z
    .array(hostSchema)
    .default([])
    .describe('Payment pages, logins: coming back from them begins no visit.'),
  linkedHosts: z
    .array(hostSchema)
    .default([])
    .describe('Other sites of yours: a visitor who follows a link there stays one visitor.'),
  codes: codesSchema
    .optional()
    .describe('Extension codes: one number and a code for each visit. See the notes on patents.'),
});

/** One entry of `pools`. */
export const poolSchema = z.strictObject({
  id: idSchema,
  name: words.optional(),
  lines: z
    .array(idSchema)
    .min(1)
    .optional()
    .describe('Where calls on its numbers go, tried in this order. Either these or `flow`.'),
  flow: idSchema.optional().describe('The flow that calls on its numbers run.'),
  record: z.boolean().optional().describe('Default: `recording.enabled` of dialtrace.yaml.'),
  overflow: z
    .string()
    .min(1)
    .optional()
    .describe('Number of a source, shown when no number of the pool is to be had.'),
  idleMinutes: z
    .number()
    .min(0)
    .max(1440)
    .default(15)
    .describe('After the last sign of a visit its number is kept so long before others may have it freely.'),
  stickyDays: z
    .number()
    .min(0)
    .max(180)
    .default(30)
    .describe('A visitor who comes back gets the same number, if it is free.'),
  afterCallHours: z
    .number()
    .min(0)
    .max(720)
    .default(24)
    .describe('After a call the number stays with the visit: people call back.'),
  shareClasses: z
    .boolean()
    .default(true)
    .describe(
      'Visits without a click id that are alike in source, medium, campaign, term and landing page share a number.',
    ),
  leasesPerVisitor: z.int().min(1).max(5).default(2),
  quietDays: z
    .number()
    .min(0)
    .max(60)
    .default(7)
    .describe('A new number is lent once nobody has called it for so long.'),
  quarantineDays: z
    .number()
    .min(0)
    .max(365)
    .default(60)
    .describe('A number taken off goes on taking calls for so long.'),
  alertUtilization: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.75)
    .describe('Share of numbers in use, over 5 min, that is told as an alert.'),
});

const conditionSchema = z.strictObject({
  event: z.enum(['call', 'form']).default('call'),
  answered: z.boolean().optional(),
  firstCall: z.boolean().optional(),
  minTalkSeconds: z.number().min(0).optional(),
  maxTalkSeconds: z.number().min(0).optional(),
  source: anyOf.optional(),
  medium: anyOf.optional(),
  campaign: anyOf.optional(),
  channel: anyOf.optional(),
  number: anyOf.optional().describe('Tracking numbers, E.164.'),
  region: anyOf.optional().describe("Regions of callers' numbers, such as DE."),
  landing: anyOf.optional().describe('Pieces of the landing page.'),
  tag: anyOf.optional(),
  disposition: anyOf.optional(),
  minSpamScore: z.int().min(0).optional(),
  form: anyOf.optional().describe('Names of forms, with `event: form`.'),
});

/** One entry of `automations`: what is done by itself after a call or a form. */
export const automationSchema = z.strictObject({
  id: idSchema,
  when: conditionSchema,
  do: z.strictObject({
    tags: z.array(words).optional(),
    status: z.enum(['new', 'qualified', 'unqualified', 'spam', 'customer']).optional(),
    value: z
      .strictObject({
        amount: z.number().min(0),
        currency: z.string().regex(/^[A-Z]{3}$/, 'use a three-letter ISO 4217 currency such as EUR'),
      })
      .optional(),
  }),
});

export type SitePlan = z.output<typeof siteSchema>;
export type SiteRule = SitePlan['rules'][number];
export type PoolPlan = z.output<typeof poolSchema>;
export type AutomationPlan = z.output<typeof automationSchema>;
