import type { HostPort } from './sip-message.ts';

/** What a page of a site is told. */
export type PageSession = {
  readonly visitor?: string;
  readonly visit?: string;
  readonly mode: string;
  readonly numbers: Readonly<
    Record<string, { readonly e164: string; readonly tel: string; readonly suffix?: string }>
  >;
};

const BROWSER =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36';

const post = async (gateway: HostPort, path: string, origin: string, body: object): Promise<Response> =>
  fetch(`http://${gateway.address}:${gateway.port}${path}`, {
    method: 'POST',
    headers: {
      origin,
      'content-type': 'text/plain;charset=UTF-8',
      'user-agent': BROWSER,
      'accept-language': 'de-DE,de;q=0.9',
    },
    body: JSON.stringify(body),
  });

/** Opens a page as its script would, over real HTTP. `url` also gives the origin. */
export const openPage = async (
  gateway: HostPort,
  request: { readonly site: string; readonly url: string } & Record<string, unknown>,
): Promise<PageSession> => {
  const response = await post(gateway, '/v1/dni/session', new URL(request.url).origin, {
    consent: 'granted',
    automated: false,
    lang: 'de-DE',
    tz: 'Europe/Berlin',
    ...request,
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as PageSession;
};

/** Reports what happens on a page. */
export const reportPage = async (
  gateway: HostPort,
  origin: string,
  body: { readonly site: string; readonly visit: string | undefined; readonly events: readonly object[] },
): Promise<{ readonly renew?: boolean }> => {
  const response = await post(gateway, '/v1/dni/events', origin, body);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as { renew?: boolean };
};
