import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SitePlan } from '../config/index.ts';
import { createLivePlan, explainSite, type LivePlan } from '../tracking/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const words = z.array(z.string());

const siteViewSchema = z.object({
  id: z.string(),
  name: z.string().optional(),
  hosts: words,
  targets: z.array(z.object({ number: z.string(), display: z.string().optional() })),
  rules: z
    .array(z.record(z.string(), z.unknown()))
    .describe('As `sites[].rules` of the tracking plan; words that may be one or several are always arrays.'),
  hybrid: z.boolean(),
  consent: z.enum(['granted', 'required']),
  honourGpc: z.boolean(),
  cookieDays: z.int(),
  heartbeatSeconds: z.int(),
  parameters: z.record(z.string(), z.string()),
  ignoredReferrers: words,
  linkedHosts: words,
  codes: z.object({ number: z.string(), digits: z.int(), separator: z.string() }).optional(),
});

const touchSchema = z.object({
  channel: z.enum(['paid', 'organic', 'social', 'ai', 'email', 'referral', 'campaign', 'direct']),
  source: z.string(),
  medium: z.string(),
  campaign: z.string().nullable(),
  term: z.string().nullable(),
  content: z.string().nullable(),
  clickIds: z.record(z.string(), z.string()),
  referrerGroup: z.enum(['search', 'social', 'ai', 'email', 'referral', 'none']),
  referrerHost: z.string().nullable(),
});

const verdictSchema = z.object({
  rule: z.string(),
  kind: z.enum(['landing', 'referrer', 'referrer-group', 'campaign', 'pool', 'always', 'canonical']),
  matched: z.boolean(),
  chosen: z.boolean(),
  reason: z.string(),
});

const explanationSchema = z.object({
  site: z.string(),
  touch: touchSchema,
  onSite: z.boolean().describe("Whether the page is on one of the site's hosts."),
  adClick: z.boolean().describe('Whether the landing page bears the click id of an ad.'),
  sourceId: z.string().nullable().describe('Source of the tracking plan.'),
  device: z.enum(['phone', 'tablet', 'desktop', 'other']),
  targets: z.array(
    z.object({
      target: z.string(),
      use: z.discriminatedUnion('type', [
        z.object({
          type: z.literal('pool'),
          pool: z.string(),
          class: z.string().optional().describe('What like visits share; left out: a number of its own.'),
        }),
        z.object({ type: z.literal('number'), number: z.string() }),
        z.object({ type: z.literal('canonical') }),
      ]),
      explain: z.array(verdictSchema).describe('Rules in the order in which they decide.'),
    }),
  ),
});

const idParams = z.object({ id: z.string().min(1).max(63) });
const address = z.string().min(1).max(8192);

const siteOf = ({ sites }: LivePlan, id: string): SitePlan => {
  const site = sites.get(id);
  if (site !== undefined) return site;
  throw new HttpProblem(404, `There is no site ${id}.`);
};

export const siteRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  const live = createLivePlan(store, undefined, 0);
  const readPlan = async (): Promise<LivePlan> => {
    await live.refresh();
    return live.current();
  };

  addRoute(app, {
    url: '/v1/sites',
    summary: 'Web sites whose numbers are swapped',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: z.object({ sites: z.array(siteViewSchema) }),
    handle: async () => ({ sites: [...(await readPlan()).sites.values()] }),
  });

  addRoute(app, {
    url: '/v1/sites/:id',
    summary: 'A web site and its rules',
    tag: 'tracking',
    params: idParams,
    query: nothing,
    response: siteViewSchema,
    handle: async ({ params: { id } }) => siteOf(await readPlan(), id),
  });

  addRoute(app, {
    url: '/v1/sites/:id/explain',
    summary: 'Which numbers a visit would see, and why; nothing is stored or lent',
    tag: 'tracking',
    params: idParams,
    query: z.strictObject({
      url: address.describe('Landing page, with its parameters.'),
      referrer: address.optional().describe('Page that the visit comes from.'),
      device: z.enum(['phone', 'tablet', 'desktop']).default('desktop'),
    }),
    response: explanationSchema,
    handle: async ({ params: { id }, query }) => {
      const plan = await readPlan();
      return explainSite(siteOf(plan, id), plan.sources, query);
    },
  });
};
