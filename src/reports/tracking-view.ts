import { z } from 'zod';
import type { TrunkConfig } from '../config/index.ts';
import type { LineTable, NumberRoute, SourceTable } from '../store/index.ts';

const text = z.string().nullable();

export const sourceViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  source: z.string(),
  medium: text,
  campaign: text,
  costCenter: text,
  keyword: text,
  landingPage: text,
  cost: z
    .object({ amount: z.number(), currency: z.string(), per: z.enum(['day', 'week', 'month', 'year']) })
    .nullable(),
});

export const lineViewSchema = z.object({
  id: z.string(),
  name: text,
  type: z.enum(['trunk', 'sip', 'echo', 'user']),
  number: text,
  trunk: text,
  uri: text,
  user: text.meta({ description: 'User whose phones ring' }),
  nat: z.boolean(),
  ringTimeoutSeconds: z.number(),
});

export const numberViewSchema = z.object({
  number: z.string().meta({ description: 'E.164' }),
  label: text,
  source: text,
  sourceName: text,
  pool: text.meta({ description: 'The pool that lends it, instead of a source' }),
  state: z.string().meta({ description: 'testing, active, draining, quarantine, retired or failed' }),
  lines: z.array(z.string()).meta({ description: 'In the order they are tried' }),
  flow: z
    .object({ id: z.string(), version: z.int() })
    .nullable()
    .meta({ description: 'What its calls run; null: an implied flow, which dials the lines' }),
  record: z.boolean().nullable().meta({ description: "Null: the gateway's default" }),
  enabled: z.boolean(),
});

export type SourceView = z.output<typeof sourceViewSchema>;
export type LineView = z.output<typeof lineViewSchema>;
export type NumberView = z.output<typeof numberViewSchema>;

/** A source as `--json` and the API show it. */
export const sourceView = (row: SourceTable): SourceView => ({
  id: row.id,
  name: row.name,
  source: row.source,
  medium: row.medium,
  campaign: row.campaign,
  costCenter: row.cost_center,
  keyword: row.keyword,
  landingPage: row.landing_page,
  cost:
    row.cost_amount === null || row.cost_currency === null || row.cost_per === null
      ? null
      : { amount: row.cost_amount, currency: row.cost_currency, per: row.cost_per },
});

/** A line as `--json` and the API show it. */
export const lineView = (row: LineTable): LineView => ({
  id: row.id,
  name: row.name,
  type: row.type,
  number: row.number,
  trunk: row.trunk_id,
  uri: row.uri,
  user: row.user,
  nat: row.nat === 1,
  ringTimeoutSeconds: row.ring_timeout_s,
});

/** A tracking number as `--json` and the API show it. */
export const numberView = ({ number, source, lines, flow }: NumberRoute): NumberView => ({
  number: number.number,
  label: number.label,
  source: source?.id ?? null,
  sourceName: source?.name ?? null,
  pool: number.pool_id,
  state: number.state,
  lines: lines.map((line) => line.id),
  flow: flow ?? null,
  record: number.record === null ? null : number.record === 1,
  enabled: number.enabled === 1,
});

export const trunkViewSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  sources: z.array(z.string()),
  digest: z.boolean().meta({ description: 'Whether its requests must carry credentials' }),
  register: z.array(z.string()).meta({ description: 'Registrars, in the order in which they are asked' }),
  gateways: z.array(z.object({ uri: z.string(), weight: z.int(), priority: z.int() })),
  region: z.string(),
  didFrom: z.array(z.string()),
  nat: z.boolean(),
  codecs: z.array(z.string()),
  callerId: z.string(),
  diversion: z.boolean(),
  maxCalls: z.number().nullable(),
  maxCallsPerSecond: z.number().nullable(),
});

/** A trunk without its secrets: written out field by field, so that a new secret can't slip through. */
export const trunkView = (trunk: TrunkConfig): z.output<typeof trunkViewSchema> => ({
  id: trunk.id,
  name: trunk.name ?? null,
  sources: [...trunk.sources],
  digest: trunk.digest !== undefined,
  register: [...(trunk.register?.servers ?? [])],
  gateways: trunk.gateways.map(({ uri, weight, priority }) => ({ uri, weight, priority })),
  region: trunk.region,
  didFrom: [...trunk.didFrom],
  nat: trunk.nat,
  codecs: [...trunk.codecs],
  callerId: trunk.callerId,
  diversion: trunk.diversion,
  maxCalls: trunk.maxCalls ?? null,
  maxCallsPerSecond: trunk.maxCallsPerSecond ?? null,
});
