import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parsePhone } from '../base/phone.ts';
import {
  callDetailView,
  callDetailViewSchema,
  callView,
  callViewSchema,
  eventView,
  eventViewSchema,
  parseInstant,
  stepView,
  stepViewSchema,
} from '../reports/index.ts';
import type { CallDetail, CallerVault, CallFilter } from '../store/index.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

export const callIdSchema = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/i, 'a call id has 26 letters and digits');
const idParams = z.object({ id: callIdSchema.transform((id) => id.toUpperCase()) });

/** `true` and `false` as query strings write them. */
export const flagSchema = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

export const instantSchema = z
  .string()
  .refine(
    (text) => parseInstant(text, 'UTC') !== undefined,
    'use ISO 8601 such as 2026-11-01 or 2026-11-01T09:30:00Z',
  )
  .transform((text) => parseInstant(text, 'UTC') ?? 0);

const LIMIT = 'use a whole number from 1 to 500';

const listQuery = z.strictObject({
  from: instantSchema
    .optional()
    .meta({ description: 'First moment, ISO 8601, UTC unless it says otherwise' }),
  to: instantSchema.optional().meta({ description: 'End, exclusive' }),
  status: callViewSchema.shape.status.optional(),
  source: z.string().optional().meta({ description: "The source's id" }),
  button: z.string().optional().meta({ description: 'Calls that this call button brought' }),
  did: z.string().optional().meta({ description: 'The dialled number, E.164; the plus may be written %2B' }),
  tests: flagSchema.meta({ description: 'Include test calls' }),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(500, LIMIT).default(50),
  cursor: callIdSchema.optional().meta({ description: '`next` of the page before' }),
  reveal: flagSchema.meta({ description: "Show callers' numbers in clear; needs a token" }),
});

const pageSchema = z.object({
  calls: z.array(callViewSchema).meta({ description: 'Newest first' }),
  next: z.string().nullable().meta({ description: 'Cursor of the next page; null at the end' }),
});

const readDid = (did: string): string => {
  // A plus that was not escaped arrives as a blank.
  const number = parsePhone(did.trim().replace(/^(?=\d)/, '+'));
  if (number === undefined) {
    throw new HttpProblem(400, 'The request is not understood.', [
      { path: 'did', message: `"${did}" is no phone number` },
    ]);
  }
  return number.e164;
};

const toFilter = (query: z.output<typeof listQuery>): CallFilter => ({
  includeTests: query.tests,
  // One more than asked for tells whether there is a next page.
  limit: query.limit + 1,
  ...(query.from !== undefined && { from: query.from }),
  ...(query.to !== undefined && { to: query.to }),
  ...(query.status !== undefined && { status: query.status }),
  ...(query.source !== undefined && { sourceId: query.source }),
  ...(query.button !== undefined && { buttonId: query.button }),
  ...(query.did !== undefined && { did: readDid(query.did) }),
  ...(query.cursor !== undefined && { before: query.cursor.toUpperCase() }),
});

/** The vault when the request may see callers' numbers; @throws HttpProblem 403 when it asked without the right. */
export const revealing = ({ config, store }: HttpParts, reveal: boolean): CallerVault | undefined => {
  if (!reveal) return undefined;
  if (config.http.token === undefined) {
    throw new HttpProblem(403, "Callers' numbers are shown only when http.token is set in dialtrace.yaml.");
  }
  return store.vault;
};

/** @throws HttpProblem 404 */
export const findCall = async ({ store }: HttpParts, id: string): Promise<CallDetail> => {
  const detail = await store.calls.get(id);
  if (detail === undefined) throw new HttpProblem(404, `There is no call ${id}.`);
  return detail;
};

export const callRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  addRoute(app, {
    url: '/v1/calls',
    summary: 'The call log, newest first',
    tag: 'calls',
    params: nothing,
    query: listQuery,
    response: pageSchema,
    handle: async ({ query }) => {
      const vault = revealing(parts, query.reveal);
      const rows = await parts.store.calls.list(toFilter(query));
      const page = rows.slice(0, query.limit);
      const next = rows.length > query.limit ? (page.at(-1)?.id ?? null) : null;
      return { calls: page.map((row) => callView(row, vault)), next };
    },
  });

  addRoute(app, {
    url: '/v1/calls/:id',
    summary: 'A call with its legs, decisions and recording',
    tag: 'calls',
    params: idParams,
    query: z.strictObject({ reveal: flagSchema }),
    response: callDetailViewSchema,
    handle: async ({ params, query }) => {
      const vault = revealing(parts, query.reveal);
      return callDetailView(await findCall(parts, params.id), vault);
    },
  });

  addRoute(app, {
    url: '/v1/calls/:id/explain',
    summary: 'Each decision on a call, in order, with its reason',
    tag: 'calls',
    params: idParams,
    query: nothing,
    response: z.object({
      id: z.string(),
      events: z.array(eventViewSchema),
      path: z.array(stepViewSchema).meta({ description: 'Its way through its flow' }),
    }),
    handle: async ({ params }) => {
      const { events, steps } = await findCall(parts, params.id);
      return { id: params.id, events: events.map(eventView), path: steps.map(stepView) };
    },
  });
};
