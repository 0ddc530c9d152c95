import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parsePhone } from '../base/phone.ts';
import { areaRepository } from '../store/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const areaSchema = z.object({
  prefix: z.string().meta({ description: 'Digits of E.164, without the plus' }),
  country: z.string(),
  area: z.string(),
  city: z.string().nullable(),
});

export const areaRoutes = (app: FastifyInstance, { store, config }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/areas',
    summary: 'What the table of areas has: countries, or the areas of one',
    tag: 'flows',
    params: nothing,
    query: z.strictObject({
      country: z
        .string()
        .regex(/^[A-Za-z]{2}$/, 'use a country of ISO 3166 such as CN')
        .toUpperCase()
        .optional(),
    }),
    response: z.object({
      areas: z.array(
        z.object({
          country: z.string(),
          area: z.string().optional(),
          prefixes: z.int(),
          cities: z.int(),
        }),
      ),
    }),
    handle: ({ query: { country } }) =>
      store.exclusively((file) => ({ areas: areaRepository(file).counts(country) })),
  });

  addRoute(app, {
    method: 'POST',
    url: '/v1/areas/lookup',
    summary: 'Where a telephone number is at home. It is in the body: addresses are logged, numbers are not',
    tag: 'flows',
    params: nothing,
    query: nothing,
    body: z.strictObject({ number: z.string().min(1).max(40) }),
    response: z.object({ area: areaSchema.nullable() }),
    handle: ({ body }) => {
      const number = parsePhone(body.number, config.trunks[0]?.region);
      if (number === undefined)
        throw new HttpProblem(400, 'The request is not understood.', [
          { path: 'number', message: 'is no telephone number: write it with its country code' },
        ]);
      return { area: store.areas.of(number.e164) ?? null };
    },
  });
};
