import { z } from 'zod';

const instant = { description: 'ISO 8601, UTC', format: 'date-time' };

export const banViewSchema = z.object({
  cidr: z.string().meta({ description: 'The address or network' }),
  reason: z.string(),
  by: z.enum(['hand', 'wall']).meta({ description: 'Made by a person or by the wall' }),
  since: z.string().meta(instant),
  until: z.string().nullable().meta({ description: 'ISO 8601, UTC; null: for ever', format: 'date-time' }),
  count: z.int().meta({ description: 'Which ban of this address it is, from 1' }),
  dropped: z
    .int()
    .nullable()
    .meta({ description: 'Datagrams, messages and connections refused; null when no gateway runs' }),
});

export type BanView = z.output<typeof banViewSchema>;

type Ban = Omit<BanView, 'since' | 'until' | 'dropped'> & {
  readonly since: number;
  readonly until: number | null | undefined;
  readonly dropped?: number;
};

export const banView = ({ cidr, reason, by, since, until, count, dropped }: Ban): BanView => ({
  cidr,
  reason,
  by,
  since: new Date(since).toISOString(),
  until: until === null || until === undefined ? null : new Date(until).toISOString(),
  count,
  dropped: dropped ?? null,
});
