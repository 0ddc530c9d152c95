import { z } from 'zod';
import { errorMessage, FailureError } from '../base/errors.ts';
import { findRunning, type RunFile } from '../base/run-file.ts';
import { reachable } from './health.ts';
import type { Session } from './session.ts';

const PATIENCE_MS = 5000;

const problemSchema = z.object({ detail: z.string().optional(), title: z.string().optional() });

const wordsOf = (body: unknown): string => {
  const { data } = problemSchema.safeParse(body);
  return data?.detail ?? data?.title ?? 'no reason given';
};

/** The gateway that runs on this configuration. @throws FailureError when none does */
const running = async (session: Session): Promise<RunFile> => {
  const found = await findRunning(session.config().runFile);
  if (found) return found;
  throw new FailureError('The gateway is not running: start it with `dialtrace start`.');
};

/**
 * Asks the running gateway through its API.
 *
 * @param path such as `/v1/trunks`
 * @throws FailureError when it doesn't run, refuses or says something else
 */
export const askGateway = async <S extends z.ZodType>(
  session: Session,
  path: string,
  schema: S,
): Promise<z.output<S>> => {
  const { http } = await running(session);
  const { token } = session.config().http;
  const url = `http://${reachable(http)}${path}`;
  const refused = (why: string): FailureError => new FailureError(`The gateway at ${http} ${why}`);
  const response = await fetch(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: unknown) => {
    throw refused(`does not answer: ${errorMessage(error)}`);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refused(`refused: ${response.status} ${wordsOf(body)}`);
  const read = schema.safeParse(body);
  if (!read.success) throw refused('answers as another version does: restart it');
  return read.data;
};
