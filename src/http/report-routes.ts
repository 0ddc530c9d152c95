import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { PERIOD_NAMES, readPeriod, sourcesReportSchema } from '../reports/index.ts';
import { flagSchema } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { addRoute, nothing } from './route.ts';

const sourcesQuery = z.strictObject({
  from: z.string().optional().meta({ description: 'First day or moment, in the zone' }),
  to: z.string().optional().meta({ description: 'First day or moment after the period' }),
  period: z.enum(PERIOD_NAMES).optional().meta({ description: 'Instead of from and to; default 30d' }),
  zone: z.string().default('UTC').meta({ description: 'IANA zone whose midnights part the days' }),
  tests: flagSchema.meta({ description: 'Include test calls' }),
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
};
