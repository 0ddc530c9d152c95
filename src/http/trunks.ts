import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { trunkReportSchema, trunkStatusView, trunkView } from '../reports/index.ts';
import type { HttpParts } from './parts.ts';
import { addRoute, nothing } from './route.ts';

export const trunkRoutes = (app: FastifyInstance, { config, trunkStatus }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/trunks',
    summary: 'SIP trunks without their secrets, and how they stand: gateways, calls, registration',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: z.object({ trunks: z.array(trunkReportSchema) }),
    handle: () => {
      const status = new Map(trunkStatus().map((one) => [one.id, one]));
      return {
        trunks: config.trunks.map((trunk) => ({
          ...trunkView(trunk),
          status: trunkStatusView(status.get(trunk.id)),
        })),
      };
    },
  });
};
