import { z } from 'zod';
import type { TrunkStatus } from '../sip/index.ts';
import { trunkViewSchema } from './tracking-view.ts';

const time = z.iso.datetime().nullable();

const statusSchema = z.object({
  gateways: z.array(
    z.object({
      uri: z.string(),
      weight: z.int(),
      priority: z.int(),
      state: z.enum(['unknown', 'up', 'down']),
      since: z.iso.datetime(),
      checkedAt: time,
      rttMs: z.number().nullable().meta({ description: 'Round-trip time of the last OPTIONS answered' }),
      lastError: z.string().nullable(),
    }),
  ),
  calls: z.object({
    in: z.int(),
    out: z.int(),
    max: z.int().nullable(),
    admitted: z.object({ in: z.int(), out: z.int() }).meta({ description: 'Since the start' }),
    refused: z.int().meta({ description: 'Kept out by the limits since the start' }),
  }),
  registration: z
    .object({
      state: z.enum(['trying', 'registered', 'failed']),
      server: z.string(),
      since: z.iso.datetime(),
      expiresAt: time,
      nextAt: z.iso.datetime(),
      lastError: z.string().nullable(),
    })
    .nullable(),
});

/** A trunk with how it stands; null in a gateway that doesn't know it. */
export const trunkReportSchema = trunkViewSchema.extend({ status: statusSchema.nullable() });

export type TrunkReport = z.output<typeof trunkReportSchema>;
type TrunkStatusView = z.output<typeof statusSchema>;

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | undefined): string | null => (at === undefined ? null : iso(at));

/** How a trunk stands, as the API shows it. */
export const trunkStatusView = (status: TrunkStatus | undefined): TrunkStatusView | null =>
  status === undefined
    ? null
    : {
        gateways: status.gateways.map(({ uri, weight, priority, ...health }) => ({
          uri,
          weight,
          priority,
          state: health.state,
          since: iso(health.since),
          checkedAt: isoOrNull(health.checkedAt),
          rttMs: health.rttMs === undefined ? null : Math.round(health.rttMs * 10) / 10,
          lastError: health.lastError ?? null,
        })),
        calls: { ...status.calls, max: status.calls.max ?? null },
        registration: status.registration
          ? {
              state: status.registration.state,
              server: status.registration.server,
              since: iso(status.registration.since),
              expiresAt: isoOrNull(status.registration.expiresAt),
              nextAt: iso(status.registration.nextAt),
              lastError: status.registration.lastError ?? null,
            }
          : null,
      };
