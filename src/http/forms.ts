import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { formView, formViewSchema, getForm, listForms, submitForm } from '../tracking/index.ts';
import { flagSchema, instantSchema, revealing } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { anyIdSchema } from './people.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const LIMIT = 'use a whole number from 1 to 500';
const MOST_FIELDS = 100;
const MOST_BYTES = 32_768;
/** Clocks differ. */
const FUTURE_MS = 300_000;

const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, 'use one line');

const valueSchema = z.union([
  z.string().max(10_000),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.string().max(1000)).max(100),
]);

const formBody = z.strictObject({
  name: line(100).meta({ description: 'Which form: `quote`, `newsletter` …' }),
  site: line(63).optional().meta({ description: 'Id of the site' }),
  visit: line(64).optional().meta({ description: 'Visit of the page, as dt.js tells it' }),
  visitor: line(64).optional(),
  phone: line(40).optional().meta({ description: 'How the sender may be called: E.164, or national' }),
  email: line(254).optional(),
  fields: z
    .record(z.string().min(1).max(100), valueSchema)
    .default({})
    .refine((fields) => Object.keys(fields).length <= MOST_FIELDS, `use at most ${MOST_FIELDS} fields`)
    .refine(
      (fields) => Buffer.byteLength(JSON.stringify(fields)) <= MOST_BYTES,
      `use at most ${MOST_BYTES} bytes`,
    )
    .meta({ description: 'Kept encrypted' }),
  external_id: line(200).optional().meta({ description: "The sender's own id: the same form twice is one" }),
  at: instantSchema.optional().meta({ description: 'When it was sent, ISO 8601; default: now' }),
});

const listQuery = z.strictObject({
  name: z.string().max(100).optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional().meta({ description: 'End, exclusive' }),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(500, LIMIT).default(50),
  cursor: anyIdSchema.optional().meta({ description: '`next` of the page before' }),
});

const timeOf = (at: number | undefined, now: number): number => {
  if (at === undefined) return now;
  if (at <= now + FUTURE_MS) return Math.min(at, now);
  throw new HttpProblem(400, 'The request is not understood.', [
    { path: 'at', message: 'it lies in the future' },
  ]);
};

export const formRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  const { store, config } = parts;

  addRoute(app, {
    method: 'POST',
    url: '/v1/forms',
    summary:
      'Take a form that was sent on a site; one with an external id that is there already changes nothing',
    tag: 'people',
    params: nothing,
    query: nothing,
    body: formBody,
    response: z.object({ form: formViewSchema, created: z.boolean() }),
    handle: async ({ body: { external_id, at, ...body } }) => {
      const input = { ...body, externalId: external_id, at: timeOf(at, Date.now()) };
      const context = { vault: store.vault, region: config.trunks[0]?.region };
      const { form, created } = await whenFree(() =>
        store.exclusively((file) => submitForm(file, input, context)),
      );
      return { form: formView(form), created };
    },
  });

  addRoute(app, {
    url: '/v1/forms',
    summary: 'Forms, newest first',
    tag: 'people',
    params: nothing,
    query: listQuery,
    response: z.object({
      forms: z.array(formViewSchema),
      next: z.string().nullable().meta({ description: 'Cursor of the next page; null at the end' }),
    }),
    handle: async ({ query: { limit, cursor, ...filter } }) => {
      const rows = await store.exclusively((file) =>
        listForms(file, { ...filter, before: cursor, limit: limit + 1 }),
      );
      const page = rows.slice(0, limit);
      return {
        forms: page.map((form) => formView(form)),
        next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  });

  addRoute(app, {
    url: '/v1/forms/:id',
    summary: 'A form',
    tag: 'people',
    params: z.object({ id: anyIdSchema }),
    query: z.strictObject({ reveal: flagSchema.meta({ description: 'Show its fields; needs a token' }) }),
    response: formViewSchema,
    handle: async ({ params: { id }, query: { reveal } }) => {
      const vault = revealing(parts, reveal);
      const form = await store.exclusively((file) => getForm(file, id));
      if (form === undefined) throw new HttpProblem(404, `There is no form ${id}.`);
      return formView(form, vault);
    },
  });
};
