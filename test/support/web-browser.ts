import type { HostPort } from './sip-message.ts';
import type { PageSession } from './web-visit.ts';

export const PHONE =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36';

export type Answer<Body> = {
  readonly status: number;
  readonly headers: Headers;
  /** As far as it is JSON. */
  readonly body: Body;
};

export type Asked = {
  readonly origin?: string | undefined;
  /** Sent as it is when it is a text. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Asks the gateway as a page does. No Origin header where `origin` is left out. */
export const askGateway = async <Body = PageSession & { readonly detail?: string; readonly renew?: boolean }>(
  gateway: HostPort,
  path: string,
  { origin, body, headers = {} }: Asked,
): Promise<Answer<Body>> => {
  const response = await fetch(`http://${gateway.address}:${gateway.port}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      'user-agent': PHONE,
      'accept-language': 'de-DE,de;q=0.9',
      ...(origin !== undefined && { origin }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  let read: unknown = text;
  try {
    read = JSON.parse(text);
  } catch {
    // An answer that is no JSON is handed on as it is.
  }
  return { status: response.status, headers: response.headers, body: read as Body };
};

export type BrowserOptions = {
  readonly site: string;
  /** Where its person sits: each has the limits of an address of their own. */
  readonly address?: string;
  /** False: keeps no cookie (private windows, blocked cookies). */
  readonly cookies?: boolean;
  /** False: keeps nothing of what the script remembers. */
  readonly storage?: boolean;
  /** What the page says of consent; default `granted`. */
  readonly consent?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A browser that opens pages of one site, with what it remembers from one to the next. */
export type WebBrowser = {
  /** What the last page was told. */
  readonly session: PageSession;
  readonly cookie: string | undefined;
  /** The number that stands in place of `target`. */
  number(target: string): string;
  /** @throws Error unless it is answered with 200 */
  open(url: string, more?: Readonly<Record<string, unknown>>): Promise<PageSession & Linked>;
  /** The same, whatever the answer. */
  ask(url: string, more?: Readonly<Record<string, unknown>>): Promise<Answer<PageSession & Linked>>;
  report(...events: readonly object[]): Promise<Answer<{ readonly ok?: true; readonly renew?: true }>>;
};

type Linked = { readonly link?: string; readonly targets?: readonly string[] };

let addresses = 0;

export const openBrowser = (gateway: () => HostPort, options: BrowserOptions): WebBrowser => {
  addresses += 1;
  const { site, cookies = true, storage = true, consent = 'granted' } = options;
  const address = options.address ?? `198.51.${Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
  let cookie: string | undefined;
  let session: PageSession = { mode: 'canonical', numbers: {} };
  let origin = '';

  const send = <Body>(path: string, body: object): Promise<Answer<Body>> =>
    askGateway<Body>(gateway(), path, {
      origin,
      body,
      headers: {
        'x-forwarded-for': address,
        ...(cookies && cookie !== undefined && { cookie: `dt_v=${cookie}` }),
        ...options.headers,
      },
    });

  const ask: WebBrowser['ask'] = async (url, more = {}) => {
    origin = new URL(url).origin;
    const remembered = storage ? { visitor: session.visitor, visit: session.visit } : {};
    const answer = await send<PageSession & Linked>('/v1/dni/session', {
      site,
      url,
      consent,
      automated: false,
      lang: 'de-DE',
      tz: 'Europe/Berlin',
      ...remembered,
      ...more,
    });
    const set = /dt_v=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
    if (set !== undefined) cookie = set === '' ? undefined : set;
    if (answer.status === 200) session = answer.body;
    return answer;
  };

  return {
    get session() {
      return session;
    },
    get cookie() {
      return cookie;
    },
    number: (target) => {
      const shown = session.numbers[target]?.e164;
      if (shown === undefined) throw new Error(`nothing in place of ${target}: ${JSON.stringify(session)}`);
      return shown;
    },
    ask,
    open: async (url, more) => {
      const { status, body } = await ask(url, more);
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body;
    },
    report: (...events) =>
      send('/v1/dni/events', { site, ...(session.visit && { visit: session.visit }), events }),
  };
};
