import { createAuthorizer } from './digest/index.ts';
import { continued, pinnedHop } from './retry.ts';
import type { SrfApplication, SrfRequest, SrfResponse } from './srf.ts';

export type RequestOptions = {
  readonly method: string;
  /** Request-URI; the real one inside a dialog too, since a digest is computed over it (RFC 7616 3.4.6). */
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly proxy?: string | undefined;
  /** Inside this dialog. */
  readonly stackDialogId?: string;
  /** Credentials for when the peer asks. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** How long to wait for the final response of each try, in milliseconds. */
  readonly timeoutMs: number;
};

type Sent = { readonly response: SrfResponse; readonly request: SrfRequest };

const sendOnce = (
  srf: SrfApplication,
  options: RequestOptions,
  headers: Readonly<Record<string, string>>,
  proxy: string | undefined,
): Promise<Sent | undefined> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), options.timeoutMs);
    const { uri, method, body, stackDialogId } = options;
    srf.request(
      uri,
      {
        method,
        headers: { ...headers },
        ...(body !== undefined && { body }),
        ...(proxy !== undefined && { proxy }),
        ...(stackDialogId !== undefined && { stackDialogId }),
      },
      (error, request) => {
        if (error || !request) {
          clearTimeout(timer);
          return reject(error);
        }
        request.on('response', (response, acknowledge) => {
          if (response.status < 200) return;
          // Also when nobody waits any more: the peer would send its 2xx again and again (RFC 3261 13.3.1.4).
          if (method === 'INVITE' && response.status < 300) acknowledge();
          clearTimeout(timer);
          resolve({ response, request });
        });
      },
    );
  });

/**
 * Sends a request and waits for its final response, answering challenges on the way. Of INVITEs only those within a dialog.
 *
 * @returns the final response; undefined when none came in time
 * @throws Error when the SIP server did not take the request
 */
export const sendRequest = async (
  srf: SrfApplication,
  options: RequestOptions,
): Promise<SrfResponse | undefined> => {
  const authorizer = options.auth && createAuthorizer(options.auth);
  let headers: Readonly<Record<string, string>> = options.headers ?? {};
  let { proxy } = options;
  for (;;) {
    const sent = await sendOnce(srf, options, headers, proxy);
    if (!sent || !authorizer) return sent?.response;
    const { response, request } = sent;
    const { status } = response;
    const credentials = authorizer.headersFor({ status, header: (name) => response.get(name) }, options);
    if (!credentials) return response;
    proxy = pinnedHop(proxy ?? options.uri, response) ?? proxy;
    // Inside a dialog the stack counts itself.
    const next = options.stackDialogId === undefined ? continued(headers, request, options.method) : headers;
    headers = { ...next, ...credentials };
  }
};
