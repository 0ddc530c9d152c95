import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { HttpProblem } from './problem.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** A resource of the API: what it takes, what it gives, and how. Its schemas make the OpenAPI document. */
export type Route<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> = {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** One line for the API's document. */
  readonly summary: string;
  readonly tag: 'calls' | 'flows' | 'tracking' | 'pages' | 'people' | 'reports' | 'system' | 'phone';
  readonly params: Params;
  readonly query: Query;
  /** JSON that it takes. */
  readonly body?: Body;
  /** Content type of a body that is not JSON. */
  readonly consumes?: string;
  /** Left out: not JSON. */
  readonly response?: z.ZodType;
  /** Content type of what is not JSON. */
  readonly produces?: string;
  readonly handle: (input: {
    readonly params: z.output<Params>;
    readonly query: z.output<Query>;
    readonly body: z.output<Body>;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
  }) => unknown;
};

/** Takes nothing. */
export const nothing = z.object({});

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const fieldPath = (path: readonly PropertyKey[]): string => path.map(String).join('.');

const read = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue): readonly Problem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: fieldPath([...issue.path, key]), message: 'is no parameter here' }))
      : [{ path: fieldPath(issue.path), message: issue.message }],
  );
  throw new HttpProblem(400, 'The request is not understood.', problems);
};

const problemSchema = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { type: 'object', additionalProperties: true } } },
};

const responses = (
  response: z.ZodType | undefined,
  produces: string | undefined,
  more: JsonSchema = {},
): JsonSchema => ({
  200: {
    description: 'Success',
    content:
      response === undefined
        ? { [produces ?? 'text/plain']: { schema: { type: 'string' } } }
        : { 'application/json': { schema: jsonSchema(response, 'output') } },
  },
  ...more,
  '4xx': problemSchema,
});

/** Adds a route. Input that its schemas refuse is answered 400 with each wrong field. */
export const addRoute = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType = typeof nothing,
>(
  app: FastifyInstance,
  route: Route<Params, Query, Body>,
  options: {
    readonly rateLimit?: false;
    /** Anyone may ask. */
    readonly open?: true;
    /** For whoever is logged in to the softphone. */
    readonly session?: true;
    /** Bytes; default 65,536. */
    readonly bodyLimit?: number;
    /** Without the headers that hold for what a browser shows: pages ask by script alone. */
    readonly helmet?: false;
    /** Further answers, by status, as OpenAPI has them. */
    readonly responses?: JsonSchema;
  } = {},
): void => {
  const { body } = route;
  app.route({
    method: route.method ?? 'GET',
    url: route.url,
    schema: {
      summary: route.summary,
      tags: [route.tag],
      params: jsonSchema(route.params, 'input'),
      querystring: jsonSchema(route.query, 'input'),
      ...(body && { body: jsonSchema(body, 'input') }),
      ...(route.consumes !== undefined && { consumes: [route.consumes] }),
      response: responses(route.response, route.produces, options.responses),
      ...(options.open && { security: [] }),
      ...(options.session && { security: [{ session: [] }] }),
    },
    ...(options.bodyLimit !== undefined && { bodyLimit: options.bodyLimit }),
    ...(options.helmet === false && { helmet: false }),
    ...(options.rateLimit === false && { config: { rateLimit: false } }),
    handler: async (request, reply) =>
      route.handle({
        params: read(route.params, request.params),
        query: read(route.query, request.query),
        body: read(body ?? nothing, body ? request.body : {}) as z.output<Body>,
        request,
        reply,
      }),
  });
};
