import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  callBackView,
  callBackViewSchema,
  cancelCallBack,
  findCallBack,
  listCallBacks,
  type Ordered,
  retryCallBack,
} from '../buttons/index.ts';
import type { CallBackTable, SqliteFile } from '../store/index.ts';
import { flagSchema, revealing } from './calls.ts';
import type { HttpParts } from './parts.ts';
import { whenFree } from './patience.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const callBackId = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/i, 'the id of a request has 26 letters and digits')
  .transform((id) => id.toUpperCase());
const idParams = z.object({ id: callBackId });
const LIMIT = 'use a whole number from 1 to 500';

const listQuery = z.strictObject({
  state: callBackViewSchema.shape.state.optional(),
  button: z.string().max(63).optional(),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(500, LIMIT).default(50),
  cursor: callBackId.optional().meta({ description: '`next` of the page before' }),
  reveal: flagSchema.meta({ description: "Show visitors' numbers in clear; needs a token" }),
});

const found = (row: CallBackTable | undefined, id: string): CallBackTable => {
  if (row === undefined) throw new HttpProblem(404, `There is no request ${id}.`);
  return row;
};

/** What people order about requests to be called. */
const ORDERS: readonly {
  readonly name: 'cancel' | 'retry';
  readonly summary: string;
  readonly run: (file: SqliteFile, id: string) => Ordered;
}[] = [
  {
    name: 'cancel',
    summary: 'Take a request to be called back, so that nobody is called',
    run: (file, id) => cancelCallBack(file, id, 'the API'),
  },
  {
    name: 'retry',
    summary: 'Have a visitor called again, as soon as the hours allow',
    run: (file, id) => retryCallBack(file, id, Date.now()),
  },
];

/** Requests of visitors to be called. */
export const callBackRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  const { exclusively } = parts.store;

  addRoute(app, {
    url: '/v1/call-backs',
    summary: 'Visitors who asked to be called, newest first',
    tag: 'calls',
    params: nothing,
    query: listQuery,
    response: z.object({
      callBacks: z.array(callBackViewSchema),
      next: z.string().nullable().meta({ description: 'Cursor of the next page; null at the end' }),
    }),
    handle: async ({ query: { state, button, limit, cursor, reveal } }) => {
      const vault = revealing(parts, reveal);
      const filter = { state, button, before: cursor, limit: limit + 1 };
      const rows = await exclusively((file) => listCallBacks(file, filter));
      const page = rows.slice(0, limit);
      return {
        callBacks: page.map((row) => callBackView(row, vault)),
        next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  });

  addRoute(app, {
    url: '/v1/call-backs/:id',
    summary: 'A request to be called, with what the visitor agreed to',
    tag: 'calls',
    params: idParams,
    query: z.strictObject({ reveal: flagSchema }),
    response: callBackViewSchema,
    handle: async ({ params: { id }, query }) => {
      const vault = revealing(parts, query.reveal);
      return callBackView(found(await exclusively((file) => findCallBack(file, id)), id), vault);
    },
  });

  for (const { name, summary, run } of ORDERS)
    addRoute(app, {
      method: 'POST',
      url: `/v1/call-backs/:id/${name}`,
      summary,
      tag: 'calls',
      params: idParams,
      query: nothing,
      response: callBackViewSchema,
      handle: async ({ params: { id } }) => {
        found(await exclusively((file) => findCallBack(file, id)), id);
        const order = (file: SqliteFile): Ordered => file.transaction(() => run(file, id)).immediate();
        const ordered = await whenFree(() => exclusively(order));
        if (!ordered.done) throw new HttpProblem(409, ordered.reason);
        return callBackView(found(await exclusively((file) => findCallBack(file, id)), id));
      },
    });
};
