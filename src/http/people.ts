import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { automationSchema } from '../config/index.ts';
import {
  callTags,
  dryRun,
  findSubject,
  personViewSchema,
  tagCall,
  tagPerson,
  tagSchema,
  timeline,
  untagCall,
  untagPerson,
} from '../tracking/index.ts';
import { callIdSchema } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const DAY_MS = 86_400_000;
const BY = 'api';

/** Id of a person, call, visitor, visit or form. */
export const anyIdSchema = z.string().min(1).max(64);

const callParams = z.object({ id: callIdSchema.transform((id) => id.toUpperCase()) });
const tagsBody = z.strictObject({ tags: z.array(tagSchema).min(1).max(20) });
const tagViewSchema = z.object({
  tag: z.string(),
  by: z.string().meta({ description: 'A user, `api`, `command`, `wrap-up`, or `automation:<id>`' }),
  at: z.string().meta({ format: 'date-time' }),
});
const removedSchema = z.object({ removed: z.boolean() });

const dryRunBody = z.strictObject({
  days: z.int().min(1).max(400).default(30).meta({ description: 'How far back' }),
  automations: z
    .array(automationSchema)
    .max(100)
    .optional()
    .meta({ description: 'To be tried, as in tracking.yaml; default: those of the plan' }),
});

const dryRunSchema = z.object({
  calls: z.int(),
  forms: z.int(),
  automations: z.array(
    z.object({
      automation: z.string(),
      matched: z.int(),
      tagged: z.int(),
      moved: z.int().meta({ description: 'Leads that came to another status' }),
      valued: z.int(),
      values: z.record(z.string(), z.number()).meta({ description: 'Sums by currency' }),
    }),
  ),
  effects: z
    .array(
      z.object({
        type: z.enum(['call', 'form']),
        id: z.string(),
        at: z.string(),
        automation: z.string(),
        text: z.string(),
      }),
    )
    .meta({ description: 'The first 200' }),
});

const callTagRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  const noCall = (id: string): HttpProblem => new HttpProblem(404, `There is no call ${id}.`);

  addRoute(app, {
    url: '/v1/calls/:id/tags',
    summary: 'Tags of a call',
    tag: 'people',
    params: callParams,
    query: nothing,
    response: z.object({ tags: z.array(tagViewSchema) }),
    handle: async ({ params: { id } }) => ({
      tags: await store.exclusively((file) => callTags(file, id)),
    }),
  });

  addRoute(app, {
    method: 'POST',
    url: '/v1/calls/:id/tags',
    summary: 'Tag a call; `spam` and `not-spam` also score it anew',
    tag: 'people',
    params: callParams,
    query: nothing,
    body: tagsBody,
    response: z.object({ tags: z.array(tagViewSchema) }),
    handle: async ({ params: { id }, body }) => {
      const act = { by: BY, at: Date.now() };
      const tags = await whenFree(() => store.exclusively((file) => tagCall(file, id, body.tags, act)));
      if (tags === undefined) throw noCall(id);
      return { tags };
    },
  });

  addRoute(app, {
    method: 'DELETE',
    url: '/v1/calls/:id/tags/:tag',
    summary: 'Take a tag off a call',
    tag: 'people',
    params: callParams.extend({ tag: tagSchema }),
    query: nothing,
    response: removedSchema,
    handle: async ({ params: { id, tag } }) => {
      const act = { by: BY, at: Date.now() };
      const removed = await whenFree(() => store.exclusively((file) => untagCall(file, id, tag, act)));
      if (removed === undefined) throw noCall(id);
      return { removed };
    },
  });
};

const personRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  const nobody = (id: string): HttpProblem => new HttpProblem(404, `Nobody is known by ${id}.`);
  const params = z.object({ id: anyIdSchema });

  addRoute(app, {
    url: '/v1/people/:id',
    summary:
      'What one person did: visits, calls, forms, the lead; by the id of a person, call, visitor or form',
    tag: 'people',
    params,
    query: nothing,
    response: personViewSchema,
    handle: async ({ params: { id } }) => {
      const found = await store.exclusively((file) => timeline(file, id));
      if (found === undefined) throw nobody(id);
      return found;
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/v1/people/:id/tags',
    summary: 'Tag a person',
    tag: 'people',
    params,
    query: nothing,
    body: tagsBody,
    response: z.object({ tagged: z.boolean() }),
    handle: async ({ params: { id }, body }) => {
      const act = { by: BY, at: Date.now() };
      const tagged = await whenFree(() =>
        store.exclusively((file) => {
          const person = findSubject(file, id)?.person;
          return person !== undefined && tagPerson(file, person, body.tags, act);
        }),
      );
      if (!tagged) throw nobody(id);
      return { tagged };
    },
  });

  addRoute(app, {
    method: 'DELETE',
    url: '/v1/people/:id/tags/:tag',
    summary: 'Take a tag off a person',
    tag: 'people',
    params: params.extend({ tag: tagSchema }),
    query: nothing,
    response: removedSchema,
    handle: async ({ params: { id, tag } }) => {
      const removed = await whenFree(() =>
        store.exclusively((file) => {
          const person = findSubject(file, id)?.person;
          return person === undefined ? undefined : untagPerson(file, person, tag);
        }),
      );
      if (removed === undefined) throw nobody(id);
      return { removed };
    },
  });
};

/** Persons, tags, and what automations would do. */
export const peopleRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  personRoutes(app, parts);
  callTagRoutes(app, parts);

  addRoute(app, {
    method: 'POST',
    url: '/v1/automations/dry-run',
    summary: 'What automations would have done about past calls and forms; writes nothing',
    tag: 'people',
    params: nothing,
    query: nothing,
    body: dryRunBody,
    response: dryRunSchema,
    handle: ({ body: { days, automations } }) => {
      const now = Date.now();
      return dryRun(parts.store, { from: now - days * DAY_MS, to: now, automations });
    },
  });
};
