import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { errorMessage, FailureError } from '../base/errors.ts';
import { isAddress, isWildcard } from './addresses.ts';
import { type CertificateFiles, readCertificates } from './certificates.ts';
import type { GatewayConfig } from './gateway-schema.ts';

const DAY_MS = 86_400_000;
/** Browsers and systems refuse longer ones (CA/Browser Forum baseline requirements 6.3.2, Apple: 398 days). */
const VALID_DAYS = 397;
const RENEW_DAYS = 30;
/** Certificates grow with their names, and a handshake with its certificate. */
const MOST_NAMES = 100;

/** Whom a certificate is for. */
export type CertificateNames = {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** Further addresses that are written in, but whose absence is no reason for a new certificate. */
  readonly passing: readonly string[];
};

/** What a machine is called and reached by. */
export type Machine = { readonly name: string; readonly addresses: readonly string[] };

const thisMachine = (): Machine => ({
  name: hostname(),
  addresses: Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
});

const isHostName = (text: string): boolean => /^[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?$/i.test(text);

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].slice(0, MOST_NAMES);

/**
 * Every name and address that browsers and phones may reach the gateway by. Pure. IPv6 addresses of the machine come and go by
 * themselves (RFC 8981), so that they pass.
 */
export const certificateNames = (
  { sip, http, registrar }: Pick<GatewayConfig, 'sip' | 'http' | 'registrar'>,
  machine: Machine = thisMachine(),
): CertificateNames => {
  const own = machine.name.replace(/\.$/, '');
  const given = [
    ...sip.listen.flatMap(({ address, publicAddress, names }) => [
      address,
      publicAddress ?? address,
      ...names,
    ]),
    http.address,
    ...(registrar?.domains ?? []),
  ].filter((text) => !isWildcard(text));
  const reachable = machine.addresses.filter((address) => isAddress(address) && !/^fe[89ab]/i.test(address));
  const names = ['localhost', own, ...(own.includes('.') ? [] : [`${own}.local`]), ...given];
  const addresses = ['127.0.0.1', '::1', ...given.filter(isAddress), ...reachable];
  const fixed = (address: string): boolean => !address.includes(':') || given.includes(address);
  return {
    names: unique(
      names.filter((name) => !isAddress(name) && isHostName(name)).map((name) => name.toLowerCase()),
    ),
    addresses: unique(addresses.filter((address) => address === '::1' || fixed(address))),
    passing: unique(addresses.filter((address) => address !== '::1' && !fixed(address))),
  };
};

/** True for a certificate that nobody vouches for. */
export const isSelfSigned = (certificate: X509Certificate): boolean =>
  certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey);

/**
 * Why a self-signed certificate has to be made anew, as words after "it"; undefined when it is good. Pure.
 *
 * @param wanted left out: its names are not looked at
 * @param now milliseconds since the epoch
 */
export const selfSignedFault = (
  certificate: X509Certificate,
  wanted: CertificateNames | undefined,
  now: number,
): string | undefined => {
  const left = Math.floor((Date.parse(certificate.validTo) - now) / DAY_MS);
  if (left < 0) return 'has expired';
  if (left < RENEW_DAYS) return `is good for ${left} more days only`;
  if (Date.parse(certificate.validFrom) > now) return 'is not good yet';
  const name = wanted?.names.find((each) => certificate.checkHost(each, { subject: 'never' }) === undefined);
  const address = wanted?.addresses.find((each) => certificate.checkIP(each) === undefined);
  const missing = name ?? address;
  return missing === undefined ? undefined : `does not name ${missing}`;
};

const make = async (wanted: CertificateNames, now: number): Promise<{ cert: string; key: string }> => {
  // Large, and seldom needed.
  const { generate } = await import('selfsigned');
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'Dialtrace (self-signed)' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    curve: 'P-256',
    // A browser whose clock is a little late takes it too.
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + (VALID_DAYS - 1) * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...wanted.names.map((value) => ({ type: 2, value }) as const),
          ...[...wanted.addresses, ...wanted.passing].map((ip) => ({ type: 7, ip }) as const),
        ],
      },
    ],
  });
  return { cert, key };
};

/** The whole file or none of it, closed to others from its first byte on. */
const writeWhole = async (path: string, text: string, mode: number): Promise<void> => {
  const draft = `${path}.${process.pid}.tmp`;
  await rm(draft, { force: true });
  await writeFile(draft, text, { mode, flag: 'wx' });
  await rename(draft, path);
};

const faultOf = async (
  files: CertificateFiles,
  wanted: CertificateNames | undefined,
  now: number,
): Promise<string | undefined> => {
  const there = await readFile(files.certFile).then(
    () => true,
    () => false,
  );
  if (!there) return 'is not there yet';
  try {
    return selfSignedFault(new X509Certificate(readCertificates(files).cert), wanted, now);
  } catch {
    return "can't be read, or its key can't";
  }
};

/**
 * Makes the self-signed certificate when there is none, when it names too little, and when it ends within 30 days.
 *
 * @param wanted left out: an existing one is renewed for its age alone
 * @returns why it was made, as words after "it"; undefined when the present one is good
 * @throws FailureError when the files can't be written
 */
export const ensureSelfSigned = async (
  config: Pick<GatewayConfig, 'sip' | 'http' | 'registrar'>,
  files: CertificateFiles,
  now: number,
  wanted?: CertificateNames,
): Promise<string | undefined> => {
  const fault = await faultOf(files, wanted, now);
  if (fault === undefined) return undefined;
  try {
    const { cert, key } = await make(wanted ?? certificateNames(config), now);
    await mkdir(dirname(files.certFile), { recursive: true, mode: 0o750 });
    await writeWhole(files.keyFile, key, 0o600);
    await writeWhole(files.certFile, cert, 0o644);
  } catch (error) {
    throw new FailureError(
      `The self-signed certificate ${files.certFile} can't be made: ${errorMessage(error)}`,
      { cause: error },
    );
  }
  return fault;
};
