import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { UserTable } from '../../store/index.ts';
import { addRoute, nothing } from '../route.ts';
import type { PhoneContext } from './types.ts';

const identitiesSchema = z.object({
  numbers: z
    .array(z.object({ number: z.string(), label: z.string().nullable(), source: z.string().nullable() }))
    .meta({ description: 'Tracking numbers that are enabled' }),
});

const peopleSchema = z.object({
  people: z.array(
    z.object({
      name: z.string(),
      display: z.string().nullable(),
      state: z.enum(['offline', 'away', 'ready', 'busy']),
    }),
  ),
  lines: z.array(z.object({ id: z.string(), name: z.string().nullable() })),
});

type State = z.output<typeof peopleSchema>['people'][number]['state'];

/** Whom a call can be handed to, and which number one can call from. */
export const peopleRoutes = (app: FastifyInstance, { store, phone, sessions }: PhoneContext): void => {
  /** In a call, or making one; being rung is not enough. */
  const busyUsers = (): ReadonlySet<string> =>
    new Set(
      phone.calls
        .live()
        .filter(({ answeredAt, direction }) => answeredAt !== undefined || direction !== 'inbound')
        .flatMap(({ users }) => users),
    );

  addRoute(
    app,
    {
      url: '/phone/api/identities',
      summary: 'Numbers that an outgoing call can be made from',
      tag: 'phone',
      params: nothing,
      query: nothing,
      response: identitiesSchema,
      handle: async ({ request }) => {
        await sessions.require(request);
        const routes = await store.numbers.list();
        const numbers = routes
          .filter(({ number }) => number.enabled === 1)
          .flatMap(({ number, source }) =>
            // A pool's number is lent to visits: nobody is to call it back.
            source ? [{ number: number.number, label: number.label, source: source.name }] : [],
          );
        return { numbers };
      },
    },
    { session: true },
  );

  addRoute(
    app,
    {
      url: '/phone/api/people',
      summary: 'Other users and lines, to transfer a call to',
      tag: 'phone',
      params: nothing,
      query: nothing,
      response: peopleSchema,
      handle: async ({ request }) => {
        const self = await sessions.require(request);
        const available = new Map(phone.registrar.presence().map((user) => [user.name, user.available]));
        const busy = busyUsers();
        const stateOf = ({ name, ready }: Pick<UserTable, 'name' | 'ready'>): State => {
          if (available.get(name) !== true) return 'offline';
          if (busy.has(name)) return 'busy';
          return ready === 1 ? 'ready' : 'away';
        };
        const users = await store.db
          .selectFrom('user')
          .select(['name', 'display', 'ready'])
          .where('disabled', '=', 0)
          .where('id', '!=', self.id)
          .orderBy('name')
          .execute();
        const lines = await store.db.selectFrom('line').select(['id', 'name']).orderBy('id').execute();
        return {
          people: users.map((user) => ({ name: user.name, display: user.display, state: stateOf(user) })),
          lines,
        };
      },
    },
    { session: true },
  );
};
