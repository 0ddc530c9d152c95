import { z } from 'zod';
import type { Prompt } from './types.ts';

/** A prompt as `--json` and the API show it. */
export const promptViewSchema = z.object({
  id: z.string(),
  language: z.string().meta({ description: 'ISO 639-1' }),
  origin: z
    .enum(['upload', 'speech', 'shipped'])
    .meta({ description: '`shipped`: it comes with Dialtrace; an own one with its id takes its place' }),
  words: z.string().nullable().meta({ description: 'What it says, or the name of the file' }),
  durationMs: z.int(),
  sha256: z.string().meta({ description: 'Of the file, hex' }),
  createdAt: z.string().nullable().meta({ description: 'ISO 8601, UTC', format: 'date-time' }),
});

export type PromptView = z.output<typeof promptViewSchema>;

export const promptView = (prompt: Prompt): PromptView => ({
  id: prompt.id,
  language: prompt.language,
  origin: prompt.origin,
  words: prompt.words,
  durationMs: prompt.durationMs,
  sha256: prompt.sha256,
  createdAt: prompt.createdAt === null ? null : new Date(prompt.createdAt).toISOString(),
});
