import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  getLead,
  leadStatusSchema,
  leadView,
  leadViewSchema,
  listLeads,
  MOST_AMOUNT,
  type Money,
  money,
  setLead,
} from '../tracking/index.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { anyIdSchema } from './people.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const LIMIT = 'use a whole number from 1 to 500';

const listQuery = z.strictObject({
  status: leadStatusSchema.optional(),
  owner: z.string().max(200).optional(),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(500, LIMIT).default(50),
  cursor: anyIdSchema.optional().meta({ description: '`next` of the page before' }),
});

const amountSchema = z
  .strictObject({
    amount: z.number().min(0).max(MOST_AMOUNT),
    currency: z.string().regex(/^[A-Z]{3}$/, 'use a three-letter ISO 4217 currency such as EUR'),
  })
  .nullable()
  .optional();

const patchBody = z
  .strictObject({
    status: leadStatusSchema.optional(),
    value: amountSchema.meta({ description: 'What it may be worth; null unsets' }),
    quote: amountSchema.meta({ description: 'What was offered' }),
    sale: amountSchema.meta({ description: 'What was sold: makes it a customer unless a status is named' }),
    owner: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .regex(/^\P{Cc}*$/u, 'use one line')
      .nullable()
      .optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'name what is to change');

/** Undefined stays, null unsets. */
const amountOf = (given: z.output<typeof amountSchema>): Money | null | undefined =>
  given && money(given.amount, given.currency);

export const leadRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  const params = z.object({ id: anyIdSchema });

  addRoute(app, {
    url: '/v1/leads',
    summary: 'Leads, those that changed last first',
    tag: 'people',
    params: nothing,
    query: listQuery,
    response: z.object({
      leads: z.array(leadViewSchema),
      next: z.string().nullable().meta({ description: 'Cursor of the next page; null at the end' }),
    }),
    handle: async ({ query: { limit, cursor, ...filter } }) => {
      const rows = await store.exclusively((file) =>
        // One more than asked for tells whether there is a next page.
        listLeads(file, { ...filter, after: cursor, limit: limit + 1 }),
      );
      const page = rows.slice(0, limit);
      return {
        leads: page.map(leadView),
        next: rows.length > limit ? (page.at(-1)?.person_id ?? null) : null,
      };
    },
  });

  addRoute(app, {
    url: '/v1/leads/:id',
    summary: 'A lead, by the id of its person, a call, visitor or form',
    tag: 'people',
    params,
    query: nothing,
    response: leadViewSchema,
    handle: async ({ params: { id } }) => {
      const lead = await store.exclusively((file) => getLead(file, id));
      if (lead === undefined) throw new HttpProblem(404, `There is no lead of ${id}.`);
      return leadView(lead);
    },
  });

  addRoute(app, {
    method: 'PATCH',
    url: '/v1/leads/:id',
    summary: 'Change a lead, or make it; what is not named stays, null unsets',
    tag: 'people',
    params,
    query: nothing,
    body: patchBody,
    response: leadViewSchema,
    handle: async ({ params: { id }, body: { status, value, quote, sale, owner } }) => {
      const patch = { status, owner, value: amountOf(value), quote: amountOf(quote), sale: amountOf(sale) };
      const lead = await whenFree(() => store.exclusively((file) => setLead(file, id, patch, Date.now())));
      if (lead === undefined) throw new HttpProblem(404, `Nobody is known by ${id}.`);
      return leadView(lead);
    },
  });
};
