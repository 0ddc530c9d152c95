import { z } from 'zod';
import { isAddress } from './addresses.ts';
import { digestAlgorithmsSchema } from './fields.ts';

const isDomain = (text: string): boolean =>
  isAddress(text) || /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?)+$/i.test(text);

const domainSchema = z
  .string()
  .refine(isDomain, 'use a domain such as example.com, without sip: and port')
  .transform((text) => text.toLowerCase());

const expiresSchema = z.int().min(1).max(86_400);

/** `registrar`: who may register phones, and for how long. */
export const registrarSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    domains: z
      .array(domainSchema)
      .min(1)
      .describe("Domains of users' addresses: alice of example.com registers sip:alice@example.com."),
    realm: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^"\\\p{Cc}]+$/u, 'use text without quotes and backslashes')
      .optional()
      .describe(
        'Realm of digest challenges; default: the first domain. Passwords are stored as hashes that hold it: after a change each has to be set again.',
      ),
    algorithms: digestAlgorithmsSchema.describe(
      'Digest algorithms offered, preferred first. Many phones fail when anything but MD5 is offered, be it second; over WebSocket it is offered alone.',
    ),
    minExpires: expiresSchema.default(60).describe('Seconds; a phone that asks for less is told so (423).'),
    maxExpires: expiresSchema.default(3600).describe('Seconds; who asks for more gets this.'),
    defaultExpires: expiresSchema.default(600).describe('Seconds for a phone that asks for nothing.'),
    maxContacts: z.int().min(1).max(100).default(5).describe('Phones that one user may have registered.'),
  })
  .optional()
  .describe("Lets users' phones register (REGISTER). Left out: it is off.");
