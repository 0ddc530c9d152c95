import { z } from 'zod';
import { idSchema, regionSchema, secretSchema } from './fields.ts';

const textSchema = z.string().trim().min(1).max(60);

const iceUrlSchema = (schemes: string) =>
  z
    .string()
    .regex(new RegExp(`^(?:${schemes}):[^\\s]{1,200}$`), `use a URL of ${schemes.replaceAll('|', ', ')}`);

/** `phone`: the softphone in the browser, and what its users may do. */
export const phoneSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Serves the softphone at /phone. It needs a `registrar`, whose users are the phone's."),
    sessionHours: z
      .number()
      .min(0.1)
      .max(168)
      .default(12)
      .describe('How long a login lasts without being used, in hours.'),
    credentialSeconds: z
      .int()
      .min(10)
      .max(3600)
      .default(300)
      .describe(
        'How long the SIP credentials made for a page are good for, in seconds; the page gets new ones in time.',
      ),
    servers: z
      .array(z.string().regex(/^wss?:\/\/[^\s]{1,200}$/, 'use a URL such as wss://sip.example.com:8443'))
      .default([])
      .describe('Where browsers reach the ws and wss listeners; default: the host that the page came from.'),
    stun: z.array(iceUrlSchema('stun|stuns')).default([]).describe('STUN servers handed to browsers.'),
    turn: z
      .strictObject({
        urls: z.array(iceUrlSchema('turn|turns')).min(1),
        secret: secretSchema.describe('`static-auth-secret` of coturn (TURN REST).'),
        ttlSeconds: z.int().min(60).max(86_400).default(3600),
      })
      .optional()
      .describe('TURN servers handed to browsers, with credentials that end by themselves.'),
    outbound: z
      .strictObject({
        trunk: idSchema
          .optional()
          .describe('Trunk that calls to telephone numbers go through; default: the first with a gateway.'),
        regions: z
          .array(regionSchema)
          .default([])
          .describe("Countries that may be called, such as DE; default: the trunk's own region."),
        premium: z
          .boolean()
          .default(false)
          .describe('Premium-rate numbers may be called, and those that no numbering plan has.'),
        maxCalls: z
          .int()
          .min(1)
          .max(1000)
          .default(4)
          .describe('Calls that one user may have placed at once, those that went on without the user too.'),
      })
      .prefault({})
      .describe('Calls that users make.'),
    dispositions: z
      .array(textSchema)
      .max(50)
      .default(['sale', 'lead', 'appointment', 'support', 'wrong number', 'spam', 'other'])
      .describe('What a call can have been, for the choice after it.'),
    supervision: z
      .strictObject({
        visible: z.boolean().default(true).describe('Agents see that a supervisor listens.'),
      })
      .prefault({}),
  })
  .prefault({});
