import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type * as Mediasoup from 'mediasoup';
import { FailureError } from '../../base/errors.ts';
import type { SrtpSuite } from '../types.ts';

export type { types } from 'mediasoup';

type LogListener = (level: 'warn' | 'error', text: string) => void;

/** The names that OpenSSL has for the suites. */
const SUITES: ReadonlyMap<string, SrtpSuite> = new Map([
  ['SRTP_AEAD_AES_256_GCM', 'AEAD_AES_256_GCM'],
  ['SRTP_AEAD_AES_128_GCM', 'AEAD_AES_128_GCM'],
  ['SRTP_AES128_CM_SHA1_80', 'AES_CM_128_HMAC_SHA1_80'],
  ['SRTP_AES128_CM_SHA1_32', 'AES_CM_128_HMAC_SHA1_32'],
]);
const CHOSEN = /^\[pid:(\d+)\] .*chosen SRTP crypto suite: (\w+)/;

/** mediasoup's log is one for the whole process. */
const listeners = new Set<LogListener>();
const chosen = new Map<number, SrtpSuite>();

/**
 * The suite of a handshake stands nowhere but in the worker's log, just before the word that the handshake is done; that word
 * is passed on a turn later (mediasoup's Channel), and so is this.
 */
const noteSuite = (text: string): void => {
  const [, pid, name] = CHOSEN.exec(text) ?? [];
  const suite = SUITES.get(name ?? '');
  if (suite !== undefined) setImmediate(() => chosen.set(Number(pid), suite));
};

/** The suite of the worker's handshake whose `dtlsstatechange` is just being told. */
export const chosenSuite = (pid: number): SrtpSuite | undefined => chosen.get(pid);

export const forgetSuite = (pid: number): void => {
  chosen.delete(pid);
};

/** Hears what mediasoup warns of. @returns ends it */
export const hearMediasoup = (listener: LogListener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const tell = (level: 'warn' | 'error', text: string): void => {
  for (const listener of listeners) listener(level, text);
};

const isExecutable = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Loads mediasoup, which looks for its worker once, while it is loaded.
 *
 * @param workerBinary default: where mediasoup's package has it
 * @throws FailureError when there is no worker to run
 */
export const loadMediasoup = async (workerBinary: string | undefined): Promise<typeof Mediasoup> => {
  if (workerBinary !== undefined) process.env['MEDIASOUP_WORKER_BIN'] = workerBinary;
  const mediasoup = await import('mediasoup');
  const path = mediasoup.workerBin;
  if (workerBinary !== undefined && workerBinary !== path)
    throw new FailureError(`mediasoup runs ${path} in this process already, and not ${workerBinary}`);
  if (!(await isExecutable(path)))
    throw new FailureError(`The mediasoup worker is not built (no ${path}); scripts/start builds it`);
  mediasoup.setLogEventListeners({
    ondebug: (_namespace, text) => noteSuite(text),
    onwarn: (_namespace, text) => tell('warn', text),
    onerror: (_namespace, text, error) => tell('error', error ? `${text} ${error.message}` : text),
  });
  return mediasoup;
};
