import { z } from 'zod';
import { isRegion, type Region } from '../base/phone.ts';

/** A name that commands and other parts of the configuration refer to. */
export const idSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'use 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit');

export const regionSchema = z
  .string()
  .refine((text): text is Region => isRegion(text), { error: 'use a two-letter ISO 3166 region such as US, DE or CN' })
  .transform((text) => text as Region);

/** A secret, written here or kept in a file of its own (one trailing newline is cut off). */
export const secretSchema = z.union([z.string().min(1), z.strictObject({ file: z.string().min(1) })]);

const portSchema = z.int().min(0).max(65_535);
const secondsSchema = z.number().positive().max(86_400);

const listenSchema = z.strictObject({
  transport: z.enum(['udp', 'tcp']),
  /** IPv4 or IPv6 literal; `0.0.0.0` and `::` mean every interface. */
  address: z.string().default('0.0.0.0'),
  /** 0 lets the system pick. */
  port: portSchema.default(5060),
  /** Address that peers are told to use, when it is not the bound one (1:1 NAT). */
  publicAddress: z.string().optional(),
});

const sipSchema = z.strictObject({
  engine: z.enum(['embedded', 'drachtio']).default('embedded'),
  listen: z
    .array(listenSchema)
    .min(1)
    .default([
      { transport: 'udp', address: '0.0.0.0', port: 5060 },
      { transport: 'tcp', address: '0.0.0.0', port: 5060 },
    ]),
  /** Only with `engine: drachtio`. */
  drachtio: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: portSchema.default(9022),
      secret: secretSchema,
    })
    .optional(),
  /** RFC 4028 session interval asked for and granted, in seconds; 0 offers none. */
  sessionTimerSeconds: z.union([z.literal(0), z.int().min(90).max(86_400)]).default(1800),
  /** Messages over UDP larger than this go by TCP where the peer has it (RFC 3261 18.1.1). */
  udpMtu: z.int().min(500).max(65_000).default(1300),
});

const mediaSchema = z.strictObject({
  /** Address that RTP sockets bind to. */
  address: z.string().default('0.0.0.0'),
  /** Address written into SDP; default: the bound address, or this machine's first public one. */
  publicAddress: z.string().optional(),
  /** Each leg takes an even port for RTP and the next for RTCP. */
  rtpPorts: z
    .strictObject({ from: z.int().min(1024).max(65_534), to: z.int().min(1025).max(65_535) })
    .default({ from: 20_000, to: 29_999 }),
  /** Threads that forward RTP. */
  threads: z.int().min(1).max(64).default(1),
  /** A leg not on hold that sends nothing for so long ends the call. */
  timeoutSeconds: z
    .strictObject({ first: secondsSchema.default(30), later: secondsSchema.default(15) })
    .default({ first: 30, later: 15 }),
});

const trunkSchema = z.strictObject({
  id: idSchema,
  name: z.string().optional(),
  /** Where its requests come from: an address or network, with or without a port: `203.0.113.7`, `203.0.113.0/24`, `203.0.113.7:5060`, `[2001:db8::1]:5060`. */
  sources: z.array(z.string()).default([]),
  /** Credentials that its requests must carry when they come from elsewhere (or, with `sources`, as well). */
  digest: z.strictObject({ realm: z.string().min(1), username: z.string().min(1), password: secretSchema }).optional(),
  /** Where calls dialled through this trunk are sent: `sip:carrier.example:5060;transport=tcp`. */
  gateway: z.string().optional(),
  /** Credentials for calls dialled through this trunk. */
  auth: z.strictObject({ username: z.string().min(1), password: secretSchema }).optional(),
  /** Region of numbers that the trunk gives in national form. */
  region: regionSchema,
  /** Where the dialled number is looked for, first hit wins. */
  didFrom: z
    .array(z.enum(['request-uri', 'to', 'p-called-party-id', 'diversion']))
    .min(1)
    .default(['request-uri', 'to']),
  /** The peer sits behind NAT: its RTP address is learned from its first packet. */
  nat: z.boolean().default(false),
  codecs: z
    .array(z.enum(['PCMU', 'PCMA']))
    .min(1)
    .default(['PCMU', 'PCMA']),
  /** What the dialled line sees: the caller's number, or the tracking number. */
  callerId: z.enum(['caller', 'tracking-number']).default('caller'),
  /** Adds `Diversion` with the tracking number (RFC 5806) to dialled calls. */
  diversion: z.boolean().default(true),
  /** Calls at once; more are refused with 503. */
  maxCalls: z.int().min(1).optional(),
});

/** `dialtrace.yaml`: where the gateway listens, whom it talks to, where it keeps things. */
export const gatewayConfigSchema = z.strictObject({
  sip: sipSchema.prefault({}),
  media: mediaSchema.prefault({}),
  trunks: z.array(trunkSchema).default([]),
  database: z
    .strictObject({
      path: z.string().default('data/dialtrace.db'),
      /** Key of callers' numbers; made at first start. Keep a copy apart from the database's backups. */
      keyFile: z.string().default('data/dialtrace.key'),
      backupDirectory: z.string().default('data/backups'),
    })
    .prefault({}),
  recording: z
    .strictObject({
      /** Default of numbers that say nothing. */
      enabled: z.boolean().default(true),
      directory: z.string().default('data/recordings'),
    })
    .prefault({}),
  http: z
    .strictObject({
      address: z.string().default('127.0.0.1'),
      port: portSchema.default(8080),
      /** Bearer token of the API; without one the API answers to loopback addresses only. */
      token: secretSchema.optional(),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
      format: z.enum(['auto', 'json', 'pretty']).default('auto'),
    })
    .prefault({}),
  /** File that tells `dialtrace` commands where the running gateway listens. */
  runFile: z.string().default('data/gateway.json'),
  /** Tracking plan that `plan`, `apply` and the first start read. */
  trackingPlan: z.string().default('tracking.yaml'),
  /** Tracking number to place one test call to as soon as the gateway is ready. */
  selfTest: z.string().optional(),
  /** How long a stopping gateway lets calls go on. */
  drainSeconds: z.number().min(0).max(86_400).default(30),
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
