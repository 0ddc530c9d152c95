import { z } from 'zod';
import type { AgentView as Agent, QueueView as Queue } from '../calls/index.ts';

const time = z.string().meta({ description: 'ISO 8601, UTC' });

export const agentViewSchema = z.object({
  name: z.string(),
  display: z.string().nullable(),
  state: z.enum(['ready', 'busy', 'wrap-up', 'away', 'offline']),
  since: time.nullable().meta({ description: 'Null: no gateway runs' }),
  until: time.nullable().meta({ description: 'End of a wrap-up' }),
  reason: z.string().nullable().meta({ description: 'Why it was set away by the gateway or somebody else' }),
  missed: z.int().meta({ description: 'Calls in a row that it was offered and did not take' }),
  calls: z.int().meta({ description: 'Calls that ring it or that it is in' }),
});

export type AgentView = z.output<typeof agentViewSchema>;

const iso = (at: number): string => new Date(at).toISOString();

/** An agent as `--json` and the API show it. */
export const agentView = ({
  name,
  display,
  state,
  since,
  until,
  reason,
  missed,
  calls,
}: Agent): AgentView => ({
  name,
  display: display ?? null,
  state,
  since: iso(since),
  until: until === undefined ? null : iso(until),
  reason: reason ?? null,
  missed,
  calls,
});

const count = z.int();

export const queueStatusSchema = z.object({
  id: z.string().meta({ description: 'The group that callers wait for' }),
  name: z.string().nullable(),
  waiting: count,
  longestNowMs: count.meta({ description: 'How long the first in it has waited' }),
  serviceLevel: z
    .number()
    .nullable()
    .meta({ description: "Share of today's callers who were answered in time; null before the first" }),
  serviceLevelSeconds: z.number().meta({ description: 'What is in time' }),
  today: z
    .object({
      offered: count.meta({ description: 'Callers who have left it again, however' }),
      answered: count,
      inTime: count,
      abandoned: count.meta({ description: 'Hung up while they waited' }),
      left: count.meta({ description: 'By the exit key, after the longest wait, or since nobody was there' }),
      full: count.meta({ description: 'Turned away: too many waited' }),
      averageWaitMs: count,
      longestMs: count,
    })
    .meta({ description: "Since midnight of this machine, or the gateway's start" }),
});

export type QueueStatus = z.output<typeof queueStatusSchema>;

/** A queue as `--json` and the API show it. */
export const queueStatus = ({
  id,
  name,
  waiting,
  longestNowMs,
  today,
  serviceLevel,
  levelMs,
}: Queue): QueueStatus => {
  const { waitedMs, ...counts } = today;
  return {
    id,
    name: name ?? null,
    waiting,
    longestNowMs: Math.round(longestNowMs),
    serviceLevel: serviceLevel ?? null,
    serviceLevelSeconds: levelMs / 1000,
    today: {
      ...counts,
      longestMs: Math.round(counts.longestMs),
      averageWaitMs: today.offered === 0 ? 0 : Math.round(waitedMs / today.offered),
    },
  };
};
