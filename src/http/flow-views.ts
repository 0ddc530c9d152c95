import { z } from 'zod';
import type { Finding, FlowChange, Simulation } from '../flows/index.ts';

export const flowViewSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  version: z.int(),
  language: z.string(),
  timezone: z.string(),
  steps: z.int(),
  numbers: z.array(z.string()).meta({ description: 'Tracking numbers whose calls run it' }),
});

export const versionViewSchema = z.object({
  version: z.int(),
  digest: z.string().meta({ description: 'SHA-256 of the definition' }),
  createdAt: z.string().meta({ format: 'date-time' }),
});

export const definitionSchema = z.record(z.string(), z.unknown()).meta({
  description:
    'The flow with all that it refers to: `flow`, `flows`, `groups`, `schedules` as in the tracking plan',
});

export const findingSchema = z.object({
  level: z.enum(['error', 'warning']),
  flow: z.string(),
  step: z.string().optional(),
  group: z.string().optional(),
  schedule: z.string().optional(),
  rule: z.string(),
  message: z.string(),
  mend: z.string(),
});

export const simulationSchema = z.object({
  flow: z.string(),
  version: z.int(),
  path: z.array(
    z.object({
      step: z.string(),
      kind: z.string(),
      at: z.string().meta({ format: 'date-time' }),
      input: z.string().nullable(),
      exit: z.string().nullable(),
      to: z.string().nullable(),
      text: z.string(),
    }),
  ),
  ending: z.object({
    how: z.enum(['answered', 'voicemail', 'hung-up', 'ended', 'endless']),
    step: z.string().nullable(),
    at: z.string().meta({ format: 'date-time' }),
    by: z.string().nullable().meta({ description: 'Line or user that answered' }),
    cause: z.string().nullable(),
    text: z.string(),
  }),
  durationMs: z.int(),
  waitMs: z.int().meta({ description: 'Of it, waiting for somebody' }),
  assumed: z.array(z.string()).meta({ description: 'What was taken for granted' }),
});

export const changeSchema = z.object({
  what: z.enum(['flow', 'step', 'group', 'schedule']),
  id: z.string(),
  action: z.enum(['added', 'removed', 'changed']),
  kind: z.string().nullable(),
  fields: z.array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() })),
});

export const iso = (at: number): string => new Date(at).toISOString();

export const simulationView = (
  { path, ending, durationMs, waitMs, assumed }: Simulation,
  flow: string,
  version: number,
): z.output<typeof simulationSchema> => ({
  flow,
  version,
  path: path.map(({ step, kind, at, input, exit, to, text: sentence }) => ({
    step,
    kind,
    at: iso(at),
    input: input ?? null,
    exit: exit ?? null,
    to: to ?? null,
    text: sentence,
  })),
  ending: {
    how: ending.how,
    step: ending.step ?? null,
    at: iso(ending.at),
    by: ending.by ?? null,
    cause: ending.cause ?? null,
    text: ending.text,
  },
  durationMs: Math.round(durationMs),
  waitMs: Math.round(waitMs),
  assumed: [...assumed],
});

export const findingView = (finding: Finding): z.output<typeof findingSchema> => ({ ...finding });

export const changeView = (change: FlowChange): z.output<typeof changeSchema> => ({
  ...change,
  kind: change.kind ?? null,
  fields: change.fields.map(({ path, from, to }) => ({ path, from: from ?? null, to: to ?? null })),
});
