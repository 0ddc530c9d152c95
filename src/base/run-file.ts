import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, errorMessage, FailureError } from './errors.ts';

/** What a running gateway tells the other `dialtrace` commands on this machine; kept as JSON at `runFile`. */
export type RunFile = {
  /** Process id of the gateway. */
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The gateway's version. */
  readonly version: string;
  /** Where SIP is listened for, as bound: `udp/127.0.0.1:5060`, `tcp/[::1]:5060`. */
  readonly sip: readonly string[];
  /** Where HTTP is listened for: `127.0.0.1:8080`. */
  readonly http: string;
  /** True where that is HTTPS. */
  readonly https?: boolean;
};

const isRunFile = (value: unknown): value is RunFile => {
  if (typeof value !== 'object' || value === null) return false;
  const file = value as Partial<Record<keyof RunFile, unknown>>;
  return (
    Number.isSafeInteger(file.pid) &&
    typeof file.startedAt === 'number' &&
    typeof file.version === 'string' &&
    Array.isArray(file.sip) &&
    file.sip.every((hostport) => typeof hostport === 'string') &&
    typeof file.http === 'string' &&
    (file.https === undefined || typeof file.https === 'boolean')
  );
};

const parseRunFile = (text: string): RunFile | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isRunFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Writes the run file at once or not at all: a reader sees the old file or the new one, never half of one. Makes its
 * directory when missing.
 *
 * @throws FailureError when it can't be written
 */
export const writeRunFile = async (path: string, file: RunFile): Promise<void> => {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, `${JSON.stringify(file, null, 2)}\n`);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new FailureError(`Can't write the run file ${path}: ${errorMessage(error)}`, { cause: error });
  }
};

/**
 * Reads the run file.
 *
 * @returns undefined when there is none or it is no run file
 * @throws FailureError when it is there but can't be read
 */
export const readRunFile = async (path: string): Promise<RunFile | undefined> => {
  try {
    return parseRunFile(await readFile(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new FailureError(`Can't read the run file ${path}: ${errorMessage(error)}`, { cause: error });
  }
};

/** Removes the run file if `pid` wrote it: a gateway that stops must not hide one that started after it. */
export const removeRunFile = async (path: string, pid: number = process.pid): Promise<void> => {
  const file = await readRunFile(path).catch(() => undefined);
  if (file !== undefined && file.pid !== pid) return;
  await rm(path, { force: true });
};

/** True while the process of `pid` lives (a process of another user counts). */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
};

/**
 * The run file of a gateway that is running.
 *
 * @returns undefined when there is no run file or a crash left it behind
 */
export const findRunning = async (path: string): Promise<RunFile | undefined> => {
  const file = await readRunFile(path);
  return file !== undefined && isAlive(file.pid) ? file : undefined;
};
