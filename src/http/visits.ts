import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  listVisits,
  visitDetail,
  visitDetailView,
  visitDetailViewSchema,
  visitView,
  visitViewSchema,
} from '../tracking/index.ts';
import { instantSchema } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const visitIdSchema = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/i, 'a visit id has 26 letters and digits')
  .transform((id) => id.toUpperCase());

const LIMIT = 'use a whole number from 1 to 500';

const listQuery = z.strictObject({
  site: z.string().optional().meta({ description: "The site's id" }),
  from: instantSchema
    .optional()
    .meta({ description: 'First moment, ISO 8601, UTC unless it says otherwise' }),
  to: instantSchema.optional().meta({ description: 'End, exclusive' }),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(500, LIMIT).default(50),
  before: visitIdSchema.optional().meta({ description: '`next` of the page before' }),
});

const pageSchema = z.object({
  visits: z.array(visitViewSchema).meta({ description: 'Newest first' }),
  next: z.string().nullable().meta({ description: '`before` of the next page; null at the end' }),
});

export const visitRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/visits',
    summary: 'Visits of the sites, newest first',
    tag: 'tracking',
    params: nothing,
    query: listQuery,
    response: pageSchema,
    handle: async ({ query }) => {
      // One more than asked for tells whether there is a next page.
      const rows = await listVisits(store.db, { ...query, limit: query.limit + 1 });
      const visits = rows.slice(0, query.limit);
      return {
        visits: visits.map(visitView),
        next: rows.length > query.limit ? (visits.at(-1)?.id ?? null) : null,
      };
    },
  });

  addRoute(app, {
    url: '/v1/visits/:id',
    summary: 'A visit with its pages, clicks, numbers and calls',
    tag: 'tracking',
    params: z.object({ id: visitIdSchema }),
    query: nothing,
    response: visitDetailViewSchema,
    handle: async ({ params: { id } }) => {
      const found = await visitDetail(store.db, id);
      if (found) return visitDetailView(found);
      throw new HttpProblem(404, `There is no visit ${id}.`);
    },
  });
};
