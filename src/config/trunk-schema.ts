import { z } from 'zod';
import { isTrunkSource } from './addresses.ts';
import {
  digestAlgorithmsSchema,
  idSchema,
  pathSchema,
  regionSchema,
  secretSchema,
  sipUriSchema,
} from './fields.ts';
import { isRuledHeader } from './header-names.ts';

const accountFields = { username: z.string().min(1), password: secretSchema };

const sourceSchema = z
  .string()
  .refine(
    isTrunkSource,
    'use an address or network such as 203.0.113.7, 203.0.113.0/24, 203.0.113.7:5060 or [2001:db8::1]:5060',
  );

const gatewaySchema = z.strictObject({
  uri: sipUriSchema.describe('Where calls are sent: `sip:sbc1.carrier.example;transport=tcp`.'),
  weight: z.int().min(1).max(1000).default(1).describe('Share of calls among the gateways of one priority.'),
  priority: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('Lower ones come first; higher ones take calls when those before are down or refuse.'),
});

const registerSchema = z
  .strictObject({
    server: z
      .union([sipUriSchema, z.array(sipUriSchema).min(1)])
      .describe('Registrar: `sip:carrier.example`. Of several, the next is asked when one does not answer.'),
    ...accountFields,
    domain: z
      .string()
      .regex(/^[^\s@;:<>"]+$/, 'use a host name such as carrier.example, without sip: and port')
      .optional()
      .describe("Domain of the account's address; default: the server's host."),
    expires: z
      .int()
      .min(2)
      .max(604_800)
      .default(3600)
      .describe('Seconds asked for; the server may grant less. Renewed after half to nine tenths of them.'),
    contactUser: z
      .string()
      .regex(/^[A-Za-z0-9\-_.!~*'()&=+$,]+$/, "use letters, digits and - _ . ! ~ * ' ( ) & = + $ ,")
      .optional()
      .describe('User part that the carrier calls; default: the user name.'),
    outboundProxy: sipUriSchema.optional().describe('Where REGISTER is sent, when it is not the server.'),
  })
  .transform(({ server, ...rest }) => ({ ...rest, servers: typeof server === 'string' ? [server] : server }));

const PROTOCOL_HEADER =
  'headers of the protocol itself (Via, From, To, Call-ID, CSeq, Contact, Route, Content-…, Supported …) can be neither added nor removed';

const headerNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'use a header name of letters, digits and hyphens')
  .refine(isRuledHeader, PROTOCOL_HEADER);

const headersSchema = z.strictObject({
  add: z
    .record(
      headerNameSchema,
      z
        .string()
        .min(1)
        .max(1000)
        .refine((text) => !/\p{Cc}/u.test(text), 'use one line without control characters'),
    )
    .default({})
    .describe('Headers that each INVITE carries, by name; one that is there already is replaced.'),
  remove: z.array(headerNameSchema).default([]).describe('Headers that are left out, such as `Diversion`.'),
});

const healthSchema = z.strictObject({
  optionsSeconds: z
    .number()
    .refine((seconds) => seconds === 0 || (seconds >= 1 && seconds <= 3600), 'use 1 to 3600, or 0 for never')
    .default(60)
    .describe('Seconds between two OPTIONS to each gateway; 0 sends none.'),
  downAfter: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('Failures in a row, of OPTIONS and calls, after which a gateway is down.'),
  upAfter: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Answers in a row after which a gateway that was down is up again.'),
});

const tlsSchema = z
  .strictObject({
    caFile: pathSchema.optional().describe('Authorities (PEM) that its certificate is checked against.'),
    certFile: pathSchema.optional().describe('Certificate (PEM) shown to it.'),
    keyFile: pathSchema.optional().describe('Key of that certificate (PEM).'),
    verify: z.boolean().default(true).describe('False takes any certificate: encrypted, but to whom?'),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    error: 'certFile and keyFile belong together: give both',
  });

/** One entry of `trunks`. */
export const trunkSchema = z
  .strictObject({
    id: idSchema.describe('Name that lines and commands refer to.'),
    name: z.string().optional().describe('Words for people.'),
    sources: z
      .array(sourceSchema)
      .default([])
      .describe(
        'Where its requests come from: an address or network, with or without a port: `203.0.113.7`, `203.0.113.0/24`, `203.0.113.7:5060`, `[2001:db8::1]:5060`.',
      ),
    digest: z
      .strictObject({
        realm: z.string().min(1),
        ...accountFields,
        algorithms: digestAlgorithmsSchema.describe(
          'Digest algorithms offered, preferred first. Many user agents fail when anything but MD5 is offered, be it second.',
        ),
      })
      .optional()
      .describe(
        'Credentials that its requests must carry when they come from elsewhere (or, with `sources`, as well).',
      ),
    register: registerSchema
      .optional()
      .describe('Account to register at the carrier, which then sends calls to this gateway.'),
    gateway: sipUriSchema
      .optional()
      .describe('Where calls dialled through this trunk are sent: `sip:carrier.example:5060;transport=tcp`.'),
    gateways: z.array(gatewaySchema).default([]).describe('The same for several, in place of `gateway`.'),
    auth: z
      .strictObject(accountFields)
      .optional()
      .describe('Credentials for calls dialled through this trunk.'),
    health: healthSchema.prefault({}).describe('When a gateway counts as up or down.'),
    headers: headersSchema
      .prefault({})
      .describe('Changes to the headers of calls dialled through this trunk.'),
    tls: tlsSchema.optional().describe('Certificates for its hosts, where they are reached over TLS.'),
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
    srtp: z
      .enum(['off', 'optional', 'required'])
      .default('off')
      .describe(
        'Encrypted audio with keys in SDP (SDES, RFC 4568), which only TLS keeps secret. `optional` offers it and takes plain RTP from a peer that lacks it.',
      ),
    srtpSuites: z
      .array(
        z.enum([
          'AES_CM_128_HMAC_SHA1_80',
          'AES_CM_128_HMAC_SHA1_32',
          'AEAD_AES_128_GCM',
          'AEAD_AES_256_GCM',
        ]),
      )
      .min(1)
      .default(['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_256_GCM', 'AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_32'])
      .describe('Crypto suites offered and taken, best first.'),
    callerId: z
      .enum(['caller', 'tracking-number'])
      .default('caller')
      .describe("What the dialled line sees: the caller's number, or the tracking number."),
    diversion: z
      .boolean()
      .default(true)
      .describe('Adds `Diversion` with the tracking number (RFC 5806) to dialled calls.'),
    maxCalls: z
      .int()
      .min(1)
      .optional()
      .describe('Calls at once, from it and through it; more are refused with 503, or dialled elsewhere.'),
    maxCallsPerSecond: z
      .number()
      .min(0.1)
      .max(10_000)
      .optional()
      .describe('New calls a second, from it and through it; as many may come at once.'),
  })
  .refine(({ gateway, gateways }) => gateway === undefined || gateways.length === 0, {
    path: ['gateway'],
    error: 'give gateway or gateways, not both',
  })
  .transform(({ gateway, gateways, ...rest }) => ({
    ...rest,
    gateways: gateway === undefined ? gateways : [{ uri: gateway, weight: 1, priority: 1 }],
  }));
