import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { PoolPlan } from '../config/index.ts';
import {
  adviceView,
  adviceViewSchema,
  adviseInSteps,
  DEFAULT_TARGET_LOSS,
  numberStatus,
  poolNumberView,
  poolNumberViewSchema,
  poolStatus,
  poolView,
  poolViewSchema,
  storedPools,
  verdictView,
  verdictViewSchema,
  verifyLedgerInSteps,
} from '../tracking/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const idParams = z.object({ id: z.string().min(1).max(63) });

const adviceQuery = z.strictObject({
  targetLoss: z.coerce
    .number()
    .gt(0)
    .max(0.5)
    .default(DEFAULT_TARGET_LOSS)
    .meta({ description: 'Share of visits that may find every number in use' }),
  visitsPerHour: z.coerce
    .number()
    .positive()
    .max(100_000)
    .optional()
    .meta({ description: 'In the busiest hour; in place of what was measured' }),
  minutes: z.coerce
    .number()
    .positive()
    .max(1440)
    .optional()
    .meta({ description: 'How long each keeps its number, the time after it included' }),
});

export const poolRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  const poolOf = async (id: string): Promise<PoolPlan> => {
    const pool = await store.exclusively((file) => storedPools(file).get(id));
    if (pool) return pool;
    throw new HttpProblem(404, `There is no pool ${id}.`);
  };

  addRoute(app, {
    url: '/v1/pools',
    summary: 'Number pools and how they stand',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: z.object({ pools: z.array(poolViewSchema) }),
    handle: async () => ({
      pools: await store.exclusively((file) => {
        const at = Date.now();
        return [...storedPools(file).values()].map((pool) => poolView(pool, poolStatus(file, pool, at)));
      }),
    }),
  });

  addRoute(app, {
    url: '/v1/pools/verify',
    summary: 'Replays the ledger of leases: whether every number had one visit at a time',
    tag: 'tracking',
    params: nothing,
    query: nothing,
    response: verdictViewSchema,
    handle: async () => verdictView(await verifyLedgerInSteps(store, store.vault.derive('lease-ledger'))),
  });

  addRoute(app, {
    url: '/v1/pools/:id',
    summary: 'A pool, its alerts, and who has which number',
    tag: 'tracking',
    params: idParams,
    query: nothing,
    response: z.object({ pool: poolViewSchema, numbers: z.array(poolNumberViewSchema) }),
    handle: async ({ params: { id } }) => {
      const pool = await poolOf(id);
      return store.exclusively((file) => {
        const at = Date.now();
        return {
          pool: poolView(pool, poolStatus(file, pool, at)),
          numbers: numberStatus(file, pool, at).map(poolNumberView),
        };
      });
    },
  });

  addRoute(app, {
    url: '/v1/pools/:id/advice',
    summary: 'How many numbers a pool needs, and what one more buys',
    tag: 'tracking',
    params: idParams,
    query: adviceQuery,
    response: adviceViewSchema,
    handle: async ({ params: { id }, query }) =>
      adviceView(await adviseInSteps(store, await poolOf(id), Date.now(), query)),
  });
};
