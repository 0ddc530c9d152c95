import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { queueStatus, queueStatusSchema } from '../reports/index.ts';
import type { HttpParts } from './parts.ts';
import { addRoute, nothing } from './route.ts';

/** Where callers wait. */
export const queueRoutes = (app: FastifyInstance, { queues }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/queues',
    summary: "Queues: who waits now, and how today's callers fared",
    tag: 'system',
    params: nothing,
    query: nothing,
    response: z.object({ queues: z.array(queueStatusSchema) }),
    handle: () => ({ queues: (queues?.list() ?? []).map(queueStatus) }),
  });
};
