import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode, errorMessage, type Problem, UsageError } from '../base/errors.ts';
import type { GatewayConfig } from './gateway-schema.ts';

type TlsConfig = NonNullable<GatewayConfig['sip']['tls']>;

/** The files of `sip.tls`, as PEM text. */
export type Certificates = { readonly cert: string; readonly key: string; readonly ca?: string };

const CHAIN = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

type Complain = (field: string, message: string, mend: string) => undefined;

const readPem = (file: string, field: string, complain: Complain): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message =
      errorCode(error) === 'ENOENT'
        ? `there is no file ${file}`
        : `${file} can't be read: ${errorMessage(error)}`;
    return complain(field, message, 'name a PEM file that this user may read');
  }
};

const certificateOf = (
  pem: string,
  file: string,
  field: string,
  complain: Complain,
): X509Certificate | undefined => {
  try {
    const chain = (pem.match(CHAIN) ?? []).map((part) => new X509Certificate(part));
    if (chain[0] !== undefined) return chain[0];
  } catch {}
  return complain(field, `${file} holds no certificate`, 'give a PEM file: -----BEGIN CERTIFICATE-----');
};

const keyOf = (pem: string, file: string, complain: Complain) => {
  try {
    return createPrivateKey(pem);
  } catch {
    return complain('keyFile', `${file} holds no private key`, 'give a PEM file without a passphrase');
  }
};

const examine = (
  tls: TlsConfig,
  folder: string,
): { readonly certificates: Certificates | undefined; readonly problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  const complain: Complain = (field, message, mend) => {
    problems.push({ path: `sip.tls.${field}`, message, mend });
    return undefined;
  };
  const { certFile, keyFile, caFile } = tls;
  const cert = readPem(resolve(folder, certFile), 'certFile', complain);
  const key = readPem(resolve(folder, keyFile), 'keyFile', complain);
  const ca = caFile === undefined ? undefined : readPem(resolve(folder, caFile), 'caFile', complain);
  const certificate = cert === undefined ? undefined : certificateOf(cert, certFile, 'certFile', complain);
  const privateKey = key === undefined ? undefined : keyOf(key, keyFile, complain);
  if (ca !== undefined && caFile !== undefined) certificateOf(ca, caFile, 'caFile', complain);
  if (certificate !== undefined && privateKey !== undefined && !certificate.checkPrivateKey(privateKey))
    complain(
      'keyFile',
      `${keyFile} is not the key of ${certFile}`,
      'name the key that belongs to the certificate',
    );
  if (problems.length > 0 || cert === undefined || key === undefined)
    return { certificates: undefined, problems };
  return { certificates: { cert, key, ...(ca !== undefined && { ca }) }, problems };
};

/** What is wrong with the files of `sip.tls`. An expired certificate is no mistake of the configuration: `doctor` tells of it. */
export const certificateProblems = (tls: TlsConfig | undefined, folder: string): readonly Problem[] =>
  tls === undefined ? [] : examine(tls, folder).problems;

/**
 * Reads the files of `sip.tls`.
 *
 * @throws UsageError with everything that is wrong with them
 */
export const readCertificates = (tls: TlsConfig): Certificates => {
  const { certificates, problems } = examine(tls, '.');
  if (certificates === undefined) throw new UsageError("The certificates of sip.tls can't be used", problems);
  return certificates;
};
