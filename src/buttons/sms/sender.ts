import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { GatewayConfig } from '../../config/index.ts';
import { type Filling, fillBody, fillUrl, isJsonTemplate } from './template.ts';

export type SmsSettings = GatewayConfig['buttons']['sms'];

/** A message on its way to a mobile telephone. */
export type Sms = Filling & {
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** Sends messages. Never rejects: false when one could not be handed over; the log says why, without the number. */
export type SmsSender = (sms: Sms) => Promise<boolean>;

/** Readable by its owner alone: it holds numbers and codes. */
const OUTBOX_MODE = 0o600;

const toOutbox =
  (path: string): ((sms: Sms) => Promise<void>) =>
  async ({ to, text, code, at }) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    const line = `${JSON.stringify({ at: new Date(at).toISOString(), to, text, code })}\n`;
    await appendFile(path, line, { mode: OUTBOX_MODE });
  };

const hasHeader = (headers: Readonly<Record<string, string>>, name: string): boolean =>
  Object.keys(headers).some((key) => key.toLowerCase() === name);

const contentType = (body: string): string =>
  isJsonTemplate(body) ? 'application/json' : 'application/x-www-form-urlencoded';

/** What the log may say as it is. */
class Unsent extends Error {}

/** fetch() takes no `https://user:password@…`: both go where they belong (RFC 7617). */
const withoutUser = (filled: string): { readonly url: URL; readonly credentials: string | undefined } => {
  const url = new URL(filled);
  const { username, password } = url;
  if (username === '' && password === '') return { url, credentials: undefined };
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, credentials: `Basic ${Buffer.from(pair).toString('base64')}` };
};

const toProvider =
  ({
    url: template = '',
    method,
    headers,
    body,
    timeoutSeconds,
  }: SmsSettings): ((sms: Sms) => Promise<void>) =>
  async (sms) => {
    const sends = method === 'POST' && body !== undefined;
    const { url, credentials } = withoutUser(fillUrl(template, sms));
    const answer = await fetch(url, {
      method,
      headers: {
        ...(sends && !hasHeader(headers, 'content-type') && { 'content-type': contentType(body) }),
        ...(credentials !== undefined &&
          !hasHeader(headers, 'authorization') && { authorization: credentials }),
        ...headers,
      },
      ...(sends && { body: fillBody(body, sms) }),
      // A redirect would take the number and the provider's secret to somebody else.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    await answer.body?.cancel();
    if (answer.status >= 300) throw new Unsent(`the provider answered ${answer.status}`);
  };

/** What of an error names neither number nor secret: what fetch() says of a request that it can't make holds both. */
const reasonOf = (error: unknown): string => {
  if (error instanceof Unsent) return error.message;
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'the provider did not answer in time';
  // Of a file: its path and what stands in the way.
  if ('syscall' in error) return errorMessage(error);
  // fetch() says no more than `fetch failed`, and why in its cause.
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : 'the provider can not be reached';
  return 'no such request can be made: look at url, headers and body of buttons.sms';
};

/** How the configuration wants messages to be sent. */
export const createSmsSender = (settings: SmsSettings, logger: Pick<Logger, 'error'>): SmsSender => {
  const send = settings.provider === 'http' ? toProvider(settings) : toOutbox(settings.outbox);
  return async (sms) => {
    try {
      await send(sms);
      return true;
    } catch (error) {
      logger.error({ provider: settings.provider, error: reasonOf(error) }, 'a code was not sent');
      return false;
    }
  };
};
