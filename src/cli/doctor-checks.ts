import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import ipaddr from 'ipaddr.js';
import { errorCode, errorMessage, UsageError } from '../base/errors.ts';
import type { RunFile } from '../base/run-file.ts';
import {
  type CertificateFiles,
  certificateFiles,
  type GatewayConfig,
  isSelfSigned,
  type ListenConfig,
  readCertificates,
} from '../config/index.ts';
import { formatBytes } from './format.ts';

/** One thing that `doctor` looked at. `off`: not used here, which is no mistake. */
export type Check = {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail' | 'off';
  readonly text: string;
  /** What to do about it. */
  readonly mend?: string;
};

const OLDEST_NODE = [20, 19] as const;

export const checkNode = (version: string): Check => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const good = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  if (good) return { name: 'Node.js', state: 'ok', text: version };
  return {
    name: 'Node.js',
    state: 'fail',
    text: version,
    mend: `install Node.js ${OLDEST_NODE.join('.')} or newer`,
  };
};

export type Binding = {
  readonly transport: ListenConfig['transport'];
  readonly address: string;
  readonly port: number;
};

/** Tries to bind; @returns the error code, or undefined when the port is free */
const tryBind = ({ transport, address, port }: Binding): Promise<string | undefined> =>
  new Promise((done) => {
    if (transport === 'udp') {
      const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });
      socket.once('error', (error) => {
        socket.close();
        done(errorCode(error) ?? errorMessage(error));
      });
      socket.bind({ address, port, exclusive: true }, () => socket.close(() => done(undefined)));
      return;
    }
    const server = createServer();
    server.once('error', (error) => done(errorCode(error) ?? errorMessage(error)));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => done(undefined)));
  });

const BIND_MENDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'find what holds it with `ss -lnptu`, stop it, or choose another port',
  EACCES: 'ports under 1024 need a right of their own: choose another one',
  EADDRNOTAVAIL: 'use an address of this machine, or 0.0.0.0',
};

const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Whether one of the running gateway's hostports is this binding; a wildcard is told as an address that peers can use. */
export const isHeld = ({ transport, address, port }: Binding, held: readonly string[]): boolean => {
  const host = address.includes(':') ? `[${address}]` : address;
  return held.some(
    (hostport) =>
      hostport === `${transport}/${host}:${port}` ||
      (isWildcard(address) && hostport.startsWith(`${transport}/`) && hostport.endsWith(`:${port}`)),
  );
};

/** A port is fine when it is free, or when the running gateway holds it. */
export const checkPort = async (name: string, binding: Binding, held: readonly string[]): Promise<Check> => {
  const host = binding.address.includes(':') ? `[${binding.address}]` : binding.address;
  const where = `${binding.transport}/${host}:${binding.port}`;
  if (binding.port === 0) return { name, state: 'ok', text: `${where}: the system picks a port` };
  if (isHeld(binding, held)) return { name, state: 'ok', text: `${where}: held by the running gateway` };
  const code = await tryBind(binding);
  if (code === undefined) return { name, state: 'ok', text: `${where} is free` };
  return {
    name,
    state: 'fail',
    text: `${where} can't be bound: ${code}`,
    mend: BIND_MENDS[code] ?? 'choose another',
  };
};

/** Every port that the configuration listens on. */
export const checkPorts = (config: GatewayConfig, running: RunFile | undefined): Promise<Check[]> => {
  const held = running === undefined ? [] : [...running.sip, `tcp/${running.http}`];
  const sip =
    config.sip.engine === 'embedded'
      ? config.sip.listen.map((point) => checkPort(`SIP ${point.transport}`, point, held))
      : [];
  const http = { transport: 'tcp', address: config.http.address, port: config.http.port } as const;
  return Promise.all([...sip, checkPort('HTTP', http, held)]);
};

const DAY = 86_400_000;
const RENEW_DAYS = 14;

/** How long the certificate of TLS listeners and HTTPS is good for, and whether anybody vouches for it. */
export const checkCertificate = (config: Pick<GatewayConfig, 'sip' | 'http'>, now: number): Check => {
  const name = 'Certificate';
  const files = certificateFiles(config);
  if (files === undefined)
    return { name, state: 'off', text: 'none needed: no tls or wss listener, no http.tls' };
  if (files.selfSigned && !existsSync(files.certFile))
    return { name, state: 'ok', text: `${files.certFile}: self-signed, made at the next start` };
  const mend = files.selfSigned
    ? 'start the gateway: it makes a new one'
    : 'renew it; the gateway reads the new files by itself';
  const read = certificateOf(files);
  if (typeof read === 'string') return { name, state: 'fail', text: read, mend };
  const { subject, validFrom, validTo } = read;
  const days = Math.floor((Date.parse(validTo) - now) / DAY);
  const who = subject?.replace(/\n/g, ', ') ?? files.certFile;
  if (Date.parse(validFrom) > now)
    return { name, state: 'fail', text: `${who}: not valid before ${validFrom}`, mend };
  if (days < 0) return { name, state: 'fail', text: `${who}: expired on ${validTo}`, mend };
  const text = `${who}: valid for ${days} more days`;
  if (days < RENEW_DAYS) return { name, state: 'warn', text, mend };
  if (!isSelfSigned(read)) return { name, state: 'ok', text };
  return {
    name,
    state: 'ok',
    text: `${text}; self-signed: good for trials, browsers warn of it, carriers refuse it`,
  };
};

