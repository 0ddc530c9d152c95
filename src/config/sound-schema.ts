import { z } from 'zod';

const text = z.string().min(1).max(2000);

/** A language of prompts, such as `en` or `zh` (ISO 639-1). */
export const languageSchema = z.string().regex(/^[a-z]{2}$/, 'use a two-letter language such as en or zh');

/** One thing to play: the id of a prompt, words to be spoken, a tone, or silence. */
const soundSchema = z.union([
  z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,62}$/,
      'use the id of a prompt (`dialtrace prompt list`), or say: for words to be spoken',
    ),
  z.strictObject({
    say: z
      .union([text, z.record(languageSchema, text)])
      .describe('Words to be spoken, or words for each language: `{en: …, zh: …}`.'),
  }),
  z.strictObject({
    tone: z.enum(['beep', 'ringback', 'busy', 'congestion']),
    seconds: z.number().min(0.1).max(60).optional().describe('Default: 0.4 for a beep, 2 for the others.'),
  }),
  z.strictObject({ silence: z.number().min(0.1).max(60).describe('Seconds.') }),
]);

/** What is played, one thing or several in order. */
export const soundsSchema = z
  .union([soundSchema, z.array(soundSchema).min(1).max(20)])
  .transform((value): readonly Sound[] => (Array.isArray(value) ? value : [value]));

export type Sound = z.output<typeof soundSchema>;
