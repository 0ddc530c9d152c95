import { z } from 'zod';
import { MICROS } from '../../reports/index.ts';
import type { CallerVault, WrapUpTable } from '../../store/index.ts';

/** A billion of any currency, and its millionths are whole numbers still. */
const MOST = 1_000_000_000;

export const wrapUpBody = z.strictObject({
  disposition: z.string().min(1).max(60).nullable(),
  tags: z
    .array(
      z
        .string()
        .trim()
        .min(1)
        .max(40)
        .regex(/^\P{Cc}*$/u, 'use one line'),
    )
    .max(20)
    .transform((tags) => [...new Set(tags)]),
  note: z.string().trim().max(2000).meta({ description: 'Empty: none' }),
  value: z
    .strictObject({
      amount: z.number().min(0).max(MOST),
      currency: z.string().regex(/^[A-Z]{3}$/, 'use a three-letter ISO 4217 currency such as EUR'),
    })
    .nullable(),
});

/** What is kept of a wrap-up: the note sealed. */
export const wrapUpRow = (
  { disposition, tags, note, value }: z.output<typeof wrapUpBody>,
  { callId, user, at }: { readonly callId: string; readonly user: string; readonly at: number },
  vault: Pick<CallerVault, 'sealNote'>,
): WrapUpTable => ({
  call_id: callId,
  user,
  at,
  disposition,
  tags: JSON.stringify(tags),
  note_encrypted: note === '' ? null : vault.sealNote(note),
  value_micros: value && Math.round(value.amount * MICROS),
  value_currency: value?.currency ?? null,
});
