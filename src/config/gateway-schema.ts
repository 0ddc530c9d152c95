import { z } from 'zod';
import { isRegion, parsePhone, type Region } from '../base/phone.ts';
import { isAddress, isReachableAddress, isSipUri, isTrunkSource } from './addresses.ts';

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

/** A secret, written here or kept in a file of its own (one trailing newline is cut off). */
export const secretSchema = z.union([z.string().min(1), z.strictObject({ file: z.string().min(1) })]);

/** A file or folder; relative ones start at the configuration's folder. */
const pathSchema = z.string().min(1);
const portSchema = z.int().min(0).max(65_535);
const secondsSchema = z.number().positive().max(86_400);
const addressSchema = z
  .string()
  .refine(isAddress, 'use an IPv4 or IPv6 address such as 203.0.113.7 or 2001:db8::7');
const publicAddressSchema = z
  .string()
  .refine(isReachableAddress, 'use the one IPv4 or IPv6 address that peers reach, such as 203.0.113.7');

const listenSchema = z.strictObject({
  transport: z.enum(['udp', 'tcp']).describe('One entry for each transport and address.'),
  address: addressSchema
    .default('0.0.0.0')
    .describe('IPv4 or IPv6 literal; `0.0.0.0` and `::` mean every interface.'),
  port: portSchema.default(5060).describe('0 lets the system pick.'),
  publicAddress: publicAddressSchema
    .optional()
    .describe('Address that peers are told to use, when it is not the bound one (1:1 NAT).'),
});

const sipSchema = z.strictObject({
  engine: z
    .enum(['embedded', 'drachtio'])
    .default('embedded')
    .describe('What speaks SIP: the engine built in, or a drachtio-server of your own.'),
  listen: z
    .array(listenSchema)
    .min(1)
    .default([
      { transport: 'udp', address: '0.0.0.0', port: 5060 },
      { transport: 'tcp', address: '0.0.0.0', port: 5060 },
    ]),
  drachtio: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: portSchema.default(9022),
      secret: secretSchema,
    })
    .optional()
    .describe('Only with `engine: drachtio`.'),
  sessionTimerSeconds: z
    .union([z.literal(0), z.int().min(90).max(86_400)])
    .default(1800)
    .describe('RFC 4028 session interval asked for and granted, in seconds; 0 offers none.'),
  udpMtu: z
    .int()
    .min(500)
    .max(65_000)
    .default(1300)
    .describe('Messages over UDP larger than this go by TCP where the peer has it (RFC 3261 18.1.1).'),
});

const mediaSchema = z.strictObject({
  address: addressSchema.default('0.0.0.0').describe('Address that RTP sockets bind to.'),
  publicAddress: publicAddressSchema
    .optional()
    .describe("Address written into SDP; default: the bound address, or this machine's first public one."),
  rtpPorts: z
    .strictObject({
      from: z.int().min(1024).max(65_534).default(20_000),
      to: z.int().min(1025).max(65_535).default(29_999),
    })
    .prefault({})
    .describe('Each leg takes an even port for RTP and the next for RTCP.'),
  threads: z.int().min(1).max(64).default(1).describe('Threads that forward RTP.'),
  timeoutSeconds: z
    .strictObject({ first: secondsSchema.default(30), later: secondsSchema.default(15) })
    .prefault({})
    .describe('A leg not on hold that sends nothing for so long ends the call.'),
});

