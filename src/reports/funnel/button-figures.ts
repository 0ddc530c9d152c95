import { z } from 'zod';
import type { Period } from '../period.ts';
import type { FunnelFigures, FunnelOptions, FunnelReport } from './types.ts';

/** What people did at a button, in short. */
export const buttonFiguresSchema = z.object({
  views: z.int(),
  presses: z.int(),
  calls: z.int().meta({
    description: 'From browsers, by telephone after the dialler was opened, and called back',
  }),
  answered: z.int(),
});

export type ButtonFigures = z.output<typeof buttonFiguresSchema>;

const NONE: ButtonFigures = { views: 0, presses: 0, calls: 0, answered: 0 };

/** What to ask the funnel for. */
export const buttonFiguresOf = (period: Period): FunnelOptions => ({
  ...period,
  by: 'button',
  qualifiedSeconds: 60,
  limit: Number.MAX_SAFE_INTEGER,
});

const inShort = (found: FunnelFigures | undefined): ButtonFigures =>
  found === undefined
    ? NONE
    : {
        views: found.views,
        presses: found.presses,
        calls: found.calls.made + found.dialled.called + found.callbacks.called,
        answered: found.calls.answered + found.dialled.answered + found.callbacks.answered,
      };

/** Figures of a button, by its id, from such a funnel. */
export const figuresByButton = ({ rows }: FunnelReport): ((id: string) => ButtonFigures) => {
  const found = new Map(rows.map((row) => [row.key, row]));
  return (id) => inShort(found.get(id));
};
