import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCode, errorMessage, type Problem, UsageError } from '../base/errors.ts';
import type { GatewayConfig } from './gateway-schema.ts';

type TlsConfig = NonNullable<GatewayConfig['sip']['tls']>;

/** Where the certificate of TLS listeners and of HTTPS lies. */
export type CertificateFiles = {
  readonly certFile: string;
  readonly keyFile: string;
  /** Made here, for want of another. */
  readonly selfSigned: boolean;
};

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

/** Which files there are; a certificate and its key come together. */
type TlsFiles = Readonly<Partial<Record<'certFile' | 'keyFile' | 'caFile', string | undefined>>>;

type Examined = {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
  readonly problems: readonly Problem[];
};

/** @param path where the files stand in the configuration */
const examine = ({ certFile, keyFile, caFile }: TlsFiles, folder: string, path: string): Examined => {
  const problems: Problem[] = [];
  const complain: Complain = (field, message, mend) => {
    problems.push({ path: `${path}.${field}`, message, mend });
    return undefined;
  };
  const read = (file: string | undefined, field: string): string | undefined =>
    file === undefined ? undefined : readPem(resolve(folder, file), field, complain);
  const cert = read(certFile, 'certFile');
  const key = read(keyFile, 'keyFile');
  const ca = read(caFile, 'caFile');
  const certificate =
    cert === undefined ? undefined : certificateOf(cert, certFile ?? '', 'certFile', complain);
  const privateKey = key === undefined ? undefined : keyOf(key, keyFile ?? '', complain);
  if (ca !== undefined) certificateOf(ca, caFile ?? '', 'caFile', complain);
  if (certificate !== undefined && privateKey !== undefined && !certificate.checkPrivateKey(privateKey))
    complain(
      'keyFile',
      `${keyFile} is not the key of ${certFile}`,
      'name the key that belongs to the certificate',
    );
  return { cert, key, ca, problems };
};

/** What is wrong with the files of `trunks[…].tls`. */
export const trunkFileProblems = (
  trunks: readonly { readonly tls?: TlsFiles | undefined }[],
  folder: string,
): readonly Problem[] =>
  trunks.flatMap(({ tls }, index) =>
    tls === undefined ? [] : examine(tls, folder, `trunks[${index}].tls`).problems,
  );

/** What is wrong with the files of `sip.tls`. An expired certificate is no mistake of the configuration: `doctor` tells of it. */
export const certificateProblems = (tls: TlsConfig, folder: string): readonly Problem[] =>
  examine(tls, folder, 'sip.tls').problems;

/** Which certificate is used; undefined when nothing needs one. */
export const certificateFiles = ({
  sip,
  http,
}: Pick<GatewayConfig, 'sip' | 'http'>): CertificateFiles | undefined => {
  const { certFile, keyFile, directory } = sip.tls;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile, selfSigned: false };
  const listens = sip.listen.some(({ transport }) => transport === 'tls' || transport === 'wss');
  if (!http.tls && !(listens && sip.engine === 'embedded')) return undefined;
  return {
    certFile: join(directory, 'self-signed.crt'),
    keyFile: join(directory, 'self-signed.key'),
    selfSigned: true,
  };
};

/**
 * Reads the certificate that is used, and the authorities of `sip.tls`.
 *
 * @throws UsageError with everything that is wrong with the files
 */
export const readCertificates = ({ certFile, keyFile }: CertificateFiles, caFile?: string): Certificates => {
  const { cert, key, ca, problems } = examine({ certFile, keyFile, caFile }, '.', 'sip.tls');
  if (problems.length > 0 || cert === undefined || key === undefined)
    throw new UsageError("The certificates of sip.tls can't be used", problems);
  return { cert, key, ...(ca !== undefined && { ca }) };
};
