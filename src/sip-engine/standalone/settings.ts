import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { errorMessage, type Problem, UsageError } from '../../base/errors.ts';
import type { SipEngineOptions, TlsOptions } from '../types.ts';
import { type ContactFlags, listenPointsOf } from './contact.ts';

/** drachtio-server's names. */
export const LOG_LEVELS = ['error', 'warning', 'notice', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Flags of drachtio-server that mean something here; what is left out comes from the environment or has its default. */
export type Flags = {
  readonly contacts: readonly ContactFlags[];
  readonly address?: string;
  readonly port?: string;
  readonly tlsPort?: string;
  readonly secret?: string;
  readonly mtu?: string;
  readonly keyFile?: string;
  readonly certFile?: string;
  readonly chainFile?: string;
  readonly minTlsVersion?: string;
  readonly tlsCipherlist?: string;
  readonly httpHandler?: string;
  readonly httpMethod?: string;
  readonly loglevel?: string;
  readonly prometheusScrapePort?: string;
  readonly tcpKeepaliveInterval?: string;
  readonly disableNatDetection?: boolean;
  readonly rejectRegisterWithNoRealm?: boolean;
  readonly alwaysSend180?: boolean;
  readonly userAgentOptionsAutoRespond?: string;
  /** Ours: bans scanners and floods. */
  readonly wall?: boolean;
};

/** Where the key and the certificates are. */
export type TlsFiles = {
  readonly key: string;
  readonly cert: string;
  readonly chain: string | undefined;
  readonly clientCertificates: 'none' | 'require';
  readonly minVersion: TlsOptions['minVersion'];
  readonly ciphers: string | undefined;
};

export type Settings = {
  readonly engine: Omit<SipEngineOptions, 'tls'>;
  readonly tls: TlsFiles | undefined;
  readonly adminTlsPort: number | undefined;
  readonly prometheus: { readonly address: string; readonly port: number } | undefined;
  readonly loglevel: LogLevel;
  /** The secret is the one that everybody knows. */
  readonly knownSecret: boolean;
};

/** The secret of drachtio-server's sample configuration. */
const KNOWN_SECRET = 'cymru';
const LOOPBACK = /^(?:127\.|::1$|localhost$)/;
const TLS_VERSIONS: Readonly<Record<string, TlsOptions['minVersion']>> = {
  '1': 'TLSv1',
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
};

type Source = { readonly flag: string; readonly value: string };

/** Gathers every mistake, so that one start tells all of them. */
const createReader = (flags: Flags, env: NodeJS.ProcessEnv) => {
  const problems: Problem[] = [];
  const text = (name: keyof Flags & string, flag: string, variable?: string): Source | undefined => {
    const given = flags[name];
    if (typeof given === 'string') return { flag, value: given };
    const value = variable === undefined ? undefined : env[variable];
    return value === undefined || value === '' ? undefined : { flag: variable ?? flag, value };
  };
  const whole = (source: Source | undefined, from: number, to: number): number | undefined => {
    if (source === undefined) return undefined;
    const number = Number(source.value);
    if (/^\d+$/.test(source.value) && number >= from && number <= to) return number;
    problems.push({
      path: source.flag,
      message: `"${source.value}" is out of range`,
      mend: `use a whole number from ${from} to ${to}`,
    });
    return undefined;
  };
  const choice = <T>(source: Source | undefined, values: Readonly<Record<string, T>>): T | undefined => {
    if (source === undefined) return undefined;
    if (Object.hasOwn(values, source.value)) return values[source.value];
    problems.push({
      path: source.flag,
      message: `"${source.value}" is unknown`,
      mend: `use one of ${Object.keys(values).join(', ')}`,
    });
    return undefined;
  };
  const isOn = (given: boolean | undefined, variable: string): boolean => given ?? env[variable] === '1';
  return { problems, text, whole, choice, isOn };
};

type Reader = ReturnType<typeof createReader>;

const scrapePoint = (reader: Reader): Settings['prometheus'] => {
  const source = reader.text(
    'prometheusScrapePort',
    '--prometheus-scrape-port',
    'DRACHTIO_PROMETHEUS_SCRAPE_PORT',
  );
  if (source === undefined) return undefined;
  const colon = source.value.lastIndexOf(':');
  const port = reader.whole({ ...source, value: source.value.slice(colon + 1) }, 0, 65_535);
  const address = colon < 0 ? '127.0.0.1' : source.value.slice(0, colon).replace(/^\[|\]$/g, '');
  return port === undefined ? undefined : { address, port };
};

const tlsFiles = (reader: Reader, env: NodeJS.ProcessEnv): TlsFiles | undefined => {
  const key = reader.text('keyFile', '--key-file', 'DRACHTIO_TLS_KEY_FILE')?.value;
  const cert = reader.text('certFile', '--cert-file', 'DRACHTIO_TLS_CERT_FILE')?.value;
  const chain = reader.text('chainFile', '--chain-file', 'DRACHTIO_TLS_CHAIN_FILE')?.value;
  const version = reader.text('minTlsVersion', '--min-tls-version', 'DRACHTIO_MIN_TLS_VERSION');
  const minVersion = reader.choice(version, TLS_VERSIONS);
  // drachtio-server takes the certificate from the chain file when that is all there is.
  const certificate = cert ?? chain;
  if (key === undefined && certificate === undefined) return undefined;
  if (key === undefined || certificate === undefined) {
    const [has, lacks] = key === undefined ? ['--cert-file', '--key-file'] : ['--key-file', '--cert-file'];
    reader.problems.push({ path: lacks, message: `is missing beside ${has}`, mend: `name both files` });
    return undefined;
  }
  return {
    key,
    cert: certificate,
    chain: cert === undefined ? undefined : chain,
    clientCertificates: env['DRACHTIO_TLS_VERIFY_CLIENT_CERT'] === '1' ? 'require' : 'none',
    minVersion,
    ciphers: reader.text('tlsCipherlist', '--tls-cipherlist')?.value,
  };
};

const adminOf = (reader: Reader): SipEngineOptions['admin'] => {
  const address = reader.text('address', '--address', 'DRACHTIO_ADMIN_ADDRESS')?.value ?? '127.0.0.1';
  const port = reader.whole(reader.text('port', '-p, --port', 'DRACHTIO_ADMIN_TCP_PORT'), 0, 65_535) ?? 9022;
  const secret = reader.text('secret', '--secret', 'DRACHTIO_SECRET')?.value;
  if (!LOOPBACK.test(address) && secret === undefined) {
    reader.problems.push({
      path: '--secret',
      message: `is missing, and applications may connect from other machines (--address ${address})`,
      mend: 'give a secret of your own, or use --address 127.0.0.1',
    });
  }
  return { address, port, secret: secret ?? KNOWN_SECRET };
};

const listenOf = (reader: Reader, flags: Flags): SipEngineOptions['listen'] => {
  const contacts =
    flags.contacts.length > 0
      ? flags.contacts
      : [{ uri: 'sip:*;transport=udp,tcp', localNets: [], dnsNames: [] }];
  return contacts.flatMap((contact) => {
    const points = listenPointsOf(contact);
    if (typeof points !== 'string') return points;
    reader.problems.push({ path: '-c, --contact', message: points });
    return [];
  });
};

/**
 * What drachtio-server's command line and environment say; the command line wins.
 *
 * @throws UsageError with every mistake
 */
export const readSettings = (flags: Flags, env: NodeJS.ProcessEnv): Settings => {
  const reader = createReader(flags, env);
  const { problems, text, whole, choice, isOn } = reader;
  const admin = adminOf(reader);
  const listen = listenOf(reader, flags);
  const tls = tlsFiles(reader, env);
  const adminTlsPort = whole(text('tlsPort', '--tls-port', 'DRACHTIO_ADMIN_TLS_PORT'), 0, 65_535);
  const secure = listen.find(({ protocol }) => protocol === 'tls' || protocol === 'wss');
  if (tls === undefined && (secure !== undefined || adminTlsPort !== undefined)) {
    const what = secure === undefined ? '--tls-port' : `a contact with transport=${secure.protocol}`;
    problems.push({
      path: '--key-file',
      message: `is missing, and ${what} needs it`,
      mend: 'give --key-file and --cert-file',
    });
  }
  const mtu = whole(text('mtu', '--mtu', 'DRACHTIO_UDP_MTU'), 500, 65_535);
  const keepAlive = whole(
    text('tcpKeepaliveInterval', '--tcp-keepalive-interval', 'DRACHTIO_TCP_KEEPALIVE_INTERVAL'),
    0,
    86_400,
  );
  const levels = Object.fromEntries(LOG_LEVELS.map((level) => [level, level]));
  const loglevel = choice(text('loglevel', '-l, --loglevel', 'DRACHTIO_LOGLEVEL'), levels) ?? 'info';
  const handler = text('httpHandler', '--http-handler', 'DRACHTIO_HTTP_HANDLER_URI')?.value;
  const httpMethod = choice(text('httpMethod', '--http-method'), { GET: 'GET', POST: 'POST' } as const);
  const autoAnswer = text(
    'userAgentOptionsAutoRespond',
    '--user-agent-options-auto-respond',
    'DRACHTIO_USER_AGENT_OPTIONS_AUTO_RESPOND',
  )?.value;
  const prometheus = scrapePoint(reader);
  if (problems.length > 0) throw new UsageError("The SIP engine can't start like this:", problems);
  return {
    engine: {
      listen,
      admin,
      ...(mtu !== undefined && { mtu }),
      ...(keepAlive !== undefined && { keepAliveSeconds: keepAlive }),
      ...(handler !== undefined && {
        requestHandlers: [{ sipMethod: '*', url: handler, httpMethod: httpMethod ?? 'GET' }],
      }),
      ...(autoAnswer !== undefined && { autoAnswerOptionsFrom: autoAnswer }),
      ...(flags.wall === true && { wall: {} }),
      natDetection: flags.disableNatDetection !== true,
      alwaysSend180: flags.alwaysSend180 === true,
      rejectRegisterWithNoRealm: isOn(
        flags.rejectRegisterWithNoRealm,
        'DRACHTIO_REJECT_REGISTER_WITH_NO_REALM',
      ),
    },
    tls,
    adminTlsPort,
    prometheus,
    loglevel,
    knownSecret: admin.secret === KNOWN_SECRET,
  };
};

const readPem = (path: string, what: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The ${what} ${path} can't be read (${errorMessage(error)}).`);
  }
};

/** @throws UsageError naming the files that can't be read or don't fit together */
export const loadTls = ({ key, cert, chain, ...rest }: TlsFiles): TlsOptions => {
  const certificates = [readPem(cert, 'certificate file')];
  if (chain !== undefined) certificates.push(readPem(chain, 'chain file'));
  const { clientCertificates, minVersion, ciphers } = rest;
  const loaded: TlsOptions = {
    key: readPem(key, 'key file'),
    cert: certificates.join('\n'),
    clientCertificates,
    ...(minVersion !== undefined && { minVersion }),
    ...(ciphers !== undefined && { ciphers }),
  };
  try {
    createSecureContext({ key: loaded.key, cert: loaded.cert, minVersion, ciphers });
  } catch (error) {
    const files = [cert, ...(chain === undefined ? [] : [chain]), key].join(', ');
    throw new UsageError(`The certificate and its key can't be used: ${files} (${errorMessage(error)}).`);
  }
  return loaded;
};
