import { z } from 'zod';
import { parsePhone } from '../base/phone.ts';
import { isAddress, isNetwork, isReachableAddress, isTrunkSource } from './addresses.ts';
import { buttonsSchema } from './buttons-schema.ts';
import { featuresSchema } from './features-schema.ts';
import { pathSchema, secretSchema, sipUriSchema } from './fields.ts';
import { phoneSchema } from './phone-schema.ts';
import { registrarSchema } from './registrar-schema.ts';
import { languageSchema } from './sound-schema.ts';
import { trunkSchema } from './trunk-schema.ts';

const portSchema = z.int().min(0).max(65_535);
const secondsSchema = z.number().positive().max(86_400);
const addressSchema = z
  .string()
  .refine(isAddress, 'use an IPv4 or IPv6 address such as 203.0.113.7 or 2001:db8::7');
const publicAddressSchema = z
  .string()
  .refine(isReachableAddress, 'use the one IPv4 or IPv6 address that peers reach, such as 203.0.113.7');

const networkSchema = z
  .string()
  .refine(isNetwork, 'use an address or network such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32');

const DEFAULT_PORTS = { udp: 5060, tcp: 5060, tls: 5061, ws: 8088, wss: 8443 } as const;

const listenSchema = z
  .strictObject({
    transport: z
      .enum(['udp', 'tcp', 'tls', 'ws', 'wss'])
      .describe(
        'One entry for each transport and address. `ws` and `wss` are SIP over WebSocket, for browsers.',
      ),
    address: addressSchema
      .default('0.0.0.0')
      .describe('IPv4 or IPv6 literal; `0.0.0.0` and `::` mean every interface.'),
    port: portSchema
      .optional()
      .describe('Default: 5060, tls 5061, ws 8088, wss 8443. 0 lets the system pick.'),
    publicAddress: publicAddressSchema
      .optional()
      .describe('Address that peers are told to use, when it is not the bound one (1:1 NAT).'),
    localNetworks: z
      .array(networkSchema)
      .default([])
      .describe('Networks whose peers are told the bound address all the same.'),
    names: z
      .array(z.string().min(1))
      .default([])
      .describe('Host names that stand for this listener in requests and routes.'),
  })
  .transform((listen) => ({ ...listen, port: listen.port ?? DEFAULT_PORTS[listen.transport] }));

const tlsSchema = z.strictObject({
  certFile: pathSchema
    .optional()
    .describe(
      'Certificate and its chain (PEM), such as fullchain.pem; default: a self-signed one, made where one is needed.',
    ),
  keyFile: pathSchema.optional().describe('Its private key (PEM).'),
  directory: pathSchema.default('data/tls').describe('Where the self-signed certificate is kept.'),
  caFile: pathSchema
    .optional()
    .describe("Authorities that peers' certificates are checked against; default: the public ones."),
  clientCertificates: z
    .enum(['none', 'ask', 'require'])
    .default('none')
    .describe('What those who connect must show.'),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});

const nameServerSchema = z
  .string()
  .refine(
    (text) => isTrunkSource(text) && !text.includes('/'),
    'use an address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353',
  );

const limit = (most: number, fallback: number, what: string) =>
  z.int().min(1).max(most).default(fallback).describe(what);

const limitsSchema = z
  .strictObject({
    messageBytes: limit(1_048_576, 65_535, 'Bytes of one message; larger ones get 513.'),
    headers: limit(4096, 256, 'Header lines of one message.'),
    connections: limit(100_000, 2000, 'TCP, TLS and WebSocket connections in all.'),
    connectionsPerStranger: limit(
      100_000,
      50,
      'Connections of one address that no trunk has, such as those of an office.',
    ),
    transactions: limit(1_000_000, 20_000, 'Requests being answered; above, new ones get 503.'),
    dialogs: limit(1_000_000, 10_000, 'Dialogs, two a call; above, new ones get 503.'),
  })
  .prefault({})
  .describe('Caps that keep memory flat whatever peers do; what they refuse is counted.');