const certificateOf = (files: CertificateFiles): X509Certificate | string => {
  try {
    return new X509Certificate(readCertificates(files).cert);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.problems.map(({ message }) => message).join('; ');
  }
};

const rangeOf = (address: string): string =>
  ipaddr.isValid(address) ? ipaddr.process(address).range() : 'none';

const isPublic = (address: string): boolean => rangeOf(address) === 'unicast';

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));

/** Networks for examples in documents (RFC 5737, RFC 3849), which many a copied file still holds. */
const isExample = (address: string): boolean =>
  /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(address) || /^2001:0?db8:/i.test(address);

/** What is wrong with an address that peers are told to send to; undefined when nothing can be seen from here. */
const addressFault = (address: string): Pick<Check, 'state' | 'text' | 'mend'> | undefined => {
  const mend = "write the address that carriers reach this machine at; the provider's console shows it";
  if (isExample(address)) return { state: 'fail', text: `${address} is an address for examples`, mend };
  if (rangeOf(address) === 'loopback')
    return { state: 'fail', text: `${address} reaches this machine alone`, mend };
  if (!isPublic(address))
    return { state: 'warn', text: `${address} is private: carriers on the Internet can't reach it`, mend };
  return undefined;
};

/** Whether carriers can send audio to the address that SDP will name. Pure: `own` are this machine's addresses. */
export const checkMediaAddress = (media: GatewayConfig['media'], own: readonly string[]): Check => {
  const name = 'Public address';
  if (media.publicAddress !== undefined) {
    const fault = addressFault(media.publicAddress);
    const text = `${fault?.text ?? media.publicAddress} (media.publicAddress)`;
    return { name, state: 'ok', ...fault, text };
  }
  const bound = media.address === '0.0.0.0' || media.address === '::' ? own : [media.address];
  const open = bound.find(isPublic);
  if (open !== undefined) return { name, state: 'ok', text: `${open}, an address of this machine` };
  return {
    name,
    state: 'warn',
    text: `this machine has only private addresses (${bound.slice(0, 4).join(', ')})`,
    mend: 'for carriers on the Internet set media.publicAddress and publicAddress of each sip.listen entry',
  };
};

/** What SIP tells peers, where it isn't what RTP tells them: one of the two is usually forgotten or mistyped. */
export const checkSipAddresses = ({ sip, media }: Pick<GatewayConfig, 'sip' | 'media'>): Check[] =>
  sip.listen.flatMap(({ transport, publicAddress }, index): Check[] => {
    const name = 'Public address';
    const where = `sip.listen[${index}].publicAddress (${transport})`;
    if (publicAddress === undefined) {
      if (media.publicAddress === undefined || sip.engine !== 'embedded') return [];
      const text = `${where} is not set, and media.publicAddress is`;
      return [{ name, state: 'warn', text, mend: 'behind NAT both are needed: write the same address' }];
    }
    const fault = addressFault(publicAddress);
    return fault === undefined ? [] : [{ name, ...fault, text: `${fault.text}: ${where}` }];
  });

export const checkAddresses = (config: GatewayConfig): Check[] => [
  checkMediaAddress(config.media, ownAddresses()),
  ...checkSipAddresses(config),
];

const LEAST_FREE_BYTES = 5 * 1024 ** 3;
const LEAST_FREE_SHARE = 0.1;

/** Judges the disk of recordings; a call records about 115 MB an hour. */
export const judgeDisk = (free: number, total: number, directory: string): Check => {
  const share = total === 0 ? 0 : free / total;
  const text = `${formatBytes(free)} free (${Math.round(share * 100)} %) for ${directory}`;
  const name = 'Recordings disk';
  if (free >= LEAST_FREE_BYTES && share >= LEAST_FREE_SHARE) return { name, state: 'ok', text };
  return { name, state: 'warn', text, mend: 'free some space, or set recording.directory to a larger disk' };
};

/** The directory itself or the first one above it that exists. */
const existing = (path: string): string => {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : existing(parent);
};

export const checkDisk = async ({ recording: { directory } }: GatewayConfig): Promise<Check> => {
  const found = existing(directory);
  try {
    if (!(await stat(found)).isDirectory()) throw new Error(`${found} is no folder`);
    await access(found, constants.W_OK);
    const { bavail, blocks, bsize } = await statfs(found);
    return judgeDisk(bavail * bsize, blocks * bsize, directory);
  } catch (error) {
    const text = `${directory} is not writable: ${errorMessage(error)}`;
    return {
      name: 'Recordings disk',
      state: 'fail',
      text,
      mend: 'give the gateway’s user the right to write there',
    };
  }
};
