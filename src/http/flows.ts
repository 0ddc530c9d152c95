import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FailureError, UsageError } from '../base/errors.ts';
import { parsePhone } from '../base/phone.ts';
import { flowSchema, groupSchema, idSchema, scheduleSchema } from '../config/index.ts';
import {
  ANSWERINGS,
  closeDefinition,
  diffFlows,
  drawFlow,
  drawingSvg,
  type FlowDefinition,
  type FlowPlans,
  keptFlow,
  lintContext,
  lintFlow,
  scenarioOf,
  shownDefinition,
  simulateCall,
} from '../flows/index.ts';
import { instantSchema } from './calls.ts';
import {
  changeSchema,
  changeView,
  definitionSchema,
  findingSchema,
  findingView,
  flowViewSchema,
  iso,
  simulationSchema,
  simulationView,
  versionViewSchema,
} from './flow-views.ts';
import type { HttpParts } from './parts.ts';
import { HttpProblem } from './problem.ts';
import { addRoute, nothing } from './route.ts';

const idParams = z.object({ id: idSchema });
const versionNumber = z.coerce.number().int().min(1);
const versionQuery = z.strictObject({
  version: versionNumber.optional().meta({ description: 'Default: the latest' }),
});

const text = z.string().max(500).optional();
const simulateBody = z.strictObject({
  from: z.string().max(40).optional().meta({ description: "The caller's number; left out: withheld" }),
  at: instantSchema.optional().meta({ description: 'ISO 8601; default: now', format: 'date-time' }),
  did: z.string().max(40).optional().meta({ description: 'The tracking number' }),
  source: text,
  medium: text,
  campaign: text,
  keyword: text,
  channel: text,
  landing: text,
  button: text,
  intent: text,
  country: text,
  area: text,
  city: text,
  priorCalls: z.int().min(0).max(1_000_000).optional(),
  lastLine: text,
  keys: z
    .array(z.string().regex(/^[0-9*#]*$/, 'use keys: 0 to 9, * and #'))
    .max(100)
    .optional()
    .meta({ description: 'What is pressed at each question in turn; empty: nothing' }),
  answers: z
    .record(z.string(), z.enum(ANSWERINGS))
    .optional()
    .meta({ description: 'What lines, users and groups do; who is not named answers' }),
  decisions: z
    .record(z.string(), z.string().max(200))
    .optional()
    .meta({ description: 'Exits of decide steps' }),
  patienceSeconds: z.number().min(0).max(86_400).optional(),
});

/** What a request names wrongly is 404 where it is the flow, else 422. */
const named = async <T>(status: 404 | 422, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError || error instanceof FailureError) {
      throw new HttpProblem(status, `${error.message.replace(/\.$/, '')}.`);
    }
    throw error;
  }
};

const phone = (name: string, number: string | undefined): string | undefined => {
  if (number === undefined) return undefined;
  const found = parsePhone(number);
  if (found) return found.e164;
  throw new HttpProblem(422, `${name} is no phone number: write it as +8613912345678.`);
};

/** Flows, groups and schedules that were applied: what a flow in a request may refer to. */
const storedPlans = async ({ store: { db } }: HttpParts): Promise<FlowPlans> => {
  const [flows, groups, schedules] = await Promise.all([
    db.selectFrom('flow').selectAll().execute(),
    db.selectFrom('line_group').selectAll().execute(),
    db.selectFrom('schedule').selectAll().execute(),
  ]);
  const entry = ({ id, plan }: { id: string; plan: string }): object => ({
    ...(JSON.parse(plan) as object),
    id,
  });
  return {
    flows: flows.map((row) => flowSchema.parse(entry(row))),
    groups: groups.map((row) => groupSchema.parse(entry(row))),
    schedules: schedules.map((row) => scheduleSchema.parse(entry(row))),
  };
};

const lookRoutes = (app: FastifyInstance, { store }: HttpParts): void => {
  addRoute(app, {
    url: '/v1/flows',
    summary: 'Call flows in force, with the numbers whose calls run them',
    tag: 'calls',
    params: nothing,
    query: nothing,
    response: z.object({ flows: z.array(flowViewSchema) }),
    handle: async () => {
      const rows = await store.flows.list();
      const numbers = await store.db.selectFrom('tracking_number').select(['number', 'flow_id']).execute();
      const flows = rows.map((row) => {
        const { flow } = JSON.parse(row.definition) as FlowDefinition;
        const { id, name = null, language, timezone } = flow;
        const own = numbers.filter((each) => each.flow_id === id).map(({ number }) => number);
        const steps = Object.keys(flow.steps).length;
        return { id, name, version: row.version, language, timezone, steps, numbers: own };
      });
      return { flows };
    },
  });

  addRoute(app, {
    url: '/v1/flows/:id',
    summary: 'One flow: its versions, and the definition of one of them',
    tag: 'calls',
    params: idParams,
    query: versionQuery,
    response: z.object({
      id: z.string(),
      version: z.int(),
      versions: z.array(versionViewSchema).meta({ description: 'The latest first' }),
      definition: definitionSchema,
    }),
    handle: async ({ params: { id }, query }) => {
      const kept = await named(404, () => keptFlow(store.flows, id, query.version));
      const versions = (await store.flows.versions(id)).map((row) => ({
        version: row.version,
        digest: row.digest,
        createdAt: iso(row.created_at),
      }));
      return { id, version: kept.version, versions, definition: shownDefinition(kept.definition) };
    },
  });

  addRoute(app, {
    url: '/v1/flows/:id/drawing.svg',
    summary: 'The flow as a drawing, light and dark as the reader has it',
    tag: 'calls',
    params: idParams,
    query: versionQuery,
    produces: 'image/svg+xml',
    handle: async ({ params: { id }, query, reply }) => {
      const { definition } = await named(404, () => keptFlow(store.flows, id, query.version));
      return reply.type('image/svg+xml; charset=utf-8').send(drawingSvg(drawFlow(definition.flow)));
    },
  });

  addRoute(app, {
    url: '/v1/flows/:id/diff',
    summary: 'What is different between two versions',
    tag: 'calls',
    params: idParams,
    query: z.strictObject({ from: versionNumber, to: versionNumber.optional() }),
    response: z.object({ from: z.int(), to: z.int(), changes: z.array(changeSchema) }),
    handle: async ({ params: { id }, query }) => {
      const [from, to] = await named(404, () =>
        Promise.all([keptFlow(store.flows, id, query.from), keptFlow(store.flows, id, query.to)]),
      );
      const changes = diffFlows(shownDefinition(from.definition), shownDefinition(to.definition));
      return { from: from.version, to: to.version, changes: changes.map(changeView) };
    },
  });
};

const tryRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  const { store } = parts;
  addRoute(app, {
    method: 'POST',
    url: '/v1/flows/:id/simulate',
    summary: 'What happens to a call, without a phone',
    tag: 'calls',
    params: idParams,
    query: versionQuery,
    body: simulateBody,
    response: simulationSchema,
    handle: async ({ params: { id }, query, body }) => {
      const { flow, version } = await named(404, () => keptFlow(store.flows, id, query.version));
      const from = phone('from', body.from);
      const area = from === undefined ? undefined : store.areas.of(from);
      const lines = await store.db.selectFrom('line').select(['id', 'ring_timeout_s']).execute();
      const ringMs = new Map(lines.map((line) => [line.id, line.ring_timeout_s * 1000]));
      const { patienceSeconds, ...call } = body;
      const scenario = await named(422, () =>
        scenarioOf(
          flow,
          {
            ...call,
            from,
            did: phone('did', body.did),
            area: body.area ?? area?.area,
            city: body.city ?? area?.city ?? undefined,
            at: body.at ?? Date.now(),
            patienceMs: patienceSeconds === undefined ? undefined : patienceSeconds * 1000,
          },
          ringMs,
        ),
      );
      return simulationView(simulateCall(flow, scenario), id, version);
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/v1/flows/lint',
    summary: 'What is wrong with a flow; what it refers to and the request lacks is taken from the database',
    tag: 'calls',
    params: nothing,
    query: nothing,
    body: z.strictObject({
      flow: flowSchema,
      groups: z.array(groupSchema).max(500).default([]),
      schedules: z.array(scheduleSchema).max(500).default([]),
    }),
    response: z.object({ errors: z.int(), warnings: z.int(), findings: z.array(findingSchema) }),
    handle: async ({ body }) => {
      const stored = await storedPlans(parts);
      const definition = closeDefinition(body.flow.id, {
        flows: [body.flow, ...stored.flows.filter(({ id }) => id !== body.flow.id)],
        groups: [...stored.groups, ...body.groups],
        schedules: [...stored.schedules, ...body.schedules],
      });
      const trunkIds = parts.config.trunks.map(({ id }) => id);
      const prompts = await parts.prompts?.list();
      const findings = lintFlow(definition, await lintContext(store, { trunkIds, prompts }));
      const errors = findings.filter(({ level }) => level === 'error').length;
      return { errors, warnings: findings.length - errors, findings: findings.map(findingView) };
    },
  });
};

/** Call flows: to look at, to check and to try. They are changed by applying a tracking plan. */
export const flowRoutes = (app: FastifyInstance, parts: HttpParts): void => {
  lookRoutes(app, parts);
  tryRoutes(app, parts);
};
