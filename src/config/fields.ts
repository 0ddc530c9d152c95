import { z } from 'zod';
import { isRegion, type Region } from '../base/phone.ts';
import { isSipUri } from './addresses.ts';

/** A name that commands and other parts of the configuration refer to. */
export const idSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'use 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit',
  );

export const regionSchema = z
  .string()
  .refine((text): text is Region => isRegion(text), {
    error: 'use a two-letter ISO 3166 region such as US, DE or CN',
  })
  .transform((text) => text as Region);

/** Names of users: the user part of their addresses, without what would have to be escaped there. */
export const USER_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** A secret, written here or kept in a file of its own (one trailing newline is cut off). */
export const secretSchema = z.union([z.string().min(1), z.strictObject({ file: z.string().min(1) })]);

/** A file or folder; relative ones start at the configuration's folder. */
export const pathSchema = z.string().min(1);

/** A SIP or SIPS URI. */
export const sipUriSchema = z
  .string()
  .refine(isSipUri, 'use a SIP URI such as sip:carrier.example:5060 or sip:carrier.example;transport=tcp');

/** Digest algorithms that a challenge offers (RFC 8760). */
export const digestAlgorithmsSchema = z
  .array(z.enum(['SHA-512-256', 'SHA-256', 'MD5']))
  .min(1)
  .default(['MD5']);

/** Words that stand in tables, reports and terminals. */
export const words = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'use one line of text, without control characters');

/** One text or several; any of them does. Compared without regard to case. */
export const anyOf = z
  .union([words, z.array(words).min(1)])
  .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value));
