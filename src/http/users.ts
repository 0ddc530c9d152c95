import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { userView, userViewSchema } from '../reports/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

export const userRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/users',
    summary: 'Users and their registered phones',
    tag: 'system',
    params: nothing,
    query: nothing,
    response: z.object({ users: z.array(userViewSchema) }),
    handle: async () => ({ users: (await store.users.list(Date.now())).map(userView) }),
  });

  addRoute(app, {
    url: '/v1/users/:name',
    summary: 'A user and its registered phones',
    tag: 'system',
    params: z.object({ name: z.string().min(1).max(63) }),
    query: nothing,
    response: userViewSchema,
    handle: async ({ params: { name } }) => {
      const found = await store.users.get(name, Date.now());
      if (found) return userView(found);
      throw new HttpProblem(404, `There is no user ${name}.`);
    },
  });
};
