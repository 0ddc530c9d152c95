import { errorMessage, FailureError } from '../base/errors.ts';
import { findRunning } from '../base/run-file.ts';
import type { GatewayConfig } from '../config/index.ts';
import { askHttp, urlOf } from './gateway-http.ts';
import { answersHealth } from './health.ts';

const PATIENCE_MS = 10_000;

/** The API of the gateway that runs with this configuration. */
export type GatewayApi = {
  /**
   * The body of the answer.
   *
   * @throws FailureError with the words of a refusal, or when nobody answers
   */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
};

const wordsOf = (status: number, body: unknown): string => {
  const { detail, errors } = (body ?? {}) as { detail?: string; errors?: { message: string }[] };
  const fields = (errors ?? []).map(({ message }) => message).join('; ');
  return [detail ?? `The gateway refused (${status}).`, fields].filter((text) => text !== '').join(' ');
};

/** Undefined when no gateway runs. */
export const findGatewayApi = async ({ http, runFile }: GatewayConfig): Promise<GatewayApi | undefined> => {
  const running = await findRunning(runFile);
  if (running === undefined || !(await answersHealth(running))) return undefined;
  return {
    async ask(method, path, body) {
      const answer = await askHttp(running, path, {
        method,
        headers: {
          ...(http.token !== undefined && { authorization: `Bearer ${http.token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        timeoutMs: PATIENCE_MS,
      }).catch((error: unknown) => {
        throw new FailureError(`The gateway at ${urlOf(running)} does not answer: ${errorMessage(error)}`, {
          cause: error,
        });
      });
      if (answer.status < 200 || answer.status > 299)
        throw new FailureError(wordsOf(answer.status, answer.body));
      return answer.body;
    },
  };
};
