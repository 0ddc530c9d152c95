import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { PERIOD_NAMES, readPeriod } from '../reports/index.ts';
import { calibrationReportSchema, candidateWords, readCandidates } from '../tracking/index.ts';
import { callIdSchema, findCall } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { addRoute, nothing } from './route.ts';

const candidateSchema = z.object({
  visit: z.string().nullable().meta({ description: 'Null: nobody who was shown the number' }),
  probability: z.number(),
  why: z.string().meta({ description: 'In words' }),
  evidence: z.record(z.string(), z.number()).meta({
    description: 'Likelihood ratios by name; names that end in _ms are times before the call',
  }),
});

const candidatesSchema = z.object({
  call: z.string(),
  method: z.string(),
  probability: z.number().nullable(),
  visit: z.string().nullable(),
  candidates: z.array(candidateSchema).meta({ description: 'The likeliest first, at most ten' }),
});

const periodQuery = z.strictObject({
  from: z.string().optional().meta({ description: 'First day or moment, in the zone' }),
  to: z.string().optional().meta({ description: 'First day or moment after the period' }),
  period: z.enum(PERIOD_NAMES).optional().meta({ description: 'Instead of from and to; default 30d' }),
  zone: z.string().default('UTC').meta({ description: 'IANA zone whose midnights part the days' }),
});

export const matchingRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  addRoute(app, {
    url: '/v1/calls/:id/candidates',
    summary: 'Visits that a call may have come from, with probabilities and reasons',
    tag: 'calls',
    params: z.object({ id: callIdSchema.transform((id) => id.toUpperCase()) }),
    query: nothing,
    response: candidatesSchema,
    handle: async ({ params }) => {
      const { call } = await findCall(parts, params.id);
      const candidates = await parts.store.exclusively((file) => readCandidates(file, call.id));
      return {
        call: call.id,
        method: call.match_method,
        probability: call.match_prob,
        visit: call.visit_id,
        candidates: candidates.map(({ visitId, probability, evidence }) => ({
          visit: visitId ?? null,
          probability,
          why: candidateWords({ visitId, evidence }),
          evidence,
        })),
      };
    },
  });

  addRoute(app, {
    url: '/v1/reports/calibration',
    summary: 'How far the probabilities of matches keep what they promise',
    tag: 'reports',
    params: nothing,
    query: periodQuery,
    response: calibrationReportSchema,
    handle: ({ query }) => {
      const { from, to } = readPeriod(query, Date.now());
      return parts.reports.run({ type: 'calibration', options: { from, to } });
    },
  });
};
