import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { RunFile } from '../base/run-file.ts';

/** Where a running gateway takes HTTP. */
export type HttpPlace = Pick<RunFile, 'http' | 'https'>;

/** Bodies above are none of ours. */
const MOST_BYTES = 64 * 1024 * 1024;

/** `127.0.0.1:8080` of a wildcard address, which can't be called itself. */
const reachable = (hostPort: string): string =>
  hostPort.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');

/** `https://127.0.0.1:8443`, for this machine. */
export const urlOf = ({ http, https }: HttpPlace): string =>
  `${https ? 'https' : 'http'}://${reachable(http)}`;

const bodyOf = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/**
 * One request to the gateway on this machine.
 *
 * @returns `body` undefined when it is no JSON
 * @throws Error when nobody answers in time
 */
export const askHttp = (
  place: HttpPlace,
  path: string,
  options: {
    readonly method?: 'GET' | 'POST' | 'DELETE';
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs: number;
  },
): Promise<{ readonly status: number; readonly body: unknown }> =>
  new Promise((done, fail) => {
    const { method = 'GET', headers = {}, body, timeoutMs } = options;
    const signal = AbortSignal.timeout(timeoutMs);
    const onAnswer = (message: IncomingMessage): void => {
      bodyOf(message).then((text) => done({ status: message.statusCode ?? 0, body: parsed(text) }), fail);
    };
    const settings = { method, headers: { ...headers, connection: 'close' }, signal };
    const url = `${urlOf(place)}${path}`;
    // The address is this machine's own, so that nobody stands between; the certificate seldom names it.
    const sent = place.https
      ? tlsRequest(url, { ...settings, rejectUnauthorized: false }, onAnswer)
      : plainRequest(url, settings, onAnswer);
    sent.on('error', fail);
    sent.end(body);
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
