import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HttpParts } from './parts.ts';
import { addRoute, nothing } from './route.ts';

const healthSchema = z.object({
  status: z.enum(['ok', 'starting', 'draining', 'failed']),
  callsInProgress: z.int(),
  reason: z.string().optional(),
});

/** `/healthz`, which anyone may ask: load balancers and container engines carry no token. */
export const healthRoute = (app: FastifyInstance, { health }: HttpParts): void => {
  addRoute(
    app,
    {
      url: '/healthz',
      summary: 'Whether the gateway takes calls: 200, or 503 while starting, draining or failed',
      tag: 'system',
      params: nothing,
      query: nothing,
      response: healthSchema,
      handle: ({ reply }) => {
        const report = health();
        return reply
          .code(report.status === 'ok' ? 200 : 503)
          .header('cache-control', 'no-store')
          .send(report);
      },
    },
    {
      rateLimit: false,
      open: true,
      responses: { 503: { description: 'No calls are taken now; the body says why' } },
    },
  );
};

export const systemRoutes = (app: FastifyInstance, { metricsRegistry }: HttpParts): void => {
  addRoute(
    app,
    {
      url: '/metrics',
      summary: 'Metrics in the text format of Prometheus',
      tag: 'system',
      params: nothing,
      query: z.object({}),
      produces: 'text/plain',
      handle: async ({ reply }) =>
        reply.type(metricsRegistry.contentType).send(await metricsRegistry.metrics()),
    },
    { rateLimit: false },
  );
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
};