/** One entry of `trunks`. */
export const trunkSchema = z.strictObject({
  id: idSchema.describe('Name that lines and commands refer to.'),
  name: z.string().optional().describe('Words for people.'),
  sources: z
    .array(
      z
        .string()
        .refine(
          isTrunkSource,
          'use an address or network such as 203.0.113.7, 203.0.113.0/24, 203.0.113.7:5060 or [2001:db8::1]:5060',
        ),
    )
    .default([])
    .describe(
      'Where its requests come from: an address or network, with or without a port: `203.0.113.7`, `203.0.113.0/24`, `203.0.113.7:5060`, `[2001:db8::1]:5060`.',
    ),
  digest: z
    .strictObject({ realm: z.string().min(1), username: z.string().min(1), password: secretSchema })
    .optional()
    .describe(
      'Credentials that its requests must carry when they come from elsewhere (or, with `sources`, as well).',
    ),
  gateway: z
    .string()
    .refine(isSipUri, 'use a SIP URI such as sip:carrier.example:5060 or sip:carrier.example;transport=tcp')
    .optional()
    .describe('Where calls dialled through this trunk are sent: `sip:carrier.example:5060;transport=tcp`.'),
  auth: z
    .strictObject({ username: z.string().min(1), password: secretSchema })
    .optional()
    .describe('Credentials for calls dialled through this trunk.'),
  region: regionSchema.describe('Region of numbers that the trunk gives in national form.'),
  didFrom: z
    .array(z.enum(['request-uri', 'to', 'p-called-party-id', 'diversion']))
    .min(1)
    .default(['request-uri', 'to'])
    .describe('Where the dialled number is looked for, first hit wins.'),
  nat: z
    .boolean()
    .default(false)
    .describe('The peer sits behind NAT: its RTP address is learned from its first packet.'),
  codecs: z
    .array(z.enum(['PCMU', 'PCMA']))
    .min(1)
    .default(['PCMU', 'PCMA']),
  callerId: z
    .enum(['caller', 'tracking-number'])
    .default('caller')
    .describe("What the dialled line sees: the caller's number, or the tracking number."),
  diversion: z
    .boolean()
    .default(true)
    .describe('Adds `Diversion` with the tracking number (RFC 5806) to dialled calls.'),
  maxCalls: z.int().min(1).optional().describe('Calls at once; more are refused with 503.'),
});

/** `dialtrace.yaml`: where the gateway listens, whom it talks to, where it keeps things. */
export const gatewayConfigSchema = z.strictObject({
  sip: sipSchema.prefault({}),
  media: mediaSchema.prefault({}),
  trunks: z.array(trunkSchema).default([]),
  database: z
    .strictObject({
      path: pathSchema
        .default('data/dialtrace.db')
        .describe("SQLite file; relative paths start at this file's folder."),
      keyFile: pathSchema
        .default('data/dialtrace.key')
        .describe(
          "Key of callers' numbers; made at first start. Keep a copy apart from the database's backups.",
        ),
      backupDirectory: pathSchema
        .default('data/backups')
        .describe('Copies made before an update changes stored data; the newest five stay.'),
    })
    .prefault({}),
  recording: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Default of numbers that say nothing.'),
      directory: pathSchema.default('data/recordings').describe('Stereo WAV files: caller left, line right.'),
    })
    .prefault({}),
  http: z
    .strictObject({
      address: addressSchema.default('127.0.0.1'),
      port: portSchema.default(8080),
      token: secretSchema
        .optional()
        .describe('Bearer token of the API; without one the API answers to loopback addresses only.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
      format: z
        .enum(['auto', 'json', 'pretty'])
        .default('auto')
        .describe('`auto`: pretty at a terminal, else JSON lines.'),
    })
    .prefault({}),
  runFile: pathSchema
    .default('data/gateway.json')
    .describe('File that tells `dialtrace` commands where the running gateway listens.'),
  trackingPlan: pathSchema
    .default('tracking.yaml')
    .describe('Tracking plan that `plan`, `apply` and the first start read.'),
  selfTest: z
    .string()
    .refine(
      (text) => parsePhone(text) !== undefined,
      'use a phone number with its country code such as +12025550123',
    )
    .transform((text) => parsePhone(text)?.e164 ?? text)
    .optional()
    .describe('Tracking number to place one test call to as soon as the gateway is ready.'),
  drainSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(30)
    .describe('How long a stopping gateway lets calls go on.'),
});

/** A trunk as the YAML file has it, secrets read. */
export type TrunkConfig = Resolved<z.output<typeof trunkSchema>>;
/** The gateway's configuration with defaults filled in, secrets read and paths absolute. */
export type GatewayConfig = Resolved<z.output<typeof gatewayConfigSchema>>;
export type ListenConfig = z.output<typeof listenSchema>;

type Secret = z.output<typeof secretSchema>;
/** The same type with each secret read from its file, so that it is a string. */
export type Resolved<T> = Secret extends T
  ? Exclude<T, { file: string }>
  : T extends readonly (infer Item)[]
    ? readonly Resolved<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Resolved<T[K]> }
      : T;
