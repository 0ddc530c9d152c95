import { z } from 'zod';
import type { PoolPlan } from '../../config/index.ts';
import type { Millis } from '../../store/index.ts';
import type { Advice } from './advise.ts';
import type { PoolStatus } from './alerts.ts';
import type { NumberStatus } from './status.ts';
import type { LedgerVerdict } from './verify.ts';

/** What the API and `--json` tell of pools: names in camelCase, times in ISO 8601. */

const whole = z.int().min(0);
const share = z.number().min(0).max(1);
const time = z.iso.datetime();
const iso = (at: Millis): string => new Date(at).toISOString();

const turnoverSchema = z.object({
  opened: whole.describe('Numbers lent.'),
  stolen: whole.describe('Of these, taken from a visit that was away.'),
  joined: whole.describe('Visits that came to a number of their class or visitor.'),
  refused: whole.describe('Visits that got no number.'),
  exhausted: whole.describe('Of these, because every number was in view.'),
});

const alertSchema = z.object({
  type: z.enum(['no_numbers', 'utilization', 'steals', 'exhausted', 'leaked']),
  number: z.string().optional(),
  value: z.number(),
  message: z.string(),
  detail: z.string(),
});

const stateSchema = z.enum(['testing', 'active', 'draining', 'quarantine', 'retired', 'failed']);

export const poolViewSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  numbers: z.record(stateSchema, whole),
  lendable: whole.describe('Numbers that may be lent now.'),
  active: whole.describe('Leases of visits in view.'),
  idle: whole.describe('Leases of visits that are away.'),
  held: whole.describe('Idle ones that are kept for a call-back.'),
  free: whole,
  utilization: share.nullable().describe('Share of the lendable numbers that are lent.'),
  lastHour: turnoverSchema,
  lastDay: turnoverSchema,
  alerts: z.array(alertSchema),
});

/** A pool's status as the API tells it. */
export const poolView = (
  plan: Pick<PoolPlan, 'id' | 'name'>,
  { pool: _, alerts, ...figures }: PoolStatus,
): z.output<typeof poolViewSchema> => ({
  id: plan.id,
  name: plan.name ?? null,
  ...figures,
  alerts: alerts.map(({ pool: __, ...alert }) => alert),
});

export const poolNumberViewSchema = z.object({
  number: z.string(),
  state: stateSchema,
  stateSince: time,
  enabled: z.boolean(),
  lastCallAt: time.nullable(),
  lease: z
    .object({
      id: z.string(),
      state: z.enum(['active', 'idle']),
      held: z.boolean(),
      shared: z.boolean(),
      stolen: z.boolean(),
      visit: z.string(),
      openedAt: time,
      lastSeenAt: time,
      expiresAt: time,
    })
    .nullable(),
});

/** A number of a pool as the API tells it. */
export const poolNumberView = (row: NumberStatus): z.output<typeof poolNumberViewSchema> => ({
  number: row.number,
  state: row.state,
  stateSince: iso(row.stateSince),
  enabled: row.enabled,
  lastCallAt: row.lastCallAt === null ? null : iso(row.lastCallAt),
  lease: row.lease
    ? {
        id: row.lease.id,
        state: row.lease.state,
        held: row.lease.held,
        shared: row.lease.shared,
        stolen: row.lease.stolen,
        visit: row.lease.visitId,
        openedAt: iso(row.lease.openedAt),
        lastSeenAt: iso(row.lease.lastSeenAt),
        expiresAt: iso(row.lease.expiresAt),
      }
    : null,
});

const neededSchema = z.object({ loss: share, numbers: whole });

export const adviceViewSchema = z.object({
  pool: z.string(),
  numbers: whole.describe('Numbers that it may lend now.'),
  basis: z.enum(['measured', 'given']),
  measured: z
    .object({
      from: time,
      to: time,
      visits: whole,
      calls: whole,
      stealRate: share,
      refusalRate: share,
      callsInTime: share.nullable(),
    })
    .nullable(),
  meanMinutes: z.number().describe('How long a visit keeps its number, the time after it included.'),
  load: z.number().describe('Numbers in use at once in the busiest time, erlang.'),
  needed: z.array(neededSchema),
  target: neededSchema,
  verdict: z.enum(['enough', 'add', 'spare']),
  loss: z.object({
    now: share,
    withOneMore: share,
    visitsSaved: z.number().nullable().describe('A month.'),
    callsSaved: z.number().nullable(),
  }),
  steals: z.object({ now: share, withOneMore: share }),
  text: z.array(z.string()),
});

/** Advice as the API tells it. */
export const adviceView = ({ measured, ...advice }: Advice): z.output<typeof adviceViewSchema> => ({
  ...advice,
  needed: [...advice.needed],
  text: [...advice.text],
  measured: measured && { ...measured, from: iso(measured.from), to: iso(measured.to) },
});

export const verdictViewSchema = z.object({
  ok: z.boolean(),
  problem: z.object({ seq: whole.nullable(), text: z.string() }).nullable(),
  events: whole,
  openLeases: whole,
  counts: z.object({
    opened: whole,
    joined: whole,
    closed: whole,
    held: whole,
    refused: whole,
    stolen: whole,
  }),
  steals: z.array(
    z.object({
      seq: whole,
      at: time,
      pool: z.string(),
      number: z.string(),
      lease: z.string(),
      from: z.string(),
      awaySeconds: z.number(),
    }),
  ),
  refusals: z.array(
    z.object({ seq: whole, at: time, pool: z.string(), visit: z.string(), reason: z.string() }),
  ),
  remarks: z.array(z.string()),
});

/** What the ledger proves as the API tells it. */
export const verdictView = (verdict: LedgerVerdict): z.output<typeof verdictViewSchema> => ({
  ...verdict,
  problem: verdict.problem ?? null,
  steals: verdict.steals.map(({ awayMs, ...steal }) => ({
    ...steal,
    at: iso(steal.at),
    awaySeconds: Math.round(awayMs / 1000),
  })),
  refusals: verdict.refusals.map((refusal) => ({ ...refusal, at: iso(refusal.at) })),
  remarks: [...verdict.remarks],
});
