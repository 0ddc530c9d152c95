import type { AddressInfo } from 'node:net';
import { errorCode, errorMessage, FailureError } from '../../base/errors.ts';
import { createLogger, type Logger } from '../../base/logger.ts';
import { createSipEngine } from '../engine.ts';
import type { SipEngine, SipEngineOptions } from '../types.ts';
import { createMetrics, serveMetrics } from './metrics.ts';
import { type LogLevel, loadTls, type Settings } from './settings.ts';

const PINO_LEVEL: Readonly<Record<LogLevel, 'error' | 'warn' | 'info' | 'debug'>> = {
  error: 'error',
  warning: 'warn',
  notice: 'info',
  info: 'info',
  debug: 'debug',
};

const optionsOf = ({ engine, tls, adminTlsPort }: Settings): SipEngineOptions => {
  if (tls === undefined) return engine;
  const loaded = loadTls(tls);
  const admin =
    adminTlsPort === undefined
      ? engine.admin
      : { ...engine.admin, tls: { port: adminTlsPort, key: loaded.key, cert: loaded.cert } };
  return { ...engine, admin, tls: loaded };
};

const bindFailure = (error: unknown): FailureError =>
  new FailureError(
    errorCode(error) === 'EADDRINUSE'
      ? `Another program listens there already (${errorMessage(error)}): stop it, or choose another port.`
      : `The SIP engine can't start (${errorMessage(error)}).`,
    { cause: error },
  );

/** Certificates are read again on SIGHUP; bad ones change nothing. */
const reloadTls = (engine: SipEngine, { tls }: Settings, logger: Logger): void => {
  if (tls === undefined) return;
  Promise.resolve()
    .then(() => engine.setTls(loadTls(tls)))
    .then(
      () => logger.info('certificates read again'),
      (error: unknown) => logger.error(`certificates not changed: ${errorMessage(error)}`),
    );
};

const untilSignal = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });

/** What runs, for whoever started it. */
export type Standalone = {
  readonly engine: SipEngine;
  /** Where metrics are, as `address:port`. */
  readonly metrics: string | undefined;
  close(): Promise<void>;
};

/**
 * Runs the engine by itself, as drachtio-server would.
 *
 * @throws UsageError when a certificate can't be read
 * @throws FailureError when a point can't be bound
 */
export const startStandalone = async (settings: Settings, logger: Logger): Promise<Standalone> => {
  const engine = await createSipEngine(optionsOf(settings)).catch((error: unknown) => {
    throw error instanceof Error && error.name === 'UsageError' ? error : bindFailure(error);
  });
  engine.onBan((change) => logger.warn(change, 'ban'));
  const { prometheus } = settings;
  const server =
    prometheus &&
    (await serveMetrics(createMetrics(engine, Date.now()), prometheus).catch(async (error: unknown) => {
      await engine.close();
      throw bindFailure(error);
    }));
  const bound = server?.address() as AddressInfo | undefined;
  return {
    engine,
    metrics: bound && `${bound.address}:${bound.port}`,
    async close() {
      server?.closeAllConnections();
      server?.close();
      await engine.close();
    },
  };
};

/** Runs until SIGINT or SIGTERM; `say` gets one line when it is ready. */
export const serveStandalone = async (settings: Settings, say: (line: string) => void): Promise<void> => {
  const logger = createLogger(PINO_LEVEL[settings.loglevel], process.stderr.isTTY ? 'pretty' : 'json');
  const { engine, metrics, close } = await startStandalone(settings, logger);
  if (settings.knownSecret)
    logger.warn('the secret of applications is the one of every sample file: give --secret');
  const { address, port, tlsPort } = engine.admin;
  say(`SIP on ${engine.hostports.join(', ')}`);
  say(
    `Applications on ${address}:${port}${tlsPort === undefined ? '' : `, with TLS on ${address}:${tlsPort}`}`,
  );
  if (metrics !== undefined) say(`Metrics on http://${metrics}/metrics`);
  process.on('SIGHUP', () => reloadTls(engine, settings, logger));
  const signal = await untilSignal();
  logger.info({ signal }, 'stopping');
  await close();
};
