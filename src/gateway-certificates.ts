import { stat } from 'node:fs/promises';
import { errorMessage, UsageError } from './base/errors.ts';
import type { Logger } from './base/logger.ts';
import {
  certificateFiles,
  certificateNames,
  ensureSelfSigned,
  type GatewayConfig,
  readCertificates,
} from './config/index.ts';
import { tlsOptions } from './gateway-sip.ts';
import type { HttpServer, HttpTls } from './http/index.ts';
import type { SipServer, Trunk } from './sip/index.ts';

/** What keeps an eye on the certificates' files. */
type CertificateWatch = {
  /** Reads the files again now, whether they have changed or not. Never rejects. */
  reload(): Promise<void>;
  close(): void;
};

const EVERY_MS = 60_000;

const words = (error: unknown): string =>
  error instanceof UsageError
    ? [error.message, ...error.problems.map(({ path, message }) => `${path}: ${message}`)].join('; ')
    : errorMessage(error);

/**
 * Makes the self-signed certificate where one is wanted and none is there that will do.
 *
 * @param newNames makes another one as well when this machine has got new names or addresses
 * @throws FailureError when it can't be written
 */
export const prepareCertificate = async (
  config: GatewayConfig,
  logger: Logger,
  now: number,
  newNames = true,
): Promise<void> => {
  const files = certificateFiles(config);
  if (!files?.selfSigned) return;
  const wanted = newNames ? certificateNames(config) : undefined;
  const why = await ensureSelfSigned(config, files, now, wanted);
  if (why === undefined) return;
  const words = 'made a self-signed certificate: browsers warn of it, carriers refuse it';
  logger.warn({ file: files.certFile, why: `it ${why}` }, words);
};

/** The certificate of HTTPS; undefined for plain HTTP. @throws UsageError when its files can't be used */
export const httpsOptions = (config: GatewayConfig): HttpTls | undefined => {
  const files = certificateFiles(config);
  if (!config.http.tls || files === undefined) return undefined;
  const { cert, key } = readCertificates(files);
  return { cert, key, minVersion: config.sip.tls.minVersion };
};

/**
 * Applies certificates anew when their files change. Asks for their times once a minute rather than watching: renewals
 * replace files and links, which watches lose.
 *
 * @param prepare runs before each look
 * @param apply reads the files and puts them to use; when it throws, the old ones stay in use
 */
const watchFiles = (
  files: readonly string[],
  prepare: (by: 'time' | 'hand') => Promise<void>,
  apply: () => Promise<void>,
  logger: Logger,
): CertificateWatch => {
  const times = async (): Promise<string> =>
    (
      await Promise.all(
        files.map((file) =>
          stat(file).then(
            ({ mtimeMs }) => mtimeMs,
            () => 'missing',
          ),
        ),
      )
    ).join(' ');
  let known: string | undefined;

  const renew = (by: 'time' | 'hand'): Promise<void> =>
    prepare(by).catch((error: unknown) => logger.error(words(error)));
  const use = async (): Promise<void> => {
    known = await times();
    try {
      await apply();
      logger.info({ files }, 'certificates read again');
    } catch (error) {
      logger.error(`The new certificates are not used, the old ones stay: ${words(error)}`);
    }
  };
  const look = async (): Promise<void> => {
    if (known !== undefined) await renew('time');
    const now = await times();
    if (known === undefined) known = now;
    else if (now !== known) await use();
  };
  void look();
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return {
    reload: async () => {
      await renew('hand');
      await use();
    },
    close: () => clearInterval(timer),
  };
};

/** Puts renewed certificates to use while the gateway runs. Undefined when it has none. */
export const watchCertificates = (
  config: GatewayConfig,
  parts: {
    readonly trunks: readonly Trunk[];
    readonly sip: Pick<SipServer, 'setTls'>;
    readonly http: Pick<HttpServer, 'setTls'>;
    readonly logger: Logger;
    readonly now: () => number;
  },
): CertificateWatch | undefined => {
  const { trunks, sip, http, logger, now } = parts;
  const own = certificateFiles(config);
  if (own === undefined) return undefined;
  const ofTrunks = trunks.flatMap((trunk) => Object.values(trunk.tls ?? {}));
  const files = [own.certFile, own.keyFile, config.sip.tls.caFile, ...ofTrunks].filter(
    (file): file is string => typeof file === 'string',
  );
  const apply = async (): Promise<void> => {
    const forSip = tlsOptions(config, trunks);
    const forHttp = httpsOptions(config);
    if (forSip) await sip.setTls(forSip);
    if (forHttp) http.setTls(forHttp);
  };
  const prepare = (by: 'time' | 'hand'): Promise<void> =>
    prepareCertificate(config, logger, now(), by === 'hand');
  return watchFiles(files, prepare, apply, logger);
};
