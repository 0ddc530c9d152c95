import { z } from 'zod';
import { secretSchema } from './fields.ts';
import { languageSchema } from './sound-schema.ts';

const count = (most: number, fallback: number, what: string) =>
  z.int().min(1).max(most).default(fallback).describe(what);

const webAddress = (example: string) =>
  z.url({ protocol: /^https?$/, error: `write an address such as ${example}` });

const smsSchema = z
  .strictObject({
    provider: z
      .enum(['outbox', 'http'])
      .default('outbox')
      .describe(
        '`outbox`: writes messages into a file, to try things out; `http`: asks a provider to send them.',
      ),
    outbox: z
      .string()
      .default('')
      .describe('A line of JSON for each message; default: `sms-outbox.jsonl` beside the database.'),
    url: webAddress('https://api.sms.example/v1/messages')
      .optional()
      .describe("The provider's address, for `http`."),
    method: z.enum(['POST', 'GET']).default('POST'),
    headers: z
      .record(z.string().min(1).max(100), secretSchema)
      .default({})
      .describe('`{Authorization: Bearer …}`.'),
    body: z
      .string()
      .max(4000)
      .optional()
      .describe(
        'What is sent, with `{to}` (E.164), `{text}` and `{code}` filled in: escaped for JSON where it begins with `{` or `[`, else for a form. In `url` they may stand too.',
      ),
    text: z
      .record(languageSchema, z.string().min(1).max(300))
      .default({})
      .describe('The message by language, with `{code}`; default: a short one in en and zh.'),
    timeoutSeconds: z.number().min(1).max(60).default(10),
  })
  .prefault({})
  .describe('How codes are sent to the mobile numbers of visitors.');

/** `buttons`: what call buttons of all sites have in common. */
export const buttonsSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serves call buttons and takes their calls.'),
    publicUrl: webAddress('https://calls.example.com')
      .optional()
      .describe('Where browsers reach this gateway: https://calls.example.com; for links and QR codes.'),
    limits: z
      .strictObject({
        tokensPerMinute: count(1000, 3, 'Calls that one address may begin in a minute.'),
        callsPerAddress: count(1000, 2, 'Calls of one address at once.'),
        callsPerSite: count(10_000, 20, 'Calls of one site at once.'),
        codesPerHour: count(100, 3, 'Codes that are sent to one mobile number in an hour.'),
        callbacksPerDay: count(100, 2, 'Times that one number may ask to be called in a day.'),
        callbacksPerAddress: count(1000, 5, 'Times that one address may ask for a call in an hour.'),
      })
      .prefault({}),
    proofOfWork: z
      .strictObject({
        bits: z.int().min(8).max(26).default(18).describe('Each one more doubles the work.'),
        score: z
          .int()
          .min(0)
          .max(100)
          .default(50)
          .describe('From this score on a browser has to work; 0: always.'),
      })
      .prefault({})
      .describe('Work that a browser has to do before it gets a call, when it looks like a machine.'),
    sms: smsSchema,
  })
  .prefault({});