const sipSchema = z.strictObject({
  engine: z
    .enum(['embedded', 'drachtio'])
    .default('embedded')
    .describe('What speaks SIP: the engine built in, or a drachtio-server of your own.'),
  listen: z
    .array(listenSchema)
    .min(1)
    .prefault([
      { transport: 'udp', address: '0.0.0.0', port: 5060 },
      { transport: 'tcp', address: '0.0.0.0', port: 5060 },
    ]),
  tls: tlsSchema
    .prefault({})
    .describe(
      'Certificate of the tls and wss listeners, and of HTTPS. The files are read again when they change, and on SIGHUP; calls that are up go on.',
    ),
  drachtio: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: portSchema.default(9022),
      secret: secretSchema,
    })
    .optional()
    .describe('Only with `engine: drachtio`.'),
  wall: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Bans scanners and whoever sends too much (embedded engine).'),
      messagesPerSecond: z
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe('Messages a second that one unknown address may send; twice as many at once.'),
      offences: z
        .int()
        .min(1)
        .max(1000)
        .default(10)
        .describe('Offences of an unknown address within a minute that lead to a ban.'),
      banSeconds: z
        .int()
        .min(1)
        .max(604_800)
        .default(600)
        .describe('How long a first ban lasts; each further one four times as long, up to a week.'),
      trusted: z
        .array(networkSchema)
        .default([])
        .describe("Addresses and networks that are never banned by themselves, beside trunks' sources."),
    })
    .prefault({})
    .describe('Keeps scanners and floods away.'),
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
  nameServers: z
    .array(nameServerSchema)
    .default([])
    .describe("Name servers that trunks' names are asked of; default: the system's."),
  outboundProxies: z
    .array(
      z.strictObject({
        domain: z.string().min(1).describe('`example.com`, `*.example.com`, or `*` for all others.'),
        uri: sipUriSchema.describe('Where its requests go instead: `sip:proxy.example.com:5060;lr`.'),
      }),
    )
    .default([])
    .describe('Next hops by the domain that a request goes to.'),
  limits: limitsSchema,
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
  webrtc: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Calls with browsers, and encrypted calls with trunks.'),
      address: addressSchema
        .optional()
        .describe('Address that browsers connect to; default: `media.address`.'),
      publicAddress: publicAddressSchema
        .optional()
        .describe('Address that browsers are told instead (NAT); default: `media.publicAddress`.'),
      port: portSchema
        .default(40_000)
        .describe(
          'UDP and TCP port of the first worker; each further one takes the next. 0 lets the system pick.',
        ),
      workers: z.int().min(0).max(64).default(0).describe('mediasoup workers; 0: one a core.'),
      opus: z.boolean().default(true).describe('Two browsers talk Opus with each other.'),
    })
    .prefault({})
    .describe('mediasoup, which does the encryption.'),
  holdMusic: pathSchema
    .optional()
    .describe('Mono WAV file of 8 kHz that a held side hears in place of the built-in music.'),
});

const promptsSchema = z.strictObject({
  directory: pathSchema
    .default('data/prompts')
    .describe('Prompts that were uploaded or spoken, and what was spoken before, for the next time.'),
  speech: z
    .strictObject({
      command: z
        .array(z.string().min(1).max(1000))
        .min(1)
        .optional()
        .describe(
          'Program that speaks, with its parameters; default: espeak-ng where it is installed. It gets the words on its standard input ' +
            'and writes WAV to its standard output, or to `{file}`. `{language}` stands for en, zh …, `{voice}` for the voice of it.',
        ),
      voices: z
        .record(languageSchema, z.string().min(1).max(200))
        .default({})
        .describe(
          "Voice of each language, as the program names it: `{en: en-gb}`; default: the language's own.",
        ),
      timeoutSeconds: z.number().min(1).max(300).default(20),
    })
    .prefault({})
    .describe('How words are spoken.'),
});

/** `dialtrace.yaml`: where the gateway listens, whom it talks to, where it keeps things. */
export const gatewayConfigSchema = z.strictObject({
  sip: sipSchema.prefault({}),
  media: mediaSchema.prefault({}),
  trunks: z.array(trunkSchema).default([]),
  registrar: registrarSchema,
  phone: phoneSchema,
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
  prompts: promptsSchema.prefault({}).describe('What callers and lines hear.'),
  buttons: buttonsSchema,
  features: featuresSchema.prefault({}).describe('Codes that lines and users key in during a call.'),
  http: z
    .strictObject({
      address: addressSchema.default('127.0.0.1'),
      port: portSchema.default(8080),
      tls: z
        .boolean()
        .default(false)
        .describe(
          'HTTPS with the certificate of `sip.tls`. Browsers give a page the microphone only so, or on localhost.',
        ),
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
