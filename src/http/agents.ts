import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ulid } from '../base/ids.ts';
import type { Agents } from '../calls/index.ts';
import { agentView, agentViewSchema } from '../reports/index.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const readyBody = z.strictObject({
  ready: z.boolean(),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^\P{Cc}*$/u, 'use one line')
    .optional()
    .meta({ description: 'Why it takes no calls; the agent sees it' }),
});

/** Who takes calls now. */
export const agentRoutes = (app: FastifyInstance, { agents: given, store }: HttpParts): void => {
  const agents = (): Agents => {
    if (given !== undefined) return given;
    throw new HttpProblem(409, 'There are no agents: this gateway takes no calls.');
  };

  addRoute(app, {
    url: '/v1/agents',
    summary: 'Agents: who can take calls now, and why not',
    tag: 'system',
    params: nothing,
    query: nothing,
    response: z.object({ agents: z.array(agentViewSchema) }),
    handle: async () => {
      await agents().refresh();
      return { agents: agents().list().map(agentView) };
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/v1/agents/:name/ready',
    summary: 'Let an agent take calls, or none; missed calls are counted anew',
    tag: 'system',
    params: z.object({ name: z.string().min(1).max(63) }),
    query: nothing,
    body: readyBody,
    response: agentViewSchema,
    handle: async ({ params: { name }, body: { ready, reason = 'set away by a supervisor' } }) => {
      const known = await whenFree(() => agents().setReady(name, ready, ready ? undefined : reason));
      if (!known) throw new HttpProblem(404, `There is no user ${name}.`);
      const at = Date.now();
      const action = ready ? 'set-ready' : 'set-away';
      const detail = JSON.stringify(ready ? {} : { reason });
      await whenFree(() =>
        store.audit.append({ id: ulid(at), at, user: name, action, call_id: null, detail }),
      );
      await agents().refresh();
      const agent = agents().find(name);
      if (agent) return agentView(agent);
      throw new HttpProblem(404, `There is no user ${name}.`);
    },
  });
};
