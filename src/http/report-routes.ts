import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  CALL_DIMENSIONS,
  callsReportSchema,
  FUNNEL_DIMENSIONS,
  funnelReportSchema,
  hoursReportSchema,
  PERIOD_NAMES,
  readPeriod,
  SPAM_MODES,
  sourcesReportSchema,
} from '../reports/index.ts';
import { flagSchema } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { addRoute, nothing } from './route.ts';

const periodQuery = {
  from: z.string().optional().meta({ description: 'First day or moment, in the zone' }),
  to: z.string().optional().meta({ description: 'First day or moment after the period' }),
  period: z.enum(PERIOD_NAMES).optional().meta({ description: 'Instead of from and to; default 30d' }),
  zone: z.string().default('UTC').meta({ description: 'IANA zone whose midnights part the days' }),
  tests: flagSchema.meta({ description: 'Include test calls' }),
};

const { tests: _, ...plainPeriod } = periodQuery;

const sourcesQuery = z.strictObject(periodQuery);
const callsQuery = z.strictObject({
  ...periodQuery,
  by: z.enum(CALL_DIMENSIONS).default('source').meta({ description: 'What there is a row for' }),
  spam: z
    .enum(SPAM_MODES)
    .default('include')
    .meta({ description: 'Calls flagged as spam: counted in, left out, or alone' }),
  margin: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .meta({ description: 'Share of the value that is earned, for ROI' }),
  limit: z.coerce.number().int().min(1).max(10_000).default(500).meta({ description: 'Rows at most' }),
});

const funnelQuery = z.strictObject({
  ...plainPeriod,
  by: z.enum(FUNNEL_DIMENSIONS).default('button').meta({ description: 'What there is a row for' }),
  button: z.string().optional().meta({ description: 'This button alone' }),
  site: z.string().optional().meta({ description: 'Buttons of this site alone' }),
  machines: flagSchema.meta({ description: 'Counts machines too: to see what a test of your own did' }),
  qualifiedSeconds: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(60)
    .meta({ description: 'A call that is talked for so long is qualified, whatever its lead is' }),
  limit: z.coerce.number().int().min(1).max(10_000).default(500).meta({ description: 'Rows at most' }),
});

const hoursQuery = z.strictObject({
  ...plainPeriod,
  button: z.string().optional().meta({ description: 'Calls of this button alone' }),
  source: z.string().optional().meta({ description: 'Calls of this source alone: its id' }),
});

export const reportRoutes = (app: FastifyInstance, { reports }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/reports/sources',
    summary: 'Calls, answers, talk time and cost by marketing source',
    tag: 'reports',
    params: nothing,
    query: sourcesQuery,
    response: sourcesReportSchema,
    handle: ({ query: { tests, ...input } }) =>
      reports.sources({ ...readPeriod(input, Date.now()), includeTests: tests }),
  });

  addRoute(app, {
    url: '/v1/reports/calls',
    summary: 'Inbound calls by what brought them, where from or when, with cost and return; 90 % intervals',
    tag: 'reports',
    params: nothing,
    query: callsQuery,
    response: callsReportSchema,
    handle: ({ query: { tests, by, spam, margin, limit, ...input } }) => {
      const now = Date.now();
      const options = { ...readPeriod(input, now), includeTests: tests, by, spam, margin, limit, now };
      return reports.run({ type: 'calls', options });
    },
  });

  addRoute(app, {
    url: '/v1/reports/funnel',
    summary: 'Call buttons from the view to the qualified call, by button, arm, device, source, page or time',
    tag: 'reports',
    params: nothing,
    query: funnelQuery,
    response: funnelReportSchema,
    handle: ({ query: { by, button, site, machines, qualifiedSeconds, limit, ...input } }) => {
      const period = readPeriod(input, Date.now());
      const options = { ...period, by, button, site, machines, qualifiedSeconds, limit };
      return reports.run({ type: 'funnel', options });
    },
  });

  addRoute(app, {
    url: '/v1/reports/hours',
    summary: 'How calls are answered by hour of the week, and when to advertise; 90 % intervals',
    tag: 'reports',
    params: nothing,
    query: hoursQuery,
    response: hoursReportSchema,
    handle: ({ query: { button, source, ...input } }) => {
      const now = Date.now();
      return reports.run({ type: 'hours', options: { ...readPeriod(input, now), button, source, now } });
    },
  });
};
