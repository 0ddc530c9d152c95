import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  lineView,
  lineViewSchema,
  numberView,
  numberViewSchema,
  sourceView,
  sourceViewSchema,
} from '../reports/index.ts';
import type { HttpParts } from './parts.ts';
import { addRoute, nothing } from './route.ts';

export const trackingRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/numbers',
    summary: 'Tracking numbers with their source and lines',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: z.object({ numbers: z.array(numberViewSchema) }),
    handle: async () => ({ numbers: (await store.numbers.list()).map(numberView) }),
  });

  addRoute(app, {
    url: '/v1/sources',
    summary: 'Marketing sources',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: z.object({ sources: z.array(sourceViewSchema) }),
    handle: async () => {
      const rows = await store.db.selectFrom('source').selectAll().orderBy('id').execute();
      return { sources: rows.map(sourceView) };
    },
  });

  addRoute(app, {
    url: '/v1/lines',
    summary: 'Business lines',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: z.object({ lines: z.array(lineViewSchema) }),
    handle: async () => {
      const rows = await store.db.selectFrom('line').selectAll().orderBy('id').execute();
      return { lines: rows.map(lineView) };
    },
  });
};
