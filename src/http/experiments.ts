import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { idSchema } from '../config/index.ts';
import { experimentListSchema, experimentReportSchema } from '../tracking/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

export const experimentRoutes = (app: FastifyInstance, { reports }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/experiments',
    summary: 'Experiments with call buttons, those that run first, and how they stand',
    tag: 'reports',
    params: nothing,
    query: nothing,
    response: z.object({ experiments: experimentListSchema }),
    handle: async () => ({
      experiments: await reports.run({ type: 'experiments', options: { at: Date.now() } }),
    }),
  });

  addRoute(app, {
    url: '/v1/experiments/:id',
    summary: 'One experiment: verdict, figures of each arm, split, guardrails, how long it takes, day by day',
    tag: 'reports',
    params: z.object({ id: idSchema }),
    query: nothing,
    response: experimentReportSchema,
    handle: async ({ params: { id } }) => {
      const report = await reports.run({ type: 'experiment', options: { id, at: Date.now() } });
      if (report === null) throw new HttpProblem(404, `There is no experiment ${id}.`);
      return report;
    },
  });
};
