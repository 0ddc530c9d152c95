import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type LogFormat = 'json' | 'pretty';

/** Never logged, wherever they stand in an object. */
const SECRET_PATHS = ['password', '*.password', 'secret', '*.secret', 'authorization', '*.authorization'];

/**
 * The gateway's logger: JSON lines on standard error, or readable lines for a person at a terminal.
 * Callers' numbers are personal data and are logged masked only: pass them through `maskPhone`.
 */
export const createLogger = (level: LogLevel = 'info', format: LogFormat = 'json'): Logger => {
  const options = { level, base: null, redact: { paths: SECRET_PATHS, censor: '[hidden]' } };
  if (format === 'json') return pino(options, pino.destination({ fd: 2, sync: true }));
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: { destination: 2, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname' },
    },
  });
};

/** A logger that says nothing, for tests and commands. */
export const silentLogger: Logger = pino({ level: 'silent' });
