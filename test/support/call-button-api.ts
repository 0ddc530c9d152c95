import { randomBytes } from 'node:crypto';
import type { ButtonStage } from './call-button-stage.ts';
import { openWebPhone, type WebPhone } from './phone.ts';
import { cseqOf, type Header, header, need, type SipMessage, token, writeSip } from './sip-message.ts';
import { until } from './wait.ts';

/** What the widget says to the gateway, said by a test: also from elsewhere, twice, or too late. */

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

export type ButtonAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
};

export type AskOptions = {
  /** Default: the site's own. `''`: none. */
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** 22 characters of base64url. */
export const newId = (): string => randomBytes(16).toString('base64url').slice(0, 22);

/** `POST /v1/button/<what>` as a page sends it. */
export const askButton = async (
  stage: ButtonStage,
  what: string,
  body: object,
  { origin = stage.site.origin, headers = {} }: AskOptions = {},
): Promise<ButtonAnswer> => {
  const response = await fetch(`${stage.origin}/v1/button/${what}`, {
    method: 'POST',
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      'user-agent': CHROME,
      'accept-language': 'en-GB,en;q=0.9',
      ...(origin !== '' && { origin }),
      ...headers,
    },
    body: JSON.stringify({ site: 'main', ...body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
};

/** What a token is asked for with, of a press of its own. */
export const tokenBody = (
  stage: ButtonStage,
  button: string,
  more: object = {},
): Record<string, unknown> => ({
  button,
  press: newId(),
  viewer: `e-${newId()}`,
  page: `${stage.site.origin}/`,
  lang: 'en',
  automated: false,
  sincePressMs: 10,
  ...more,
});

/** A WebSocket of a page of `origin`; undefined: of a program. */
export const openPageWire = (stage: ButtonStage, origin: string | undefined): Promise<WebPhone> =>
  openWebPhone(stage.signalling.place, 'visitor', () => undefined, origin);

export type TokenInvite = {
  readonly final: SipMessage;
  /** Acknowledged already; a call that was let in is ended by it. */
  bye(): Promise<SipMessage>;
};

/** INVITE with a token; its final response. */
export const inviteWithToken = async (
  wire: WebPhone,
  options: {
    readonly uri: string;
    readonly token?: string;
    readonly sdp: string;
    readonly headers?: readonly Header[];
    /** For an answer. */
    readonly patienceMs?: number;
  },
): Promise<TokenInvite> => {
  const { uri, sdp, patienceMs = 10_000 } = options;
  const [callId, tag] = [token(), token()];
  const credentials =
    options.token === undefined ? [] : [['Authorization', `Bearer ${options.token}`] as const];
  const head = (method: string, number: number, to: string, branch = token()): Header[] => [
    ['Via', `${wire.via};branch=z9hG4bK${branch}`],
    ['Max-Forwards', '70'],
    ['From', `<sip:visitor@anonymous.invalid>;tag=${tag}`],
    ['To', to],
    ['Call-ID', callId],
    ['CSeq', `${number} ${method}`],
  ];
  const contact: Header = ['Contact', wire.contact];
  const finalOf = (number: number, method: string): Promise<SipMessage> =>
    until(
      `the final response to ${method}`,
      () =>
        wire.received
          .map(({ message }) => message)
          .find(
            (message) =>
              (message.status ?? 0) >= 200 &&
              header(message, 'call-id') === callId &&
              cseqOf(message).number === number &&
              cseqOf(message).method === method,
          ),
      { timeoutMs: patienceMs },
    );
  const branch = token();
  const headers = [
    ...head('INVITE', 1, `<${uri}>`, branch),
    contact,
    ...credentials,
    ...(options.headers ?? []),
  ];
  wire.send(writeSip(`INVITE ${uri} SIP/2.0`, headers, sdp));
  const final = await finalOf(1, 'INVITE');
  const to = need(final, 'to');
  // RFC 3261 17.1.1.3: of a refusal in the INVITE's own transaction.
  const isRefused = (final.status ?? 0) >= 300;
  wire.send(writeSip(`ACK ${uri} SIP/2.0`, head('ACK', 1, to, isRefused ? branch : token())));
  return {
    final,
    bye: () => {
      wire.send(writeSip(`BYE ${uri} SIP/2.0`, head('BYE', 2, to)));
      return finalOf(2, 'BYE');
    },
  };
};
